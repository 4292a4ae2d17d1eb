"""The side of pymc-marketing (0.19.2) in `clv.py`: maximum a posteriori; needs nothing of Regulars.

Its default priors pull alpha, whose unit is days here, towards 10. Flat priors make its estimate the maximum of the
likelihood, which the other two look for; started at 100 days instead of 1 it is found in half the time.
"""

import logging

import numpy as np
import pandas as pd
from clv_contender import HORIZON, MONTHLY_DISCOUNT, MONTHS, Customers, Stopwatch, main
from pymc_extras.prior import Prior
from pymc_marketing.clv import BetaGeoModel, GammaGammaModel, ParetoNBDModel

logging.getLogger("pymc").setLevel(logging.ERROR)
START = np.array(100.0)
BG_PARAMS, GG_PARAMS, PARETO_PARAMS = ("r", "alpha", "a", "b"), ("p", "q", "v"), ("r", "alpha", "s", "beta")


def clv(customers: Customers, timed: Stopwatch) -> dict[str, object]:
    frame = _frame(customers)
    again = frame[frame["frequency"] > 0]
    bg, gg = BetaGeoModel(model_config=_flat(BG_PARAMS)), GammaGammaModel()
    timed("BG/NBD fit", lambda: bg.fit(data=frame, method="map", start={"alpha": START}, progressbar=False))
    timed("Gamma-Gamma fit", lambda: gg.fit(data=again, method="map", progressbar=False))
    alive = timed("p_alive", lambda: bg.expected_probability_alive(frame))
    purchases = timed("expected purchases", lambda: bg.expected_purchases(frame, future_t=HORIZON))
    value = timed(
        "CLV",
        lambda: gg.expected_customer_lifetime_value(
            bg, frame, future_t=MONTHS, discount_rate=MONTHLY_DISCOUNT, time_unit="D"
        ),
    )
    return {
        "params": [*_estimates(bg, BG_PARAMS), *_estimates(gg, GG_PARAMS)],
        "p_alive": np.ravel(alive),
        "purchases": np.ravel(purchases),
        "clv": np.ravel(value),
    }


def pareto(customers: Customers, timed: Stopwatch) -> dict[str, object]:
    frame, model = _frame(customers), ParetoNBDModel(model_config=_flat(PARETO_PARAMS))
    start = {"alpha": START, "beta": START}
    timed("Pareto/NBD fit", lambda: model.fit(data=frame, method="map", start=start, progressbar=False))
    return {"params": _estimates(model, PARETO_PARAMS)}


def _flat(names: tuple[str, ...]) -> dict[str, Prior]:
    return {name: Prior("HalfFlat") for name in names}


def _frame(customers: Customers) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": np.arange(customers["T"].size), **customers})


def _estimates(model: BetaGeoModel | GammaGammaModel | ParetoNBDModel, names: tuple[str, ...]) -> list[float]:
    return [float(model.fit_result[name].squeeze()) for name in names]


if __name__ == "__main__":
    main({"clv": clv, "pareto": pareto})
