"""The geometric renewal model: all customers renew with the same probability every time.

Put here: the limit of the shifted-beta-geometric model where customers do not differ, in closed form. Keep out:
customers who differ (`shifted_beta_geo.py`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.renewal.renewals import read_renewals


@dataclass(frozen=True)
class GeometricRenewalModel:
    """The probability not to renew, theta, is the same for all customers and times. Scalars in, float out.

    Attributes:
        theta: The estimate, 0 to 1.
        chances: How many chances to renew it was estimated from: the sum of the weights.
        log_likelihood: At the estimate.
    """

    theta: float
    chances: float
    log_likelihood: float

    @classmethod
    def fit(cls, renewals: ArrayLike, churned: ArrayLike, weights: ArrayLike | None = None) -> Self:
        """Fit by maximum likelihood: the share of chances to renew that were not taken.

        Args:
            renewals: (n,) times that the customer has renewed so far, or had before leaving: numbers from 0.
            churned: (n,) whether the next chance to renew was not taken; False while it is still to come.
            weights: (n,) how many customers each row stands for; ones when None.

        Raises:
            ValueError: Columns differ in length, are empty, or hold an impossible number (names the row); or nobody
                has faced a renewal yet.
        """
        survived, left, weight = read_renewals(renewals, churned, weights)
        lost, kept = float(weight @ left), float(weight @ survived)
        theta = lost / (lost + kept)
        terms = [count * np.log(share) for count, share in ((lost, theta), (kept, 1 - theta)) if count]
        return cls(theta, lost + kept, float(sum(terms)))

    @property
    def standard_error(self) -> float:
        """Of theta; 0 where all or none have left, although theta is uncertain then too."""
        return float(np.sqrt(self.theta * (1 - self.theta) / self.chances))

    def survival(self, t: ArrayLike) -> FloatArray:
        """P(renews the next t times)."""
        survival: FloatArray = (1 - self.theta) ** np.asarray(t, np.float64)
        return survival

    def retention_rate(self, t: ArrayLike) -> FloatArray:
        """P(renews the t-th time | renewed all times before): the same for every t."""
        rate: FloatArray = np.full(np.shape(t), 1 - self.theta)[()]
        return rate

    def survival_error(self, t: ArrayLike) -> FloatArray:
        """Standard error of `survival` (delta method)."""
        ahead = np.asarray(t, np.float64)
        gradient = ahead * (1 - self.theta) ** np.maximum(ahead - 1, 0)
        error: FloatArray = gradient * self.standard_error
        return error
