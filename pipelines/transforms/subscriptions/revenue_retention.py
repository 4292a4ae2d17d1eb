"""How much of the recurring revenue of 12 months ago is retained, with its interval.

Put here: the comparison with a year ago, its rates. Keep out: the changes behind it (`revenue_changes.py`),
the interval of a ratio (`models/comparisons/ratios.py`).
"""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.models.comparisons.means import Floats
from regulars.pipelines.models.comparisons.ratios import bound_ratio
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR, find_first_day_of_month, number_months
from regulars.pipelines.transforms.rates import ENDS, name_bounds
from regulars.pipelines.transforms.subscriptions.subscription_periods import cum_sum_within, starts_key

ROW = ["dimension", "dimension_value"]
RATES = ("gross_revenue_retention_12m", "net_revenue_retention_12m", "customer_retention_12m")
AMOUNTS = ("base_mrr_12m", "retained_mrr_12m", "current_mrr_12m")
MOMENTS = ("base_squares", "retained_squares", "retained_products", "current_squares", "current_products")
"""Sums over customers of squares, and of products with the revenue 12 months before: they give the variance."""
YEAR_AGO = (*AMOUNTS, "base_customers_12m", "retained_customers_12m", *MOMENTS)


def compare_with_last_year(changes: pl.DataFrame) -> pl.DataFrame:
    """Compare with the revenue of 12 months ago: how the columns of `YEAR_AGO` change per month and dimension value.

    Amounts are in `UNITS`. The revenue of a year ago changes 12 months after the revenue itself, so it is enough to
    look at the months in which either changes.
    """
    month = number_months(pl.col("day"))
    by_month = changes.select("subscriber", "plan", "delta", month=month)
    of_all = _compare_levels(by_month, "subscriber").with_columns(dimension_value=pl.lit(ALL), dimension=pl.lit(ALL))
    by_plan = _compare_levels(by_month, "subscriber", "plan").with_columns(
        dimension_value=pl.col("plan").cast(pl.String), dimension=pl.lit("plan")
    )
    columns = [*ROW, find_first_day_of_month(pl.col("month")).alias("month"), *YEAR_AGO]
    return pl.concat([of_all.select(columns), by_plan.select(columns)])


def _compare_levels(by_month: pl.DataFrame, *who: str) -> pl.DataFrame:
    """Compute the changes of `YEAR_AGO` by month, and by plan where `who` holds it."""
    now = by_month.lazy().group_by(*who, "month").agg(now=pl.col("delta").sum(), ago=pl.lit(0, pl.Int64).first())
    ago = now.select(*who, pl.col("month") + MONTHS_PER_YEAR, now="ago", ago="now")
    levels = (
        pl.concat([now, ago])
        .group_by(*who, "month")
        .agg(pl.col("now", "ago").sum())
        .sort(*who, "month")
        .with_columns(first=starts_key(*who))
        .with_columns(cum_sum_within(pl.col(name), pl.col("first")) for name in ("now", "ago"))
    )
    was_there = pl.col("ago") > 0
    levels_of = {
        "base_mrr_12m": pl.col("ago"),
        "retained_mrr_12m": pl.min_horizontal("ago", "now"),
        "current_mrr_12m": pl.when(was_there).then("now").otherwise(0),
        "base_customers_12m": was_there.cast(pl.Int64),
        "retained_customers_12m": (was_there & (pl.col("now") > 0)).cast(pl.Int64),
    }
    base, retained, current = (levels_of[name].cast(pl.Int128) for name in AMOUNTS)
    moments = (base * base, retained * retained, base * retained, current * current, base * current)
    levels_of |= dict(zip(MOMENTS, moments, strict=True))
    by_how_much = [pl.col(name) - pl.when("first").then(0).otherwise(pl.col(name).shift(1)) for name in levels_of]
    return (
        levels.with_columns(**levels_of)
        .with_columns(by_how_much)
        .group_by(*who[1:], "month")
        .agg(pl.col(YEAR_AGO).sum())
        .collect()
    )


def add_rates(months: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Add rates with their 95 % intervals where they are known, and the reason where they are not.

    Args:
        months: `month`, `dimension`, `dimension_value` and the running totals of `YEAR_AGO`.
        as_of: Last day that counts.
    """
    is_over = pl.col("month").dt.month_end() <= as_of
    is_known = is_over & (pl.col("base_customers_12m") > 0)
    known_from = pl.col("month").min().over(ROW).dt.offset_by(f"{MONTHS_PER_YEAR}mo")

    def rate(part: str, whole: str) -> pl.Expr:
        return pl.when(is_known).then(pl.col(part).cast(pl.Float64) / pl.col(whole).cast(pl.Float64))

    rated = months.with_columns(
        gross_revenue_retention_12m=rate("retained_mrr_12m", "base_mrr_12m"),
        net_revenue_retention_12m=rate("current_mrr_12m", "base_mrr_12m"),
        customer_retention_12m=rate("retained_customers_12m", "base_customers_12m"),
        is_complete=is_over,
        reason=pl.when(is_known)
        .then(pl.when(pl.col("base_customers_12m") == 1).then(pl.lit("no interval of revenue: it is of one customer")))
        .when(~is_over)
        .then(pl.lit("the month is not over"))
        .when(pl.col("month") < known_from)
        .then(pl.format("history too short: known from {} on", known_from.dt.month_end().dt.to_string("iso")))
        .otherwise(pl.lit("no customer paid 12 months before")),
        as_of=pl.lit(as_of),
    )
    return rated.with_columns(**name_bounds("customer_retention_12m", pl.col("base_customers_12m"))).with_columns(
        pl.when(is_known).then(end).alias(end.name)
        for end in (*_bound_rate(months, "gross", "retained", 1.0), *_bound_rate(months, "net", "current", None))
    )


def _bound_rate(months: pl.DataFrame, rate: str, part: str, most: float | None) -> Iterator[pl.Series]:
    """The ends of the interval of one of the two rates of revenue, at most `most`."""
    sums = ("base_customers_12m", "base_mrr_12m", f"{part}_mrr_12m", "base_squares")
    size, base, now, squares = (months[name].cast(pl.Float64).to_numpy() for name in sums)
    ends = bound_ratio(size, base, now, squares, *_sum_deviations(months, part))
    for end, values in zip(ENDS, ends, strict=True):
        yield pl.Series(f"{rate}_revenue_retention_12m{end}", values).fill_nan(None).clip(0, most)


def _sum_deviations(months: pl.DataFrame, part: str) -> tuple[Floats, Floats]:
    """Sum how far customers lie off the ratio: squared, and times what they paid before.

    In whole numbers of any length, of which no digit is lost: of amounts that hardly differ little else would be left.
    """
    names = ("base_mrr_12m", f"{part}_mrr_12m", "base_squares", f"{part}_squares", f"{part}_products")
    deviations, leanings = np.full((2, len(months)), np.nan)
    for place, (base, now, base_squares, squares, products) in enumerate(months.select(names).iter_rows()):
        if base > 0:
            deviations[place] = (squares * base**2 - 2 * now * base * products + now**2 * base_squares) / base**2
            leanings[place] = (base * products - now * base_squares) / base
    return deviations, leanings
