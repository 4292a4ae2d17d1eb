import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.transforms.cohorts import (
    COLUMNS,
    GRAINS,
    RETENTION_COHORTS_MONTHLY,
    count_retained_customers,
    retention_cohorts,
)
from tests.transforms import oracle
from tests.transforms.core_tables import CALENDAR, ENGINES, Row, companies, core, frames, in_polars, order, refund

AS_OF = dt.date(2026, 3, 31)


def mart(*rows: Row, as_of: dt.date = AS_OF, lapse_days: int = 365) -> pl.DataFrame:
    tables = core(*rows)
    return retention_cohorts(
        tables["orders"], tables["refunds"], tables["calendar"], as_of=as_of, lapse_days=lapse_days
    )


def cells(column: str, *rows: Row, as_of: dt.date = AS_OF) -> dict[tuple[str, int], Any]:
    """{(cohort month, months since): value}."""
    found = mart(*rows, as_of=as_of)
    return {(f"{row['cohort_start']:%Y-%m}", row["period_number"]): row[column] for row in found.to_dicts()}


def test_two_orders_in_one_month_count_once():
    rows = (order("ada", "2026-02-03"), order("ada", "2026-03-01"), order("ada", "2026-03-31"))
    assert cells("retained_customers", *rows) == {("2026-02", 0): 1, ("2026-02", 1): 1}
    assert cells("order_count", *rows) == {("2026-02", 0): 1, ("2026-02", 1): 2}


def test_months_are_counted_across_a_year_end_and_silent_months_are_zero():
    rows = (order("ada", "2025-12-31"), order("ada", "2026-02-01"))
    assert cells("retention_rate", *rows) == {("2025-12", n): rate for n, rate in enumerate([1.0, 0.0, 1.0, 0.0])}


def test_the_rate_is_the_share_of_those_who_began_together():
    rows = [order(name, "2026-02-05") for name in ("ada", "bob", "cem", "dan")]
    found = cells("retention_rate", *rows, order("bob", "2026-03-05"), order("eve", "2026-03-06"))
    assert found == {("2026-02", 0): 1.0, ("2026-02", 1): 0.25, ("2026-03", 0): 1.0}


def test_the_running_month_has_counts_so_far_but_no_rate():
    rows = (order("ada", "2026-02-03", "60"), order("ada", "2026-03-01", "40"))
    found = mart(*rows, as_of=dt.date(2026, 3, 30)).to_dicts()
    assert [row["is_complete"] for row in found] == [True, False]
    assert [row["retained_customers"] for row in found] == [1, 1]
    assert [row["cumulative_net_sales"] for row in found] == [Decimal(60), Decimal(100)]
    assert [row["retention_rate"] for row in found] == [1.0, None]
    assert [row["cumulative_net_sales_per_customer"] for row in found] == [60.0, None]


def test_february_of_a_leap_year_is_complete_on_its_29th():
    rows = (order("ada", "2024-02-29"),)
    assert cells("is_complete", *rows, as_of=dt.date(2024, 2, 29)) == {("2024-02", 0): True}


def test_orders_after_the_as_of_day_are_ignored():
    assert cells("order_count", order("ada", "2026-03-31"), order("ada", "2026-04-01")) == {("2026-03", 0): 1}


def test_orders_that_do_not_count_neither_begin_a_cohort_nor_retain():
    rows = (
        order("ada", "2026-01-05", countable=False),
        order("ada", "2026-02-05"),
        order("ada", "2026-03-05", countable=False),
    )
    assert cells("retained_customers", *rows) == {("2026-02", 0): 1, ("2026-02", 1): 0}


def test_refunds_count_in_their_own_month_and_retain_nobody():
    rows = (order("ada", "2026-01-05", "100", "10"), refund("ada", "2026-03-01", "90"))
    assert cells("net_sales", *rows) == {("2026-01", 0): Decimal(90), ("2026-01", 1): 0, ("2026-01", 2): Decimal(-90)}
    assert cells("cumulative_net_sales", *rows)[("2026-01", 2)] == 0
    assert cells("retained_customers", *rows)[("2026-01", 2)] == 0


def test_a_refund_before_the_first_order_counts_in_the_first_month():
    rows = (refund("ada", "2025-07-01", "30"), order("ada", "2026-03-05", "100"))
    assert cells("net_sales", *rows) == {("2026-03", 0): Decimal(70)}


def test_the_unknown_customer_and_customers_with_refunds_only_are_in_no_cohort():
    rows = (order("unknown", "2026-01-05"), refund("bob", "2026-02-01"), order("ada", "2026-03-05"))
    assert cells("cohort_size", *rows) == {("2026-03", 0): 1}


def test_tenths_of_a_cent_are_kept():
    assert cells("net_sales", order("ada", "2026-03-05", "0.0150", "0.0005")) == {("2026-03", 0): Decimal("0.0145")}


def test_cohorts_of_the_first_lapse_days_may_hold_older_customers():
    rows = (order("ada", "2025-01-10"), order("bob", "2026-01-09"), order("cem", "2026-02-01"))
    found = mart(*rows).filter(pl.col("period_number") == 0)
    assert found["is_left_censored"].to_list() == [True, True, False]


def test_without_orders_the_table_is_empty_with_all_columns():
    assert mart().schema == pl.Schema(COLUMNS)
    assert mart(refund("ada", "2026-01-01")).is_empty()
    assert mart(order("ada", "2026-04-01")).is_empty()


def test_dimensions_split_the_base_and_add_up_to_it():
    rows = [
        order("ada", "2026-01-05"),
        order("bob", "2026-01-06"),
        order("bob", "2026-02-06", "7"),
        order("cem", "2026-02-07"),
    ]
    tables = core(*rows)
    of = {"ada": "office", "bob": "home", "cem": "home"}
    dimensions = (
        tables["customers"]
        .filter(pl.col("customer_id") != "unknown")
        .select(
            "customer_idx", dimension=pl.lit("customer_type"), dimension_value=pl.col("customer_id").replace_strict(of)
        )
    )
    inputs = (tables["orders"], tables["refunds"], tables["calendar"])
    found = count_retained_customers(*inputs, as_of=AS_OF, lapse_days=365, grain="month", dimensions=dimensions)
    cell = {
        (row["dimension_value"], f"{row['cohort_start']:%m}", row["period_number"]): row for row in found.to_dicts()
    }
    assert cell[("home", "01", 1)]["retention_rate"] == 1.0
    assert cell[("office", "01", 1)]["retention_rate"] == 0.0
    assert ("office", "02", 0) not in cell
    whole = count_retained_customers(*inputs, as_of=AS_OF, lapse_days=365, grain="month")
    sums = ["cohort_size", "retained_customers", "order_count", "net_sales", "cumulative_net_sales"]
    added = (
        found.group_by("cohort_start", "period_number").agg(pl.col(sums).sum()).sort("cohort_start", "period_number")
    )
    assert_frame_equal(
        added.cast({name: kind for name, kind in COLUMNS.items() if name in sums}),
        whole.select("cohort_start", "period_number", *sums),
    )


def test_the_monthly_view_is_the_whole_base_of_the_mart():
    table = mart(order("ada", "2026-02-03"), order("ada", "2026-03-03"))
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.register("cohorts_of_test", table.to_arrow())
        con.execute("create table marts.retention_cohorts as from cohorts_of_test")
        con.execute(f"create view marts.retention_cohorts_monthly as {RETENTION_COHORTS_MONTHLY}")
        columns = "cohort_month, months_since_first_order, retention_rate"
        rows = con.execute(f"select {columns} from marts.retention_cohorts_monthly order by all").fetchall()
    assert rows == [(dt.date(2026, 2, 1), 0, 1.0), (dt.date(2026, 2, 1), 1, 1.0)]


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=60, deadline=None)
@given(company=companies(), lapse_days=st.sampled_from([30, 365]), grain=st.sampled_from(sorted(GRAINS)))
def test_drawn_companies_have_the_cohorts_that_counting_by_hand_finds(
    engine: str, company: Any, lapse_days: int, grain: str
):
    orders, refunds, as_of = company
    with ENGINES[engine](frames(orders, refunds)) as tables:
        inputs = (tables["orders"], tables["refunds"], tables["calendar"])
        found = count_retained_customers(*inputs, as_of=as_of, lapse_days=lapse_days, grain=grain)
    expected = oracle.cohorts(orders, refunds, as_of, lapse_days, grain)
    assert_frame_equal(found, pl.DataFrame(expected, schema=COLUMNS), rel_tol=1e-12, abs_tol=1e-9)


@settings(max_examples=40, deadline=None)
@given(company=companies(), seed=st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_other_peoples_orders_change_a_cohort(company: Any, seed: Any):
    orders, refunds, as_of = company
    with in_polars(frames(orders, refunds)) as tables:
        before = retention_cohorts(**_inputs(tables), as_of=as_of, lapse_days=365)
    newcomer = {"customer_idx": 9, "order_date": as_of, "gross_sales": Decimal(1), "discounts": Decimal(0)}
    more = [*orders, newcomer | {"is_countable": True, "is_first_order": True, "system": "shop", "order_id": "new"}]
    seed.shuffle(more)
    with in_polars(frames(more, refunds[::-1])) as tables:
        after = retention_cohorts(**_inputs(tables), as_of=as_of, lapse_days=365)
    elsewhere = pl.col("cohort_start") != as_of.replace(day=1)
    assert_frame_equal(before.filter(elsewhere), after.filter(elsewhere))


def _inputs(tables: dict[str, Any]) -> dict[str, Any]:
    return {name: tables[name] for name in ("orders", "refunds", "calendar")}


def test_the_calendar_may_be_longer_than_the_data():
    tables = core(order("ada", "2026-03-05"))
    assert CALENDAR["day"].max() > AS_OF
    assert retention_cohorts(**_inputs(tables), as_of=AS_OF, lapse_days=365).height == 1
