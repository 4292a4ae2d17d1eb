"""A delivery is measured once, as it was delivered: rows, the median amount, customers per row, empty values."""

import datetime as dt

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


def measure(con: duckdb.DuckDBPyConnection, known: pl.DataFrame = NOTHING_KNOWN) -> pl.DataFrame:
    return measure_new_deliveries(con, known, dt.date(2026, 6, 30), "Europe/Berlin")


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
        "(source varchar, delivery integer, file_name varchar, landed_at timestamp, modified_at timestamp, "
        "kinds varchar)"
    )
    return con


def deliver(con: duckdb.DuckDBPyConnection, number: int, *rows: tuple[str | None, str | None]) -> None:
    """A delivery of orders: the total and the customer of each."""
    con.execute(
        "insert into landed.files values ('till', ?, ?, '2026-06-30', '2026-06-30', 'orders')",
        [number, f"till-{number}.csv"],
    )
    for total, customer in rows:
        con.execute(
            "insert into landed.orders (gross_sales, email, _source, _delivery, order_id) "
            "values (?, ?, 'till', ?, 'o')",
            [total, customer, number],
        )


def test_a_delivery_is_described_by_its_rows_amounts_customers_and_empty_values(con):
    deliver(con, 1, ("10", "ann"), ("30", "ann"), ("20", None), ("1,5", "bob"))
    [profile] = read_profiles(measure(con))
    assert (profile.source, profile.kind, profile.delivery, profile.file_name) == ("till", "orders", 1, "till-1.csv")
    assert profile.rows == 4
    assert profile.median_amount == 15.0  # what is not a number counts as nothing
    assert profile.customers_per_row == pytest.approx(2 / 3)
    assert (profile.empty["email"], profile.empty["order_id"], profile.empty["channel"]) == (0.25, 0.0, 1.0)
    assert "_source" not in profile.empty


def test_a_delivery_without_rows_is_described_too(con):
    deliver(con, 1)
    [profile] = read_profiles(measure(con))
    assert (profile.rows, profile.median_amount, profile.customers_per_row, profile.empty) == (0, None, None, {})


def test_a_known_delivery_is_not_measured_again(con):
    deliver(con, 1, ("10", "ann"))
    known = measure(con)
    deliver(con, 2, ("20", "bob"), ("20", "bob"))
    assert [(each.delivery, each.rows) for each in read_profiles(measure(con, known))] == [(2, 2)]


def test_of_a_long_history_only_the_last_deliveries_are_measured(con):
    for number in range(1, KEPT + 3):
        deliver(con, number, ("10", "ann"))
    measured = measure(con)
    assert measured["delivery"].min() == 3
    assert measured.filter(pl.col("measure") == EMPTY)["delivery"].n_unique() == KEPT


def order(con: duckdb.DuckDBPyConnection, number: int, order_id: str, **values: str) -> None:
    """An order of a delivery that `deliver` has begun."""
    row = {"customer_record_id": "c1", "ordered_at": "2026-06-29 08:30:00", "gross_sales": "10", "currency": "EUR"}
    row |= {"order_id": order_id, **values}
    con.execute(
        f"insert into landed.orders ({', '.join(row)}, _source, _delivery) "
        f"values ({', '.join('?' * len(row))}, 'till', {number})",
        list(row.values()),
    )


def test_customers_are_known_from_an_export_or_an_earlier_delivery(con):
    con.execute("insert into landed.customers (customer_record_id) values ('c9')")
    deliver(con, 1)
    order(con, 1, "o1", customer_record_id="c1")
    deliver(con, 2)
    for number, customer in enumerate(("c1", "c9", "c7", "c7")):
        order(con, 2, f"p{number}", customer_record_id=customer)
    first, second = read_profiles(measure(con))
    assert (first.known, second.known) == ({"customer": 0.0}, {"customer": 0.5})


def test_orders_of_lines_are_known_when_orders_have_them_whichever_came_first(con):
    deliver(con, 1)
    con.execute(
        "insert into landed.order_lines (order_id, product_id, _source, _delivery) "
        "values ('o1', 'p1', 'till', 1), ('x1', 'p2', 'till', 1)"
    )
    deliver(con, 2)
    order(con, 2, "o1")
    con.execute("insert into landed.products (product_id) values ('p1'), ('p2')")
    [lines] = [each for each in read_profiles(measure(con)) if each.kind == "order_lines"]
    assert lines.known == {"order_id": 0.5, "product_id": 1.0}


def test_rows_that_differ_in_their_id_alone_are_repeated(con):
    deliver(con, 1)
    order(con, 1, "o1")
    order(con, 1, "o2", gross_sales="20")
    deliver(con, 2)
    order(con, 2, "o1")  # a later version of the same order
    order(con, 2, "n2", gross_sales="20")
    order(con, 2, "n3", gross_sales="30")
    order(con, 2, "n4", gross_sales="20", ordered_at="2026-06-29 08:31:00")
    assert [each.repeated for each in read_profiles(measure(con))] == [0.0, 0.25]


def test_shares_of_currencies_are_those_of_rows(con):
    deliver(con, 1)
    for number, currency in enumerate(("EUR", "EUR", "EUR", "CHF")):
        order(con, 1, f"o{number}", currency=currency)
    [profile] = read_profiles(measure(con))
    assert profile.currencies == {"EUR": 0.75, "CHF": 0.25}


def test_days_and_hours_are_those_of_the_company(con):
    deliver(con, 1)
    for number in range(9):
        order(con, 1, f"o{number}", ordered_at="2026-06-28 22:30:00")  # Monday, half past midnight in Berlin
    order(con, 1, "late", ordered_at="2026-07-05 10:00:00")
    [profile] = read_profiles(measure(con))
    assert (profile.weekday, profile.median_hour, profile.lag_days) == (1, 0.5, 1)
    assert profile.age_days == 1  # what lies after the day of the run is not its newest row


def test_rows_of_several_days_have_no_weekday(con):
    deliver(con, 1)
    for number in range(10):
        order(con, 1, f"o{number}", ordered_at=f"2026-06-{20 + number} 10:00:00")
    [profile] = read_profiles(measure(con))
    assert profile.weekday is None


def test_of_rates_the_newest_day_is_known_and_what_lies_after_the_run_is_no_day_yet(con):
    con.execute("insert into landed.files values ('bank', 1, 'r.csv', '2026-06-30', '2026-06-30', 'fx_rates')")
    for day in ("2026-06-24", "2026-06-26", "2026-07-01", "x"):
        con.execute(
            "insert into landed.fx_rates (rate_date, _source, _delivery) values (?, 'bank', 1)",
            [day],
        )
    [profile] = read_profiles(measure(con))
    assert (profile.newest_day, profile.age_days) == ((dt.date(2026, 6, 26) - dt.date(1970, 1, 1)).days, 4)
    assert (profile.weekday, profile.median_hour, profile.lag_days) == (None, None, None)
