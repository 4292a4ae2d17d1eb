"""80 % prediction intervals of each customer's purchases and value.

Put here: intervals by the model of each customer's segment, in the order of the histories. Keep out: the simulation
(`pipelines/models/simulation`), expected values (`forecasts.py`).
"""

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.gamma_gamma import GammaGammaModel
from regulars.pipelines.models.simulation.interval import Interval
from regulars.pipelines.models.simulation.simulation import (
    Aim,
    CustomerHistories,
    HorizonSimulation,
    SimulationRequest,
    simulate_at_aims,
)
from regulars.pipelines.models.simulation.simulation_plan import Lifetime
from regulars.pipelines.transforms.clv.clv_models import TrainedModels
from regulars.pipelines.transforms.clv.corrections import Corrections, declare_coverage, find_probability
from regulars.pipelines.transforms.clv.forecasts import (
    Horizons,
    assign_customers_to_models,
    average_sales_per_purchase,
    choose_spend_model,
)

SEED = 20260101
"""Seed of the simulation: the same run gives the same intervals."""

DAYS_A_YEAR = 365.0
"""The year of a simulated lifetime: its years end where the horizons do, as they would not with 365.25 days."""

Columns = dict[str, FloatArray]


def find_intervals(
    history: pl.DataFrame,
    trained: TrainedModels,
    method: str,
    horizons: Horizons,
    corrections: Sequence[Corrections],
    draws: int | None = None,
) -> list[list[pl.DataFrame]]:
    """Find intervals of purchases and value: per corrections, one frame per horizon, then one of the lifetime.

    Args:
        history: As `summarise_history` returns it.
        trained: Models trained through the day of the histories.
        method: Which of them.
        horizons: How far to look ahead; a lifetime, where one is wanted, is simulated in whole years.
        corrections: Several are read from one simulation.
        draws: Simulated futures of each history; None: the simulation decides.

    Returns:
        In the order of the histories, all Float64: `purchases_low`, `purchases_high`, `purchases_nominal_coverage`,
        `value_low`, `value_high`, `value_nominal_coverage`.
    """
    spend, average = choose_spend_model(trained.spend), average_sales_per_purchase(history)
    spans = len(horizons.days) + (horizons.lifetime_years is not None)
    found: list[list[Columns]] = [[{} for _ in range(spans)] for _ in corrections]
    for members, model in assign_customers_to_models(history, trained.dropout[method]):
        simulated = _simulate_members(history[members], model, spend, horizons, corrections, draws)
        for each, frames, spans_of_each in zip(corrections, found, simulated, strict=True):
            for columns, horizon in zip(frames, spans_of_each, strict=True):
                for name, values in _name_columns(horizon, average, each).items():
                    columns.setdefault(name, np.zeros(history.height))[members] = values
    return [[pl.DataFrame(columns) for columns in frames] for frames in found]


def _simulate_members(
    history: pl.DataFrame,
    model: DropoutModel,
    spend: GammaGammaModel | None,
    horizons: Horizons,
    corrections: Sequence[Corrections],
    draws: int | None,
) -> list[list[HorizonSimulation]]:
    lifetime = None
    if horizons.lifetime_years is not None:
        lifetime = Lifetime(math.ceil(horizons.lifetime_years), DAYS_A_YEAR, horizons.discount_rate)
    columns = ("frequency", "recency", "T", "monetary_value")
    customers = CustomerHistories(*(history[name].fill_null(0).to_numpy() for name in columns))
    asked = SimulationRequest(horizons.days, lifetime, draws=draws)
    aims = [
        Aim(find_probability(each.purchases_widening), find_probability(each.value_widening)) for each in corrections
    ]
    simulated = simulate_at_aims(model, spend, customers, asked, aims, np.random.default_rng(SEED))
    return [[*each.horizons, *([each.lifetime] if each.lifetime else [])] for each in simulated]


def _name_columns(horizon: HorizonSimulation, average: float, corrections: Corrections) -> Columns:
    """Name the arrays of one horizon; without a spend model every purchase brings the average."""
    counts = horizon.purchases
    money = horizon.money or Interval(counts.low * average, counts.high * average, counts.probability)
    of_money = corrections.value_widening if horizon.money else corrections.purchases_widening
    return {
        "purchases_low": np.rint(counts.low * corrections.purchases_calibration),
        "purchases_high": np.rint(counts.high * corrections.purchases_calibration),
        "purchases_nominal_coverage": declare_coverage(
            counts.probability, find_probability(corrections.purchases_widening)
        ),
        "value_low": money.low * corrections.value_calibration,
        "value_high": money.high * corrections.value_calibration,
        "value_nominal_coverage": declare_coverage(money.probability, find_probability(of_money)),
    }
