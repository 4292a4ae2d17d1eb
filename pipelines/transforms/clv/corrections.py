"""Corrections of a method's predictions and intervals, learnt from its test.

Totals are multiplied by actual ÷ predicted when the test spans a whole year: in a shorter test, the season would look
like an error. Intervals are widened until their coverage in the test reaches the nominal coverage, and further where
the test is shorter than a year, since the error of a whole year is not known yet.

Put here: the factors, and the probability at which an interval must be read to be that wide.
Keep out: predictions (`forecasts.py`), the intervals themselves (`intervals.py`, `error_intervals.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from regulars.pipelines.definitions.windows import HOLDOUT_DAYS
from regulars.pipelines.models.fitting.fitting import FloatArray

NOMINAL_COVERAGE = 0.8
"""The nominal coverage of an interval, at least."""

WIDENINGS = (1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5)
"""Factors by which an interval may be widened: the first one with enough coverage is used."""

TOLERANCE = 0.01
"""How far the coverage in the test may lie below the nominal one: a smaller gap may be chance."""

MOST_CALIBRATION = 2.0
"""The largest factor by which totals are multiplied or divided: a larger one is more likely wrong than right."""

SUBSCRIBERS_FOR_HALF = 25
"""Subscribers whose subscription could have ended in the test: with this many, half of the correction is applied."""

MOST_PROBABILITY = 0.999
POWER_OF_UNTESTED_DAYS = 1 / 8


@dataclass(frozen=True)
class Corrections:
    """The factors of one method; 1 changes nothing.

    Attributes:
        purchases_calibration: Predicted purchases and the ends of their intervals are multiplied by it.
        value_calibration: Likewise of value.
        purchases_widening: The factor by which intervals of purchases become wider.
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
    """Actual ÷ predicted; 1 without a whole year of test, or where either is not above 0.

    Args:
        predicted: The total that was predicted.
        actual: The total that was observed.
        is_whole_year: Whether the test spans a whole year.
        weight: The credibility of the test, 0 to 1: `weigh_test`.
    """
    if not is_whole_year or predicted <= 0 or actual <= 0:
        return 1.0
    return float(min(MOST_CALIBRATION, max(1 / MOST_CALIBRATION, actual / predicted)) ** weight)


def weigh_test(decided: int) -> float:
    """The credibility of a test of `decided` subscribers, 0 to 1: a half at `SUBSCRIBERS_FOR_HALF`.

    This is the credibility of a mean: chance moves the total of n subscribers, about half of whom leave, by 0.6 /
    sqrt(n), and totals are typically off by 0.12 for other reasons; (0.6 / 0.12)^2 is 25.
    """
    return decided / (decided + SUBSCRIBERS_FOR_HALF)


def widen_for_untested_days(horizon_days: int) -> float:
    """How much wider intervals of a year become after a test of fewer days: 1.19 after 90, 1.09 after 180.

    An error that all customers share, such as a season, adds up over the days; chance averages out. The power
    is measured: with it, intervals tested on 90 to 270 days reached their nominal coverage in the year after, on real
    histories (`benchmarks/clv_out_of_time.py`); without it their coverage was up to five points too low.
    """
    return float(max(1.0, HOLDOUT_DAYS / horizon_days) ** POWER_OF_UNTESTED_DAYS)


def find_probability(widening: float) -> float:
    """The probability to read an interval at so that it is `widening` times as wide: exact for normal amounts."""
    normal = NormalDist()
    aimed = 2 * normal.cdf(widening * normal.inv_cdf((1 + NOMINAL_COVERAGE) / 2)) - 1
    return min(aimed, MOST_PROBABILITY) if widening > 1 else NOMINAL_COVERAGE


def declare_coverage(held: FloatArray, probability: float) -> FloatArray:
    """The nominal coverage of intervals that cover `held` by the model, if 0.8 was covered at `probability`.

    The share outside is scaled up as in the test: an interval 0 to 0 with 95 % by the model has a nominal coverage of
    90 % when intervals of 90 % covered 80 %.
    """
    declared: FloatArray = 1 - (1 - held) * ((1 - NOMINAL_COVERAGE) / (1 - probability))
    return declared


def choose_widening(covered: Sequence[float], declared: Sequence[float]) -> int:
    """The position of the first of `WIDENINGS` with enough coverage, else of the last one.

    Args:
        covered: The share of customers inside their interval, per widening.
        declared: The mean nominal coverage, per widening.
    """
    enough = [place for place, share in enumerate(covered) if share >= declared[place] - TOLERANCE]
    return enough[0] if enough else len(covered) - 1
