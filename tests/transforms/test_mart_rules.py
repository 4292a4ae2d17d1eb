"""The marts keep the rules of their contracts, whatever is sold; and each rule notices when it is broken."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.contracts.validation.validate import validate_table
from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.churn.churn import churn
from regulars.pipelines.transforms.churn.churned_customers import churned_customers, reactivated_customers
from regulars.pipelines.transforms.churn.lapse_proposal import lapse_proposal
from regulars.pipelines.transforms.cohorts.purchase_behaviour import purchase_behaviour
from regulars.pipelines.transforms.cohorts.retention_cohorts import retention_cohorts
from regulars.pipelines.transforms.cohorts.retention_curves import retention_curves
from regulars.pipelines.transforms.cohorts.second_orders import second_orders
from regulars.pipelines.transforms.money.revenue_concentration import revenue_concentration
from regulars.pipelines.transforms.money.sales_new_vs_returning import sales_new_vs_returning
from tests.transforms.core_tables import Row, companies, core, dimensions_of, frames, order, paid, refund
from tests.transforms.mart_rules import broken_rules, contract_of, write_tables
from tests.transforms.subscription_tables import subscriptions

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
    *(order("gil", day) for day in ("2020-01-01", "2022-06-01", "2025-01-01")),
    order("unknown", "2024-02-29", "12"),
    refund("cem", "2025-03-01", "3.25"),
    refund("eve", "2024-03-01", "1"),
    refund("unknown", "2024-03-05", "2"),
    paid("hal", "2022-05-01", "2024-02-10"),
    paid("ida", "2024-05-01"),
    paid("fay", "2024-01-01", "2025-09-09"),
    paid("gil", "2026-01-20", "2026-07-01"),
    paid("unknown", "2023-01-01"),
)
COMPANY["customers"] = COMPANY["customers"].with_columns(acquisition_cost=pl.lit(Decimal(60)))


SPLIT = Cohorts(dimensions=["customer_type", "first_discount"])
COMPARED_WITH = {"retention_curves": "retention_cohorts", "reactivated_customers": "churn"}
"""Mart -> the other mart that its rules look at."""


def build(mart: str, tables: dict[str, pl.DataFrame], as_of: dt.date, lapse_days: int) -> pl.DataFrame:
    """One mart."""
    orders, refunds, calendar = tables["orders"], tables["refunds"], tables["calendar"]
    paid_for, of_money = tables["subscriptions"], {"as_of": as_of, "subscription_revenue_is_in_orders": False}
    inputs = {name: tables[name] for name in ("orders", "refunds", "subscriptions", "calendar", "customers")}
    days = {"as_of": as_of, "lapse_days": lapse_days}
    known = dimensions_of(tables, as_of, lapse_days)
    builders: dict[str, Callable[[], pl.DataFrame]] = {
        "customer_dimensions": lambda: known,
        "retention_cohorts": lambda: retention_cohorts(orders, refunds, calendar, known, **days, cohorts=SPLIT),
        "retention_curves": lambda: retention_curves(build("retention_cohorts", tables, **days), as_of=as_of),
        "churn": lambda: churn(orders, tables["subscriptions"], calendar, known, **days, cohorts=SPLIT),
        "churned_customers": lambda: churned_customers(**inputs, **days),
        "reactivated_customers": lambda: reactivated_customers(**inputs, **days),
        "purchase_behaviour": lambda: purchase_behaviour(orders, refunds, calendar, known, as_of=as_of, cohorts=SPLIT),
        "second_orders": lambda: second_orders(orders, calendar, known, as_of=as_of, cohorts=SPLIT),
        "lapse_proposal": lambda: lapse_proposal(orders, calendar, **days),
        "revenue_concentration": lambda: revenue_concentration(orders, refunds, paid_for, calendar, **of_money),
        "sales_new_vs_returning": lambda: sales_new_vs_returning(orders, refunds, paid_for, calendar, **of_money),
    }
    return builders[mart]()


def beside(mart: str, tables: dict[str, pl.DataFrame], as_of: dt.date, lapse_days: int) -> dict[str, pl.DataFrame]:
    """The core tables, and the mart that the rules of this one look at."""
    other = COMPARED_WITH.get(mart)
    return tables | ({f"marts.{other}": build(other, tables, as_of, lapse_days)} if other else {})


@cache
def sound(mart: str) -> tuple[pl.DataFrame, dict[str, pl.DataFrame], set[str]]:
    """The mart of the company, the tables beside it, and the rules that it breaks."""
    frame, tables = build(mart, COMPANY, AS_OF, 365), beside(mart, COMPANY, AS_OF, 365)
    return frame, tables, broken_rules(mart, frame, tables)


COHORT, MONTH, CHURNED, CONCENTRATION, SALES = MARTS = (
    "retention_cohorts",
    "churn",
    "churned_customers",
    "revenue_concentration",
    "sales_new_vs_returning",
)
SPLITS, CURVE, RETURNED, BEHAVIOUR, LAPSE, SECOND = MORE_MARTS = (
    "customer_dimensions",
    "retention_curves",
    "reactivated_customers",
    "purchase_behaviour",
    "lapse_proposal",
    "second_orders",
)


@pytest.mark.parametrize("mart", [*MARTS, *MORE_MARTS])
@settings(max_examples=12, deadline=None)
@given(company=companies(), club=subscriptions(), lapse_days=st.sampled_from([1, 45, 365]))
def test_every_drawn_company_keeps_the_contract(mart: str, company: Any, club: list[Row], lapse_days: int):
    orders, refunds, as_of = company
    tables = frames(orders, refunds, club)
    core_tables = beside(mart, tables, as_of, lapse_days)
    assert broken_rules(mart, build(mart, tables, as_of, lapse_days), core_tables) == set()


def more(column: str, where: pl.Expr | None = None, *, by: float = 1) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Adds to a column, in all rows or in some."""
    is_money = column.endswith(("sales", "cost", "refunds"))
    value = pl.col(column) + pl.lit(by).cast(pl.Decimal(18, 4) if is_money else pl.Float64)

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


later = pl.col("period_number") == 2


@pytest.mark.parametrize(
    ("mart", "change", "rule"),
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
        (COHORT, more("rolling_retained_customers", later, by=-9), "rolling_holds_retained"),
        (
            COHORT,
            more("rolling_retention_rate", later & (pl.col("rolling_retention_rate") < 0.9), by=0.1),
            "rolling_rate_is_ratio",
        ),
        (COHORT, emptied("rolling_retention_rate"), "complete_is_known"),
        (COHORT, more("rolling_retained_customers", pl.col("period_number") == 9), "rolling_never_rises"),
        (COHORT, lambda frame: frame.with_columns(is_rolling_settled=True), "settled_is_complete"),
        (COHORT, more("customers_with_cost"), "cost_is_of_somebody"),
        (COHORT, emptied("payback_period"), "payback_is_the_first"),
        (COHORT, more("payback_period"), "payback_is_the_first"),
        (COHORT, more("cohort_size", pl.col("dimension_value") == "full price"), "values_add_up"),
        (COHORT, more("net_sales", pl.col("dimension_value") == "full price"), "values_add_up"),
        (SPLITS, twice, "unique"),
        (SPLITS, without(pl.col("customer_id") == "bob"), "every_buyer_is_here"),
        (SPLITS, without(pl.col("customer_id") == "ida"), "every_buyer_is_here"),
        (
            SPLITS,
            lambda frame: frame.with_columns(pl.col("first_order_date").dt.offset_by("1d")),
            "every_buyer_is_here",
        ),
        (
            SPLITS,
            lambda frame: frame.with_columns(is_left_censored=~pl.col("is_left_censored")),
            "censored_are_the_earliest",
        ),
        (CURVE, twice, "unique"),
        (CURVE, more("retention_rate", later, by=-0.01), "rates_are_ratios"),
        (CURVE, emptied("rolling_retention_rate"), "rates_are_ratios"),
        (CURVE, emptied("retention_rate_of_new"), "new_are_the_rest"),
        (CURVE, more("cohort_size"), "averages_are_of_complete_cells"),
        (CURVE, without(later), "averages_are_of_complete_cells"),
        (RETURNED, twice, "unique"),
        (RETURNED, more("days_lapsed"), "dates_are_in_order"),
        (RETURNED, lambda frame: frame.with_columns(has_stayed=True), "nobody_stays_and_returns"),
        (RETURNED, without(pl.col("customer_id") == "ada"), "returns_are_those_of_churn"),
        (BEHAVIOUR, twice, "unique"),
        (BEHAVIOUR, more("customers_with_orders"), "counts_are_in_order"),
        (BEHAVIOUR, more("known_customer_refunds", by=0.0001), "net_sales_tie_out"),
        (BEHAVIOUR, more("average_order_value", by=0.01), "averages_are_ratios"),
        (BEHAVIOUR, emptied("repeat_rate_90d"), "complete_is_known"),
        (BEHAVIOUR, without(pl.col("month") == dt.date(2024, 2, 1)), "months_are_dense"),
        (BEHAVIOUR, more("known_customer_orders", pl.col("dimension") == "customer_type"), "values_add_up"),
        (SECOND, twice, "unique"),
        (SECOND, more("customers_with_first_order"), "every_customer_is_in_each_dimension"),
        (SECOND, more("customers_with_second_order", by=99), "who_came_back_came_first"),
        (SECOND, emptied("reason"), "unknown_is_explained"),
        (SECOND, lambda frame: frame.with_columns(second_order_rate=0.7), "median_lies_in_its_interval"),
        (LAPSE, twice, "there_is_one_row"),
        (
            LAPSE,
            lambda frame: frame.with_columns(days_to_return_50=9, days_to_return_75=5),
            "shares_are_in_order",
        ),
        (LAPSE, emptied("reason"), "unknown_is_explained"),
        (LAPSE, more("purchases"), "purchases_are_those_of_core"),
        (MONTH, twice, "unique"),
        (MONTH, more("lapsed_in_month", pl.col("dimension_value") == "full price"), "values_add_up"),
        (MONTH, more("churn_rate_12m", by=0.01), "rate_is_ratio"),
        (MONTH, more("active_a_year_ago_of_others"), "others_are_the_rest_of_the_dimension"),
        (MONTH, emptied("churn_rate_12m"), "complete_is_known"),
        (MONTH, emptied("reason"), "complete_is_known"),
        (MONTH, without(pl.col("month_end") == dt.date(2024, 2, 29)), "months_are_dense"),
        (MONTH, without(pl.col("month_end") == dt.date(2026, 2, 28)), "months_are_dense"),
        (MONTH, more("active_customers", pl.col("month_end") == dt.date(2024, 2, 29)), "movements_tie_out"),
        (MONTH, more("customers_to_date"), "lapsed_are_the_rest"),
        (MONTH, more("still_lapsed_customers"), "lapsed_are_the_rest"),
        (MONTH, more("average_customers_12m", by=0.01), "average_is_of_13_month_ends"),
        (MONTH, more("churned_customers_12m", by=9), "churned_have_lapsed"),
        (MONTH, more("newly_active_customers"), "everyone_was_new_once"),
        (CHURNED, twice, "unique"),
        (CHURNED, lambda frame: frame.with_columns(lapsed_on=pl.col("last_order_date")), "dates_are_in_order"),
        (CHURNED, without(pl.col("customer_id") == "bob"), "exactly_the_lapsed_are_here"),
        (CHURNED, without(pl.col("customer_id") == "hal"), "exactly_the_lapsed_are_here"),
        (CHURNED, lambda frame: frame.with_columns(pl.col("lapsed_on").dt.offset_by("-1d")), "all_wait_equally_long"),
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
        (SALES, more("won_this_year_net_sales", by=0.0001), "years_won_tie_out"),
        (SALES, more("new_customers"), "one_first_order_each"),
        (SALES, without(pl.col("month") == dt.date(2024, 2, 1)), "months_are_dense"),
        (SALES, more("returning_orders"), "orders_and_sales_tie_out"),
    ],
)
def test_a_broken_rule_is_noticed(mart: str, change: Callable[[pl.DataFrame], pl.DataFrame], rule: str):
    mart_of_company, tables, broken = sound(mart)
    assert broken == set()
    assert rule in broken_rules(mart, change(mart_of_company), tables)


def test_great_expectations_finds_that_every_rule_holds():
    with duckdb.connect() as con:
        for mart in (*MARTS, *MORE_MARTS):
            write_tables(con, mart, *sound(mart)[:2])
            results = validate_table(con, contract_of(mart))
            assert [result.rule.id for result in results if not result.passed] == []
