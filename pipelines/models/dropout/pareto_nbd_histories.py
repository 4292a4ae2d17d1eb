"""The likelihood of histories under the Pareto/NBD, and the odds of having dropped out.

A history is x repeat purchases by time T, the last of them at tx. Either the customer is alive at T, or dropped out
after tx. Everything follows from the odds of the second case to the first: an integral of positive terms (Fader &
Hardie 2005, "A note on deriving the Pareto/NBD model and related expressions", before it is turned into 2F1).

Put here: the likelihood of histories, its gradient, the odds of having dropped out.
Keep out: predictions (`pareto_nbd_rates.py`), fitting and models.
"""

import numpy as np
from scipy.special import digamma, expit, gammaln  # type: ignore[import-untyped]

from regulars.pipelines.models.dropout.history import History
from regulars.pipelines.models.dropout.hypergeometric import decay_integral, log_decay_integral
from regulars.pipelines.models.dropout.pareto_nbd_rates import Rates
from regulars.pipelines.models.fitting.fitting import FloatArray

ROWS_AT_ONCE = 65_536
"""Rows that are differentiated at once, which bounds the memory."""


def log_odds_of_dropout(rates: Rates, seen: History) -> FloatArray:
    """Log of P(dropped out) / P(alive at T), (n,); -inf where the last purchase is at T."""
    a, b = rates.alpha + seen.recency, rates.beta + seen.recency
    log_rest = log_decay_integral(
        *np.broadcast_arrays(a, b, rates.r + seen.frequency, rates.s + 1.0, seen.T - seen.recency)
    )
    return _log_odds(rates, seen, log_rest)


def log_likelihood(rates: Rates, seen: History) -> FloatArray:
    """Log-likelihood of each history, (n,); the NBD's factorial of x left out, as in all published values."""
    counts: FloatArray = gammaln(rates.r + seen.frequency) - gammaln(rates.r)
    return counts + _log_density_of_times(rates, seen, log_odds_of_dropout(rates, seen))


class WeightedHistories:
    """Histories (n,) that each stand for `weights` customers, and their log-likelihood as a function of the rates."""

    def __init__(self, seen: History, weights: FloatArray) -> None:
        self._seen, self._weights = seen, weights
        self._counts, self._of_count = np.unique(seen.frequency, return_inverse=True)
        self._customers = np.bincount(self._of_count, weights)

    def gradients(self, rates: Rates) -> tuple[float, FloatArray]:
        """The log-likelihood, and what each row adds to its derivatives in log r, alpha, s and beta.

        Args:
            rates: r and s 0-d; alpha and beta 0-d or (n,).

        Returns:
            A number, and (4, n).
        """
        gammas = gammaln(rates.r + self._counts) - gammaln(rates.r)
        by_log_r = rates.r * (digamma(rates.r + self._counts) - digamma(rates.r))
        total, by_log = float((self._customers * gammas).sum()), np.empty((4, self._weights.size))
        for start in range(0, self._weights.size, ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            seen = History(self._seen.frequency[part], self._seen.recency[part], self._seen.T[part])
            density, by_log[:, part] = _gradients_of_times(rates.select_rows(part), seen)
            total += float((density * self._weights[part]).sum())
        by_log[0] += by_log_r[self._of_count]
        by_log *= self._weights
        return total, by_log


def _gradients_of_times(rates: Rates, seen: History) -> tuple[FloatArray, FloatArray]:
    """Log-likelihood without the gamma functions, (n,), and its derivatives in log r, alpha, s and beta, (4, n)."""
    r, alpha, s, beta = rates.r, rates.alpha, rates.s, rates.beta
    x, tx, T = seen.frequency, seen.recency, seen.T
    a, b = alpha + tx, beta + tx
    rest = decay_integral(*np.broadcast_arrays(a, b, r + x, s + 1.0, T - tx))
    log_odds = _log_odds(rates, seen, rest.log_value)
    dropped = expit(log_odds)
    by_log = np.empty((4, x.size))
    by_log[0] = dropped * (np.log1p((T - tx) / a) - rest.mean_log_a) - np.log1p(T / alpha)
    by_log[1] = dropped * (r + x) * (1.0 / (alpha + T) - rest.mean_inverse_a / a) + (r * T / alpha - x) / (alpha + T)
    by_log[2] = dropped * (1.0 / s + np.log1p((T - tx) / b) - rest.mean_log_b) - np.log1p(T / beta)
    by_log[3] = dropped * (s / (beta + T) - (s + 1.0) * rest.mean_inverse_b / b) + s * T / beta / (beta + T)
    for row, parameter in zip(by_log, (r, alpha, s, beta), strict=True):
        row *= parameter
    return _log_density_of_times(rates, seen, log_odds), by_log


def _log_odds(rates: Rates, seen: History, log_rest: FloatArray) -> FloatArray:
    a, b, waited = rates.alpha + seen.recency, rates.beta + seen.recency, seen.T - seen.recency
    survived = (rates.r + seen.frequency) * np.log1p(waited / a) + rates.s * np.log1p(waited / b)
    odds: FloatArray = np.log(rates.s / b) + survived + log_rest
    return odds


def _log_density_of_times(rates: Rates, seen: History, log_odds: FloatArray) -> FloatArray:
    alive = -rates.r * np.log1p(seen.T / rates.alpha) - seen.frequency * np.log(rates.alpha + seen.T)
    alive = alive - rates.s * np.log1p(seen.T / rates.beta)
    density: FloatArray = alive + np.logaddexp(0.0, log_odds)
    return density
