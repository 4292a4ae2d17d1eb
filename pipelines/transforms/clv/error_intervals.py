"""Intervals for predictions without their own, such as plain averages, from their errors in the test.

Customers with similar predictions form a class; the outcomes of the middle four in five of them are the interval of a
customer with such a prediction now.

Put here: classes of predictions and their outcomes. Keep out: intervals of models (`intervals.py`), the predictions.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from regulars.pipelines.definitions.windows import HOLDOUT_DAYS
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.simulation.interval import Interval
from regulars.pipelines.transforms.clv.corrections import NOMINAL_COVERAGE, widen_for_untested_days

CUSTOMERS_FOR_AN_INTERVAL, CLASSES_AT_MOST = 50, 20
LEAST_SCALE = 0.5
"""An interval shrinks at most to this share of that of its class: a prediction of 0 is not certain."""


@dataclass(frozen=True)
class ErrorClasses:
    """Classes of ascending predictions, (k,) each.

    Attributes:
        bounds: (k - 1,) where each class but the first begins.
        means: The mean prediction of the class.
        outcome: The outcomes of its customers, as an interval with its nominal coverage.
    """

    bounds: FloatArray
    means: FloatArray
    outcome: Interval

    @classmethod
    def learn(cls, predicted: FloatArray, actual: FloatArray) -> Self:
        """Learn from predictions (n,), n at least 1, and outcomes (n,)."""
        order = np.argsort(predicted, kind="stable")
        ascending, came = predicted[order], actual[order]
        classes = min(CLASSES_AT_MOST, max(1, ascending.size // CUSTOMERS_FOR_AN_INTERVAL))
        starts = ascending[ascending.size * np.arange(1, classes) // classes]
        bounds = np.unique(starts[starts > ascending[0]])
        edges = [0, *np.searchsorted(ascending, bounds, side="left"), ascending.size]
        parts = [slice(start, end) for start, end in pairwise(edges)]
        found = np.array([_find_four_in_five(np.sort(came[part])) for part in parts])
        return cls(bounds, np.array([ascending[part].mean() for part in parts]), Interval(*found.T))

    def find(self, predicted: FloatArray) -> Interval:
        """The intervals of predictions (n,): those of their classes, in proportion to the predictions."""
        place = np.searchsorted(self.bounds, predicted, side="right")
        means = self.means[place]
        scale = np.maximum(LEAST_SCALE, np.divide(predicted, means, out=np.ones(predicted.size), where=means > 0))
        outcome = self.outcome
        return Interval(outcome.low[place] * scale, outcome.high[place] * scale, outcome.probability[place])

    def find_for_a_year(self, predicted: FloatArray, horizon_days: int) -> Interval:
        """The intervals of predictions of a year (n,), where the classes are of `horizon_days`.

        Chance grows as the square root of the days, an error that all customers share grows faster:
        `widen_for_untested_days`.
        """
        share = min(1.0, horizon_days / HOLDOUT_DAYS)
        tested = self.find(predicted * share)
        growth = share**-0.5 * widen_for_untested_days(horizon_days)

        def extend(end: FloatArray) -> FloatArray:
            return np.where(end > 0, np.maximum(0.0, predicted + (end - predicted * share) * growth), 0.0)

        return Interval(extend(tested.low), extend(tested.high), tested.probability)


def _find_four_in_five(came: FloatArray) -> tuple[float, float, float]:
    """The ends of the interval that holds four in five outcomes, and the share between them; `came` is ascending.

    As in `models/simulation/interval.py`, the interval begins at 0 where 0 is likely, and is 0 to 0 where that alone
    holds enough outcomes.
    """
    tail = (1 - NOMINAL_COVERAGE) / 2
    zeros = float(np.mean(came <= 0))
    low, high = 0.0, 0.0
    if zeros <= tail:
        low = max(0.0, float(np.quantile(came, tail, method="lower")))
    if zeros < NOMINAL_COVERAGE:
        high = float(np.quantile(came, 1 - tail if zeros <= tail else NOMINAL_COVERAGE, method="higher"))
    return low, high, float(np.mean((came <= 0) if high == 0 else (came >= low) & (came <= high)))
