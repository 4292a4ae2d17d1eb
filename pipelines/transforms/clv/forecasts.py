"""Expected purchases and value of each customer, by a fitted model or by a baseline.

Put here: histories in, expected purchases and value out, in the same shape for every method.
Keep out: the maths (`pipelines/models`), fitting (`clv_models.py`), the choice of a method (`clv_evaluation.py`).
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars.pipelines.definitions.windows import HOLDOUT_DAYS
from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.gamma_gamma import GammaGammaModel
from regulars.pipelines.transforms.clv.clv_models import TrainedModels
from regulars.pipelines.transforms.clv.methods import BASELINES, LAST_YEAR, OWN_AVERAGE
from regulars.pipelines.transforms.clv.purchase_history import (
    find_first_purchase_day,
    sum_purchases_after,
    summarise_history,
)
from regulars.pipelines.transforms.day_numbers import DAYS_PER_YEAR

CUSTOMERS_FOR_A_CLASS = 20
"""The fewest customers of a class with an average of its own."""

FREQUENCY_CLASSES, DAYS_SINCE_CLASSES = (0, 1, 3, 7, 15, 31, 63, 127), (30, 90, 180, 365)
"""Inclusive upper bounds of the classes of similar customers; one more class has no upper bound."""

HALF_A_DAY, MOST_P_ALIVE = 0.5, 1 - 1e-6
"""Histories count whole days; nobody is certain to stay, not even by a model that sees nobody leave."""


@dataclass(frozen=True)
class Horizons:
    """How far to look ahead.

    Attributes:
        days: Horizons in days, each without discount.
        lifetime_years: How many years ahead a lifetime looks; None: no lifetime is predicted.
        discount_rate: Annual rate, 0.1 for 10 %: money that comes in a year is worth 1 / 1.1 now.
    """

    days: Sequence[int]
    lifetime_years: float | None = None
    discount_rate: float = 0.0

    @property
    def daily_rate(self) -> float:
        """The discount rate, continuous and per day."""
        return math.log1p(self.discount_rate) / DAYS_PER_YEAR


def predict_by_model(
    history: pl.DataFrame,
    models: Sequence[tuple[dt.date | None, DropoutModel]],
    spend: GammaGammaModel | None,
    horizons: Horizons,
) -> pl.DataFrame:
    """Predict by a dropout model and the spend model, in the order of the histories.

    Args:
        history: As `summarise_history` returns it.
        models: First day of each segment (None: the whole base) and its model, as `read_models` returns them.
        spend: The spend model; None: every purchase has the average value of all customers.
        horizons: How far to look ahead.

    Returns:
        `p_alive`, `expected_spend`, and per horizon `purchases_<days>`, `value_<days>`, all Float64; with a lifetime
        also `purchases_lifetime` (not discounted) and `value_lifetime` (discounted).
    """
    frequency, recency, T = (history[name].to_numpy().astype(float) for name in ("frequency", "recency", "T"))
    found: dict[str, FloatArray] = {}
    for members, model in assign_customers_to_models(history, models):
        known = (frequency[members], recency[members], T[members])
        for name, part in _predict_members(model, known, horizons).items():
            found.setdefault(name, np.zeros(history.height))[members] = part
    spends = expected_spend(history, spend)
    discounted = found.pop("discounted_lifetime", None)
    values = {f"value_{days}": found[f"purchases_{days}"] * spends for days in horizons.days}
    if discounted is not None:
        values["value_lifetime"] = discounted * spends
    return pl.DataFrame({**found, "expected_spend": spends, **values})


def _predict_members(
    model: DropoutModel, known: tuple[FloatArray, FloatArray, FloatArray], horizons: Horizons
) -> dict[str, FloatArray]:
    found = {"p_alive": model.p_alive(*known)}
    for days in horizons.days:
        found[f"purchases_{days}"] = model.expected_purchases(days, *known)
    if horizons.lifetime_years is not None:
        lifetime = horizons.lifetime_years * DAYS_PER_YEAR
        found["purchases_lifetime"] = model.expected_purchases(lifetime, *known)
        found["discounted_lifetime"] = model.discounted_purchases(horizons.daily_rate, *known, horizon=lifetime)
    return {name: np.asarray(values, dtype=np.float64) for name, values in found.items()}


def estimate_p_alive(history: pl.DataFrame, models: Sequence[tuple[dt.date | None, DropoutModel]]) -> pl.Series:
    """Estimate the probability that each customer has not left for good by the end of the day of the histories.

    The last purchase was made half a day before the end of its day, so that nobody who bought today is certain to stay.
    """
    alive = np.zeros(history.height)
    frequency, recency, T = (history[name].to_numpy().astype(float) for name in ("frequency", "recency", "T"))
    for members, model in assign_customers_to_models(history, models):
        alive[members] = model.p_alive(frequency[members], recency[members], T[members] + HALF_A_DAY)
    return pl.Series("p_alive", np.minimum(alive, MOST_P_ALIVE))


def assign_customers_to_models(
    history: pl.DataFrame, models: Sequence[tuple[dt.date | None, DropoutModel]]
) -> list[tuple[np.ndarray, DropoutModel]]:
    """Assign customers (their positions) to the model of their segment; those before the first segment go with it."""
    starts = np.array([start or dt.date.min for start, _ in models], dtype="datetime64[D]")
    firsts = history["first_order_date"].to_numpy()
    segment = np.maximum(np.searchsorted(starts, firsts, side="right") - 1, 0)
    return [(np.flatnonzero(segment == place), model) for place, (_, model) in enumerate(models)]


def choose_spend_model(spend: GammaGammaModel | None) -> GammaGammaModel | None:
    """The spend model; None where its mean over all customers is infinite, which makes it unusable."""
    return spend if spend is not None and math.isfinite(spend.population_mean) else None


def describe_spend(spend: GammaGammaModel | None) -> list[str]:
    """Say what is lost without a usable model of spend; nothing where there is one."""
    if choose_spend_model(spend) is not None:
        return []
    why = "too few customers came back, or it did not converge" if spend is None else "its mean is infinite"
    lost = "every purchase counts at the average of all, and intervals of value ignore how much purchases differ"
    return [f"no model of spend could be used ({why}): {lost}"]


def expected_spend(history: pl.DataFrame, spend: GammaGammaModel | None) -> FloatArray:
    """Expected net sales per purchase of each customer, (n,)."""
    usable = choose_spend_model(spend)
    if usable is None:
        return np.full(history.height, average_sales_per_purchase(history))
    monetary_value = history["monetary_value"].fill_null(0).to_numpy()
    return np.asarray(usable.expected_spend(history["frequency"].to_numpy(), monetary_value), dtype=np.float64)


def average_sales_per_purchase(history: pl.DataFrame) -> float:
    """Net sales per purchase of all customers together, never below 0."""
    purchases = history.height + int(history["frequency"].sum())
    return max(0.0, math.fsum(history["net_sales"]) / purchases) if purchases else 0.0


def predict_by_baseline(method: str, history: pl.DataFrame, averages: pl.DataFrame, horizon_days: int) -> pl.DataFrame:
    """Predict by a baseline, in the order of the histories; no value is below 0, even after large refunds.

    Args:
        method: One of `BASELINES`.
        history: As `summarise_history` returns it, with `last_days` as long as the horizon.
        averages: As `average_by_class` returns them.
        horizon_days: How far to look ahead.

    Returns:
        `purchases`, `value` Float64.
    """
    if method == OWN_AVERAGE:
        a_day = pl.when(pl.col("T") > 0).then(pl.col("frequency") / pl.col("T")).otherwise(0.0)
        own = (pl.col("net_sales") / (pl.col("frequency") + 1)).clip(lower_bound=0)
        return history.select(purchases=a_day * horizon_days, value=a_day * horizon_days * own)
    if method == LAST_YEAR:
        return history.select(
            purchases=pl.col("recent_purchases").cast(pl.Float64), value=pl.col("recent_net_sales").clip(lower_bound=0)
        )
    found = classify_customers(history).join(
        averages, on=["frequency_class", "days_since_class"], how="left", maintain_order="left"
    )
    return found.select(
        purchases=pl.col("purchases_a_day").fill_null(0) * horizon_days,
        value=pl.col("value_a_day").fill_null(0).clip(lower_bound=0) * horizon_days,
    )


def average_by_class(days: pl.DataFrame, *, until: dt.date) -> pl.DataFrame:
    """Average what similar customers did per day in the latter half of the history until `until`, at most a year.

    Args:
        days: As `list_customer_days` returns it.
        until: Last day that is known.

    Returns:
        `frequency_class`, `days_since_class`, `purchases_a_day`, `value_a_day`: one row per pair of classes. A pair
        with fewer than `CUSTOMERS_FOR_A_CLASS` customers takes the average of its frequency class, merged with lower
        classes until they are large enough, else of all customers.
    """
    known = days.filter(pl.col("day_idx").cast(pl.Date) <= until)
    first = find_first_purchase_day(known)
    history_days = (until - first).days if first else 0
    length = max(1, min(HOLDOUT_DAYS, history_days // 2))
    before = until - dt.timedelta(days=length)
    then = classify_customers(summarise_history(known, until=before)).join(
        sum_purchases_after(known, after=before), on="customer_idx", how="left"
    )
    sums = pl.len(), pl.col("purchases").sum(), pl.col("value").sum()
    by_pair = then.group_by("frequency_class", "days_since_class").agg(*sums)
    by_frequency = _merge_small_classes(
        by_pair.group_by("frequency_class").agg(pl.col("len", "purchases", "value").sum())
    )
    all_customers = by_pair.select(pl.col("len", "purchases", "value").sum())
    grid = pl.DataFrame({"frequency_class": range(len(FREQUENCY_CLASSES) + 1)}, schema={"frequency_class": pl.Int32})
    pairs = grid.join(
        pl.DataFrame({"days_since_class": range(len(DAYS_SINCE_CLASSES) + 1)}, schema={"days_since_class": pl.Int32}),
        how="cross",
    )
    joined = (
        pairs.join(by_pair, on=["frequency_class", "days_since_class"], how="left")
        .join(by_frequency, on="frequency_class", how="left", suffix="_of_frequency")
        .join(all_customers, how="cross", suffix="_of_all")
    )
    return joined.select(
        "frequency_class",
        "days_since_class",
        purchases_a_day=_choose_average("purchases") / length,
        value_a_day=_choose_average("value") / length,
    )


def _merge_small_classes(by_frequency: pl.DataFrame) -> pl.DataFrame:
    """Add to a frequency class with few customers those below it, one after another, until there are enough."""
    grid = pl.DataFrame({"frequency_class": range(len(FREQUENCY_CLASSES) + 1)}, schema={"frequency_class": pl.Int32})
    own = grid.join(by_frequency, on="frequency_class", how="left", maintain_order="left").fill_null(0)
    rows = []
    for number in range(own.height):
        lowest = number
        while lowest and own["len"][lowest : number + 1].sum() < CUSTOMERS_FOR_A_CLASS:
            lowest -= 1
        rows.append(own[lowest : number + 1].sum().with_columns(frequency_class=pl.lit(number, pl.Int32)))
    return pl.concat(rows)


def _choose_average(column: str) -> pl.Expr:
    """The mean of the pair of classes, of its frequency class or of all: the first with enough customers."""
    enough = [
        pl.when(pl.col(f"len{of}") >= CUSTOMERS_FOR_A_CLASS).then(
            pl.col(f"{column}{of}").cast(pl.Float64) / pl.col(f"len{of}")
        )
        for of in ("", "_of_frequency")
    ]
    last = (
        pl.when(pl.col("len_of_all") > 0)
        .then(pl.col(f"{column}_of_all").cast(pl.Float64) / pl.col("len_of_all"))
        .otherwise(0.0)
    )
    return pl.coalesce(*enough, last)


def classify_customers(history: pl.DataFrame) -> pl.DataFrame:
    """Add `frequency_class` and `days_since_class`, Int32 from 0."""
    days_since = pl.col("T") - pl.col("recency")
    return history.with_columns(
        frequency_class=_classify(pl.col("frequency"), FREQUENCY_CLASSES),
        days_since_class=_classify(days_since, DAYS_SINCE_CLASSES),
    )


def _classify(value: pl.Expr, upper_ends: Sequence[int]) -> pl.Expr:
    return pl.sum_horizontal(*((value > end).cast(pl.Int32) for end in upper_ends)).cast(pl.Int32)


def predict(
    method: str, history: pl.DataFrame, trained: TrainedModels, averages: pl.DataFrame, horizon_days: int
) -> pl.DataFrame:
    """Predict `purchases` and `value` of the next days by any method but the formula, in the order of the histories."""
    if method in BASELINES:
        return predict_by_baseline(method, history, averages, horizon_days)
    found = predict_by_model(history, trained.dropout[method], trained.spend, Horizons([horizon_days]))
    return found.select(purchases=f"purchases_{horizon_days}", value=f"value_{horizon_days}")
