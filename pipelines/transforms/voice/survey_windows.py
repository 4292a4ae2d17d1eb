"""Counts of answers per day, ISO week, calendar month and rolling window, for every value of every dimension.

Put here: the periods, and counting events in them. Keep out: which answer is a person's vote (`votes.py`), and the use
of the counts.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from regulars.pipelines.definitions.enumerations import (
    ALL,
    NPS_LONG_ROLLING_GRAIN,
    NPS_ROLLING_GRAIN,
    NPS_YEAR_ROLLING_GRAIN,
)
from regulars.pipelines.definitions.windows import NPS_LONG_ROLLING_DAYS, NPS_ROLLING_DAYS, NPS_YEAR_ROLLING_DAYS
from regulars.pipelines.transforms.day_numbers import EPOCH, count_days_since_epoch

MONDAY_OF_WEEK_0 = -3  # 1969-12-29, in days since 1970
SUNDAY = 7
"""How polars numbers the last day of an ISO week."""
ROLLING = {
    NPS_ROLLING_GRAIN: NPS_ROLLING_DAYS,
    NPS_LONG_ROLLING_GRAIN: NPS_LONG_ROLLING_DAYS,
    NPS_YEAR_ROLLING_GRAIN: NPS_YEAR_ROLLING_DAYS,
}
"""Rolling grain -> how many days its windows have."""
SPARSE = NPS_YEAR_ROLLING_GRAIN
"""The rolling grain whose windows all end with a month or `as_of`."""
DAYS_OF_LONGEST_MONTH = 31
LONGEST_WINDOW = max(DAYS_OF_LONGEST_MONTH, *ROLLING.values())
Bounds = tuple[pl.Expr, pl.Expr]
"""First and last day of the period in which a day lies, in days since 1970."""
FEW_VOTES = 30
"""Below this many votes the interval is wider than most changes: ±30 points at 50 % promoters and 20 % detractors."""
VALUE = ["dimension", "dimension_value"]
EVENT = ["measure", "day_idx", "end_idx", "amount"]
"""The columns of an event beside its dimension: what it adds to (`measure`) and how much (`amount`, Int64); its day;
the first day on which it is no longer its owner's vote, `LONGEST_WINDOW` days later at most."""


def _bound_day(day: pl.Expr) -> Bounds:
    return day, day


def _bound_week(day: pl.Expr) -> Bounds:
    monday = (day - MONDAY_OF_WEEK_0) // 7 * 7 + MONDAY_OF_WEEK_0
    return monday, monday + 6


def _bound_month(day: pl.Expr) -> Bounds:
    date = day.cast(pl.Int32).cast(pl.Date)
    return date.dt.month_start().cast(pl.Int32), date.dt.month_end().cast(pl.Int32)


CALENDAR_PERIODS: dict[str, Callable[[pl.Expr], Bounds]] = {
    "day": _bound_day,
    "week": _bound_week,
    "month": _bound_month,
}
"""Grain whose periods share no day -> where the period of a day begins and ends."""


def count_periods(
    events: pl.DataFrame, measures: Sequence[str], *, key: Sequence[str] = (), as_of: dt.date
) -> pl.DataFrame:
    """Sum each measure per grain, period and dimension value.

    Args:
        events: `dimension`, `dimension_value`, the columns of `EVENT` and those of `key`; not empty.
        measures: The values of `measure`, each of which becomes a column.
        key: Further columns to group by, such as the type of survey.
        as_of: Last day that counts.

    Returns:
        `grain`, `period_start`, `period_end`, `key`, `dimension`, `dimension_value`, a column per measure (Int64) and
        `is_complete`, in no particular order. `all` has every period from the first event to `as_of`, other dimensions
        only those with events; of the windows of `SPARSE`, only those that `thin_out` keeps and those just before them.

    Raises:
        ValueError: An event's day is missing in the calendar.
    """
    if events["day_idx"].null_count():
        raise ValueError("core.calendar lacks days on which there are answers; it must cover all of them.")
    events = events.with_columns(pl.col(*VALUE, "measure").cast(pl.Categorical))  # grouped faster than texts
    value, totals = (
        [*key, *VALUE],
        {name: pl.col("amount").filter(pl.col("measure") == name).sum() for name in measures},
    )
    first_day, last_day = int(events["day_idx"].min()), count_days_since_epoch(as_of)  # type: ignore[arg-type]
    begun = _sum_measures(events, [*value, "day_idx"], totals)
    counted = [
        *(_count_by_calendar_period(events, value, totals, grain) for grain in CALENDAR_PERIODS),
        *(
            _count_by_rolling_window(
                begun, _count_over(events, value, totals, days), value, grain, _list_ends(grain, first_day, last_day)
            )
            for grain, days in ROLLING.items()
        ),
    ]
    periods = pl.concat(counted).with_columns(pl.col(VALUE).cast(pl.String))
    periods = pl.concat([periods, _list_empty_periods(periods, [*key], measures, first_day, last_day)])
    complete = (pl.col("period_end") <= as_of) & (
        ~pl.col("grain").is_in([*ROLLING]) | (pl.col("period_start") >= EPOCH + dt.timedelta(days=first_day))
    )
    return (
        periods.with_columns(is_complete=complete)
        .filter((pl.col("period_end") <= as_of) | pl.col("grain").is_in([*CALENDAR_PERIODS]))
        .filter(pl.any_horizontal(pl.col(name) != 0 for name in measures) | (pl.col("dimension") == ALL))
    )


def thin_out(periods: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Keep every rolling window of `all`, those of `SPARSE` excepted, and of the others those that end with a period.

    Windows that end on two days in a row share all days but two, and a row per day and value would be most of the
    table. Of `SPARSE` and of the values of other dimensions, windows end with a month or `as_of`; the shortest ones end
    with an ISO week too, as their length is a multiple of 7: the window before a week's last one also ends with a week.

    Args:
        periods: As `count_periods` returns them, with whatever has been computed over all windows of a day.
        as_of: Last day that counts.
    """
    grain, end = pl.col("grain"), pl.col("period_end")
    is_every_day = ~grain.is_in([*ROLLING]) | ((grain != SPARSE) & (pl.col("dimension") == ALL))
    ends_a_week = (grain == NPS_ROLLING_GRAIN) & (end.dt.weekday() == SUNDAY)
    return periods.filter(is_every_day | ends_a_week | ends_a_month(end, as_of))


def ends_a_month(day: pl.Expr, as_of: dt.date) -> pl.Expr:
    """Whether a Date is the last of its month, or `as_of`."""
    return (day == day.dt.month_end()) | (day == as_of)


def join_window_before(periods: pl.DataFrame, columns: Sequence[str], *, key: Sequence[str] = ()) -> pl.DataFrame:
    """Add columns of the window just before, which shares no day with the row's own.

    Args:
        periods: As `count_periods` returns them.
        columns: The columns to add, each as `<column>_before`; NULL without such a row, or where either is not
            complete.
        key: As for `count_periods`.
    """
    on = ["grain", *key, *VALUE, "period_start"]
    before = periods.filter("is_complete").select(
        *on[:-1],
        period_start=pl.col("period_end") + pl.duration(days=1),
        **{f"{name}_before": pl.col(name) for name in columns},
    )
    return periods.join(before, on=on, how="left").with_columns(
        pl.when("is_complete").then(f"{name}_before").alias(f"{name}_before") for name in columns
    )


def decide_on_change(change: str, is_significant: str) -> pl.Expr:
    """Say of each window what may be said of its change from the window before: a word of the list `change_verdicts`.

    Args:
        change: The column of the change, NULL where it is not computed.
        is_significant: The column that says whether it is significant.
    """
    voted_twice = pl.min_horizontal("responses", "responses_before") > 0
    return (
        pl.when(pl.col(is_significant) & (pl.col(change) > 0))
        .then(pl.lit("risen"))
        .when(pl.col(is_significant) & (pl.col(change) < 0))
        .then(pl.lit("fallen"))
        .when(pl.col(change).is_not_null())
        .then(pl.lit("may_be_chance"))
        .when(pl.col("is_complete") & pl.col("responses_before").is_not_null() & voted_twice)
        .then(pl.lit("too_few_votes"))
        .otherwise(pl.lit("not_comparable"))
    )


def _select_period(grain: str, start: pl.Expr, end: pl.Expr, *rest: str) -> list[pl.Expr | str]:
    """Select the columns that all grains share; `start` and `end` are days since 1970."""
    return [
        pl.lit(grain).alias("grain"),
        start.cast(pl.Int32).cast(pl.Date).alias("period_start"),
        end.cast(pl.Int32).cast(pl.Date).alias("period_end"),
        *rest,
    ]


def _count_by_calendar_period(
    events: pl.DataFrame, value: list[str], totals: Mapping[str, pl.Expr], grain: str
) -> pl.DataFrame:
    """Count the votes that are still current when the period ends."""
    start, end = CALENDAR_PERIODS[grain](pl.col("day_idx"))
    last = events.filter(pl.col("end_idx") > end)
    counted = _sum_measures(last.with_columns(start=start, end=end), [*value, "start", "end"], totals)
    return counted.select(_select_period(grain, pl.col("start"), pl.col("end"), *value, *totals))


def _list_ends(grain: str, first_day: int, last_day: int) -> pl.DataFrame:
    """List the days on which windows of a rolling grain end: `day_idx` Int64, sorted."""
    days = pl.DataFrame({"day_idx": range(first_day, last_day + 1)}, schema={"day_idx": pl.Int64})
    if grain != SPARSE:
        return days
    as_of = EPOCH + dt.timedelta(days=last_day)
    shown = days.filter(ends_a_month(pl.col("day_idx").cast(pl.Int32).cast(pl.Date), as_of))
    before = shown.select(pl.col("day_idx") - ROLLING[grain]).filter(pl.col("day_idx") >= first_day)
    return pl.concat([shown, before]).unique().sort("day_idx")


def _sum_measures(events: pl.DataFrame, by: list[str], totals: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Sum each measure into its column; equal rows are grouped first, so that each measure scans few rows."""
    return events.group_by(*by, "measure").agg(pl.col("amount").sum()).group_by(by).agg(**totals)


def _count_over(events: pl.DataFrame, value: list[str], totals: Mapping[str, pl.Expr], window: int) -> pl.DataFrame:
    """Count the events that leave a rolling window of `window` days on each day, as negative numbers."""
    over = pl.min_horizontal("end_idx", pl.col("day_idx") + window)
    counted = _sum_measures(events.with_columns(day_idx=over), [*value, "day_idx"], totals)
    return counted.with_columns(-pl.col(*totals))


def _count_by_rolling_window(
    begun: pl.DataFrame, over: pl.DataFrame, value: list[str], grain: str, ends: pl.DataFrame
) -> pl.DataFrame:
    """Count the valid votes at each end of a window: those that began by then minus those that are over."""
    window, totals = ROLLING[grain], [name for name in begun.columns if name not in {*value, "day_idx"}]
    changes = pl.concat([begun, over])
    counted_on = ends.select("day_idx", end="day_idx")
    days = changes.select(pl.col("day_idx").unique().sort()).join_asof(counted_on, on="day_idx", strategy="forward")
    changes = changes.join(days.drop_nulls(), on="day_idx").group_by(*value, day_idx="end").agg(pl.col(totals).sum())
    spine = changes.group_by(value).agg(first=pl.col("day_idx").min()).join(ends, how="cross")
    day = pl.col("day_idx")
    spine = spine.filter(day >= pl.col("first")).drop("first")
    return (
        spine.join(changes, on=[*value, "day_idx"], how="left")
        .sort("day_idx")
        .with_columns(pl.col(totals).fill_null(0).cum_sum().over(value))
        .select(_select_period(grain, day - (window - 1), day, *value, *totals))
    )


def _list_empty_periods(
    periods: pl.DataFrame, key: list[str], measures: Sequence[str], first_day: int, last_day: int
) -> pl.DataFrame:
    """List the periods of `all` without an event, so that a chart over time has no gaps."""
    days = pl.DataFrame({"idx": range(first_day, last_day + 1)}, schema={"idx": pl.Int64})
    idx, rest = pl.col("idx"), [*key, *VALUE, *measures]
    whole = {"dimension": pl.lit(ALL), "dimension_value": pl.lit(ALL), **dict.fromkeys(measures, pl.lit(0, pl.Int64))}
    kinds = periods.filter(pl.col("dimension") == ALL).select(key).unique() if key else None

    def fill(frame: pl.DataFrame) -> pl.DataFrame:
        return (frame.join(kinds, how="cross") if kinds is not None else frame).with_columns(**whole)

    every = pl.concat(
        [
            *(
                fill(days).select(_select_period(grain, *bounds(idx), *rest)).unique()
                for grain, bounds in CALENDAR_PERIODS.items()
            ),
            *(
                fill(_list_ends(grain, first_day, last_day).rename({"day_idx": "idx"})).select(
                    _select_period(grain, idx - (window - 1), idx, *rest)
                )
                for grain, window in ROLLING.items()
            ),
        ]
    )
    return every.join(periods, on=["grain", "period_end", *key, *VALUE], how="anti")


def give_reason() -> pl.Expr:
    """Why a score is missing or uncertain."""
    return (
        pl.when(pl.col("responses") == 0)
        .then(pl.lit("nobody answered"))
        .when(~pl.col("is_complete") & pl.col("grain").is_in([*ROLLING]))
        .then(pl.lit("the window began before the first answer"))
        .when(~pl.col("is_complete"))
        .then(pl.lit("the period is not over"))
        .when(pl.col("responses") < FEW_VOTES)
        .then(pl.lit(f"fewer than {FEW_VOTES} votes: too few to tell"))
    )
