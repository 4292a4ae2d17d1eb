"""The pages of `docs/bi/`: their queries run on a published file, and every tool has a page."""

import re
from pathlib import Path

import duckdb
import pytest

FOLDER = Path(__file__).parents[3] / "docs" / "bi"
TOOLS = ("superset", "metabase", "powerbi", "tableau", "looker", "excel", "python", "r", "evidence", "duckdb")
QUERIES = [
    pytest.param(query, id=f"{page.stem}-{number}")
    for page in sorted(FOLDER.glob("*.md"))
    for number, query in enumerate(
        re.findall(r"^```sql\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )
]


@pytest.fixture(scope="module")
def published(published_demo):
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        yield con


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_of_the_pages_find_something(query, published):
    assert published.execute(query).fetchall()


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_has_a_page_that_the_overview_names(tool):
    overview = (FOLDER / "README.md").read_text("utf-8")
    assert f"({tool}.md)" in overview
    assert (FOLDER / f"{tool}.md").exists()
