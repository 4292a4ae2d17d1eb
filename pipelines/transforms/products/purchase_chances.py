"""How likely each customer really buys a product again soon: the score of the pair, corrected by what came of the last.

Put here: the correction, fitted on the 28 days before. Keep out: the score that ranks (`purchase_pairs.py`), and how
good the chances were (`offer_calibration.py`).
"""

from collections.abc import Callable

import numpy as np
import polars as pl

from regulars.pipelines.definitions.windows import OFFER_DAYS
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.logistic import fit_logistic
from regulars.pipelines.transforms.products.purchase_pairs import PAIR, score_pairs

FEWEST_EVENTS = 50
"""With fewer purchases in the 28 days the score is only multiplied by a factor, since seven weights need more."""
MOST_PAIRS = 400_000
"""Of more pairs the fit takes every second, third … customer."""
HALF_LIFE_DAYS = 60
SMALLEST_SCORE = 1e-12
Chances = Callable[[pl.DataFrame], FloatArray]


def list_features(pairs: pl.DataFrame, product_days: pl.DataFrame, *, today: int, lapse_days: int) -> pl.DataFrame:
    """List what tells how likely each pair is bought again, of customers who have not lapsed.

    Args:
        pairs: As `score_pairs` returns them of `product_days`.
        product_days: As `list_product_days` returns them, none after `today`.
        today: The last day that is known, in days since 1970.
        lapse_days: Days without a purchase after which a customer has lapsed.

    Returns:
        One row per pair, sorted by customer and product: `customer_idx`, `product`, `offer_score`, `purchases`, `gap`,
        `recent_purchases` Float64 (each halved every 60 days), `customer_gap` and `customer_days` (days since the
        customer's last purchase, and on which there was one), `is_regular`, `has_ended_rhythm`.
    """
    ago = today - pl.col("day")
    by_pair = product_days.group_by(PAIR).agg(recent_purchases=(pl.lit(0.5) ** (ago / HALF_LIFE_DAYS)).sum())
    by_customer = product_days.group_by("customer_idx").agg(
        customer_gap=ago.min(), customer_days=pl.col("day").n_unique()
    )
    return (
        pairs.join(by_pair, on=PAIR)
        .join(by_customer.filter(pl.col("customer_gap") < lapse_days), on="customer_idx")
        .sort(PAIR)
    )


def mark_bought(features: pl.DataFrame, product_days: pl.DataFrame, *, after: int, until: int) -> pl.DataFrame:
    """Add `is_bought`, whether the pair was bought on a day after `after` and not after `until`."""
    bought = product_days.filter(pl.col("day").is_between(after, until, closed="right")).select(PAIR).unique()
    marked = features.join(bought.with_columns(is_bought=pl.lit(True)), on=PAIR, how="left", maintain_order="left")
    return marked.with_columns(pl.col("is_bought").fill_null(value=False))


def fit_chances(product_days: pl.DataFrame, *, today: int, lapse_days: int) -> Chances | None:
    """Fit how scores turn into chances on what was bought in the last 28 days.

    Args:
        product_days: As `list_product_days` returns them; days after `today` are ignored.
        today: The last day that is known, in days since 1970.
        lapse_days: Days without a purchase after which a customer has lapsed.

    Returns:
        What turns features, as `list_features` returns them, into the chances of a purchase in the next 28 days; NULL
        where there was no pair 28 days ago that anything could have come of.
    """
    cut = today - OFFER_DAYS
    before = product_days.filter(pl.col("day") <= cut)
    every = 1 + before.select(PAIR).n_unique() // MOST_PAIRS
    known = before.filter(pl.col("customer_idx") % every == 0)
    features = list_features(score_pairs(known, today=cut), known, today=cut, lapse_days=lapse_days)
    if features.is_empty():
        return None
    marked = mark_bought(features, product_days, after=cut, until=today)
    events = int(marked["is_bought"].sum())
    if not FEWEST_EVENTS <= events <= len(marked) - FEWEST_EVENTS:
        factor = (events + 1) / (float(marked["offer_score"].sum()) + 1)
        return lambda rows: np.minimum(rows["offer_score"].to_numpy() * factor, 1.0)
    model = fit_logistic(_make_matrix(marked), marked["is_bought"].to_numpy())
    return lambda rows: _cap_ended(rows, model.predict_chance(_make_matrix(rows)))


def _cap_ended(features: pl.DataFrame, chances: FloatArray) -> FloatArray:
    """Hold the chances of products whose rhythm has ended at their scores: too few to be fitted apart.

    Fitted with all others, 263 such pairs of the sample company had chances of 8.2 % on average; so they have 6.5 %,
    and 3.8 % were bought.
    """
    ended, score = features["has_ended_rhythm"].to_numpy(), features["offer_score"].to_numpy()
    return np.where(ended, np.minimum(chances, score), chances)


def _make_matrix(features: pl.DataFrame) -> FloatArray:
    columns = (
        pl.col("offer_score").clip(SMALLEST_SCORE).log(),
        pl.col("gap").cast(pl.Float64).log1p(),
        pl.col("purchases").cast(pl.Float64).log(),
        pl.col("recent_purchases").log1p(),
        pl.col("customer_gap").cast(pl.Float64).log1p(),
        pl.col("customer_days").cast(pl.Float64).log(),
        pl.col("is_regular").cast(pl.Float64),
    )
    matrix: FloatArray = features.select(columns).to_numpy().astype(np.float64)
    return matrix


def add_chances(pairs: pl.DataFrame, product_days: pl.DataFrame, *, today: int, lapse_days: int) -> pl.DataFrame:
    """Add `purchase_chance` to pairs that `score_pairs` returned; NULL for customers who have lapsed."""
    chances = fit_chances(product_days, today=today, lapse_days=lapse_days)
    if chances is None:
        return pairs.with_columns(purchase_chance=pl.lit(None, pl.Float64))
    features = list_features(pairs, product_days, today=today, lapse_days=lapse_days)
    found = features.select(PAIR).with_columns(purchase_chance=pl.Series(chances(features)))
    return pairs.join(found, on=PAIR, how="left", maintain_order="left")
