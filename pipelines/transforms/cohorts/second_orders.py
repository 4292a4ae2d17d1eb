"""The mart `second_orders`: the days from the first order to the second, over all customers who ever bought.

`purchase_behaviour.py` gives this median by month; a median of months is not a median of customers.
Put here: the wait of each customer, and its median. Keep out: the estimate itself (`purchases/survival.py`), the gaps
between later orders (`churn/lapse_proposal.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, UNKNOWN, UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import REPEAT_DAYS
from regulars.pipelines.transforms.cohorts.customer_dimensions import (
    CohortSettings,
    explain_only_value,
    split_customers,
)
from regulars.pipelines.transforms.purchases.purchases import list_purchase_days, read_into_polars
from regulars.pipelines.transforms.purchases.survival import (
    ROUNDING,
    bound_survival,
    estimate_survival_curves,
    find_medians,
)

SOON = f"second_order_rate_{REPEAT_DAYS}d"
COLUMNS: dict[str, PolarsDataType] = {
    "dimension": pl.String,
    "dimension_value": pl.String,
    "customers_with_first_order": pl.Int64,
    "customers_with_second_order": pl.Int64,
    "watched_days": pl.Int32,
    "second_order_rate": pl.Float64,
    "second_order_rate_low": pl.Float64,
    "second_order_rate_high": pl.Float64,
    SOON: pl.Float64,
    f"{SOON}_low": pl.Float64,
    f"{SOON}_high": pl.Float64,
    "median_days_to_second_order": pl.Int32,
    "median_days_to_second_order_low": pl.Int32,
    "median_days_to_second_order_high": pl.Int32,
    "reason": pl.String,
    "as_of": pl.Date,
}
VALUE = ["dimension", "dimension_value"]
FIRST_PRODUCT = "first_product"
"""The dimension that is here whatever the settings say, where lines name products."""
ENOUGH = 30
"""The fewest customers of an estimate. Many of them may be too new to be observed for long: on each day, the customers
at risk ÷ the share without a second order by then must be at least this many."""


def second_orders(
    orders: IntoFrame, calendar: IntoFrame, customer_dimensions: IntoFrame, *, as_of: dt.date, cohorts: CohortSettings
) -> pl.DataFrame:
    """Estimate the days to the second order of all known customers with an order, per dimension value.

    Args:
        orders: `core.orders`; `customer_idx`, `order_date`, `is_countable`.
        calendar: `core.calendar`; `day`, `day_idx`.
        customer_dimensions: `marts.customer_dimensions`.
        as_of: Last day that counts.
        cohorts: Which dimensions to split by, besides `FIRST_PRODUCT`.

    Returns:
        The columns of `COLUMNS`, sorted by dimension and value; empty without orders.
    """
    waits = list_waits(read_into_polars(list_purchase_days(orders, calendar, as_of=as_of)), as_of)
    dimensions = split_customers(customer_dimensions, list(dict.fromkeys([*cohorts.dimensions, FIRST_PRODUCT])))
    are_named = (dimensions[FIRST_PRODUCT] != UNKNOWN).any()
    is_asked = are_named or FIRST_PRODUCT in cohorts.dimensions
    names = [name for name in dimensions.columns[1:] if name != FIRST_PRODUCT or is_asked]
    split = waits.join(dimensions, on="customer_idx")
    by_value = pl.concat(
        split.select(
            pl.lit(name).alias("dimension"),
            (pl.lit(ALL) if name == ALL else pl.col(name).cast(pl.String)).alias("dimension_value"),
            "days",
            "is_event",
        )
        for name in (ALL, *names)
    )
    counted = by_value.group_by(VALUE).agg(
        customers_with_first_order=pl.len(), customers_with_second_order=pl.col("is_event").sum()
    )
    curves = _cut_off(estimate_survival_curves(by_value, VALUE))
    seen = bound_survival(curves, VALUE).group_by(VALUE).agg(_find_rates())
    name = "median_days_to_second_order"
    medians = find_medians(curves, VALUE).select(
        *VALUE, *(pl.when(pl.col("median").is_not_null()).then(end).alias(f"{name}{to}") for end, to in ENDS.items())
    )
    return (
        counted.join(seen, on=VALUE, how="left")
        .join(medians, on=VALUE, how="left")
        .with_columns(
            reason=pl.concat_str([_give_reason(), explain_only_value()], separator="; ", ignore_nulls=True),
            as_of=pl.lit(as_of),
        )
        .with_columns(reason=pl.when(pl.col("reason") != "").then("reason"))
        .select(pl.col(column).cast(kind) for column, kind in COLUMNS.items())
        .sort(VALUE)
    )


ENDS = {"median": "", "low": "_low", "high": "_high"}


def list_waits(purchase_days: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List the days from the first day with an order to the next, or to `as_of` where there is none yet.

    Args:
        purchase_days: `customer_idx`, `day_idx`: one row per customer and day with an order, up to `as_of`.
        as_of: Last day that counts.

    Returns:
        `customer_idx`, `days` Int32, `is_event` (there was a second order); without the unknown customer.
    """
    day = pl.col("day_idx")
    firsts = (
        purchase_days.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        .group_by("customer_idx")
        .agg(first=day.min(), second=day.filter(day > day.min()).min())
    )
    return firsts.select(
        "customer_idx",
        days=pl.coalesce("second", pl.lit(as_of).cast(pl.Int32)) - pl.col("first"),
        is_event=pl.col("second").is_not_null(),
    )


def _find_rates() -> list[pl.Expr]:
    """The share of a value's customers who buy again within the days that are watched, and within `REPEAT_DAYS`.

    The first is of as many days as can be watched, which differ between values; the second compares them.
    """
    watched, is_soon = pl.col("days").max(), pl.col("days") <= REPEAT_DAYS
    return [
        watched.alias("watched_days"),
        *_read_rate("second_order_rate", pl.lit(value=True)),
        *(
            pl.when(watched >= REPEAT_DAYS).then(each).alias(each.meta.output_name())
            for each in _read_rate(SOON, is_soon)
        ),
    ]


def _read_rate(name: str, is_within: pl.Expr) -> list[pl.Expr]:
    """The share on the last day of those that are within, and the ends of its interval; none of a share of 0 or 1."""
    share = {
        each: 1 - pl.col(each).filter(is_within).sort_by(pl.col("days").filter(is_within)).last().fill_null(1.0)
        for each in ("survival", "low", "high")
    }
    has_interval = share["survival"].is_between(0, 1, closed="none")
    return [
        share["survival"].round(12).alias(name),
        pl.when(has_interval).then(share["high"]).alias(f"{name}_low"),
        pl.when(has_interval).then(share["low"]).alias(f"{name}_high"),
    ]


def _cut_off(curves: pl.DataFrame) -> pl.DataFrame:
    """Drop the days on which too few customers are still observed."""
    before = pl.col("survival").shift(1, fill_value=1.0).over(VALUE)
    return curves.filter(pl.col("at_risk") >= ENOUGH * before - ROUNDING)


def _give_reason() -> pl.Expr:
    """Say why there is no median, or no upper end of its interval."""
    name, watched = "median_days_to_second_order", pl.col("watched_days")
    share, has_no_end = (pl.col("second_order_rate") * 100).round(1), pl.col(f"{name}_high").is_null()
    return (
        pl.when(watched.is_null())
        .then(pl.lit(f"fewer than {ENOUGH} customers: too few to tell"))
        .when(pl.col(name).is_null())
        .then(
            pl.format(
                "fewer than half buy again within {} days ({} %), and too few are observed for longer", watched, share
            )
        )
        .when(has_no_end & (pl.col("second_order_rate") == 1))
        .then(pl.lit("all have bought again by then: the interval has no upper end"))
        .when(has_no_end)
        .then(
            pl.lit(
                "the interval has no upper end: too few are observed for so long, and maybe fewer than half buy again"
            )
        )
    )
