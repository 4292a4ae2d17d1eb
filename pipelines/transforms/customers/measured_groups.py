"""The metrics by which groups are compared: last year's customers who are gone, the NPS and the replies of a year.

Put here: reading them from `marts.churn`, `marts.nps` and `marts.support_response`, and the comparison of two groups.
Keep out: which groups are compared (`group_differences.py`).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import ALL, NPS_YEAR_ROLLING_GRAIN
from regulars.pipelines.definitions.windows import LAST_YEAR_DAYS, NPS_YEAR_ROLLING_DAYS
from regulars.pipelines.models.comparisons.proportions import compare_proportions
from regulars.pipelines.models.comparisons.significance import Floats, compute_two_sided_p
from regulars.pipelines.transforms.churn.churn import ENOUGH
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR
from regulars.pipelines.transforms.history_start import find_first_day_of_counts
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.voice.adjusted_wald import compare_scores
from regulars.pipelines.transforms.voice.survey_windows import FEW_VOTES

GROUP = ["dimension", "dimension_value", "period_end"]
OTHER = "other_"
"""The prefix of the columns of the group that is subtracted."""
GONE = ["gone_of_active_a_year_ago", "active_a_year_ago"]
VOTES = ["promoters", "detractors", "responses"]
REPLIES = ["tickets_on_time", "tickets_decided"]
CUSTOMER_OF_TODAY = ("segment", "value_tier", "owner")
"""Dimensions whose values are those that the customer has today, whenever the customer voted or left: who is a champion
today is known from what they did since, so these values are not compared with themselves."""
PARTS = ("", "_low", "_high", "_p_value")

GroupMetric = Literal["gone_rate_12m", "nps", "tickets_on_time_rate"]


@dataclass(frozen=True)
class MeasuredGroups:
    """The groups of one metric.

    Attributes:
        metric: The column that holds it in its own mart.
        groups: The columns of `GROUP`, `group_value`, `group_size` and the counts behind them, for known periods only.
        values: The groups of the latest period, `dimension` and `dimension_value`, known or not.
        known_from: The first month-end at which it is known; None: at none so far.
        unknown_reason: The reason at earlier month-ends.
        members: What `group_size` counts, in words.
        fewest: The fewest of them on either side of a comparison.
        of_today: The dimensions whose values are those of today also a year before.
        compare: Takes pairs (the columns of the other group begin with `OTHER`); returns the difference, its interval
            and the p-value.
    """

    metric: GroupMetric
    groups: pl.DataFrame
    values: pl.DataFrame
    known_from: dt.date | None
    unknown_reason: str
    members: str
    fewest: int
    of_today: tuple[str, ...]
    compare: Callable[[pl.DataFrame], tuple[Floats, ...]]


def measure_gone(churn: IntoFrame, latest: dt.date) -> MeasuredGroups:
    """Read the share of last year's customers who are gone, by month-end.

    Args:
        churn: `marts.churn`.
        latest: The last month-end that is compared.
    """
    columns = ("dimension", "dimension_value", "month_end", "gone_rate_12m", "reason", *GONE)
    rows = read_into_polars(select_columns(churn, *columns)).rename({"month_end": "period_end"})
    known, values = rows.drop_nulls("active_a_year_ago"), rows.filter(period_end=latest)
    known_from: dt.date | None = known["period_end"].min()  # type: ignore[assignment]
    reason = values["reason"].max() or "history too short"  # the same in all rows, with the day
    return MeasuredGroups(
        metric="gone_rate_12m",
        groups=known.select(*GROUP, *GONE, group_value="gone_rate_12m", group_size="active_a_year_ago"),
        values=values.select(GROUP[:-1]),
        known_from=known_from,
        unknown_reason=describe_known_from(known_from) if known_from else str(reason),
        members="customers of a year before",
        fewest=ENOUGH,
        of_today=CUSTOMER_OF_TODAY,
        compare=partial(_compare_shares, GONE),
    )


def measure_nps(nps: IntoFrame, latest: dt.date) -> MeasuredGroups:
    """Read the NPS of the year that ends with each month.

    Args:
        nps: `marts.nps`.
        latest: The last month-end that is compared.
    """
    rows = read_into_polars(select_columns(nps, "grain", *GROUP, "nps", *VOTES, "is_complete"))
    year = rows.filter(pl.col("grain") == NPS_YEAR_ROLLING_GRAIN)
    days = rows.filter(grain="day", dimension=ALL)
    first_day = find_first_day_of_counts(days["period_end"], days["responses"]) or latest
    known_from = end_month(first_day + dt.timedelta(days=NPS_YEAR_ROLLING_DAYS - 1))
    return MeasuredGroups(
        metric="nps",
        groups=year.filter("is_complete").select(*GROUP, *VOTES, group_value="nps", group_size="responses"),
        values=year.filter(period_end=latest).select(GROUP[:-1]),
        known_from=known_from,
        unknown_reason=describe_known_from(known_from),
        members="votes",
        fewest=FEW_VOTES,
        of_today=CUSTOMER_OF_TODAY,
        compare=_compare_nps,
    )


def measure_replies(support_response: IntoFrame, latest: dt.date) -> MeasuredGroups:
    """Add up the tickets answered in time in the year to the latest month-end and to that of a year before.

    Args:
        support_response: `marts.support_response`.
        latest: The last month-end that is compared.
    """
    opened = ["tickets", "left_out_tickets"]
    rows = read_into_polars(select_columns(support_response, "grain", *GROUP, *REPLIES, *opened)).filter(grain="day")
    days = rows.filter(dimension=ALL).with_columns(opened=pl.sum_horizontal(opened))
    first_day = find_first_day_of_counts(days["period_end"], days["opened"]) or latest
    known_from = end_month(first_day + dt.timedelta(days=LAST_YEAR_DAYS - 1))
    years = [
        rows.filter(pl.col("period_end").is_between(end - dt.timedelta(days=LAST_YEAR_DAYS - 1), end))
        .group_by(GROUP[:-1])
        .agg(pl.col(REPLIES).sum())
        .select(*GROUP[:-1], pl.lit(end).alias("period_end"), *REPLIES, group_size="tickets_decided")
        .with_columns(group_value=pl.col("tickets_on_time") / pl.col("tickets_decided"))
        for end in (latest, end_month(latest, -MONTHS_PER_YEAR))
    ]
    known = pl.concat(years).filter(pl.col("group_size") > 0, pl.col("period_end") >= known_from)
    return MeasuredGroups(
        metric="tickets_on_time_rate",
        groups=known,
        values=years[0].select(GROUP[:-1]),
        known_from=known_from,
        unknown_reason=describe_known_from(known_from),
        members="tickets",
        fewest=ENOUGH,
        of_today=("value_tier",),  # the owner is that of the ticket
        compare=partial(_compare_shares, REPLIES),
    )


def describe_known_from(day: dt.date) -> str:
    """The reason for month-ends before a day: the history is too short."""
    return f"history too short: known from {day} on"


def end_month(day: dt.date, months: int = 0) -> dt.date:
    """The last day of the month of a day, or of a month so many before or after it."""
    number = day.year * 12 + day.month + months
    return dt.date(number // 12, number % 12 + 1, 1) - dt.timedelta(days=1)


def _compare_shares(counts: list[str], pairs: pl.DataFrame) -> tuple[Floats, ...]:
    names = [*counts, *(OTHER + name for name in counts)]
    return compare_proportions(*(pairs[name].cast(pl.Float64).to_numpy() for name in names))


def _compare_nps(pairs: pl.DataFrame) -> tuple[Floats, ...]:
    low, high, z = compare_scores(*([pl.col(start + name) for name in VOTES] for start in ("", OTHER)))
    difference = pl.col("group_value") - pl.col(OTHER + "group_value")
    found = pairs.select(difference=difference, low=low, high=high, z=z)
    *interval, scores = (found[name].to_numpy() for name in found.columns)
    return (*interval, compute_two_sided_p(scores))
