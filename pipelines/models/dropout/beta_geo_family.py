"""The common base of BG/NBD and MBG/NBD, which differ only in the first chance to drop out.

Put here: the public interface of the two models.
Keep out: their formulas (`beta_geo_formulas.py`); models in which customers drop out at any moment (`pareto_nbd.py`).
"""

from typing import ClassVar

from numpy.typing import ArrayLike

from regulars.pipelines.models.dropout.beta_geo_formulas import BetaGeoFormulas, probability_of_purchases
from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.dropout.history import read_counts, read_finite_times
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.fitting.rows import broadcast


class BetaGeoFamily(DropoutModel):
    """Buying rate ~ Gamma(r, alpha) per unit of time; chance of dropping out after a purchase ~ Beta(a, b)."""

    CHANCES_AT_START: ClassVar[int]
    """Chances to drop out before the first repeat purchase."""
    FORMULAS: ClassVar[BetaGeoFormulas]
    NAMES = ("r", "alpha", "a", "b")
    TIME_NAMES = ("alpha",)
    STARTS = ((0.5, 0.3, 0.8, 2.0), (1.0, 1.0, 1.0, 1.0), (0.2, 0.1, 0.3, 10.0))
    # Beyond 100, a or b only say that all customers have about one chance of dropping out: it is a / b that matters.
    # alpha is r over the mean rate: tiny where customers buy thousands of times.
    SENSIBLE = {"alpha": (1e-6, 1e3), "a": (1e-3, 1e2), "b": (1e-3, 1e2)}  # noqa: RUF012 — a ClassVar of the base

    def probability_of_purchases_new(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n): a new customer makes n repeat purchases in the finite time t after the first purchase."""
        counts, times = broadcast(n=read_counts("n", n), t=read_finite_times("t", t))
        r, alpha, a, b = self._theta
        return probability_of_purchases(r, alpha, a, b, counts, self.FORMULAS.chances(counts), times)[()]
