"""Which of several records a customer takes a value from, attribute by attribute, as the settings say."""

from typing import Any

import pytest

from tests.builders import Row, build, only, rows_of

RECORDS: list[dict[str, Any]] = [
    {"_system": "crm", "customer_type": "office", "country": "DE", "city": "Berlin", "updated_at": "2026-01-01"},
    {"_system": "shop", "customer_type": "home", "country": "FR", "updated_at": "2026-01-02"},
    {"_system": "till", "customer_type": "office", "owner": "Kim", "country": "FR", "updated_at": "2026-01-03"},
    {"_system": "desk", "customer_type": "school", "city": "Rome", "updated_at": "2026-01-04"},
    {"_system": "post", "updated_at": "2026-01-05"},
    {"_system": "sheet", "customer_type": "club"},  # nobody knows when it changed
]


def customer(*rules: Row) -> dict[str, Any]:
    records = [{**row, "customer_record_id": "1", "email": "ada@example.com"} for row in RECORDS]
    with build(raw__customers=records, raw__survivorship=list(rules)) as con:
        return dict(only([row for row in rows_of(con, "core.customers") if not row["is_unknown"]]))


@pytest.mark.parametrize(
    ("rule", "systems", "expected"),
    [
        (None, [], "school"),
        ("oldest", [], "office"),
        ("most_frequent", [], "office"),
        ("systems", ["post", "shop", "crm"], "home"),
        ("systems", ["post"], "school"),
    ],
)
def test_the_rule_of_an_attribute_decides_and_empty_values_never_win(rule, systems, expected):
    rules = [{"attribute": "customer_type", "rule": rule, "systems": systems}] if rule else []
    assert customer(*rules)["customer_type"] == expected


def test_each_attribute_has_its_own_rule_and_an_address_stays_whole():
    found = customer(
        {"attribute": "address", "rule": "most_frequent", "systems": []},
        {"attribute": "customer_type", "rule": "oldest", "systems": []},
    )
    assert (found["country"], found["city"], found["customer_type"]) == ("FR", None, "office")
    assert found["owner"] == "owner_1"  # as ever: the newest that is not empty
    assert customer({"attribute": "address", "rule": "oldest", "systems": []})["city"] == "Berlin"
    assert customer()["city"] == "Rome"


def test_an_order_of_a_day_to_come_tells_the_address_only_where_no_other_does():
    def city(*days: str) -> str:
        orders = [{"order_id": day, "ordered_at": f"{day} 10:00:00", "city": day, "email": "a@b.de"} for day in days]
        with build(raw__orders=orders) as con:
            return str(only([row for row in rows_of(con, "core.customers") if not row["is_unknown"]])["city"])

    assert city("2026-01-05", "2099-01-01") == "2026-01-05"
    assert city("2098-01-01", "2099-01-01") == "2099-01-01"
