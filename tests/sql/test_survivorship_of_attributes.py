"""Which of several records a customer takes an attribute of the company's own from."""

import json
from collections.abc import Iterator

import duckdb
import pytest

from regulars.pipelines.settings.customers.identity import Survivorship
from regulars.pipelines.settings.sources.attributes import CustomerAttribute
from regulars.pipelines.warehouse.attribute_columns import add_attribute_columns
from tests.builders import build

RECORDS = [
    ("post", None, {"industry": "Till", "seats": "5"}),
    ("crm", "2026-01-01", {"industry": "Food", "seats": "7"}),
    ("shop", "2026-01-02", {"industry": "Wine", "seats": "9"}),
    ("till", "2026-01-03", {"industry": "Food"}),
    ("desk", "2026-01-04", {"industry": "Toys", "seats": "many"}),
]
ATTRIBUTES = [CustomerAttribute("industry", "text"), CustomerAttribute("seats", "number")]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    records = [
        {
            "_system": system,
            "customer_record_id": "1",
            "email": "ada@example.com",
            "updated_at": changed,
            "attributes": json.dumps(values),
        }
        for system, changed, values in RECORDS
    ]
    with build(raw__customers=records) as made:
        yield made


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, ("Toys", 9)),
        ({"industry": "oldest"}, ("Food", 9)),  # the record without a moment is not the oldest
        ({"industry": "most_frequent", "seats": "oldest"}, ("Food", 7)),
        ({"industry": "systems"}, ("Wine", 9)),
        ({"seats": "systems"}, ("Toys", 9)),
        ({"seats": "most_frequent"}, ("Toys", 9)),  # each once: the newest of them
    ],
)
def test_an_attribute_follows_its_own_rule_and_values_that_cannot_be_read_never_win(con, rules, expected):
    survivorship = Survivorship(systems=["shop", "post"], attributes=rules)
    select = add_attribute_columns("select customer_idx, is_unknown from core.customers", ATTRIBUTES, survivorship)
    [(industry, seats)] = con.execute(f"select industry, seats from ({select}) where not is_unknown").fetchall()
    assert (industry, int(seats)) == expected
