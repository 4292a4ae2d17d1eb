"""Pairs of customer and product bought, ranked by the chance of a next purchase.

Put here: pairs, their chances and ranks. Keep out: which of them may be offered (`next_best_offers.py`), products never
bought (`basket_offers.py`), the grade (`offer_evaluation.py`).
"""

import datetime as dt

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import OFFER_DAYS
from regulars.pipelines.models.repeat_offers import (
    FEWEST_PURCHASES,
    compute_rate_chance,
    compute_renewal_chance,
    compute_repeat_rate,
    has_ended,
    is_regular,
)
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

PRODUCT = ["system", "product_id"]
PAIR = ["customer_idx", "product"]


def list_product_days(order_lines: IntoFrame, *, as_of: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """List the days on which each customer bought each product, with products as numbers.

    Args:
        order_lines: `core.order_lines`; uses `system`, `product_id`, `customer_idx`, `order_date`, `is_countable`.
        as_of: Last day that counts.

    Returns:
        `customer_idx` Int32, `product` UInt32, `day` Int32 (days since 1970), once each, sorted, of known customers;
        and `product`, `system`, `product_id`, sorted by the last two.
    """
    known = nw.col("is_countable") & (nw.col("order_date") <= as_of) & (nw.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    lines = nw.from_native(order_lines).lazy().filter(known & ~nw.col("product_id").is_null())
    bought = read_into_polars(lines.select("customer_idx", *PRODUCT, "order_date").unique().to_native())
    numbered = bought.select(PRODUCT).unique().sort(PRODUCT).with_row_index("product")
    days = bought.join(numbered, on=PRODUCT).select("customer_idx", "product", day=pl.col("order_date").cast(pl.Int32))
    return days.sort("customer_idx", "product", "day"), numbered


def score_pairs(product_days: pl.DataFrame, *, today: int) -> pl.DataFrame:
    """Score every pair of customer and product by the chance of another purchase in the next 28 days.

    Args:
        product_days: As `list_product_days` returns them, none after `today`.
        today: The last day that is known, in days since 1970.

    Returns:
        One row per pair: `customer_idx`, `product`, `purchases`, `last_day`, `gap` (days since), `mean_days` between
        purchases (NULL with one), `is_regular` (bought in a rhythm that goes on) or else `has_ended_rhythm`,
        `offer_score` 0 to 1. Sorted by customer, then from the best on.
    """
    pairs = (
        product_days.group_by(PAIR)
        .agg(purchases=pl.len().cast(pl.Int32), first_day=pl.col("day").min(), last_day=pl.col("day").max())
        .sort(PAIR)
        .with_columns(
            age=today - pl.col("first_day"),
            gap=today - pl.col("last_day"),
            mean_days=(pl.col("last_day") - pl.col("first_day")) / (pl.col("purchases") - 1).replace(0, None),
        )
        .join(_measure_rhythm(product_days), on=PAIR, how="left", maintain_order="left")
    )
    by_product = pairs.group_by("product").agg(
        repeats=(pl.col("purchases") - 1).sum(), days=pl.col("age").cast(pl.Int64).sum()
    )
    rates = by_product.sort("product").select(
        "product",
        rate=pl.Series(compute_repeat_rate(by_product.sort("product")["repeats"], by_product.sort("product")["days"])),
    )
    pairs = pairs.join(rates, on="product", how="left", maintain_order="left")
    by_rate = compute_rate_chance(pairs["purchases"], pairs["age"], pairs["gap"], pairs["rate"], OFFER_DAYS)
    cv = pairs["cv"].fill_null(9.0).to_numpy()
    mean = pairs["mean_days"].fill_null(1.0).to_numpy()
    regular, ended = is_regular(pairs["purchases"].to_numpy(), cv), has_ended(mean, pairs["gap"].to_numpy())
    by_rhythm = compute_renewal_chance(mean, cv, pairs["gap"], OFFER_DAYS)
    return (
        pairs.with_columns(
            is_regular=pl.Series(regular & ~ended),
            has_ended_rhythm=pl.Series(regular & ended),
            by_rate=pl.Series(by_rate),
            by_rhythm=pl.Series(by_rhythm),
        )
        .with_columns(
            offer_score=pl.when("is_regular")
            .then("by_rhythm")
            .when("has_ended_rhythm")  # by how often alone it would be too high, as most have given the product up
            .then(pl.min_horizontal("by_rhythm", "by_rate"))
            .otherwise("by_rate")
        )
        .drop("first_day", "age", "rate", "cv", "by_rate", "by_rhythm")
        .sort("customer_idx", "offer_score", "purchases", "product", descending=[False, True, True, False])
    )


def _measure_rhythm(product_days: pl.DataFrame) -> pl.DataFrame:
    """Measure the coefficient of variation of the days between purchases, of pairs with enough of them."""
    often = product_days.group_by(PAIR).len().filter(pl.col("len") >= FEWEST_PURCHASES).select(PAIR)
    between = pl.col("day").diff().over(PAIR)
    return (
        product_days.join(often, on=PAIR, how="semi", maintain_order="left")
        .with_columns(between=between)
        .group_by(PAIR)
        .agg(cv=pl.col("between").std(ddof=0) / pl.col("between").mean())
    )


def take_best(ranked: pl.DataFrame, places: int) -> pl.DataFrame:
    """The first rows of each customer, numbered from 1 by `rank`; the rows are sorted by customer, the best first."""
    return ranked.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("customer_idx")).filter(
        pl.col("rank") <= places
    )
