"""Segments of the company's own, by expressions over customer_360."""

import datetime as dt
from decimal import Decimal

import duckdb
import polars as pl
import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.segments.own_segments import (
    MEMBERS,
    SUMMARY,
    customer_own_segments,
    list_columns_read,
    own_segments,
)
from regulars.pipelines.settings.customers.segments import OwnSegment

AS_OF = dt.date(2026, 3, 31)
PEOPLE = pl.DataFrame(
    {
        "customer_id": ["0", "ada", "bob", "cyd"],
        "is_unknown": [True, False, False, False],
        "order_count": [90, 5, 4, 9],
        "latest_nps_score": [0, 3, 2, None],
        "city": ["x", "12", "y", "z"],
        "avg_annual_value_total": [None, Decimal("10.5"), Decimal(7), None],
    },
    schema_overrides={"avg_annual_value_total": pl.Decimal(18, 4)},
)


def segments(**rules: str) -> dict[str, OwnSegment]:
    return {name: OwnSegment(when=rule, meaning=name, mailing=name == "often") for name, rule in rules.items()}


RULES = segments(
    unhappy="order_count >= 5 and latest_nps_score <= 6 -- regulars", often="order_count > 3", none="false"
)


def test_members_are_those_for_whom_the_expression_is_true_and_known():
    found = customer_own_segments(PEOPLE, as_of=AS_OF, segments=RULES)
    assert found.select("customer_id", "own_segment").rows() == [
        ("ada", "often"),
        ("ada", "unhappy"),
        ("bob", "often"),
        ("cyd", "often"),
    ]
    assert found.schema == MEMBERS


def test_only_the_columns_that_an_expression_names_are_read():
    rules = {**RULES, **segments(large="Order_Count > 8 or lower(city) = 'x'")}
    read = list_columns_read(duckdb.connect(), rules)
    assert read[3:] == ["order_count", "latest_nps_score", "city"]
    few = customer_own_segments(PEOPLE.select(read), as_of=AS_OF, segments=rules)
    assert few.equals(customer_own_segments(PEOPLE, as_of=AS_OF, segments=rules))


def test_each_segment_is_counted_with_its_value_and_those_it_decides_nothing_for():
    found = own_segments(PEOPLE, as_of=AS_OF, segments=RULES)
    assert found.drop("segment_meaning", "rule", "as_of").rows() == [
        ("none", False, 0, 0, Decimal(0)),
        ("often", True, 3, 0, Decimal("17.5")),
        ("unhappy", False, 1, 1, Decimal("10.5")),
    ]
    assert found.schema == SUMMARY


def test_without_segments_or_customers_the_tables_are_empty_but_each_segment_keeps_its_row():
    assert customer_own_segments(PEOPLE, as_of=AS_OF, segments={}).schema == MEMBERS
    assert own_segments(PEOPLE, as_of=AS_OF, segments={}).is_empty()
    assert own_segments(PEOPLE.clear(), as_of=AS_OF, segments=RULES)["members"].to_list() == [0, 0, 0]


def test_an_expression_that_fails_in_a_row_is_refused_by_key_without_the_value_of_the_row():
    with pytest.raises(SettingsWrong) as caught:
        customer_own_segments(PEOPLE, as_of=AS_OF, segments=segments(numbered="city::int > 3"))
    assert str(caught.value).startswith("segments.numbered.when fails for a customer")
    assert "'y'" not in str(caught.value)


def test_an_expression_sees_no_file():
    rule = "exists (from read_text('/etc/hostname'))"
    with pytest.raises(SettingsWrong):
        customer_own_segments(PEOPLE, as_of=AS_OF, segments=segments(spy=rule))
