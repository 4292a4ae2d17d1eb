"""80 % prediction intervals of each customer's purchases and value.

Put here: intervals by the model of each customer's segment, in the order of the histories. Keep out: the simulation
(`pipelines/models/simulation`), expected values (`forecasts.py`).
"""

import math

import numpy as np
import polars as pl

from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.gamma_gamma import GammaGammaModel
from regulars.pipelines.models.simulation.simulation import (
    CustomerHistories,
    HorizonSimulation,
    SimulationRequest,
    simulate_purchases,
)
from regulars.pipelines.models.simulation.simulation_plan import Lifetime
from regulars.pipelines.transforms.clv.clv_models import TrainedModels
from regulars.pipelines.transforms.clv.forecasts import (
    Horizons,
    assign_customers_to_models,
    average_sales_per_purchase,
    choose_spend_model,
)

SEED = 20260101
"""Seed of the simulation: the same run gives the same intervals."""

DAYS_A_YEAR = 365.0
"""The year of a simulated lifetime. Its years end where the horizons do; 365.25 days would add a sliver to each."""

Columns = dict[str, FloatArray]


def find_intervals(
    history: pl.DataFrame, trained: TrainedModels, method: str, horizons: Horizons, draws: int | None = None
) -> list[pl.DataFrame]:
    """80 % intervals of purchases and value, one frame per horizon, then one of the lifetime where it is wanted.

    Args:
        history: As `summarise_history` returns it.
        trained: Models trained through the day of the histories.
        method: Which of them.
        horizons: How far to look ahead; a lifetime is followed for whole years.
        draws: Simulated futures of each history; None: the simulation decides.

    Returns:
        In the order of the histories, all Float64: `purchases_low`, `purchases_high`, `purchases_nominal_coverage` (the
        probability that the interval is meant to hold), `value_low`, `value_high`, `value_nominal_coverage`.
    """
    spend, average = choose_spend_model(trained.spend), average_sales_per_purchase(history)
    found: list[Columns] = [{} for _ in range(len(horizons.days) + (horizons.lifetime_years is not None))]
    for members, model in assign_customers_to_models(history, trained.dropout[method]):
        for columns, horizon in zip(
            found, _simulate_members(history[members], model, spend, horizons, draws), strict=True
        ):
            for name, values in _name_columns(horizon, average).items():
                columns.setdefault(name, np.zeros(history.height))[members] = values
    return [pl.DataFrame(columns) for columns in found]


def _simulate_members(
    history: pl.DataFrame,
    model: DropoutModel,
    spend: GammaGammaModel | None,
    horizons: Horizons,
    draws: int | None,
) -> list[HorizonSimulation]:
    lifetime = None
    if horizons.lifetime_years is not None:
        lifetime = Lifetime(math.ceil(horizons.lifetime_years), DAYS_A_YEAR, horizons.discount_rate)
    columns = ("frequency", "recency", "T", "monetary_value")
    customers = CustomerHistories(*(history[name].fill_null(0).to_numpy() for name in columns))
    asked = SimulationRequest(horizons.days, lifetime, draws=draws)
    simulated = simulate_purchases(model, spend, customers, asked, np.random.default_rng(SEED))
    return [*simulated.horizons, *([simulated.lifetime] if simulated.lifetime else [])]


def _name_columns(horizon: HorizonSimulation, average: float) -> Columns:
    """Name the arrays of one horizon; without a spend model every purchase brings the average."""
    purchases, money = horizon.purchases, horizon.money
    return {
        "purchases_low": purchases.low,
        "purchases_high": purchases.high,
        "purchases_nominal_coverage": purchases.probability,
        "value_low": money.low if money else purchases.low * average,
        "value_high": money.high if money else purchases.high * average,
        "value_nominal_coverage": money.probability if money else purchases.probability,
    }
