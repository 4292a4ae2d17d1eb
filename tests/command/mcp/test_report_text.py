"""The report as text for agents."""

from regulars.pipelines.command.mcp.report_text import read_text


def test_a_page_is_read_line_by_line_without_its_pictures():
    page = """<!doctype html><html><head><title>No</title><style>p { color: red }</style></head><body>
        <h1>Customers</h1><p>1,938 <b>active</b>
        ones &amp; more</p><svg><text>axis</text></svg>
        <table><tr><th>month</th><th>net sales</th></tr><tr><td>June</td><td></td></tr></table>
        <ul><li>one</li><li>two</li></ul></body></html>"""
    assert read_text(page).splitlines() == [
        "Customers",
        "1,938 active ones & more",
        "month | net sales",
        "June |",
        "one",
        "two",
    ]
