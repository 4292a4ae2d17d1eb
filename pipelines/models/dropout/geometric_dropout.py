"""The likelihood of buying at a constant rate with a constant chance of dropping out after each purchase.

Put here: formulas in numbers and arrays, for shared or individual parameters.
Keep out: predictions of purchases (`purchases_until_dropout.py`), the public interface of models.

A customer with x repeat purchases has had c chances to drop out: c = x where only a repeat purchase is one (BG/NBD;
Fader, Hardie & Lee 2005), c = x + 1 where the first purchase is one too (MBG/NBD; Batislam, Denizel & Filiztekin 2007).
Given c, both models have the same likelihood. Buying rate ~ Gamma(r, alpha), chance of dropping out ~ Beta(a, b).
"""

import numpy as np
from scipy.special import betaln, digamma, gammaln  # type: ignore[import-untyped]

from regulars.pipelines.models.dropout.history import History
from regulars.pipelines.models.fitting.fitting import FloatArray

Parameter = float | FloatArray
"""One number for all customers, or one per customer."""


def log_odds_of_dropout(
    r: Parameter, alpha: Parameter, a: Parameter, b: Parameter, chances: FloatArray, history: History
) -> FloatArray:
    """Log odds of having dropped out by T, given the history; minus infinity where there was no chance to drop out."""
    idle = np.log1p((history.T - history.recency) / (alpha + history.recency))
    had_one = chances > 0
    last = np.where(had_one, b + chances - 1, 1.0)
    odds: FloatArray = np.where(had_one, np.log(a / last) + (r + history.frequency) * idle, -np.inf)
    return odds


def log_likelihood_per_row(
    r: Parameter, alpha: Parameter, a: Parameter, b: Parameter, chances: FloatArray, history: History
) -> FloatArray:
    """Log-likelihood of each history."""
    x = history.frequency
    buying = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + history.T)
    staying = betaln(a, b + chances) - betaln(a, b)
    rows: FloatArray = buying + staying + np.logaddexp(0.0, log_odds_of_dropout(r, alpha, a, b, chances, history))
    return rows


class GroupedHistories:
    """Distinct histories in groups of one frequency and one set of parameters.

    Terms that depend on the frequency alone, such as the costly gamma functions, are evaluated once per group.
    """

    def __init__(self, group_of_row: FloatArray, history: History, weights: FloatArray, chances_at_start: int) -> None:
        """Group histories.

        Args:
            group_of_row: (n,) equal numbers side by side, one number per group; frequency ascending over groups.
            history: (n,) arrays.
            weights: (n,) above 0.
            chances_at_start: Chances to drop out before the first repeat purchase.
        """
        self.first = np.flatnonzero(np.diff(group_of_row, prepend=np.nan) != 0)
        self.sizes = np.diff(self.first, append=weights.size)
        self.weights, self.history = weights, history
        self.customers = np.add.reduceat(weights, self.first)
        self.frequency = history.frequency[self.first]
        self.chances = self.frequency + chances_at_start
        self.safe_groups = int(np.count_nonzero(self.chances == 0))
        self.safe_rows = int(self.sizes[: self.safe_groups].sum())

    def log_likelihood(self, r: float, alpha: FloatArray, a: FloatArray, b: FloatArray) -> tuple[float, FloatArray]:
        """The log-likelihood of all customers, and its gradients by group.

        Args:
            r: Above 0.
            alpha: (g,) or (1,), as are the next two.
            a: Above 0.
            b: Above 0.

        Returns:
            The sum, and (4, g) derivatives in r and in each group's alpha, a and b.
        """
        x, c, n = self.frequency, self.chances, self.customers
        value = float(n @ (gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + c) - betaln(a, b)))
        gradients = np.empty((4, n.size))
        gradients[0] = n * (digamma(r + x) - digamma(r) + np.log(alpha))
        gradients[1] = n * r / alpha
        gradients[2] = n * (digamma(a + b) - digamma(a + b + c))
        gradients[3] = gradients[2] + n * (digamma(b + c) - digamma(b))
        end = self._by_row(alpha) + self.history.T
        log_end = np.log(end)
        exposed = self._sums(self.weights * log_end)
        value -= float((r + x) @ exposed)
        gradients[0] -= exposed
        gradients[1] -= (r + x) * self._sums(self.weights / end)
        return value + self._add_dropout(r, alpha, a, b, end, log_end, gradients), gradients

    def _add_dropout(
        self,
        r: float,
        alpha: FloatArray,
        a: FloatArray,
        b: FloatArray,
        end: FloatArray,
        log_end: FloatArray,
        gradients: FloatArray,
    ) -> float:
        """Add the gradients of the probability of having dropped out, in place; returns its log-likelihood."""
        rows, groups = slice(self.safe_rows, None), slice(self.safe_groups, None)
        weights, x = self.weights[rows], self.frequency[groups]
        if not weights.size:
            return 0.0
        a, b = (np.broadcast_to(parameter, self.frequency.shape)[groups] for parameter in (a, b))
        last = b + self.chances[groups] - 1
        alpha_of_row = self._by_row(alpha)
        recent = (alpha_of_row[rows] if alpha_of_row.size > 1 else alpha_of_row) + self.history.recency[rows]
        idle = log_end[rows] - np.log(recent)
        sizes = self.sizes[groups]
        log_odds = np.repeat(np.log(a / last), sizes) + np.repeat(r + x, sizes) * idle
        small = np.exp(-np.abs(log_odds))
        dropped = weights * np.where(log_odds > 0, 1.0, small) / (1 + small)
        starts = self.first[groups] - self.safe_rows
        lost = np.add.reduceat(dropped, starts)
        gradients[0, groups] += np.add.reduceat(dropped * idle, starts)
        gradients[1, groups] += (r + x) * np.add.reduceat(dropped * (1 / end[rows] - 1 / recent), starts)
        gradients[2, groups] += lost / a
        gradients[3, groups] -= lost / last
        return float(weights @ (np.maximum(log_odds, 0.0) + np.log(1 + small)))

    def _by_row(self, parameter: FloatArray) -> FloatArray:
        return np.repeat(parameter, self.sizes) if parameter.size > 1 else parameter

    def _sums(self, of_rows: FloatArray) -> FloatArray:
        sums: FloatArray = np.add.reduceat(of_rows, self.first)
        return sums
