"""The side of lifetimes (0.11.3) in `clv.py`; needs nothing of Regulars."""

import pandas as pd
from clv_contender import HORIZON, MONTHLY_DISCOUNT, MONTHS, Customers, Stopwatch, main
from lifetimes import BetaGeoFitter, GammaGammaFitter


def clv(customers: Customers, timed: Stopwatch) -> dict[str, object]:
    frame = pd.DataFrame(customers)
    frequency, recency, T, mean = (frame[name] for name in frame)
    bg = timed("BG/NBD fit", lambda: BetaGeoFitter().fit(frequency, recency, T))
    again = frequency > 0
    gg = timed("Gamma-Gamma fit", lambda: GammaGammaFitter().fit(frequency[again], mean[again]))
    alive = timed("p_alive", lambda: bg.conditional_probability_alive(frequency, recency, T))
    purchases = timed("expected purchases", lambda: bg.predict(HORIZON, frequency, recency, T))
    value = timed(
        "CLV",
        lambda: gg.customer_lifetime_value(
            bg, frequency, recency, T, mean, time=MONTHS, discount_rate=MONTHLY_DISCOUNT, freq="D"
        ),
    )
    params = [*bg.params_[["r", "alpha", "a", "b"]], *gg.params_[["p", "q", "v"]]]
    return {"params": params, "p_alive": alive, "purchases": purchases, "clv": value}


if __name__ == "__main__":
    main({"clv": clv})
