"""A delivery is measured once, as it was delivered: rows, the median amount, customers per row, empty values."""

import duckdb
import polars as pl
import pytest

from regulars.pipelines.audit.findings.deliveries.delivery_profiles import (
    EMPTY,
    KEPT,
    SCHEMA,
    measure_new_deliveries,
    read_profiles,
)
from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS
from regulars.pipelines.kinds.shape.registry import KINDS

NOTHING_KNOWN = pl.DataFrame(schema=SCHEMA)


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema landed")
    for kind in KINDS.values():
        columns = [f"{column.name} varchar" for column in kind.columns]
        columns += [f"{name} {data_type}" for name, data_type in TRACE_COLUMNS]
        con.execute(f"create table landed.{kind.name} ({', '.join(columns)})")
    con.execute(
        "create table landed.files "
        "(source varchar, delivery integer, file_name varchar, landed_at timestamp, kinds varchar)"
    )
    return con


def deliver(con: duckdb.DuckDBPyConnection, number: int, *rows: tuple[str | None, str | None]) -> None:
    """A delivery of orders: the total and the customer of each."""
    con.execute(
        "insert into landed.files values ('till', ?, ?, '2026-06-30', 'orders')", [number, f"till-{number}.csv"]
    )
    for total, customer in rows:
        con.execute(
            "insert into landed.orders (gross_sales, email, _source, _delivery, order_id) "
            "values (?, ?, 'till', ?, 'o')",
            [total, customer, number],
        )


def test_a_delivery_is_described_by_its_rows_amounts_customers_and_empty_values(con):
    deliver(con, 1, ("10", "ann"), ("30", "ann"), ("20", None), ("1,5", "bob"))
    [profile] = read_profiles(measure_new_deliveries(con, NOTHING_KNOWN))
    assert (profile.source, profile.kind, profile.delivery, profile.file_name) == ("till", "orders", 1, "till-1.csv")
    assert profile.rows == 4
    assert profile.median_amount == 15.0  # what is not a number counts as nothing
    assert profile.customers_per_row == pytest.approx(2 / 3)
    assert (profile.empty["email"], profile.empty["order_id"], profile.empty["channel"]) == (0.25, 0.0, 1.0)
    assert "_source" not in profile.empty


def test_a_delivery_without_rows_is_described_too(con):
    deliver(con, 1)
    [profile] = read_profiles(measure_new_deliveries(con, NOTHING_KNOWN))
    assert (profile.rows, profile.median_amount, profile.customers_per_row, profile.empty) == (0, None, None, {})


def test_a_known_delivery_is_not_measured_again(con):
    deliver(con, 1, ("10", "ann"))
    known = measure_new_deliveries(con, NOTHING_KNOWN)
    deliver(con, 2, ("20", "bob"), ("20", "bob"))
    assert [(each.delivery, each.rows) for each in read_profiles(measure_new_deliveries(con, known))] == [(2, 2)]


def test_of_a_long_history_only_the_last_deliveries_are_measured(con):
    for number in range(1, KEPT + 3):
        deliver(con, number, ("10", "ann"))
    measured = measure_new_deliveries(con, NOTHING_KNOWN)
    assert measured["delivery"].min() == 3
    assert measured.filter(pl.col("measure") == EMPTY)["delivery"].n_unique() == KEPT
