"""The mart `satisfaction_drivers`: what makes customers satisfied, whether it matters at all, and how well it is done.

Put here: importance, effect and performance of each driver, and where to act. Keep out: what the drivers of an answer
are (`drivers.py`), and the maths (`pipelines/models/drivers/relative_weights.py`, `partial_effects.py`).
"""

import datetime as dt
from typing import Any, Protocol

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from numpy.typing import NDArray
from polars._typing import PolarsDataType

from regulars.pipelines.models.drivers.partial_effects import fit_partial_effects
from regulars.pipelines.models.drivers.performances import compare_performances
from regulars.pipelines.models.drivers.relative_weights import (
    bootstrap_importance,
    compute_correlations,
    compute_importance,
    compute_relative_weights,
    estimate_moments,
)
from regulars.pipelines.transforms.false_discovery import is_significant
from regulars.pipelines.transforms.voice.drivers import KEY, SURVEY, list_driver_values, list_outcomes

FEW_ANSWERS, INDICATIVE_ANSWERS, ENOUGH_ANSWERS = 30, 100, 200
"""Below the first no importance is computed, below the second it comes without a quadrant, below the third it is
indicative: at 100 answers the most important driver is named rightly in 62 of 100 surveys, at 200 in 74."""
DRAWS, SEED, MOST_BLOCKS = 300, 20_260, 2_000
SAME_CORRELATION = 0.995
"""Two drivers that correlate more closely are one: nothing can tell their effects apart."""
PERFORMANCE = (
    "performance",
    "performance_low",
    "performance_high",
    "performance_over_mean",
    "performance_over_mean_low",
    "performance_over_mean_high",
)
SCALE = pl.col("scale_max") - pl.col("scale_min")
POSITION = pl.when(SCALE > 0).then((pl.col("value") - pl.col("scale_min")) / SCALE)
"""Where an answer lies on its own scale, 0 (worst) to 1; NULL without a scale."""
COLUMNS: dict[str, PolarsDataType] = {
    "system": pl.String,
    "survey_type": pl.String,
    "driver": pl.String,
    "driver_kind": pl.String,
    "question": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "scored_responses": pl.Int64,
    "driver_responses": pl.Int64,
    "complete_responses": pl.Int64,
    "r_squared": pl.Float64,
    "importance": pl.Float64,
    "importance_low": pl.Float64,
    "importance_high": pl.Float64,
    "importance_rank": pl.Int64,
    "effect": pl.Float64,
    "effect_low": pl.Float64,
    "effect_high": pl.Float64,
    "effect_p_value": pl.Float64,
    "matters": pl.Boolean,
    "mean_value": pl.Float64,
    "standard_deviation": pl.Float64,
    **dict.fromkeys(PERFORMANCE, pl.Float64),
    "top_box_rate": pl.Float64,
    "quadrant": pl.String,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}


class DriverSettings(Protocol):
    """What a company sets about drivers."""

    @property
    def driver_days(self) -> int:
        """Answers of how many days are looked at."""


def satisfaction_drivers(
    survey_responses: IntoFrame,
    survey_answers: IntoFrame,
    orders: IntoFrame,
    *,
    as_of: dt.date,
    surveys: DriverSettings,
) -> pl.DataFrame:
    """Find what the outcome of each survey goes with.

    Args:
        survey_responses: `core.survey_responses`; their score is the outcome, of type nps only what makes an NPS.
        survey_answers: `core.survey_answers`; every question with a score is a driver of its response.
        orders: `core.orders`; delivery, size, value and shipping of the order that a response is about are drivers.
        as_of: Last day that counts.
        surveys: How many days of answers are looked at.

    Returns:
        The columns of `COLUMNS`, per survey from the most important driver down; empty without drivers.
    """
    start = as_of - dt.timedelta(days=surveys.driver_days - 1)
    outcomes = list_outcomes(survey_responses, first=start, last=as_of)
    values = list_driver_values(outcomes, survey_answers, orders)
    found = [
        _add_performance(_rate_drivers(part, answered), part.join(answered.select(*KEY, "person"), on=KEY))
        for (system, survey_type), part in sorted(values.partition_by(*SURVEY, as_dict=True).items())
        for answered in [outcomes.filter(system=system, survey_type=survey_type)]
    ]
    if not found:
        return pl.DataFrame(schema=COLUMNS)
    rated = pl.concat(found).with_columns(matters=is_significant("effect_p_value", *SURVEY))
    return (
        rated.with_columns(quadrant=_choose_quadrant())
        .with_columns(period_start=pl.lit(start), period_end=pl.lit(as_of), as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(*SURVEY, "importance_rank", "driver", nulls_last=True)
    )


def _rate_drivers(values: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Rate the drivers of one survey: one row each."""
    drivers = _describe_drivers(values)
    usable = drivers.filter(pl.col("driver_responses") >= FEW_ANSWERS, pl.col("standard_deviation") > 0)["driver"]
    wide = values.filter(pl.col("driver").is_in(usable.implode())).pivot("driver", index=KEY, values="value")
    rows = outcomes.join(wide, on=KEY).sort(KEY)
    names = sorted(set(rows.columns) - set(outcomes.columns))
    responses = len(rows)
    drivers = drivers.with_columns(scored_responses=pl.lit(responses, pl.Int64))
    numbers = rows.select(*names, "score").to_numpy().astype(np.float64)
    if not names or responses < FEW_ANSWERS or not numbers[:, -1].std() > 0:
        return _add_importance(drivers.with_columns(same_as=pl.lit(None, pl.String)), None)
    same_as = _find_repeated(names, compute_correlations(estimate_moments(numbers).covariances))
    kept = [place for place, name in enumerate(names) if name not in same_as]
    columns = _compute_columns(
        [names[place] for place in kept], numbers[:, [*kept, -1]], _choose_blocks(rows["person"])
    )
    repeated = pl.col("driver").replace_strict(same_as, default=None, return_dtype=pl.String)
    return _add_importance(drivers.with_columns(same_as=repeated), columns)


def _find_repeated(names: list[str], correlations: NDArray[np.float64]) -> dict[str, str]:
    """The drivers that say the same as an earlier one, such as days late where all are promised in three days."""
    found: dict[str, str] = {}
    for place, name in enumerate(names):
        for earlier in range(place):
            if names[earlier] not in found and abs(correlations[place, earlier]) > SAME_CORRELATION:
                found.setdefault(name, names[earlier])
    return found


def _describe_drivers(values: pl.DataFrame) -> pl.DataFrame:
    """Mean, spread and share of best answers of each driver."""
    return (
        values.with_columns(position=POSITION)
        .group_by(*SURVEY, "driver", "driver_kind")
        .agg(
            question=pl.col("question").min(),
            driver_responses=pl.len().cast(pl.Int64),
            mean_value=pl.col("value").mean(),
            standard_deviation=pl.col("value").std(),
            top_box_rate=(pl.col("position") >= 1).mean(),
        )
        .sort("driver")
    )


def _add_performance(drivers: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Add how well each driver with a scale is done, beside all that have a scale and an importance."""
    scaled = values.with_columns(position=100 * POSITION).drop_nulls("position").sort("driver", *KEY)
    names = scaled["driver"].unique().sort()
    columns = dict.fromkeys(PERFORMANCE, pl.Series([], dtype=pl.Float64))
    if len(names):
        with_importance = drivers.filter(pl.col("importance").is_not_null())["driver"]
        found = compare_performances(
            scaled["position"].to_numpy(),
            (scaled["driver"].rank("dense").cast(pl.Int64) - 1).to_numpy(),
            (scaled["person"].rank("dense").cast(pl.Int64) - 1).to_numpy(),
            names.is_in(with_importance.implode()).to_numpy(),
        )
        held = (found.means, np.maximum(found.low, 0), np.minimum(found.high, 100))
        numbers = (*held, found.over, found.over_low, found.over_high)
        columns = {name: pl.Series(each).fill_nan(None) for name, each in zip(PERFORMANCE, numbers, strict=True)}
    return drivers.join(pl.DataFrame({"driver": names, **columns}), on="driver", how="left", maintain_order="left")


def _choose_blocks(people: pl.Series) -> NDArray[np.int64]:
    """The block of each answer: its person, and where there are many of them, persons put together."""
    blocks: NDArray[np.int64] = (people.rank("dense").cast(pl.Int64) - 1).to_numpy() % MOST_BLOCKS
    return blocks


def _compute_columns(names: list[str], numbers: NDArray[np.float64], blocks: NDArray[np.int64]) -> pl.DataFrame:
    """Importance with its interval, and the effect of each driver beside the others."""
    correlations = compute_correlations(estimate_moments(numbers).covariances)
    importance = compute_importance(correlations)
    low, high = bootstrap_importance(numbers, blocks, draws=DRAWS, seed=SEED)
    complete = numbers[~np.isnan(numbers).any(axis=1)]
    has_spread = len(complete) >= FEW_ANSWERS and bool((complete.std(axis=0) > 0).all())
    effects = fit_partial_effects(complete[:, :-1], complete[:, -1]) if has_spread else None
    nothing = np.full(len(names), np.nan)
    effect, reach, p_values = (
        (nothing, nothing, nothing) if effects is None else (effects.coefficients, effects.reach, effects.p_values)
    )
    columns: dict[str, Any] = {
        "driver": names,
        "importance": importance,
        "importance_low": np.minimum(low, importance),
        "importance_high": np.maximum(high, importance),
        "effect": effect,
        "effect_low": effect - reach,
        "effect_high": effect + reach,
        "effect_p_value": p_values,
    }
    return (
        pl.DataFrame(columns)
        .with_columns(pl.col("^effect.*$").fill_nan(None))
        .with_columns(
            r_squared=pl.lit(float(compute_relative_weights(correlations).sum())),
            complete_responses=pl.lit(len(complete), pl.Int64),
            importance_rank=pl.col("importance").rank("ordinal", descending=True).cast(pl.Int64),
        )
    )


IMPORTANCE: dict[str, PolarsDataType] = {
    "driver": pl.String,
    "importance": pl.Float64,
    "importance_low": pl.Float64,
    "importance_high": pl.Float64,
    "effect": pl.Float64,
    "effect_low": pl.Float64,
    "effect_high": pl.Float64,
    "effect_p_value": pl.Float64,
    "r_squared": pl.Float64,
    "complete_responses": pl.Int64,
    "importance_rank": pl.Int64,
}


def _add_importance(drivers: pl.DataFrame, columns: pl.DataFrame | None) -> pl.DataFrame:
    """Add what was computed of the usable drivers; all others have NULL and a reason."""
    found = pl.DataFrame(schema=IMPORTANCE) if columns is None else columns
    rated = drivers.join(found.select(pl.col(n).cast(t) for n, t in IMPORTANCE.items()), on="driver", how="left")
    is_enough = pl.col("importance").is_not_null() & (pl.col("scored_responses") >= ENOUGH_ANSWERS)
    return rated.with_columns(is_complete=is_enough, reason=_give_reason())


def _choose_quadrant() -> pl.Expr:
    """Where to act, from 100 answers on and among at least two drivers with a scale, or that it cannot be told.

    The line of importance is the share that each driver would have if all were equal; that of performance is the mean
    over drivers, weighted by their answers. A driver whose interval holds a line that decides is too close to tell.
    """
    rated = pl.col("importance").count().over(SURVEY)
    line, over = 1 / rated, "performance_over_mean"
    return (
        pl.when(pl.col(over).is_null() | (rated < 2) | (pl.col("scored_responses") < INDICATIVE_ANSWERS))
        .then(None)
        .when((pl.col("importance_high") < line) & ~pl.col("matters"))
        .then(pl.lit("good_enough"))
        .when(pl.col("importance_high") < line)
        .then(pl.lit("watch"))
        .when(pl.col("importance_low") < line)
        .then(pl.lit("too_close"))
        .when(pl.col(f"{over}_low") >= 0)
        .then(pl.lit("keep_great"))
        .when(pl.col(f"{over}_high") < 0)
        .then(pl.lit("improve"))
        .otherwise(pl.lit("too_close"))
    )


def _give_reason() -> pl.Expr:
    return (
        pl.when(pl.col("driver_responses") < FEW_ANSWERS)
        .then(pl.lit(f"fewer than {FEW_ANSWERS} answers to it"))
        .when(~(pl.col("standard_deviation") > 0))
        .then(pl.lit("all answers are the same"))
        .when(pl.col("same_as").is_not_null())
        .then(pl.format("says the same as {}", "same_as"))
        .when(pl.col("importance").is_null())
        .then(pl.lit("the scores that it may drive are all the same"))
        .when(pl.col("scored_responses") < INDICATIVE_ANSWERS)
        .then(pl.lit(f"fewer than {INDICATIVE_ANSWERS} answers: the order may be chance"))
        .when(pl.col("scored_responses") < ENOUGH_ANSWERS)
        .then(pl.lit(f"indicative: fewer than {ENOUGH_ANSWERS} answers"))
        .when(pl.col("effect_p_value").is_null())
        .then(pl.lit("too few answers to all questions to tell whether it matters"))
    )
