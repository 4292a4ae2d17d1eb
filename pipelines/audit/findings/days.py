"""Finds days far from all others: rows after the day of the run, stray first orders, old rates.

Put here: findings about days in the tables of a run. Keep out: clocks (`clock.py`), and
sources without new rows (`silence.py`).
"""

import datetime as dt
from collections.abc import Iterator

import duckdb
import polars as pl

from regulars.pipelines.audit.findings.deliveries.day_measures import find_event_column
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.transforms.history_start import find_first_day

AHEAD_DAYS = 2
RATE_DAYS = 30

DAYS = """
    -- one row per source, kind and day that has rows
    select source, kind, day, count(*) as rows, count(*) filter (day > $as_of + $ahead) as rows_after
    from ({events})
    where day is not null
    group by all
"""
FIRST_ORDERS = """
    select min(order_date) as first_day
    from core.orders
    where is_countable and customer_idx <> 0 and order_date <= $as_of
    group by customer_idx
"""
OLD_RATES = """
    -- one row per currency: the oldest rate, in days, that converts an order of the last days
    select orders.currency, max(orders.order_date - known.rate_date) as age
    from core.orders as orders
    asof join (select currency, rate_date from staging.fx_rates group by all) as known
        on known.currency = orders.currency and known.rate_date <= orders.order_date
    anti join raw.company as company on company.currency = orders.currency
    where orders.order_date > $as_of - $window and orders.order_date <= $as_of
    group by orders.currency
    order by orders.currency
"""


def list_days_with_rows(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> None:
    """Make the temporary table `days_with_rows`, which the functions below read."""
    events = " union all ".join(
        f"select _source as source, '{kind.name}' as kind, cast({column} as date) as day from staging.{kind.name}"
        for kind in KINDS.values()
        if (column := find_event_column(kind)) is not None
    )
    query = f"create or replace temp table days_with_rows as {DAYS.format(events=events)}"
    con.execute(query, {"as_of": as_of, "ahead": AHEAD_DAYS})


def find_days_around_as_of(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> Iterator[Finding]:
    """Rows after the day of the run, and a day of the run far after all rows."""
    after = """
        select source, kind, sum(rows_after), max(day)
        from days_with_rows
        where kind <> 'subscriptions' -- which may begin in the future
        group by all
        having sum(rows_after) > 0
        order by all
    """
    for source, kind, rows, newest in con.execute(after).fetchall():
        yield make_finding(
            "rows_after_as_of",
            f"{source}: {rows:,} rows of {kind} lie more than {AHEAD_DAYS} days after {as_of}, the newest on {newest}.",
            "See whether the day of the run (`as_of`) is right, and whether the tool writes wrong years.",
            source=source,
            kind=kind,
            count=int(rows),
        )
    newest = con.execute("select max(day) from days_with_rows where day <= $as_of", {"as_of": as_of}).fetchall()[0][0]
    if newest is not None:
        ahead = (as_of - newest).days
        yield make_finding(
            "as_of_ahead",
            f"The newest row of all sources is of {newest}, {ahead} days before {as_of}, the day of the run.",
            "See whether exports still arrive, whether `as_of` is right, and whether the clock of the machine is.",
            count=ahead,
        )


def find_orders_before_history(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> Iterator[Finding]:
    """Customers whose first order is years before all others."""
    firsts: pl.Series = con.execute(FIRST_ORDERS, {"as_of": as_of}).pl()["first_day"]
    begins = find_first_day(firsts)
    before = firsts.filter(firsts < begins) if begins else firsts.clear()
    if begins is not None and len(before):
        yield make_finding(
            "orders_before_history",
            f"{len(before):,} of {len(firsts):,} customers first ordered from {before.min()!s} to {before.max()!s}, "
            f"and all others from {begins} on, where history is taken to begin.",
            "Correct the dates at the source if they are wrong; their orders count as they are.",
            table="core.orders",
            count=len(before),
        )


def find_old_rates(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> Iterator[Finding]:
    """Currencies whose newest rate was old when an order of the last days was converted."""
    for currency, age in con.execute(OLD_RATES, {"as_of": as_of, "window": RATE_DAYS}).fetchall():
        yield make_finding(
            "rate_old",
            f"Orders in {currency} of the last {RATE_DAYS} days are converted with a rate of up to {age} days before.",
            "Deliver newer rates to a source of the kind `fx_rates`.",
            kind="fx_rates",
            count=int(age),
        )
