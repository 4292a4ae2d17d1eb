"""Histories in whole periods, and their probability under BG/BB.

Put here: checked histories in whole periods, their probability, and the likelihood with its gradient.
Keep out: what is expected of the customer next (`beta_geo_beta_binom.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln, psi  # type: ignore[import-untyped]

from regulars.pipelines.models.fitting.fitting import FloatArray, LogLikelihood
from regulars.pipelines.models.fitting.rows import Rows, broadcast, read_columns, reject_rows

Theta = FloatArray | Sequence[ArrayLike]
"""alpha, beta, gamma, delta: numbers, or arrays with one value per history."""


@dataclass(frozen=True)
class PeriodHistory:
    """What was observed of customers; float64 arrays of one shape, whole numbers.

    Attributes:
        frequency: Periods with a purchase.
        recency: The last of them, counted from 1; 0 when there is none.
        n_periods: Periods observed.
    """

    frequency: FloatArray
    recency: FloatArray
    n_periods: FloatArray


def read_period_history(frequency: ArrayLike, recency: ArrayLike, n_periods: ArrayLike) -> PeriodHistory:
    """Check histories and broadcast them to one shape.

    Raises:
        ValueError: A number is missing, negative or no whole number, frequency is above recency or recency above
            n_periods, or only one of frequency and recency is 0. Names the row.
    """
    spread = broadcast(frequency=frequency, recency=recency, n_periods=n_periods)
    flat = dict(zip(("frequency", "recency", "n_periods"), (array.ravel() for array in spread), strict=True))
    if spread[0].size:
        read_columns(**flat)
    for name, array in flat.items():
        reject_rows(array != np.floor(array), f"{name} is no whole number", **{name: array})
    x, tx, n = flat.values()
    reject_rows(tx > n, "recency is beyond n_periods", recency=tx, n_periods=n)
    reject_rows(x > tx, "more purchases than periods up to the last of them", frequency=x, recency=tx)
    reject_rows((x == 0) & (tx > 0), "recency is above 0 without a purchase", frequency=x, recency=tx)
    return PeriodHistory(*spread)


def log_probability(theta: Theta, history: PeriodHistory) -> FloatArray:
    """Log probability of each history, in that very order of purchases (equation 4)."""
    paths = _Paths.of(history)
    return paths.sum_by_row(_log_path(paths.expand(theta), paths.x, paths.lived, paths.ended))[0].reshape(paths.shape)


def log_probability_of_count(theta: Theta, history: PeriodHistory) -> FloatArray:
    """Log probability of `frequency` purchases in `n_periods`, in any order, where recency equals frequency."""
    paths = _Paths.of(history)
    x, lived = paths.x, paths.lived
    log_orders = gammaln(lived + 1) - gammaln(x + 1) - gammaln(lived - x + 1)
    logs = _log_path(paths.expand(theta), x, lived, paths.ended) + log_orders
    return paths.sum_by_row(logs)[0].reshape(paths.shape)


def log_probability_still_alive(theta: Theta, history: PeriodHistory) -> FloatArray:
    """Log probability of each history together with being alive in its last period."""
    return _log_path(theta, history.frequency, history.n_periods, np.zeros(()))


def log_likelihood(rows: Rows) -> LogLikelihood:
    """Of distinct (frequency, recency, n_periods) with weights; parameters are logs in the order of `NAMES`."""
    paths = _Paths.of(PeriodHistory(*rows.columns))
    x = paths.x

    def value_and_gradient(logs: FloatArray) -> tuple[float, FloatArray]:
        theta = np.exp(logs)
        alpha, beta, gamma, delta = theta
        per_row, share = paths.sum_by_row(_log_path((alpha, beta, gamma, delta), x, paths.lived, paths.ended))
        mass = share * rows.weights[paths.row]
        both, lived_and_end = psi(alpha + beta + paths.lived), psi(gamma + delta + paths.lived + paths.ended)
        before, before_end = psi(alpha + beta), psi(gamma + delta)
        gradients = (
            psi(alpha + x) - both - psi(alpha) + before,
            psi(beta + paths.lived - x) - both - psi(beta) + before,
            psi(gamma + paths.ended) - lived_and_end - psi(gamma) + before_end,
            psi(delta + paths.lived) - lived_and_end - psi(delta) + before_end,
        )
        return float(rows.weights @ per_row), np.array([float(mass @ gradient) for gradient in gradients]) * theta

    return value_and_gradient


@dataclass(frozen=True)
class _Paths:
    """All possible lifetimes of each customer: ended after any period from recency on, or not yet.

    Attributes:
        shape: Of the histories; n is their number.
        row: (p,) whose path it is; ascending.
        x: (p,) that customer's purchases.
        lived: (p,) periods alive within the observation.
        ended: (p,) 1 where the life ended within it, 0 where it had not.
        first: (n,) each row's first path.
    """

    shape: tuple[int, ...]
    row: NDArray[np.int64]
    x: FloatArray
    lived: FloatArray
    ended: FloatArray
    first: NDArray[np.int64]

    @classmethod
    def of(cls, history: PeriodHistory) -> Self:
        x, tx, n = (np.ravel(column) for column in (history.frequency, history.recency, history.n_periods))
        counts = (n - tx).astype(np.int64) + 1
        row, first = np.repeat(np.arange(counts.size), counts), np.cumsum(counts) - counts
        lived = tx[row] + (np.arange(row.size) - first[row])
        return cls(history.frequency.shape, row, x[row], lived, (lived < n[row]).astype(np.float64), first)

    def expand(self, theta: Theta) -> list[FloatArray]:
        """Each parameter for each path: (p,), or 0-d."""
        values = [np.asarray(value, dtype=np.float64) for value in theta]
        return [value.ravel()[self.row] if value.ndim else value for value in values]

    def sum_by_row(self, logs: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Log of the sum of each row's paths (n,), and each path's share of it (p,)."""
        highest = np.maximum.reduceat(logs, self.first)
        total = highest + np.log(np.add.reduceat(np.exp(logs - highest[self.row]), self.first))
        return total, np.exp(logs - total[self.row])


def _log_path(theta: Theta, x: FloatArray, lived: FloatArray, ended: FloatArray) -> FloatArray:
    """Log probability of x given purchases in `lived` periods alive, and of the end coming then or not."""
    alpha, beta, gamma, delta = (np.asarray(value, dtype=np.float64) for value in theta)
    buying = betaln(alpha + x, beta + lived - x) - betaln(alpha, beta)
    living = betaln(gamma + ended, delta + lived) - betaln(gamma, delta)
    return np.asarray(buying + living, dtype=np.float64)
