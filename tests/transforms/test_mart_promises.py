"""The marts keep the promises of their contracts, whatever is sold; and each promise notices when it is broken."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.judge import judge
from pipelines.transforms.churn import churn, churned_customers
from pipelines.transforms.cohorts import retention_cohorts
from pipelines.transforms.concentration import revenue_concentration
from pipelines.transforms.sales import sales_new_vs_returning
from tests.transforms.core_tables import companies, core, frames, order, refund
from tests.transforms.mart_promises import broken_promises, contract_of, write_tables

AS_OF = dt.date(2026, 3, 30)
COMPANY = core(
    *(
        order(name, f"{year}-{month:02}-11", "50", "5")
        for name in ("ada", "bob")
        for year in (2022, 2023)
        for month in (1, 7)
    ),
    *(order("cem", f"{year}-{month:02}-21", "7.5") for year in (2023, 2024, 2025) for month in (2, 6, 11)),
    order("ada", "2025-12-24", "99.9999"),
    order("dan", "2026-02-28"),
    order("fay", "2023-05-05"),
    order("unknown", "2024-02-29", "12"),
    refund("cem", "2025-03-01", "3.25"),
    refund("eve", "2024-03-01", "1"),
    refund("unknown", "2024-03-05", "2"),
)


def build(mart: str, tables: dict[str, pl.DataFrame], as_of: dt.date, lapse_days: int) -> pl.DataFrame:
    """One mart."""
    orders, refunds, calendar = tables["orders"], tables["refunds"], tables["calendar"]
    builders: dict[str, Callable[[], pl.DataFrame]] = {
        "retention_cohorts": lambda: retention_cohorts(orders, refunds, calendar, as_of=as_of, lapse_days=lapse_days),
        "churn": lambda: churn(orders, calendar, as_of=as_of, lapse_days=lapse_days),
        "churned_customers": lambda: churned_customers(**tables, as_of=as_of, lapse_days=lapse_days),
        "revenue_concentration": lambda: revenue_concentration(orders, refunds, calendar, as_of=as_of),
        "sales_new_vs_returning": lambda: sales_new_vs_returning(orders, refunds, calendar, as_of=as_of),
    }
    return builders[mart]()


MARTS = ("retention_cohorts", "churn", "churned_customers", "revenue_concentration", "sales_new_vs_returning")


@pytest.mark.parametrize("mart", MARTS)
@settings(max_examples=25, deadline=None)
@given(company=companies(), lapse_days=st.sampled_from([1, 45, 365]))
def test_every_drawn_company_keeps_the_contract(mart: str, company: Any, lapse_days: int):
    orders, refunds, as_of = company
    tables = frames(orders, refunds)
    assert broken_promises(mart, build(mart, tables, as_of, lapse_days), tables) == set()


def more(column: str, where: pl.Expr | None = None, *, by: float = 1) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Adds to a column, in all rows or in some."""
    value = pl.col(column) + pl.lit(by).cast(pl.Decimal(18, 4) if column.endswith("sales") else pl.Float64)

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        kind = frame.schema[column]
        return frame.with_columns(
            pl.when(True if where is None else where).then(value.cast(kind)).otherwise(column).alias(column)
        )

    return change


def without(where: pl.Expr) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Leaves rows out."""
    return lambda frame: frame.filter(~where)


def emptied(column: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Loses a column's values."""
    return lambda frame: frame.with_columns(pl.lit(None, frame.schema[column]).alias(column))


def twice(frame: pl.DataFrame) -> pl.DataFrame:
    """Has every row twice."""
    return pl.concat([frame, frame])


COHORT, MONTH, CHURNED, CONCENTRATION, SALES = MARTS
later = pl.col("period_number") == 2


@pytest.mark.parametrize(
    ("mart", "change", "promise"),
    [
        (COHORT, twice, "unique"),
        (COHORT, more("retained_customers", by=10), "retained_within_cohort"),
        (COHORT, more("retained_customers", pl.col("period_number") == 0, by=-1), "first_period_is_whole"),
        (COHORT, more("order_count", by=-1), "retained_customers_have_orders"),
        (COHORT, more("retention_rate", later & (pl.col("retention_rate") < 0.9), by=0.01), "rate_is_ratio"),
        (COHORT, more("cumulative_net_sales_per_customer", by=0.01), "average_is_ratio"),
        (COHORT, emptied("retention_rate"), "complete_is_known"),
        (COHORT, without(later), "grid_is_dense"),
        (COHORT, more("cumulative_net_sales", later), "cumulative_is_the_sum"),
        (COHORT, more("order_count"), "sales_tie_out"),
        (COHORT, more("net_sales", later), "sales_tie_out"),
        (MONTH, twice, "unique"),
        (MONTH, more("churn_rate_12m", by=0.01), "rate_is_ratio"),
        (MONTH, emptied("churn_rate_12m"), "complete_is_known"),
        (MONTH, emptied("reason"), "complete_is_known"),
        (MONTH, without(pl.col("month_end") == dt.date(2024, 2, 29)), "months_are_dense"),
        (MONTH, without(pl.col("month_end") == dt.date(2026, 2, 28)), "months_are_dense"),
        (MONTH, more("active_customers", pl.col("month_end") == dt.date(2024, 2, 29)), "movements_tie_out"),
        (MONTH, more("average_customers_12m", by=0.01), "average_is_of_13_month_ends"),
        (MONTH, more("churned_customers_12m", by=9), "churned_have_lapsed"),
        (MONTH, more("new_customers"), "everyone_was_new_once"),
        (CHURNED, twice, "unique"),
        (CHURNED, lambda frame: frame.with_columns(lapsed_on=pl.col("last_order_date")), "dates_are_in_order"),
        (CHURNED, without(pl.col("customer_id") == "bob"), "exactly_the_lapsed_are_here"),
        (
            CHURNED,
            lambda frame: frame.with_columns(pl.col("last_order_date").dt.offset_by("-1d")),
            "exactly_the_lapsed_are_here",
        ),
        (CHURNED, more("net_sales_to_date", by=0.0001), "sales_tie_out"),
        (CONCENTRATION, twice, "unique"),
        (CONCENTRATION, more("top_1_percent_share", by=0.3), "shares_are_in_order"),
        (CONCENTRATION, more("hhi", by=0.5), "hhi_is_between"),
        (CONCENTRATION, emptied("gini"), "complete_is_known"),
        (CONCENTRATION, without(pl.col("scope") == "to_date"), "scopes_have_the_same_days"),
        (CONCENTRATION, without(pl.col("period_end") == AS_OF), "scopes_have_the_same_days"),
        (CONCENTRATION, more("unknown_net_sales", by=0.0001), "sales_tie_out"),
        (SALES, twice, "unique"),
        (SALES, more("new_customer_sales", by=0.0001), "net_sales_tie_out"),
        (SALES, more("new_customers"), "one_first_order_each"),
        (SALES, without(pl.col("month") == dt.date(2024, 2, 1)), "months_are_dense"),
        (SALES, more("returning_orders"), "orders_and_sales_tie_out"),
    ],
)
def test_a_broken_promise_is_noticed(mart: str, change: Callable[[pl.DataFrame], pl.DataFrame], promise: str):
    sound = build(mart, COMPANY, AS_OF, 365)
    assert broken_promises(mart, sound, COMPANY) == set()
    assert promise in broken_promises(mart, change(sound), COMPANY)


def test_great_expectations_finds_every_promise_kept():
    with duckdb.connect() as con:
        for mart in MARTS:
            write_tables(con, mart, build(mart, COMPANY, AS_OF, 365), COMPANY)
            results = judge(con, contract_of(mart))
            assert [result.rule.id for result in results if not result.passed] == []
