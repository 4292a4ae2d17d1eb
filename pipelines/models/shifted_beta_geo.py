"""Shifted-beta-geometric (sBG): contracts that are renewed or not, period by period (Fader and Hardie 2007, 2010).

Put here: how long customers stay whose departure is observed; projections of cohorts, with their errors.
Keep out: customers who leave unobserved (the dropout models); sums of survival (`beta_geometric.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import psi  # type: ignore[import-untyped]

from regulars.pipelines.models.dropout.history import read_counts, read_finite_times, read_times
from regulars.pipelines.models.fitting.fitted_model import FittedModel
from regulars.pipelines.models.fitting.fitting import FloatArray, LogLikelihood, maximize
from regulars.pipelines.models.fitting.rows import Rows, broadcast, merge_equal_rows, read_columns, reject_rows
from regulars.pipelines.models.renewal.beta_geometric import log_survival, sum_discounted_periods
from regulars.pipelines.models.renewal.renewals import read_renewals

STARTS = ((1.0, 1.0), (0.5, 4.0), (5.0, 20.0), (20.0, 5.0))
"""Where a search starts."""


@dataclass(frozen=True)
class Projection:
    """The projection of a cohort, for each of the coming renewals; arrays (h,).

    Attributes:
        survivors: Customers expected still to be there.
        standard_error: Of that expectation, from the uncertainty of the parameters (delta method).
        prediction_error: Standard deviation of the actual count around it: parameter uncertainty and chance.
    """

    survivors: FloatArray
    standard_error: FloatArray
    prediction_error: FloatArray


class ShiftedBetaGeoModel(FittedModel):
    """Parameters alpha, beta: customers' chances not to renew differ as Beta(alpha, beta). Scalars in, float out."""

    NAMES = ("alpha", "beta")

    @classmethod
    def fit(cls, renewals: ArrayLike, churned: ArrayLike, weights: ArrayLike | None = None) -> Self:
        """Fit by maximum likelihood on customers, of any ages.

        Args:
            renewals: (n,) times that the customer has renewed so far, or had before leaving: whole numbers from 0.
            churned: (n,) whether the next chance to renew was not taken; False while it is still to come.
            weights: (n,) how many customers each row stands for; ones when None.

        Raises:
            ValueError: Columns differ in length, are empty, or hold an impossible number (names the row); or nobody
                has faced a renewal yet.
        """
        survived, left, weight = read_renewals(renewals, churned, weights)
        reject_rows(survived != np.floor(survived), "renewals is no whole number", renewals=survived)
        rows = merge_equal_rows(survived, left, weights=weight)
        return cls(maximize(log_likelihood(rows), cls.NAMES, STARTS), float(rows.weights.sum()))

    @classmethod
    def fit_cohorts(cls, cohorts: Sequence[ArrayLike]) -> Self:
        """Fit by maximum likelihood on counts of survivors.

        Args:
            cohorts: For each cohort the customers at its start, after its first renewal, its second ...; cohorts may be
                of different ages.

        Raises:
            ValueError: A cohort is no list, a count is negative, or more survive than were there before; names the
                cohort.
        """
        renewals, churned, weights = [], [], []
        for number, cohort in enumerate(cohorts):
            if np.ndim(cohort) != 1:
                raise ValueError(f"cohort {number}: give one list of counts per cohort, as in [[1000, 869, 743]]")
            (counts,) = read_columns(survivors=cohort)
            lost = -np.diff(counts)
            if (lost < 0).any():
                raise ValueError(f"cohort {number}: more customers survive than were there before: {counts.tolist()}")
            renewals.append(np.append(np.arange(lost.size), lost.size))
            churned.append(np.append(np.ones(lost.size), 0.0))
            weights.append(np.append(lost, counts[-1]))
        if not weights:
            raise ValueError("there is nobody to fit: no cohorts")
        return cls.fit(np.concatenate(renewals), np.concatenate(churned), np.concatenate(weights))

    def with_params(self, theta: ArrayLike) -> Self:
        """The same model at other parameters (2,), in the order of `NAMES`."""
        return type(self)(self._make_published_fit(theta), self.customers)

    def survival(self, t: ArrayLike, renewals: ArrayLike = 0) -> FloatArray:
        """P(renews the next t times | has renewed `renewals` times so far); S(t) of a new customer (equation 6)."""
        before, ahead = read_finite_times("renewals", renewals), read_times("t", t)
        survival: FloatArray = np.exp(log_survival(self._alpha, self._beta + before, ahead))
        return survival

    def retention_rate(self, t: ArrayLike) -> FloatArray:
        """P(renews the t-th time | renewed all times before), t from 1 (equation 8); it rises with t."""
        nth = _read_counts_from_one("t", t)
        rate: FloatArray = (self._beta + nth - 1) / (self._alpha + self._beta + nth - 1)
        return rate

    def log_likelihood_of(self, renewals: ArrayLike, churned: ArrayLike) -> FloatArray:
        """The log-likelihood of each customer; arguments as in `fit`, which may be scalars."""
        survived, left = broadcast(renewals=read_counts("renewals", renewals), churned=churned)
        reject_rows(np.ravel((left != 0) & (left != 1)), "churned is neither true nor false", churned=left)
        return _row_log_likelihood(self._alpha, self._beta, survived, left)[()]

    def expected_residual_renewals(self, renewals: ArrayLike = 0) -> FloatArray:
        """E[renewals to come | has renewed `renewals` times]; infinite where alpha is at most 1.

        The mean of a lifetime is infinite when enough customers never leave; use a discounted or a finite sum of
        `survival` then.
        """
        return self._sum_residual(0.0, renewals)

    def discounted_residual_lifetime(self, discount_rate: float, period: ArrayLike) -> FloatArray:
        """DERL of a customer in their period-th contract, just before its renewal (2010, equation 6).

        Args:
            discount_rate: Per period, 0 or more.
            period: Contract periods so far, from 1: `period` - 1 renewals are over, the next one counts in full.

        Returns:
            Renewals to come, the j-th from now worth (1 + discount_rate)**-(j - 1).
        """
        before = _read_counts_from_one("period", period) - 1
        return (self._sum_residual(discount_rate, before) * (1 + discount_rate))[()]

    def project(self, customers: float, renewals: int, horizon: int) -> Projection:
        """Project how many of a cohort will be left after each of the next renewals.

        Args:
            customers: In the cohort now.
            renewals: The renewals so far.
            horizon: Renewals to look ahead, at least 1.
        """
        ahead = np.arange(1, horizon + 1)
        share, error = self.survival(ahead, renewals), self.survival_error(ahead, renewals)
        chance = customers * share * (1 - share)
        return Projection(customers * share, customers * error, np.sqrt(chance + (customers * error) ** 2))

    def survival_error(self, t: ArrayLike, renewals: ArrayLike = 0) -> FloatArray:
        """Standard error of `survival` from the uncertainty of the parameters (delta method)."""
        before, ahead = read_finite_times("renewals", renewals), read_finite_times("t", t)
        beta, both = self._beta + before, self._alpha + self._beta + before
        by_both = psi(both) - psi(both + ahead)
        return self._estimate_error(self.survival(t, renewals), by_both, psi(beta + ahead) - psi(beta) + by_both)

    def retention_rate_error(self, t: ArrayLike) -> FloatArray:
        """Standard error of `retention_rate` (delta method)."""
        nth = _read_counts_from_one("t", t)
        beta, both = self._beta + nth - 1, self._alpha + self._beta + nth - 1
        return self._estimate_error(self.retention_rate(t), -1 / both, 1 / beta - 1 / both)

    @property
    def _alpha(self) -> float:
        return float(self.fitted.estimates[0])

    @property
    def _beta(self) -> float:
        return float(self.fitted.estimates[1])

    def _sum_residual(self, discount_rate: float, renewals: ArrayLike) -> FloatArray:
        before = read_finite_times("renewals", renewals)
        return sum_discounted_periods(self._alpha, self._beta + before, discount_rate, np.inf)[()]

    def _estimate_error(self, value: FloatArray, log_by_alpha: FloatArray, log_by_beta: FloatArray) -> FloatArray:
        """Of a value whose logarithm has these derivatives."""
        gradients = np.stack(np.broadcast_arrays(log_by_alpha, log_by_beta), axis=-1)
        variance = np.einsum("...i,ij,...j->...", gradients, self.covariance, gradients)
        error: FloatArray = value * np.sqrt(np.maximum(variance, 0.0))
        return error


def _read_counts_from_one(name: str, values: ArrayLike) -> FloatArray:
    """Renewals or periods counted from 1.

    Raises:
        ValueError: One is missing, infinite or below 1.
    """
    counted = read_finite_times(name, values)
    reject_rows(np.ravel(counted < 1), f"{name} counts from 1", **{name: counted})
    return counted


def log_likelihood(rows: Rows) -> LogLikelihood:
    """Of distinct (renewals, churned) with weights; parameters are logs in the order of `NAMES`."""
    survived, left = rows.columns

    def value_and_gradient(logs: FloatArray) -> tuple[float, FloatArray]:
        alpha, beta = theta = np.exp(logs)
        value = float(rows.weights @ _row_log_likelihood(alpha, beta, survived, left))
        by_both = psi(alpha + beta) - psi(alpha + beta + survived + left)
        by_alpha = by_both + left / alpha
        by_beta = by_both + psi(beta + survived) - psi(beta)
        return value, np.array([float(rows.weights @ by_alpha), float(rows.weights @ by_beta)]) * theta

    return value_and_gradient


def _row_log_likelihood(alpha: float, beta: float, survived: FloatArray, left: FloatArray) -> FloatArray:
    """Log of S(t), times the chance to leave next where they did (equations 5 and 6)."""
    leaves: FloatArray = left * (np.log(alpha) - np.log(alpha + beta + survived))
    return log_survival(alpha, beta, survived) + leaves
