"""A population that behaves exactly as BG/NBD and Gamma-Gamma assume, for lifetime models to be measured on.

Put here: drawing customers. Keep out: fitting them.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DROPOUT = {"r": 0.243, "alpha": 4.414 * 7, "a": 0.793, "b": 2.426}
"""Of the CDNOW sample (Fader, Hardie & Lee 2005), alpha in days."""
SPEND = {"p": 6.25, "q": 3.74, "gamma": 15.44}
"""Likewise (Fader & Hardie 2013)."""
LONGEST = 1095


def write_customers(file: Path, customers: int, seed: int = 1) -> None:
    """Write frequency, recency, T and monetary_value as one array (4, customers) of float64; times are whole days."""
    rng = np.random.default_rng(seed)
    end = rng.integers(1, LONGEST + 1, customers).astype(np.float64)
    frequency, recency = _buy(rng, end)
    rate = rng.gamma(SPEND["q"], 1 / SPEND["gamma"], customers)
    bought = np.maximum(frequency, 1.0)
    mean = np.maximum(rng.gamma(SPEND["p"] * bought, 1 / rate) / bought, 0.01).round(2)
    np.save(file, np.stack([frequency, recency, end, np.where(frequency > 0, mean, 0.0)]))


def _buy(rng: np.random.Generator, end: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Days with a purchase after the first, and the last of them: purchase by purchase, for all who still buy."""
    rate = rng.gamma(DROPOUT["r"], 1 / DROPOUT["alpha"], end.size)
    chance = rng.beta(DROPOUT["a"], DROPOUT["b"], end.size)
    frequency, recency, now = np.zeros((3, end.size))
    alive = np.arange(end.size)
    with np.errstate(divide="ignore", over="ignore"):  # a rate of 0 never buys
        while alive.size:
            now[alive] += np.ceil(rng.standard_exponential(alive.size) / rate[alive])
            alive = alive[now[alive] <= end[alive]]
            frequency[alive] += 1
            recency[alive] = now[alive]
            alive = alive[rng.random(alive.size) >= chance[alive]]
    return frequency, recency
