"""Gamma-Gamma: what customers spend per purchase (Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value").

Put here: the model of money per purchase, its fit, and a check of its assumption about frequency.
Keep out: how many purchases there will be (the dropout models); money over a horizon (`simulation.py`).
"""

from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, betaln, psi  # type: ignore[import-untyped]

from regulars.pipelines.models.fitting.fitted_model import FittedModel
from regulars.pipelines.models.fitting.fitting import Fit, FloatArray, LogLikelihood, maximize
from regulars.pipelines.models.fitting.rows import Rows, broadcast, merge_equal_rows, read_columns, reject_rows

STARTS = ((6.0, 4.0, 0.5), (1.0, 2.0, 1.0), (30.0, 3.0, 0.07), (2.0, 0.8, 0.3))
"""Where a search starts, in units of the geometric mean of the spends."""
SENSIBLE = {"gamma": (1e-5, 1e3)}
"""gamma is about the typical spend times q / p: small where each customer always spends the same and p is large."""


class GammaGammaModel(FittedModel):
    """Spends of a customer are Gamma(p, nu); nu differs between customers as Gamma(q, gamma).

    The model assumes that spend and frequency are independent: see `spend_frequency_correlation`.
    Without arguments, predictions are for the customers given to `fit`. Scalars in, float out.

    Attributes:
        without_repeat: Weight of the customers given to `fit` that it could not use: no repeat purchase.
        without_value: Likewise: repeat purchases, but a mean of 0, which the model excludes.
    """

    NAMES = ("p", "q", "gamma")

    def __init__(
        self,
        fitted: Fit,
        customers: float = np.nan,
        spends: tuple[FloatArray, FloatArray] | None = None,
        without_repeat: float = 0.0,
        without_value: float = 0.0,
    ) -> None:
        super().__init__(fitted, customers)
        self._spends, self.without_repeat, self.without_value = spends, without_repeat, without_value
        self._p, self._q, self._gamma = fitted.estimates.tolist()

    @classmethod
    def fit(cls, frequency: ArrayLike, monetary_value: ArrayLike, weights: ArrayLike | None = None) -> Self:
        """Fit by maximum likelihood, on customers with a repeat purchase and a mean above 0.

        Args:
            frequency: (n,) repeat purchases.
            monetary_value: (n,) mean spend of the repeat purchases, in any currency; ignored where frequency is 0.
            weights: (n,) how many customers each row stands for; ones when None.

        Raises:
            ValueError: Columns differ in length or hold an impossible number, or nobody spent anything; names the row.
        """
        if np.shape(frequency) != np.shape(monetary_value):
            raise ValueError(f"{np.size(frequency)} frequencies and {np.size(monetary_value)} mean spends: one of each")
        x, mean = read_spends(frequency, monetary_value)
        x, mean, weight = read_columns(frequency=x, monetary_value=mean, weights=weights)
        used = (x > 0) & (mean > 0)
        if not weight[used].any():
            raise ValueError("there is nobody to fit: no customer has a repeat purchase and spent anything on it")
        rows = merge_equal_rows(x[used], mean[used], weights=weight[used])
        x_used, mean_used = rows.columns
        unit = float(np.exp(np.average(np.log(mean_used), weights=rows.weights)))  # no outlier moves it
        found = maximize(
            log_likelihood(Rows((x_used, mean_used / unit), rows.weights)), cls.NAMES, STARTS, sensible=SENSIBLE
        )
        customers = float(rows.weights.sum())
        found = _check_population_mean(found.convert_units({"gamma": unit}, -customers * float(np.log(unit))))
        unseen, worthless = float(weight[x == 0].sum()), float(weight[(x > 0) & (mean == 0)].sum())
        return cls(found, customers, (x, mean), unseen, worthless)

    def with_params(self, theta: ArrayLike) -> Self:
        """The same model of the same customers at other parameters (3,), in the order of `NAMES`."""
        fitted = self._make_published_fit(theta)
        return type(self)(fitted, self.customers, self._spends, self.without_repeat, self.without_value)

    @property
    def population_mean(self) -> float:
        """E[spend] of a customer without a history: p gamma / (q - 1); infinite where q is at most 1.

        With such parameters, the rarest and largest spenders outweigh all others. `median_spend` is always finite.
        """
        return self._p * self._gamma / (self._q - 1) if self._q > 1 else float("inf")

    def expected_spend(self, frequency: ArrayLike | None = None, monetary_value: ArrayLike | None = None) -> FloatArray:
        """E[M | history]: mean spend per purchase to come (equation 5); the population's mean where frequency is 0.

        Args:
            frequency: Repeat purchases.
            monetary_value: Mean spend of these; ignored where frequency is 0. A mean of 0 lowers the expectation like
                any small value.

        Returns:
            Above 0; infinite where p * frequency + q is at most 1, never negative.
        """
        shape, rate = self._posterior(frequency, monetary_value)
        mean = self._p * rate / np.where(shape > 1, shape - 1, 1.0)
        return np.where(shape > 1, mean, np.inf)[()]

    def median_spend(self, frequency: ArrayLike | None = None, monetary_value: ArrayLike | None = None) -> FloatArray:
        """The spend that the next purchase exceeds half of the time; finite for all parameters. Arguments as above."""
        shape, rate = self._posterior(frequency, monetary_value)
        half = betaincinv(shape, self._p, 0.5)  # spend / (spend + rate) is Beta(p, shape); this is its complement
        median: FloatArray = rate * (1 - half) / half
        return median

    def log_likelihood_of(self, frequency: ArrayLike, monetary_value: ArrayLike) -> FloatArray:
        """The log density of each mean of repeat spends (equation 1a).

        Raises:
            ValueError: A frequency or a mean is 0 (names the row).
        """
        x, mean = read_spends(frequency, monetary_value)
        reject_rows(((x == 0) | (mean == 0)).ravel(), "nothing was spent", frequency=x, monetary_value=mean)
        over, log_ratio = np.log1p(self._gamma / (x * mean)), np.log1p(x * mean / self._gamma)
        density: FloatArray = -betaln(self._p * x, self._q) - self._p * x * over - self._q * log_ratio - np.log(mean)
        return density

    def _posterior(
        self, frequency: ArrayLike | None, monetary_value: ArrayLike | None
    ) -> tuple[FloatArray, FloatArray]:
        """Each customer's nu, given the history, is Gamma(shape, rate): q + p x and gamma + x times the mean."""
        if frequency is None and monetary_value is None:
            if self._spends is None:
                raise ValueError("this model was made from parameters: give frequency and monetary_value")
            x, mean = self._spends
        elif frequency is None or monetary_value is None:
            raise ValueError("give frequency and monetary_value together, or neither for the fitted customers")
        else:
            x, mean = read_spends(frequency, monetary_value)
        return self._q + self._p * x, self._gamma + x * mean


def read_spends(frequency: ArrayLike, monetary_value: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Frequencies and mean spends, checked and broadcast to one shape; the spend counts as 0 where frequency is 0.

    Raises:
        ValueError: A number is missing, infinite or negative, or a frequency is no whole number. Names the row.
    """
    x, mean = broadcast(frequency=frequency, monetary_value=monetary_value)
    mean = np.where(x == 0, 0.0, mean)
    if x.size:
        read_columns(frequency=x.ravel(), monetary_value=mean.ravel())
    reject_rows((x != np.floor(x)).ravel(), "frequency is no whole number", frequency=x)
    return x, mean


def spend_frequency_correlation(frequency: ArrayLike, monetary_value: ArrayLike) -> float:
    """Pearson's correlation of repeat purchases with their mean spend, over customers who have both.

    Gamma-Gamma assumes none. The field's rule of thumb: below 0.3 in size the model may be used; above it, expected
    spend times expected purchases misjudges frequent buyers (too low where the correlation is positive), and customers
    should be fitted in groups, or money directly.

    Returns:
        -1 to 1; NaN where fewer than two customers, or no differences, leave nothing to correlate.
    """
    x, mean = read_spends(frequency, monetary_value)
    used = (x > 0) & (mean > 0)
    if used.sum() < 2 or not (np.ptp(x[used]) and np.ptp(mean[used])):
        return float("nan")
    return float(np.corrcoef(x[used], mean[used])[0, 1])


def log_likelihood(rows: Rows) -> LogLikelihood:
    """Of distinct (frequency, mean spend), sorted, with weights; parameters are logs in the order of `NAMES`.

    Special functions depend on frequency only and are evaluated once for each; a row costs one logarithm.
    """
    x, mean = rows.columns
    weights, spent, bought = rows.weights, x * mean, rows.weights * x
    first = np.flatnonzero(np.diff(x, prepend=-1))
    frequencies, how_many = x[first], np.add.reduceat(weights, first)
    customers, log_mean, log_of_spent = float(weights.sum()), _dot(weights, np.log(mean)), _dot(weights, np.log(spent))

    def value_and_gradient(logs: FloatArray) -> tuple[float, FloatArray]:
        p, q, gamma = np.exp(logs)
        over = np.log1p(gamma / spent)  # log((gamma + spent) / spent)
        over_bought = _dot(bought, over)
        log_ratio = _dot(weights, over) + log_of_spent - customers * logs[2]  # of (gamma + spent) / gamma
        share = gamma / (gamma + spent)
        shapes = p * frequencies
        value = -float(how_many @ betaln(shapes, q)) - p * over_bought - q * log_ratio - log_mean
        both = psi(shapes + q)
        by_p = float((how_many * frequencies) @ (both - psi(shapes))) - over_bought
        by_q = float(how_many @ both) - customers * psi(q) - log_ratio
        by_log_gamma = customers * q - p * _dot(bought, share) - q * _dot(weights, share)
        return value, np.array([by_p * p, by_q * q, by_log_gamma])

    return value_and_gradient


def _dot(left: FloatArray, right: FloatArray) -> float:
    """Not by BLAS: its threads cost five times the work on vectors, and their number shows in the last digits."""
    return float(np.einsum("i,i->", left, right))


def _check_population_mean(fitted: Fit) -> Fit:
    """Report a population mean that is not finite as a boundary."""
    q = fitted.params["q"]
    if q > 1:
        return fitted
    words = f"q is {q:.3g}, at most 1: the mean spend over all customers is infinite, use the median"
    return replace(fitted, at_boundary=True, message="; ".join(filter(None, (fitted.message, words))))
