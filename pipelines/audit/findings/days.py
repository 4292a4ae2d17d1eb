"""Finds days far from all others: rows after the day of the run, stray first orders, old rates.

Put here: findings about days in the tables of a run. Keep out: clocks (`clock.py`), and
sources without new rows (`silence.py`).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import duckdb
import polars as pl

from regulars.pipelines.audit.findings.deliveries.day_measures import find_event_column
from regulars.pipelines.audit.findings.deliveries.profile import Profile
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

BUSINESS_DAYS = """
    -- one row per day: how many business days there are until it
    select day, sum(is_business_day::integer) over (order by day) as business_day
    from core.calendar
"""
EPOCH = dt.date(1970, 1, 1)
FEWEST_RATE_RUNS = 3


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
            f"The newest row of all sources is of {newest}, {ahead} days before {as_of}, the day of the run: whom to "
            "call and each next step are told without what happened since.",
            "See whether exports still arrive, whether `as_of` is right, and whether the clock of the machine is.",
            count=ahead,
        )


def find_as_of_behind(as_of: dt.date, today: dt.date) -> Iterator[Finding]:
    """A run that counts to a day long before the one on which it runs.

    Args:
        as_of: The last day that counts.
        today: The day on which the run starts, in the company's zone.
    """
    behind = (today - as_of).days
    yield make_finding(
        "as_of_behind",
        f"The run counts to {as_of}, {behind} days before {today}, on which it ran: whom to call "
        "(`marts.owner_worklists`) and each `next_step` are of that day.",
        "Run without a fixed `as_of`, with newer exports, before anybody calls by these lists.",
        count=behind,
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


def find_rates_not_renewed(
    con: duckdb.DuckDBPyConnection, as_of: dt.date, profiles: Sequence[Profile]
) -> Iterator[Finding]:
    """Sources whose newest rate is older, in business days, than it ever was between two of its deliveries.

    Args:
        con: The build, with `core.calendar`.
        as_of: The day of the run.
        profiles: Of all deliveries, in the order of landing.
    """
    rates = [each for each in profiles if each.kind == "fx_rates"]
    if not rates:
        return
    business_days: dict[dt.date, int] = dict(con.execute(BUSINESS_DAYS).fetchall())
    for source in sorted({each.source for each in rates}):
        known = [
            (newest, business_days[newest], business_days[run_day])
            for run_day, newest in _list_newest_rates(each for each in rates if each.source == source)
            if newest in business_days and run_day in business_days
        ]
        steps = [later - earlier for (_, earlier, _), (_, later, _) in pairwise(known)]
        renewed = [step for step in steps if step > 0]
        if len(renewed) < FEWEST_RATE_RUNS - 1 or as_of not in business_days:
            continue
        newest_day, newest, _ = max(known, key=lambda each: each[1])
        lags = [run_day - day for _, day, run_day in known[: len(known) - (steps[-1] <= 0)]]
        late = business_days[as_of] - newest - max(*lags, 0) - max(renewed) + 1
        if late > 0:
            yield make_finding(
                "rates_not_renewed",
                f"{source}: the newest exchange rate is of {newest_day}, {late} business days later than rates have "
                "come so far.",
                "See whether the file of rates is still written anew; orders are converted with the last rate.",
                source=source,
                kind="fx_rates",
                count=int(late),
            )


def _list_newest_rates(profiles: Iterable[Profile]) -> list[tuple[dt.date, dt.date]]:
    """The day of each run in which rates were delivered, and the newest day of a rate that it delivered; in order."""
    newest: dict[float, float] = {}
    for each in profiles:
        if each.newest_day is not None and each.age_days is not None:
            run_day = each.newest_day + each.age_days
            newest[run_day] = max(newest.get(run_day, each.newest_day), each.newest_day)
    return [(EPOCH + dt.timedelta(days=run), EPOCH + dt.timedelta(days=day)) for run, day in sorted(newest.items())]


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
