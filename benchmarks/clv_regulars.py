"""Regulars' side of `clv.py`."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from clv_contender import DAYS_PER_MONTH, HORIZON, MONTHLY_DISCOUNT, MONTHS, Customers, Stopwatch, main

from regulars.pipelines.models.beta_geo import BetaGeoModel
from regulars.pipelines.models.gamma_gamma import GammaGammaModel
from regulars.pipelines.models.pareto_nbd import ParetoNBDModel
from regulars.pipelines.models.simulation.simulation import CustomerHistories, SimulationRequest, simulate_purchases
from regulars.pipelines.models.simulation.simulation_plan import Lifetime


def clv(customers: Customers, timed: Stopwatch) -> dict[str, object]:
    frequency, recency, T, mean = customers.values()
    bg = timed("BG/NBD fit", lambda: BetaGeoModel.fit(frequency, recency, T))
    gg = timed("Gamma-Gamma fit", lambda: GammaGammaModel.fit(frequency, mean))
    alive = timed("p_alive", bg.p_alive)
    purchases = timed("expected purchases", lambda: bg.expected_purchases(HORIZON))

    def value() -> np.ndarray:
        before, total = 0.0, 0.0
        for month in range(1, MONTHS + 1):
            until = bg.expected_purchases(month * DAYS_PER_MONTH)
            total, before = total + (until - before) / (1 + MONTHLY_DISCOUNT) ** month, until
        return total * gg.expected_spend()

    params = [*bg.params.values(), *gg.params.values()]
    return {"params": params, "p_alive": alive, "purchases": purchases, "clv": timed("CLV", value)}


def pareto(customers: Customers, timed: Stopwatch) -> dict[str, object]:
    frequency, recency, T, _ = customers.values()
    model = timed("Pareto/NBD fit", lambda: ParetoNBDModel.fit(frequency, recency, T))
    return {"params": list(model.params.values()), "log_likelihood": model.log_likelihood}


def intervals(customers: Customers, timed: Stopwatch) -> dict[str, object]:
    """As a run makes them: one and three years ahead, and a lifetime of ten."""
    frequency, recency, T, mean = customers.values()
    bg, gg = BetaGeoModel.fit(frequency, recency, T), GammaGammaModel.fit(frequency, mean)
    lifetime = Lifetime(years=10, year=365.25, annual_discount_rate=0.1)
    asked, rng = SimulationRequest(lifetime=lifetime), np.random.default_rng(1)
    simulated = timed(
        "intervals",
        lambda: simulate_purchases(bg, gg, CustomerHistories(frequency, recency, T, mean), asked, rng),
    )
    return {"low": simulated.horizons[0].money.low, "high": simulated.horizons[0].money.high}


if __name__ == "__main__":
    main({"clv": clv, "pareto": pareto, "intervals": intervals})
