"""The mart `referral_worth`: the value of referred customers, beside other customers of the same age.

Put here: the average of both with its interval, and whether they differ. Keep out: which referrals count
(`referral_outcomes.py`), sums per referrer (`referrals.py`), value by acquisition channel
(`money/acquisition_worth.py`).
"""

import datetime as dt
import math

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.models.comparisons.skewed_means import (
    FEWEST_FOR_A_COMPARISON,
    FEWEST_FOR_AN_INTERVAL,
    Floats,
    Group,
    Shape,
)
from regulars.pipelines.transforms.customers.referral_outcomes import COUNTED, decide_referrals, list_known_customers
from regulars.pipelines.transforms.false_discovery import is_significant

MEASURES = ("clv_simple", "clv_predicted")
"""The columns of `marts.customer_360` with the value of a customer."""
NEVER_ORDERED = "never"
COLUMNS: dict[str, PolarsDataType] = {
    "worth_measure": pl.String,
    "first_order_year": pl.String,
    "brought_customers_valued": pl.Int64,
    "average_clv_of_brought": pl.Float64,
    "average_clv_of_brought_low": pl.Float64,
    "average_clv_of_brought_high": pl.Float64,
    "other_customers_valued": pl.Int64,
    "average_clv_of_others": pl.Float64,
    "average_clv_of_others_low": pl.Float64,
    "average_clv_of_others_high": pl.Float64,
    "clv_over_others": pl.Float64,
    "clv_over_others_low": pl.Float64,
    "clv_over_others_high": pl.Float64,
    "clv_over_others_p_value": pl.Float64,
    "is_clv_over_others_significant": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
CELL = ["worth_measure", "first_order_year"]
SIDES = ("brought", "others")
MOMENTS = ("mean", "variance", "size")
DIFFERENCE = [f"clv_over_others{part}" for part in ("", "_low", "_high", "_p_value")]


def referral_worth(customers: IntoFrame, customer_360: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Average the value of referred and of all other customers, by the year of their first order, and compare them.

    In the row `all`, the others are weighted to the years of first orders of the referred customers, since older
    customers had more time to buy.

    Args:
        customers: `core.customers`; `customer_id`, `is_own_referrer`.
        customer_360: `marts.customer_360`; the unknown customer and prospects are left out.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, one row per measure and year with referred customers, sorted by them. Empty where no
        referral counts.
    """
    valued = _list_valued(list_known_customers(customers, customer_360, *MEASURES))
    years = _describe_years(valued)
    rows = pl.concat([years, _describe_all_years(years).select(years.columns)])
    return (
        pl.concat(
            _add_intervals(rows.filter(worth_measure=measure), _find_shape(valued[measure])) for measure in MEASURES
        )
        .with_columns(is_whole=pl.col("first_order_year") == ALL)
        .with_columns(
            is_clv_over_others_significant=is_significant("clv_over_others_p_value", "worth_measure", "is_whole"),
            reason=_give_reason(),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(CELL)
    )


def _list_valued(customers: pl.DataFrame) -> pl.DataFrame:
    """List customers: the columns of `MEASURES`, `first_order_year`, `is_brought`."""
    brought = decide_referrals(customers).filter(outcome=COUNTED).select("customer_id", is_brought=pl.lit(value=True))
    year = pl.col("first_order_date").dt.year().cast(pl.String).fill_null(NEVER_ORDERED)
    return (
        customers.filter(pl.col("lifecycle") != "prospect")
        .join(brought, on="customer_id", how="left")
        .select(*MEASURES, first_order_year=year, is_brought=pl.col("is_brought").fill_null(value=False))
    )


def _describe_years(valued: pl.DataFrame) -> pl.DataFrame:
    """Describe referred and other customers of each year of first orders with a referred customer.

    Returns:
        `CELL`; `brought_customers_valued` and `other_customers_valued`; and for each of `SIDES` the `_size`, `_mean`
        and `_variance`, Float64.
    """
    ours, others = (
        pl.concat(_describe(valued.filter(is_ours), measure, side) for measure in MEASURES)
        for side, is_ours in (("brought", pl.col("is_brought")), ("others", ~pl.col("is_brought")))
    )
    return (
        ours.filter(pl.col("brought_size") > 0)
        .join(others, on=CELL, how="left")
        .with_columns(
            pl.col("others_size").fill_null(0),
            brought_customers_valued="brought_size",
            other_customers_valued=pl.col("others_size").fill_null(0),
        )
        .sort(CELL)
    )


def _describe(customers: pl.DataFrame, measure: str, side: str) -> pl.DataFrame:
    money = pl.col(measure).cast(pl.Float64).sort()  # the last digit of a sum depends on the order of its terms
    parts = {"size": pl.col(measure).count().cast(pl.Float64), "mean": money.mean(), "variance": money.var()}
    described = customers.group_by("first_order_year").agg(**{f"{side}_{name}": part for name, part in parts.items()})
    return described.select(pl.lit(measure).alias("worth_measure"), pl.all())


def _describe_all_years(years: pl.DataFrame) -> pl.DataFrame:
    """Describe all years as one, with the others weighted to the years of the referred customers.

    A year with fewer than two others is left out. The size of the others is the effective sample size (Kish).
    """
    n, mean, others = pl.col("brought_size"), pl.col("brought_mean"), pl.col("others_size")
    share = n / n.sum()
    whole_mean = (share * mean).sum()
    # from the mean, not as squares less the square of the mean: their difference may fall below 0
    deviations = ((n - 1) * pl.col("brought_variance").fill_null(0) + n * (mean - whole_mean) ** 2).sum()
    size = 1 / (share**2 / others).sum()
    return (
        years.filter(others > 1)
        .group_by("worth_measure", maintain_order=True)
        .agg(
            pl.col("^.*_customers_valued$").sum(),
            brought_size=n.sum(),
            brought_mean=whole_mean,
            brought_variance=deviations / (n.sum() - 1),
            others_size=size,
            others_mean=(share * pl.col("others_mean")).sum(),
            others_variance=(share**2 * pl.col("others_variance") / others).sum() * size,
        )
        .with_columns(first_order_year=pl.lit(ALL))
    )


def _find_shape(worth: pl.Series) -> Shape:
    return Shape(worth.cast(pl.Float64).fill_null(math.nan).to_numpy())


def _add_intervals(rows: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    """Add the means of both sides with intervals, and their difference; NULL where too few are known.

    Args:
        rows: The rows of one measure.
        shape: Of the worth of all customers by it.
    """
    sides = [Group(*(rows[f"{side}_{name}"].fill_null(math.nan).to_numpy() for name in MOMENTS)) for side in SIDES]
    columns: dict[str, Floats] = {}
    for side, group in zip(SIDES, sides, strict=True):
        name = f"average_clv_of_{side}"
        columns[name] = group.mean
        columns[f"{name}_low"], columns[f"{name}_high"] = shape.bound_means(group)
    is_enough = np.minimum(sides[0].size, sides[1].size) >= FEWEST_FOR_A_COMPARISON
    compared = [Group(group.mean[is_enough], group.variance[is_enough], group.size[is_enough]) for group in sides]
    for name, values in zip(DIFFERENCE, shape.compare(*compared), strict=True):
        columns[name] = np.full(len(rows), math.nan)
        columns[name][is_enough] = values
    return rows.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items())


def _give_reason() -> pl.Expr:
    """Why referred customers and the others are not compared; NULL where they are."""
    enough = FEWEST_FOR_A_COMPARISON
    return (
        pl.when(pl.col("brought_size") < FEWEST_FOR_AN_INTERVAL)
        .then(
            pl.lit(f"fewer than {FEWEST_FOR_AN_INTERVAL} customers were brought: too few for an interval, or to tell")
        )
        .when(pl.col("brought_size") < enough)
        .then(pl.lit(f"fewer than {enough} customers were brought: too few to tell"))
        .when(pl.col("others_size") < enough)
        .then(
            pl.when(pl.col("other_customers_valued") < enough)
            .then(pl.lit(f"fewer than {enough} other customers of the same age: too few to tell"))
            .otherwise(
                pl.lit(
                    "most customers were brought in years with few others, which weigh most: "
                    f"the others count as fewer than {enough}, too few to tell"
                )
            )
        )
    )
