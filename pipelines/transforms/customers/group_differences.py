"""The mart `group_differences`: whether two groups of customers differ, or a group from itself a year before.

`marts.churn` and `marts.nps` compare each value of a dimension with all others together. This mart compares two values,
such as office and home, or two topics of tickets, with each other.
Put here: which groups are compared, and the reason where they cannot be. Keep out: reading the metrics, and the tests
themselves (`measured_groups.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.transforms.customers.measured_groups import (
    GROUP,
    OTHER,
    PARTS,
    MeasuredGroups,
    end_month,
    measure_gone,
    measure_nps,
    measure_replies,
)
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR
from regulars.pipelines.transforms.false_discovery import is_significant

MOST_VALUES = 6
"""Dimensions with more values are not compared in pairs: more than fifteen pairs are too many to read."""
VALUES, YEAR_BEFORE = "values", "year_before"
COLUMNS: dict[str, PolarsDataType] = {
    "metric": pl.String,
    "comparison": pl.String,
    "period_end": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "other_dimension_value": pl.String,
    "other_period_end": pl.Date,
    "group_value": pl.Float64,
    "group_size": pl.Int64,
    "other_group_value": pl.Float64,
    "other_group_size": pl.Int64,
    "group_difference": pl.Float64,
    "group_difference_low": pl.Float64,
    "group_difference_high": pl.Float64,
    "group_difference_p_value": pl.Float64,
    "is_group_difference_significant": pl.Boolean,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
KEY = ["metric", "comparison", "period_end", "dimension", "dimension_value", "other_dimension_value"]
OTHER_GROUP = ["dimension", "other_dimension_value", "other_period_end"]
PAIR = [*GROUP, *OTHER_GROUP[1:]]


def group_differences(churn: IntoFrame, nps: IntoFrame, support_response: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Compare every pair of values of a dimension, now and a year before, and each value with itself a year before.

    Args:
        churn: `marts.churn`.
        nps: `marts.nps`.
        support_response: `marts.support_response`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, one row per metric, comparison, month-end and pair of groups, sorted by `KEY`. The two
        values of a pair are in alphabetical order; `year_before` marks the comparison of a value with itself. Groups
        that are not known, or too small, have a row with the reason.
    """
    last = as_of if (as_of + dt.timedelta(days=1)).day == 1 else end_month(as_of, -1)
    before = end_month(last, -MONTHS_PER_YEAR)
    measured = measure_gone(churn, last), measure_nps(nps, last), measure_replies(support_response, last)
    compared = pl.concat([_compare_groups(each, last, before) for each in measured]).with_columns(as_of=pl.lit(as_of))
    stands = is_significant("group_difference_p_value", "metric", "comparison", "period_end")
    return (
        compared.with_columns(is_group_difference_significant=stands)
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(KEY)
    )


def _compare_groups(measured: MeasuredGroups, last: dt.date, before: dt.date) -> pl.DataFrame:
    """Compare the groups of one metric: in pairs at two month-ends, and the last with the one before."""
    others = measured.groups.select(pl.all().name.prefix(OTHER)).rename({OTHER + "dimension": "dimension"})
    pairs = (
        pl.concat([_pair_values(measured.values, [last, before]), _pair_with_year_before(measured, last, before)])
        .join(measured.groups, on=GROUP, how="left")
        .join(others, on=OTHER_GROUP, how="left")
        .with_columns(
            metric=pl.lit(measured.metric),
            is_known=_is_known(measured, "period_end") & _is_known(measured, "other_period_end"),
        )
    )
    is_enough = pl.all_horizontal(pl.col("group_size", "other_group_size") >= measured.fewest)
    pairs = pairs.with_columns(is_complete=(pl.col("is_known") & is_enough).fill_null(value=False))
    compared = pairs.filter("is_complete")
    found = zip((f"group_difference{part}" for part in PARTS), measured.compare(compared), strict=True)
    numbers = compared.select(*PAIR, *(pl.Series(name, values) for name, values in found))
    return (
        pairs.join(numbers, on=PAIR, how="left")
        .with_columns(reason=_give_reason(measured))
        .select(name for name in COLUMNS if name not in {"is_group_difference_significant", "as_of"})
    )


def _pair_values(values: pl.DataFrame, ends: list[dt.date]) -> pl.DataFrame:
    """Pair the values of each dimension that has few enough, at each month-end."""
    few = values.filter(pl.col("dimension") != ALL, pl.len().over("dimension") <= MOST_VALUES)
    second = few.rename({"dimension_value": "other_dimension_value"})
    return (
        few.join(second, on="dimension")
        .filter(pl.col("dimension_value") < pl.col("other_dimension_value"))
        .join(pl.DataFrame({"period_end": ends}), how="cross")
        .select(pl.lit(VALUES).alias("comparison"), *GROUP, "other_dimension_value", other_period_end="period_end")
    )


def _pair_with_year_before(measured: MeasuredGroups, last: dt.date, before: dt.date) -> pl.DataFrame:
    """Pair each value, `all` too, with itself a year before; not those that are of today alone."""
    return (
        measured.values.filter(~pl.col("dimension").is_in(measured.of_today))
        .with_columns(other_dimension_value="dimension_value", period_end=pl.lit(last), other_period_end=pl.lit(before))
        .select(pl.lit(YEAR_BEFORE).alias("comparison"), *PAIR)
    )


def _is_known(measured: MeasuredGroups, period_end: str) -> pl.Expr:
    return (pl.col(period_end) >= pl.lit(measured.known_from, pl.Date)).fill_null(value=False)


def _give_reason(measured: MeasuredGroups) -> pl.Expr:
    """Why two groups are not compared, and from when on they can be; NULL where they are compared."""
    since = measured.known_from
    year_later = "" if since is None else f", and a year before from {end_month(since, MONTHS_PER_YEAR)} on"
    return (
        pl.when("is_complete")
        .then(None)
        .when(~pl.col("is_known"))
        .then(pl.lit(measured.unknown_reason + year_later))
        .otherwise(
            pl.lit(
                f"fewer than {measured.fewest} {measured.members} in at least one of the two groups: too few to tell"
            )
        )
    )
