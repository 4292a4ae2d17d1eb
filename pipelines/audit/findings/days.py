"""Finds days far from all others: rows after the day of the run, stray first orders, old rates.

Put here: findings about days in the tables of a run. Keep out: clocks (`clock.py`), and
sources without new rows (`silence.py`).
"""

import datetime as dt
from collections.abc import Iterator
from itertools import groupby, pairwise

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

RATE_DAYS_OF_DELIVERIES = """
    -- one row per delivery of rates with news, in order: its newest day in business days, and that of its run
    with
        deliveries as (
            select source, delivery, max(rate_date) as newest_day
            from (select _source as source, _delivery as delivery, rate_date from staging.fx_rates)
            where rate_date <= $as_of
            group by all
        ),

        numbered as (
            select day, sum(is_business_day::integer) over (order by day) as business_day from core.calendar
        )

    select deliveries.source, deliveries.newest_day, newest.business_day, landed.business_day, today.business_day
    from deliveries
    join landed.files as files using (source, delivery)
    join numbered as newest on newest.day = deliveries.newest_day
    join numbered as landed on landed.day = cast(files.landed_at as date) - 1
    join numbered as today on today.day = $as_of
    order by deliveries.source, deliveries.delivery
"""
FEWEST_RATE_DELIVERIES = 3


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


def find_rates_not_renewed(con: duckdb.DuckDBPyConnection, as_of: dt.date) -> Iterator[Finding]:
    """Sources whose newest rate is older, in business days, than it ever was between two of its deliveries."""
    if not con.execute("select 1 from staging.fx_rates limit 1").fetchall():
        return
    rows = con.execute(RATE_DAYS_OF_DELIVERIES, {"as_of": as_of}).fetchall()
    for source, found in groupby(rows, key=lambda row: row[0]):
        deliveries = list(found)
        steps = [later[2] - earlier[2] for earlier, later in pairwise(deliveries)]
        renewed = [step for step in steps if step > 0]
        if len(renewed) < FEWEST_RATE_DELIVERIES - 1:
            continue
        newest = max(deliveries, key=lambda row: row[2])
        lags = [landed - day for _, _, day, landed, _ in deliveries[: len(deliveries) - (steps[-1] <= 0)]]
        late = newest[4] - newest[2] - max(*lags, 0) - max(renewed) + 1
        if late > 0:
            yield make_finding(
                "rates_not_renewed",
                f"{source}: the newest exchange rate is of {newest[1]}, {late} business days later than rates have "
                "come so far.",
                "See whether the file of rates is still written anew; orders are converted with the last rate.",
                source=source,
                kind="fx_rates",
                count=int(late),
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
