"""What the test of a method taught about it, by which its next predictions and intervals are corrected.

Totals are multiplied by what came over what was predicted, when the test spans a whole year: over less, the season
would be taken for an error. Intervals are widened until they hold as much of the test as they declare, and further
where the test is shorter than a year, since nothing has shown yet how far off a year is.

Put here: the factors, and what they mean for the probability that an interval is read at.
Keep out: predictions (`forecasts.py`), the intervals themselves (`intervals.py`, `error_intervals.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from regulars.pipelines.definitions.windows import HOLDOUT_DAYS
from regulars.pipelines.models.fitting.fitting import FloatArray

NOMINAL_COVERAGE = 0.8
"""The probability that an interval declares, at least."""

WIDENINGS = (1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5)
"""How many times as wide as the model says an interval may become: the first that holds enough is taken."""

TOLERANCE = 0.01
"""How far the coverage of the test may lie below the declared one: that much is chance."""

MOST_CALIBRATION = 2.0
"""Totals are multiplied by this at most, and divided by it at most: beyond it, another year is the better judge."""

SUBSCRIBERS_FOR_HALF = 25
"""Subscribers whose subscription could have ended in the test: with so many, half of its correction is taken."""

MOST_PROBABILITY = 0.999
POWER_OF_UNTESTED_DAYS = 1 / 8


@dataclass(frozen=True)
class Corrections:
    """The factors of one method; 1 changes nothing.

    Attributes:
        purchases_calibration: Predicted purchases are multiplied by it, so are the ends of their intervals.
        value_calibration: Likewise of value.
        purchases_widening: How many times as wide the intervals of purchases become.
        value_widening: Likewise of value.
    """

    purchases_calibration: float = 1.0
    value_calibration: float = 1.0
    purchases_widening: float = 1.0
    value_widening: float = 1.0

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Corrections":
        """Read the factors of a row of `meta.clv_evaluation` with the scope `all`, widened for the untested days."""
        untested = widen_for_untested_days(row["horizon_days"])
        return cls(
            row["purchases_calibration"],
            row["value_calibration"],
            row["purchases_interval_widening"] * untested,
            row["value_interval_widening"] * untested,
        )


def calibrate(predicted: float, actual: float, *, is_whole_year: bool, weight: float = 1.0) -> float:
    """What came over what was predicted; 1 without a whole year of test, or where either is not above 0.

    Args:
        predicted: The total that was predicted.
        actual: The total that came.
        is_whole_year: Whether the test spans a whole year.
        weight: How far the test is believed, 0 to 1: `weigh_test`.
    """
    if not is_whole_year or predicted <= 0 or actual <= 0:
        return 1.0
    return float(min(MOST_CALIBRATION, max(1 / MOST_CALIBRATION, actual / predicted)) ** weight)


def weigh_test(decided: int) -> float:
    """How far a test of `decided` subscribers is believed, 0 to 1: a half at `SUBSCRIBERS_FOR_HALF`.

    The credibility of a mean: chance moves the total of n subscribers, about half of whom leave, by 0.6 / sqrt(n), and
    totals are typically off by 0.12 for other reasons; (0.6 / 0.12)^2 is 25.
    """
    return decided / (decided + SUBSCRIBERS_FOR_HALF)


def widen_for_untested_days(horizon_days: int) -> float:
    """How much wider intervals of a year become after a test of fewer days: 1.19 after 90, 1.09 after 180.

    What all customers share, such as a season, adds up over the days and does not average out as chance does. The power
    is measured: with it, intervals tested on 90 to 270 days held what they declared in the year after, on real
    histories (`benchmarks/clv_out_of_time.py`); without it they fell short by up to five points.
    """
    return float(max(1.0, HOLDOUT_DAYS / horizon_days) ** POWER_OF_UNTESTED_DAYS)


def find_probability(widening: float) -> float:
    """The probability to read an interval at so that it is `widening` times as wide: exact for normal amounts."""
    normal = NormalDist()
    aimed = 2 * normal.cdf(widening * normal.inv_cdf((1 + NOMINAL_COVERAGE) / 2)) - 1
    return min(aimed, MOST_PROBABILITY) if widening > 1 else NOMINAL_COVERAGE


def declare_coverage(held: FloatArray, probability: float) -> FloatArray:
    """The nominal coverage of intervals that hold `held` by the model, where `probability` was found to hold 0.8.

    What the model leaves outside is as much more as the test showed: 0 to 0 at 95 % where 90 % hold 80 % declares 90 %.
    """
    declared: FloatArray = 1 - (1 - held) * ((1 - NOMINAL_COVERAGE) / (1 - probability))
    return declared


def choose_widening(covered: Sequence[float], declared: Sequence[float]) -> int:
    """The place of the first of `WIDENINGS` at which as much is covered as declared, else of the last one.

    Args:
        covered: The share of the customers inside, per widening.
        declared: The mean nominal coverage, per widening.
    """
    enough = [place for place, share in enumerate(covered) if share >= declared[place] - TOLERANCE]
    return enough[0] if enough else len(covered) - 1
