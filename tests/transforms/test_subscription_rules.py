"""The subscription marts keep the rules of their contracts; and each rule notices when it is broken."""

import datetime as dt
from collections.abc import Callable
from functools import cache

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.contracts.validation.validate import validate_table
from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.transforms.subscriptions.mrr_movements import mrr_movements
from regulars.pipelines.transforms.subscriptions.subscription_churn import subscription_churn
from regulars.pipelines.transforms.subscriptions.subscription_survival import subscription_survival
from tests.transforms.mart_rules import contract_of, empty_database
from tests.transforms.subscription_tables import BEGINNING, Row, paused, period, subscriptions, table

Change = Callable[[pl.DataFrame], pl.DataFrame]

BUILDERS = {
    "mrr_movements": mrr_movements,
    "subscription_churn": subscription_churn,
    "subscription_survival": subscription_survival,
}
MOVED, CANCELLED, LEFT = BUILDERS
AS_OF = dt.date(2026, 3, 15)
ROWS = [
    *(period(n, "2024-11-01", f"{ends}-01") for n, ends in enumerate(["2024-12"] * 18 + ["2025-01"] * 9, 1)),
    *(period(n, "2024-11-01", f"{ends}-01") for n, ends in enumerate(["2025-03"] * 6 + ["2025-08"] * 4, 28)),
    *(period(n, "2024-11-01") for n in range(38, 61)),
    *(period(n, "2025-10-02", None, "12", "M") for n in range(1, 7)),
    period(1, "2026-02-01", "2026-03-20", "5", "L", subscription=2, cancelled_date=dt.date(2026, 3, 1)),
    period(62, "2025-02-01", "2025-06-15", "10", "S", cancel_reason="dear"),
    period(62, "2025-06-15", "2025-07-15", "25", "M", cancel_reason="dear", is_involuntary=True),
    period(62, "2025-11-15", None, "8", "M"),
    period(0, "2025-05-05", "2025-09-09", "8", "M"),
    paused(63, "2025-02-01", "2025-06-15", "2026-02-01"),
    period(63, "2026-02-01"),
]


def write_tables(con: duckdb.DuckDBPyConnection, mart: str, frame: pl.DataFrame, rows: list[Row]) -> None:
    con.execute("create schema if not exists core; create schema if not exists marts")
    for name, rows_of_table in (("core.subscriptions", table(*rows)), (f"marts.{mart}", frame)):
        con.register("rows_of_test", rows_of_table.to_arrow())
        con.execute(f"create or replace table {name} as from rows_of_test")
        con.unregister("rows_of_test")
    typed = ", ".join(f"cast({column.name} as {column.type}) as {column.name}" for column in contract_of(mart).columns)
    con.execute(f"create or replace table marts.{mart} as select {typed} from marts.{mart}")


def broken_rules(mart: str, frame: pl.DataFrame, rows: list[Row]) -> set[str]:
    assert frame.columns == [column.name for column in contract_of(mart).columns]
    con = empty_database()
    write_tables(con, mart, frame, rows)
    return {
        rule.id.partition(".")[2]
        for rule in contract_of(mart).rules
        for (count,) in con.execute(select_failed_count(rule, f"marts.{mart}")).fetchall()
        if count
    }


@pytest.mark.parametrize("mart", BUILDERS)
@settings(max_examples=12, deadline=None)
@given(rows=subscriptions(), days=st.integers(0, 1000))
def test_all_drawn_subscriptions_keep_the_contract(mart: str, rows: list[Row], days: int):
    as_of = BEGINNING + dt.timedelta(days=days)
    assert broken_rules(mart, BUILDERS[mart](table(*rows), as_of=as_of), rows) == set()


@cache
def sound(mart: str) -> pl.DataFrame:
    """A mart that keeps every rule."""
    return BUILDERS[mart](table(*ROWS), as_of=AS_OF)


@pytest.mark.parametrize("mart", BUILDERS)
def test_a_sound_mart_breaks_no_rule(mart: str):
    assert broken_rules(mart, sound(mart), ROWS) == set()


def more(column: str, where: pl.Expr | None = None, by: float = 1) -> Change:
    """Adds to a column, in all rows or in some."""
    wanted = pl.lit(value=True) if where is None else where
    return lambda frame: frame.with_columns(
        pl.when(wanted).then((pl.col(column) + by).cast(frame.schema[column])).otherwise(column).alias(column)
    )


def without(where: pl.Expr) -> Change:
    return lambda frame: frame.filter(~where)


def emptied(column: str) -> Change:
    return lambda frame: frame.with_columns(pl.lit(None, frame.schema[column]).alias(column))


by_plan, of_all = pl.col("dimension") == "plan", pl.col("dimension") == "all"
january = pl.col("month") == dt.date(2026, 1, 1)
march = pl.col("month") == dt.date(2026, 3, 1)
year_one = pl.col("months_since_start") == 12


@pytest.mark.parametrize(
    ("mart", "change", "rule"),
    [
        (MOVED, more("closing_mrr"), "movements_add_up"),
        (MOVED, more("churned_subscribers"), "customers_add_up"),
        (MOVED, more("opening_mrr", january), "a_month_opens_as_the_one_before_closed"),
        (MOVED, more("new_mrr", by_plan), "plans_add_up_to_all"),
        (MOVED, without(by_plan & (pl.col("dimension_value") == "M")), "plans_add_up_to_all"),
        (MOVED, more("paused_mrr", by_plan), "plans_add_up_to_all"),
        (MOVED, more("resumed_mrr", by_plan), "plans_add_up_to_all"),
        (MOVED, more("resumed_customers"), "customers_add_up"),
        (MOVED, more("switched_in_mrr"), "all_has_no_switches"),
        (MOVED, more("base_mrr_12m"), "base_is_what_closed_a_year_ago"),
        (MOVED, more("base_customers_12m", march), "base_is_what_closed_a_year_ago"),
        (MOVED, more("retained_mrr_12m", by=1000), "retained_is_part_of_the_base"),
        (MOVED, more("net_revenue_retention_12m", by=0.01), "rates_are_ratios"),
        (MOVED, more("customer_retention_12m", by=-0.01), "rates_are_ratios"),
        (MOVED, emptied("gross_revenue_retention_12m"), "rates_are_known_or_there_is_a_reason"),
        (MOVED, emptied("reason"), "rates_are_known_or_there_is_a_reason"),
        (MOVED, lambda frame: frame.with_columns(is_complete=~march | True), "months_begin_and_end_as_they_should"),
        (MOVED, without(january), "months_are_dense"),
        (MOVED, more("closing_mrr", march), "closing_is_what_is_charged"),
        (MOVED, more("new_subscribers", january & of_all), "everyone_was_new_once"),
        (CANCELLED, more("churn_rate", by=0.01), "rate_is_ratio"),
        (CANCELLED, emptied("churn_rate"), "rate_is_known"),
        (CANCELLED, more("still_charged_subscriptions"), "parts_are_within"),
        (CANCELLED, more("started_subscriptions"), "active_ones_follow_from_the_month_before"),
        (CANCELLED, more("cancelled_mrr", of_all), "parts_add_up_to_all"),
        (CANCELLED, more("active_at_start", ~of_all), "parts_add_up_to_all"),
        (CANCELLED, without(january), "months_are_dense"),
        (LEFT, more("survivors"), "survivors_are_at_risk"),
        (LEFT, emptied("observed_survival"), "observed_is_known"),
        (LEFT, emptied("observed_survival_low"), "observed_survival_lies_in_its_interval"),
        (LEFT, more("observed_retention_rate", by=-0.01), "rate_is_ratio"),
        (LEFT, emptied("expected_survival_error"), "expected_or_a_reason"),
        (LEFT, more("expected_survival", year_one, by=0.01), "survival_is_the_product_of_the_rates"),
        (LEFT, without(year_one), "months_are_dense"),
        (LEFT, more("at_risk", of_all), "parts_add_up_to_all"),
        (LEFT, more("at_risk"), "everybody_starts"),
    ],
)
def test_a_broken_rule_is_noticed(mart: str, change: Change, rule: str):
    assert rule in broken_rules(mart, change(sound(mart)), ROWS)


def test_great_expectations_finds_that_every_rule_holds():
    with duckdb.connect() as con:
        for mart in BUILDERS:
            write_tables(con, mart, sound(mart), ROWS)
            assert [result.rule.id for result in validate_table(con, contract_of(mart)) if not result.passed] == []
