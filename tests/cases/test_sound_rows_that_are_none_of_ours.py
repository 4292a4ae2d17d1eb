"""Case B22: failed charges and survey previews are excluded by a rule, counted, and no reason to stop the run."""

import pytest

from tests.builders import money
from tests.cases.company import Company

ORDERS = {
    **{"order_id": "id", "email": "Customer Email", "ordered_at": "Created date (UTC)"},
    **{"currency": "Currency", "gross_sales": "Amount"},
}
ANSWERS = {
    **{"response_id": "id", "survey_type": {"value": "nps"}, "score": "score", "answered_at": "at", "email": "who"},
}
BY_WHEN = {
    "stripe": {"kinds": {"orders": {"when": "\"Status\" = 'Paid'", "columns": ORDERS}}},
    "survey": {"kinds": {"survey_responses": {"when": "status = 'Complete'", "columns": ANSWERS}}},
}
BY_NAME = {
    "stripe": {"kind": "orders", "columns": ORDERS, "exclude": {"failed_charges": "\"Status\" = 'Failed'"}},
    "survey": {"kind": "survey_responses", "columns": ANSWERS, "include": {"complete": "status = 'Complete'"}},
}


@pytest.fixture(scope="module", params=[BY_WHEN, BY_NAME], ids=["when", "exclude and include"])
def con(request, tmp_path_factory):
    files = {"stripe": "payments.csv", "survey": "survey.csv"}
    sources = {name: request.param[name] | {"path": path} for name, path in files.items()}
    company = Company("B22", tmp_path_factory.mktemp("b22"), {"sources": sources})
    for path in files.values():
        company.deliver(path)
    with company.build("core.orders") as con:
        yield con


def test_paid_charges_and_complete_answers_are_used(con):
    assert con.execute("select count(*), sum(gross_sales) from core.orders").fetchall() == [(2, money("60"))]
    assert con.execute("select response_id from staging.survey_responses").fetchall() == [("1",)]


def test_what_the_rules_leave_out_is_counted_and_nothing_is_quarantined(con):
    counts = "source, kind, rows_read, rows_loaded, rows_excluded, rows_quarantined"
    assert con.execute(f"select {counts} from meta.row_accounting order by source").fetchall() == [
        ("stripe", "orders", 4, 2, 2, 0),
        ("survey", "survey_responses", 2, 1, 1, 0),
    ]


def test_every_rule_says_how_many_rows_it_leaves_out(con):
    rules = con.execute("select source, rule, rows_excluded from meta.excluded_rows order by source").fetchall()
    assert rules in (
        [("stripe", "when", 2), ("survey", "when", 1)],
        [("stripe", "failed_charges", 2), ("survey", "complete", 1)],
    )
