"""The mart `support_response`: how many tickets, and complaints, got a first public reply in time.

Put here: counts and shares by day and week, and of the last year, split by topic, channel, value tier and owner. Keep
out: how long customers waited (`core.tickets`), and when a reply is in time (`replies.py`).
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Protocol

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import (
    ALL,
    LAST_YEAR_GRAIN,
    SUPPORT_DIMENSIONS,
    UNKNOWN,
    VALUES_OF_NONE,
)
from regulars.pipelines.definitions.windows import LAST_YEAR_DAYS
from regulars.pipelines.transforms.care.replies import BREACHED, MEASURES, ON_TIME, OUTCOMES, PENDING, find_outcome
from regulars.pipelines.transforms.history_start import find_first_day_of_counts
from regulars.pipelines.transforms.purchases.purchases import read_into_polars
from regulars.pipelines.transforms.rare_values import group_rare_values
from regulars.pipelines.transforms.rates import bound_rate

LEFT_OUT = {
    "opened_by_agent": "left_out_opened_by_agent",
    "merged": "left_out_merged",
    "spam": "left_out_spam",
    "solved_by_customer": "left_out_solved_by_customer",
    "reply_not_exported": "left_out_reply_not_exported",
}
"""`no_reply_due_reason` -> the column with its tickets."""

ENDS = ("_low", "_high")
"""The endings of the names of the interval of a rate."""

POPULATIONS = {"tickets": pl.lit(value=True), "complaints": pl.col("is_complaint").fill_null(value=False)}
"""Whose replies are counted -> which of the tickets they are."""

WAITS = {"median": 0.5, "slowest_tenth": 0.9}
"""Part of a column's name -> the share of the decided tickets that waited at most as long."""

OUTSIDE = "answered_outside_hours"
"""The end of the name of the columns with tickets that were opened and answered while support was closed."""

COLUMNS: dict[str, PolarsDataType] = {
    "grain": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    **{
        name: kind
        for population in POPULATIONS
        for name, kind in {
            population: pl.Int64,
            **{
                f"{population}_{column}{measure}{end}": pl.Float64 if column == "on_time_rate" else pl.Int64
                for measure in MEASURES
                for column in (*OUTCOMES, "decided", "on_time_rate")
                for end in (("", *ENDS) if column == "on_time_rate" else ("",))
            },
            f"{population}_answered": pl.Int64,
            **{f"{population}_{wait}_reply_minutes": pl.Float64 for wait in WAITS},
            f"{population}_{OUTSIDE}": pl.Int64,
        }.items()
    },
    "solved_tickets": pl.Int64,
    "reopened_tickets": pl.Int64,
    "left_out_tickets": pl.Int64,
    **dict.fromkeys(LEFT_OUT.values(), pl.Int64),
    "left_out_complaints": pl.Int64,
    "all_complaints": pl.Int64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
COUNTS = [
    name
    for name, kind in COLUMNS.items()
    if kind == pl.Int64
    and "_decided" not in name
    and name not in ("tickets", "complaints", "left_out_tickets", "all_complaints")
]


class SupportSettings(Protocol):
    """What a company sets about support."""

    @property
    def reply_within_minutes(self) -> int:
        """How long a first public reply may take."""


def support_response(
    tickets: IntoFrame,
    customer_segments: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    support: SupportSettings,
) -> pl.DataFrame:
    """Count replies in time, late and pending per grain, period and dimension value.

    Args:
        tickets: `core.tickets`.
        customer_segments: `marts.customer_segments`; `customer_id`, `value_tier`.
        calendar: `core.calendar`; `day`, `week_start`.
        as_of: Last day that counts; tickets opened later are left out, and later replies do not count yet.
        support: How long a reply may take.

    Returns:
        The columns of `COLUMNS`, sorted by grain, period_end, dimension and value; `all` has every day and week from
        the first ticket to `as_of`, the other dimensions only periods with tickets; the year that ends with `as_of` is
        one period. Empty without tickets.
    """
    counted = count_tickets(tickets, customer_segments, as_of=as_of, support=support)
    if counted.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    weeks = read_into_polars(nw.from_native(calendar).lazy().select("day", "week_start").to_native())
    days = counted.join(weeks, left_on="opened_date", right_on="day", how="left")
    first: dt.date = counted["opened_date"].min()  # type: ignore[assignment] # of a column of dates
    spine = weeks.filter(pl.col("day").is_between(first, as_of)).rename({"day": "opened_date"})
    year_start = as_of - dt.timedelta(days=LAST_YEAR_DAYS - 1)
    year_days, year_spine = (frame.filter(pl.col("opened_date") >= year_start) for frame in (days, spine))
    periods = pl.concat(
        [
            _count_periods(days, spine, "day", pl.col("opened_date"), 1),
            _count_periods(days, spine, "week", pl.col("week_start"), 7),
            _count_periods(
                *(year_days, year_spine, LAST_YEAR_GRAIN),
                pl.col("opened_date").clip(upper_bound=year_start),
                LAST_YEAR_DAYS,
            ),
        ]
    )
    known_from = find_first_day_of_counts(counted["opened_date"], counted["count"]) or first
    has_complaints = days["is_complaint"].drop_nulls().len() > 0
    return (
        periods.with_columns(**_add_up(), as_of=pl.lit(as_of))
        .with_columns(**_compute_rates())
        .with_columns(is_whole=(pl.col("grain") != LAST_YEAR_GRAIN) | (pl.col("period_start") >= known_from))
        .with_columns(is_complete=_is_complete(as_of), reason=_explain(known_from, has_complaints=has_complaints))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("grain", "period_end", "dimension", "dimension_value")
    )


def count_tickets(
    tickets: IntoFrame, customer_segments: IntoFrame, *, as_of: dt.date, support: SupportSettings
) -> pl.DataFrame:
    """Scan all tickets, on any engine, and count them by all columns that matter.

    Returns:
        `opened_date`, `reason` (rare topics are `other`), `channel`, `owner`, `value_tier`, `is_complaint`,
        `no_reply_due_reason`, `is_solved`, `is_reopened`, an outcome per measure (`outcome`, `outcome_business`),
        `minutes` until the reply by the clock (NULL: none by as_of), `is_outside_hours` (all of these were outside
        opening hours) and `count`.
    """
    tiers = nw.from_native(customer_segments).lazy().select("customer_id", "value_tier")
    groups = ["opened_date", "reason", "channel", "owner", "value_tier", "is_complaint", "no_reply_due_reason"]
    found = [f"outcome{measure}" for measure in MEASURES]
    reply, waited = nw.col("first_reply_minutes"), nw.col("minutes_until_as_of")
    counted: nw.LazyFrame[Any] = (
        nw.from_native(tickets)
        .lazy()
        .filter(nw.col("opened_date") <= as_of)
        .with_columns(
            is_solved=~nw.col("solved_at").is_null(),
            is_reopened=nw.col("reopened_count").fill_null(0) > 0,
            minutes=nw.when(reply <= waited).then(reply),
            is_outside_hours=(reply > 0) & (reply <= waited) & (nw.col("first_reply_business_minutes") == 0),
            **{f"outcome{each}": find_outcome(each, support.reply_within_minutes) for each in MEASURES},
        )
        .join(tiers, on="customer_id", how="left")
        .group_by([*groups, "is_solved", "is_reopened", *found, "minutes", "is_outside_hours"])
        .agg(count=nw.len())
    )
    rows = read_into_polars(counted.to_native()).with_columns(pl.col("count").cast(pl.Int64))
    if rows["reason"].null_count() == len(rows):
        return rows
    return rows.with_columns(group_rare_values(rows["reason"], rows["count"]).cast(pl.String))


def _list_counts() -> Iterator[tuple[str, pl.Expr]]:
    """Every count of `COUNTS`, as a sum of `count`."""
    is_due = pl.col("no_reply_due_reason").is_null()
    for population, is_in in POPULATIONS.items():
        for measure in MEASURES:
            for outcome in OUTCOMES:
                has_outcome = pl.col(f"outcome{measure}") == outcome
                yield f"{population}_{outcome}{measure}", is_due & is_in & has_outcome
        yield f"{population}_answered", is_due & is_in & pl.col("minutes").is_not_null()
        yield f"{population}_{OUTSIDE}", is_due & is_in & pl.col("is_outside_hours")
    yield "solved_tickets", is_due & pl.col("is_solved")
    yield "reopened_tickets", is_due & pl.col("is_reopened")
    for reason, column in LEFT_OUT.items():
        yield column, pl.col("no_reply_due_reason") == reason
    yield "left_out_complaints", ~is_due & POPULATIONS["complaints"]


def _list_waits() -> Iterator[tuple[str, pl.Expr]]:
    """The minutes to the reply that so large a part of the decided tickets waited at most, as `quantile` between two.

    Who has no reply waits longer than all who have one. NULL where the value lies among these. Who may yet be answered
    in time is left out.
    """
    for population, is_in in POPULATIONS.items():
        is_due = pl.col("no_reply_due_reason").is_null() & is_in & (pl.col("outcome") != PENDING)
        is_counted = is_due & pl.col("minutes").is_not_null()
        minutes = pl.col("minutes").filter(is_counted).repeat_by(pl.col("count").filter(is_counted)).explode().sort()
        for name, share in WAITS.items():
            place = ((pl.col("count").filter(is_due).sum() - 1) * share).round(9)
            place = pl.when(place >= 0).then(place)
            lower, upper = (
                minutes.get(each.cast(pl.Int64), null_on_oob=True) for each in (place.floor(), place.ceil())
            )
            yield f"{population}_{name}_reply_minutes", lower + (upper - lower) * (place - place.floor())


def _count_periods(days: pl.DataFrame, spine: pl.DataFrame, grain: str, start: pl.Expr, length: int) -> pl.DataFrame:
    """Count the tickets of one grain, for each dimension with at least one value."""
    counts = {name: pl.col("count").filter(chosen.fill_null(value=False)).sum() for name, chosen in _list_counts()}
    waits = dict(_list_waits())
    found = []
    for dimension in SUPPORT_DIMENSIONS:
        none = VALUES_OF_NONE.get(dimension, UNKNOWN)
        value = pl.lit(ALL) if dimension == ALL else pl.col(dimension).fill_null(none)
        if dimension != ALL and days[dimension].null_count() == len(days):
            continue
        keys = [start.alias("period_start"), pl.lit(dimension).alias("dimension"), value.alias("dimension_value")]
        found.append(days.group_by(keys).agg(**counts, **waits))
    every = spine.select(period_start=start, dimension=pl.lit(ALL), dimension_value=pl.lit(ALL)).unique()
    empty = every.join(found[0], on=every.columns, how="anti").with_columns(
        pl.lit(0, pl.Int64).alias(n) for n in COUNTS
    )
    return pl.concat([*found, empty], how="diagonal").with_columns(
        grain=pl.lit(grain), period_end=pl.col("period_start") + dt.timedelta(days=length - 1)
    )


def _add_up() -> dict[str, pl.Expr]:
    """The totals of the counts: tickets of each population, those decided, those left out."""
    totals = {name: pl.sum_horizontal(f"{name}_{outcome}" for outcome in OUTCOMES) for name in POPULATIONS}
    decided = {
        f"{name}_decided{measure}": pl.col(f"{name}_{ON_TIME}{measure}") + pl.col(f"{name}_{BREACHED}{measure}")
        for name in POPULATIONS
        for measure in MEASURES
    }
    every = pl.sum_horizontal(*(f"complaints_{outcome}" for outcome in OUTCOMES), "left_out_complaints")
    return {
        **totals,
        **decided,
        "left_out_tickets": pl.sum_horizontal(LEFT_OUT.values()),
        "all_complaints": every,
    }


def _compute_rates() -> dict[str, pl.Expr]:
    """The share of the decided tickets with a reply in time, and its interval; NULL where no ticket is decided."""
    rates: dict[str, pl.Expr] = {}
    for name in POPULATIONS:
        for measure in MEASURES:
            decided = pl.col(f"{name}_decided{measure}")
            rate = pl.col(f"{name}_{ON_TIME}{measure}") / decided
            for end, value in zip(("", *ENDS), (rate, *bound_rate(rate, decided)), strict=True):
                rates[f"{name}_on_time_rate{measure}{end}"] = pl.when(decided > 0).then(value)
    return rates


def _is_complete(as_of: dt.date) -> pl.Expr:
    pending = pl.sum_horizontal(f"tickets_{PENDING}{measure}" for measure in MEASURES)
    return pl.col("is_whole") & (pl.col("period_end") <= as_of) & (pending == 0)


def _explain(known_from: dt.date, *, has_complaints: bool) -> pl.Expr:
    """Why complaints_on_time_rate is not known, or covers less than a year; NULL where it is complete."""
    since = f"tickets are known from {known_from} on, which is not the whole of the {LAST_YEAR_DAYS} days"
    return (
        pl.when(pl.col("complaints_decided") > 0)
        .then(pl.when(~pl.col("is_whole")).then(pl.lit(since)))
        .when(pl.lit(not has_complaints))
        .then(pl.lit("the source does not say which tickets are complaints"))
        .when(pl.col("complaints") > 0)
        .then(pl.lit("every complaint may still be answered in time"))
        .otherwise(pl.lit("no complaints"))
    )
