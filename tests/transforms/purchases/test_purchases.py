import datetime as dt
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from polars.io.plugins import register_io_source
from polars.testing import assert_frame_equal

from regulars.pipelines.transforms.purchases.purchases import (
    list_purchase_days,
    read_into_polars,
    sum_net_sales_by_month_and_first_month,
    sum_purchases_by_customer,
    sum_purchases_by_customer_day,
    sum_purchases_by_customer_period,
    sum_refunds_by_month,
    sum_sales_by_month_and_buyer,
)
from tests.transforms import oracle
from tests.transforms.core_tables import CALENDAR, ENGINES, Row, companies, core, frames, in_polars, order, refund

AS_OF = dt.date(2026, 3, 31)
SUM = pl.Decimal(38, 4)
SUMS = {
    "order_count": pl.Int64,
    "gross_sales": SUM,
    "discounts": SUM,
    "refunds": SUM,
    "net_sales": SUM,
}
MONTH_OF = dict(CALENDAR.select("day", "month_idx").iter_rows())


def by_customer(*rows: Row, as_of: dt.date = AS_OF) -> dict[int, Row]:
    """{customer_idx: row} of sum_purchases_by_customer."""
    with in_polars(core(*rows)) as tables:
        found = read_into_polars(sum_purchases_by_customer(tables["orders"], tables["refunds"], as_of=as_of))
    return {row["customer_idx"]: row for row in found.to_dicts()}


def by_month(*rows: Row) -> dict[tuple[int, str], Decimal]:
    """{(customer_idx, month): net sales}."""
    with in_polars(core(*rows)) as tables:
        sums = sum_purchases_by_customer_period(
            tables["orders"], tables["refunds"], tables["calendar"], as_of=AS_OF, period_idx="month_idx"
        )
        found = read_into_polars(sums)
    return {
        (row["customer_idx"], f"{row['month_idx'] // 12}-{row['month_idx'] % 12 + 1:02}"): row["net_sales"]
        for row in found.to_dicts()
    }


def test_net_sales_are_gross_sales_less_discounts_and_refunds():
    ada = by_customer(order("ada", "2026-01-05", "100", "10"), refund("ada", "2026-02-01", "30"))[1]
    assert (ada["gross_sales"], ada["discounts"], ada["refunds"]) == (100, 10, 30)
    assert ada["net_sales_to_date"] == 60


def test_a_refund_counts_in_its_own_month_even_without_an_order_in_it():
    found = by_month(order("ada", "2026-01-31", "100"), refund("ada", "2026-02-01", "30"))
    assert found == {(1, "2026-01"): 100, (1, "2026-02"): -30}


def test_only_goods_of_refunds_that_count_lower_sales():
    whole = refund("ada", "2026-02-01", "100", "10", "20.90")
    of_a_test_order = refund("ada", "2026-02-02", "7", countable=False)
    ada = by_customer(order("ada", "2026-01-05", "100"), whole, of_a_test_order)[1]
    assert (ada["refunds"], ada["net_sales_to_date"]) == (100, 0)


def test_a_refund_never_uncounts_an_order():
    ada = by_customer(order("ada", "2026-01-05", "100"), refund("ada", "2026-01-05", "100"))[1]
    assert (ada["order_count"], ada["purchase_days"], ada["net_sales_to_date"]) == (1, 1, 0)


def test_two_orders_of_one_day_are_one_purchase_day():
    ada = by_customer(order("ada", "2026-01-05"), order("ada", "2026-01-05"), order("ada", "2026-01-06"))[1]
    assert (ada["order_count"], ada["purchase_days"]) == (3, 2)


def test_orders_that_do_not_count_and_what_happens_after_as_of_are_left_out():
    found = by_customer(
        order("ada", "2026-01-05", countable=False),
        order("ada", "2026-02-05"),
        order("ada", "2026-04-01"),
        refund("ada", "2026-04-02"),
    )
    assert found[1]["order_count"] == 1
    assert found[1]["first_order_date"] == found[1]["last_order_date"] == dt.date(2026, 2, 5)
    assert found[1]["net_sales_to_date"] == 100


def test_a_customer_with_refunds_only_has_no_order_dates_and_negative_sales():
    bob = by_customer(refund("bob", "2026-01-05", "5"))[1]
    assert (bob["first_order_date"], bob["last_order_date"], bob["order_count"]) == (None, None, 0)
    assert bob["net_sales_to_date"] == -5


def test_a_refund_moves_neither_the_first_nor_the_last_order_date():
    ada = by_customer(refund("ada", "2026-01-01"), order("ada", "2026-02-01"), refund("ada", "2026-03-01"))[1]
    assert ada["first_order_date"] == ada["last_order_date"] == dt.date(2026, 2, 1)


def test_the_unknown_customer_is_customer_0():
    assert set(by_customer(order("unknown", "2026-01-05"), order("ada", "2026-01-05"))) == {0, 1}


def test_customers_are_counted_once_per_kind_of_order_and_month():
    rows = (
        order("ada", "2026-01-05"),
        order("ada", "2026-01-05"),
        order("ada", "2026-01-20"),
        order("unknown", "2026-01-20"),
    )
    with in_polars(core(*rows)) as tables:
        found = read_into_polars(sum_sales_by_month_and_buyer(tables["orders"], tables["calendar"], as_of=AS_OF))
    counts = {(r["is_unknown"], r["is_first_order"]): (r["customer_count"], r["order_count"]) for r in found.to_dicts()}
    assert counts == {(False, True): (1, 1), (False, False): (1, 2), (True, False): (1, 1)}


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=30, deadline=None)
@given(company=companies())
def test_the_scans_find_what_counting_by_hand_finds_with_the_same_types_on_every_engine(engine: str, company: Any):
    orders, refunds, as_of = company
    with ENGINES[engine](frames(orders, refunds)) as tables:
        inputs = (tables["orders"], tables["refunds"])
        calendar = tables["calendar"]
        day = read_into_polars(sum_purchases_by_customer_day(*inputs, calendar, as_of=as_of))
        month = read_into_polars(
            sum_purchases_by_customer_period(*inputs, calendar, as_of=as_of, period_idx="month_idx")
        )
        customer = read_into_polars(sum_purchases_by_customer(*inputs, as_of=as_of))
        days = read_into_polars(list_purchase_days(inputs[0], calendar, as_of=as_of))
        returned = read_into_polars(sum_refunds_by_month(inputs[1], calendar, as_of=as_of))
        buyers = read_into_polars(sum_sales_by_month_and_buyer(inputs[0], calendar, as_of=as_of))

    def expected(period_idx: str, number: Any) -> pl.DataFrame:
        sums = oracle.purchases_by(lambda idx, day: (idx, number(day)), orders, refunds, as_of)
        rows = [{"customer_idx": idx, period_idx: period} | row for (idx, period), row in sums.items()]
        return pl.DataFrame(rows, schema={"customer_idx": pl.Int32, period_idx: pl.Int32} | SUMS)

    assert_frame_equal(day, expected("day_idx", lambda day: (day - dt.date(1970, 1, 1)).days), check_row_order=False)
    assert_frame_equal(month, expected("month_idx", MONTH_OF.get), check_row_order=False)
    dates = {"first_order_date": pl.Date, "last_order_date": pl.Date}
    assert customer.schema == pl.Schema(
        {"customer_idx": pl.Int32, **dates, "order_count": pl.Int64, "purchase_days": pl.Int64}
        | {"gross_sales": SUM, "discounts": SUM, "refunds": SUM, "net_sales_to_date": SUM}
    )
    by_hand = oracle.purchases_by(lambda idx, _: idx, orders, refunds, as_of)
    purchase_days = oracle.purchase_days([row | {"customer_idx": row["customer_idx"] + 1} for row in orders], as_of)
    assert {
        row["customer_idx"]: (
            row["order_count"],
            row["net_sales_to_date"],
            row["purchase_days"],
            row["first_order_date"],
            row["last_order_date"],
        )
        for row in customer.to_dicts()
    } == {
        idx: (row["order_count"], row["net_sales"], len(of), of[0] if of else None, of[-1] if of else None)
        for idx, row in by_hand.items()
        for of in [purchase_days.get(idx + 1, [])]
    }
    assert days.schema == pl.Schema({"customer_idx": pl.Int32, "day_idx": pl.Int32})
    assert days.height == customer["purchase_days"].sum()
    beside = ("refunded_shipping", "refunded_tax", "refunded_otherwise")
    assert returned.schema == pl.Schema({"month_idx": pl.Int32, "refunds": SUM, **dict.fromkeys(beside, SUM)})
    everything = sum((row["amount"] for row in refunds if row["refund_date"] <= as_of), Decimal(0))
    assert returned.select(pl.sum_horizontal("refunds", *beside).sum()).item() == everything
    assert returned["refunds"].sum() == day["refunds"].sum()
    assert buyers["sales"].sum() - returned["refunds"].sum() == day["net_sales"].sum()
    assert buyers.schema["customer_count"] == buyers.schema["order_count"] == pl.Int64


def test_a_scan_runs_each_table_once():
    # A lazy DuckDB frame that is read twice within one query loses rows without a word: both reads share a connection.
    runs: Counter[str] = Counter()

    def counted(name: str, frame: pl.DataFrame) -> pl.LazyFrame:
        def batches(
            columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
        ) -> Iterator[pl.DataFrame]:
            runs[name] += 1
            chosen = frame if columns is None else frame.select(columns)
            yield chosen if predicate is None else chosen.filter(predicate)

        return register_io_source(batches, schema=frame.schema, is_pure=True)

    tables = core(order("ada", "2026-01-05"), refund("ada", "2026-01-06"))
    orders, refunds, calendar = (tables[name] for name in ("orders", "refunds", "calendar"))
    for scan in (
        lambda o, r, c: sum_purchases_by_customer_day(o, r, c, as_of=AS_OF),
        lambda o, r, c: sum_purchases_by_customer_period(o, r, c, as_of=AS_OF, period_idx="month_idx"),
        lambda o, r, _: sum_purchases_by_customer(o, r, as_of=AS_OF),
        lambda o, _, c: sum_sales_by_month_and_buyer(o, c, as_of=AS_OF),
        lambda o, r, c: sum_net_sales_by_month_and_first_month(o, r, c, as_of=AS_OF),
    ):
        runs.clear()
        inputs = (counted("orders", orders), counted("refunds", refunds), counted("calendar", calendar))
        assert read_into_polars(scan(*inputs)).height > 0
        assert set(runs.values()) == {1}


def test_an_order_on_a_day_that_the_calendar_lacks_is_not_lost_silently():
    tables = core(order("ada", "2026-01-05"))
    short = tables["calendar"].filter(pl.col("day") < dt.date(2026, 1, 1))
    found = sum_purchases_by_customer_day(tables["orders"], tables["refunds"], short, as_of=AS_OF)
    assert read_into_polars(found)["day_idx"].to_list() == [None]
