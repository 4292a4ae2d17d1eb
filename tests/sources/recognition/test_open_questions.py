"""Several questions about one column: none takes the place of another."""

import duckdb
import pytest

from regulars.pipelines.sources.recognition.open_questions import Questions
from tests.sources.recognition.test_states import guess_file


@pytest.mark.parametrize(
    ("header", "row", "key", "asked"),
    [
        (
            ("Order ID", "SKU", "Qty", "Price incl. VAT"),
            ("A{n}", "S1", "1", "{n}.50 a piece"),
            "unit_price",
            ("which column is the number?", "which column is the price without?"),
        ),
        (
            ("Subscription ID", "Start date", "Amount incl. VAT", "Interval", "Cancelled at"),
            ("A{n}", "2026-01-{day}", "ten", "month", ""),
            "amount",
            ("which column is the number?", "which column is the amount without?"),
        ),
        (
            ("Subscription ID", "Start date", "Amount incl. VAT", "Interval", "Interval count", "Cancelled at"),
            ("A{n}", "2026-01-{day}", "1,50", "month", "2", ""),
            "amount",
            ("is paid every so many", "which column is the amount without?"),
        ),
        (
            ("Order No", "Date", "Total", "Supplier", "Type"),
            ("A{n}", "2026-01-{day}", "1.50", "Acme", "{type}"),
            "kind",
            ("are its rows sales, or purchases?", "which of the rows are sales?"),
        ),
        (
            ("Order No", "Date", "Total"),
            ("7.21E+12", "2026-01-{day}", "1.50"),
            "order_id",
            ("as a spreadsheet cuts long ids", "what names one record?"),
        ),
        (
            ("Campaign", "Month", "Amount spent", "Reporting ends"),
            ("c{n}", "Spring", "1.50", "2026-01-31"),
            "month",
            ("which column is the day?", "are they of one month?"),
        ),
    ],
)
def test_all_doubts_about_one_column_are_asked(header, row, key, asked):
    rows = [tuple(cell.format(n=n, day=f"{n + 1:02}", type=("sale", "gift")[n % 2]) for cell in row) for n in range(12)]
    text = guess_file(duckdb.connect(), header, rows).questions[key]
    assert [each for each in asked if each not in text] == []


def test_a_question_is_asked_once_behind_those_before_it():
    questions = Questions({"a": "is it so?"}, {"a": "It is not read", "b": "which one?"})
    questions.ask("a", "is it so?")
    questions.ask("a", "say which")
    assert dict(questions) == {"a": "is it so? It is not read; say which", "b": "which one?"}
