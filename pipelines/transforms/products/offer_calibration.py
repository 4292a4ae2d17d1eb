"""The table `meta.offer_calibration`: predicted chances of a purchase beside the share that was bought.

Put here: the chances of 28 days ago beside the purchases since. Keep out: how they are computed
(`purchase_chances.py`), and whether offers hit (`offer_evaluation.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.windows import OFFER_DAYS
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.products.purchase_chances import fit_chances, list_features, mark_bought
from regulars.pipelines.transforms.products.purchase_pairs import PAIR, list_product_days, score_pairs

COLUMNS: dict[str, PolarsDataType] = {
    "chance_decile": pl.Int32,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "pairs": pl.Int64,
    "expected_bought_again": pl.Float64,
    "bought_again": pl.Int64,
    "mean_chance": pl.Float64,
    "bought_rate": pl.Float64,
    "reason": pl.String,
    "as_of": pl.Date,
}
DECILES = 10
ERRORS_BEYOND_CHANCE = 2.0
"""A tenth is called off where it differs from the expectation by more standard deviations than this."""


def offer_calibration(order_lines: IntoFrame, *, as_of: dt.date, lapse_days: int) -> pl.DataFrame:
    """Compare chances with what was bought: one row per tenth of the pairs of customer and product.

    The chances are those that a run 28 days before `as_of` would have published, fitted on the 28 days before that.

    Args:
        order_lines: `core.order_lines`.
        as_of: Last day that counts.
        lapse_days: Days without a purchase after which a customer has lapsed.

    Returns:
        The columns of `COLUMNS`, from the most likely tenth (1) on; empty where nothing was sold 56 days ago.
    """
    days, _ = list_product_days(order_lines, as_of=as_of)
    cut = count_days_since_epoch(as_of) - OFFER_DAYS
    chances = fit_chances(days, today=cut, lapse_days=lapse_days)
    known = days.filter(pl.col("day") <= cut)
    features = list_features(score_pairs(known, today=cut), known, today=cut, lapse_days=lapse_days)
    if chances is None or features.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    marked = mark_bought(features, days, after=cut, until=cut + OFFER_DAYS)
    ranked = marked.with_columns(chance=pl.Series(chances(features))).sort(
        "chance", *PAIR, descending=[True, False, False]
    )
    chance = pl.col("chance").sort()  # without an order, polars adds up floats as its threads come
    decile = (pl.int_range(pl.len()) * DECILES // pl.len() + 1).cast(pl.Int32)
    return (
        ranked.group_by(chance_decile=decile)
        .agg(
            pairs=pl.len().cast(pl.Int64),
            expected_bought_again=chance.sum(),
            bought_again=pl.col("is_bought").sum().cast(pl.Int64),
            mean_chance=chance.mean(),
            bought_rate=pl.col("is_bought").mean(),
            spread=(chance * (1 - chance)).sum().sqrt(),
        )
        .with_columns(
            period_start=pl.lit(as_of - dt.timedelta(days=OFFER_DAYS - 1)),
            period_end=pl.lit(as_of),
            reason=_explain_difference(),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("chance_decile")
    )


def _explain_difference() -> pl.Expr:
    """Say whether a tenth is off by more than chance and in which direction, or that there are too few purchases.

    `spread` is the standard deviation of independent purchases, so a month in which all customers buy less counts as a
    difference too. NULL where chance alone explains the difference.
    """
    miss, limit = pl.col("bought_again") - pl.col("expected_bought_again"), ERRORS_BEYOND_CHANCE * pl.col("spread")
    return (
        pl.when(miss > limit)
        .then(pl.lit("understated: more were bought than chance explains"))
        .when(miss < -limit)
        .then(pl.lit("overstated: fewer were bought than chance explains"))
        .when(limit >= pl.col("expected_bought_again"))
        .then(pl.lit("too few purchases were expected to tell whether the chances are too high"))
    )
