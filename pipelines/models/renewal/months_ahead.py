"""The months that subscriptions will still be charged: expected, with an interval, from renewal probabilities.

A subscription is renewed once a month, on the day of the month on which it began. After `elapsed` of the current month,
it is charged for the rest of that month, and for one more month with every renewal: T + 1 − elapsed months with T
renewals. T has the distribution of the survival curve, so all results here are exact.

Put here: months from renewal probabilities. Keep out: the probabilities themselves, and the revenue of a month.
"""

import math
from dataclasses import dataclass

import numpy as np

from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.simulation.interval import Interval

TAIL = 0.1
"""The probability outside the interval at each end, at most."""


@dataclass(frozen=True)
class MonthsAhead:
    """How far to look ahead, and the discount rate.

    Attributes:
        months: Above 0; need not be whole.
        discount_rate: Annual: money that comes in a year is worth 1 / (1 + rate) now; it comes evenly over a month.
    """

    months: float
    discount_rate: float = 0.0

    @property
    def chances(self) -> int:
        """The most renewals within these months."""
        return math.ceil(self.months)

    def discount(self, months: FloatArray) -> FloatArray:
        """The present value of one unit of money a month over `months`, at most over those looked at."""
        ahead = np.clip(months, 0.0, self.months)
        rate = math.log1p(self.discount_rate) / 12
        present: FloatArray = ahead if rate == 0 else -np.expm1(-rate * ahead) / rate
        return present


def expect_months(survival: FloatArray, elapsed: FloatArray, ahead: MonthsAhead) -> FloatArray:
    """Expected months, discounted, of n subscriptions.

    Args:
        survival: (n, m) probabilities of at least 0, 1, 2 … more renewals, so 1 first; m is above `ahead.chances`.
        elapsed: (n,) share of the current month that is over, 0 to below 1.
        ahead: How far to look.
    """
    total = ahead.discount(1 - elapsed)
    for renewal in range(1, ahead.chances + 1):
        gained = ahead.discount(renewal + 1 - elapsed) - ahead.discount(renewal - elapsed)
        total = total + survival[:, renewal] * gained
    return total


def find_months_interval(survival: FloatArray, elapsed: FloatArray, ahead: MonthsAhead) -> Interval:
    """The interval of discounted months that holds each subscription's months with a probability of 0.8 or more.

    Arguments as in `expect_months`. All numbers of renewals beyond the months looked at count as one, since they give
    the same months. Neither end leaves out more than `TAIL`.
    """
    outlasting = np.ceil(ahead.months - 1 + elapsed).astype(np.int64)
    fewest = np.minimum(np.sum(survival >= 1 - TAIL, axis=1) - 1, outlasting)
    most = np.minimum(np.sum(survival[:, 1:] > TAIL, axis=1), outlasting)
    row = np.arange(elapsed.size)
    beyond = np.where(most < outlasting, survival[row, np.minimum(most + 1, survival.shape[1] - 1)], 0.0)
    low, high = ahead.discount(fewest + 1 - elapsed), ahead.discount(most + 1 - elapsed)
    return Interval(low, high, survival[row, fewest] - beyond)
