"""Whether the season belongs into the forecast of a total: what a test of past windows says of both.

The rule stands before the test: the season is in a total's forecast where 36 windows and more of the past year have two
whole years before them, and its error in these is a twentieth smaller than without it, or less. Without any season, 6
to 10 of 100 simulated series take one by chance, which makes their errors larger by 1 % at most; a rule of "not worse"
takes 26 to 50 of them. A quarter has the season where four weeks have it: of a year only four do not overlap, too few
for a test of their own.

Put here: the rule, the windows, the errors of both and of two simple guesses. Keep out: the factor
(`models/demand/season_factors.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.models.demand.forecasts import FEWEST_WINDOWS, WEEKS_OF_TOTAL
from regulars.pipelines.models.demand.smoothing import WEEKS_OF_YEAR, Ints, average_last_weeks
from regulars.pipelines.models.fitting.fitting import FloatArray

FEWEST_TESTED = FEWEST_WINDOWS * WEEKS_OF_TOTAL
MOST_OF_ERROR = 0.95
"""Of the error without the season, how much that with it may be at most."""


@dataclass(frozen=True)
class SeasonTest:
    """What a test of past windows says of the season in p totals.

    Attributes:
        is_tested: (p,) whether there are windows enough.
        is_chosen: (p,) whether the season is in the forecast.
        factors: (p,) what the forecast of now is multiplied by; 1 where it is not.
        past_factors: (p, w) what the forecasts of past windows are multiplied by, and NaN where a window is no test.
        with_season: (p, w) errors with the season; NaN where it was not tested.
    """

    is_tested: NDArray[np.bool_]
    is_chosen: NDArray[np.bool_]
    factors: FloatArray
    past_factors: FloatArray
    with_season: FloatArray


def try_season(errors: FloatArray, came: FloatArray, factors: FloatArray) -> SeasonTest:
    """Test the season against none.

    Args:
        errors: (p, w) what came in past windows less what was forecast without a season; NaN where there was none yet.
        came: (p, w) what came.
        factors: (w + 1,) of the past windows and of the one to come; NaN where none was known.
    """
    begun, known = np.isfinite(errors), np.isfinite(factors[:-1])
    is_tested = ((begun & known).sum(axis=1) >= FEWEST_TESTED) & bool(np.isfinite(factors[-1]))
    is_window = begun & known & is_tested[:, np.newaxis]
    with_season = multiply_forecasts(errors, came, factors[:-1])
    sums = [np.abs(np.where(is_window, each, 0.0)).sum(axis=1) for each in (with_season, errors)]
    is_chosen = is_tested & (sums[0] <= MOST_OF_ERROR * sums[1]) & (sums[1] > 0)
    return apply_season(is_tested, is_chosen, errors, came, factors)


def apply_season(
    is_tested: NDArray[np.bool_],
    is_chosen: NDArray[np.bool_],
    errors: FloatArray,
    came: FloatArray,
    factors: FloatArray,
) -> SeasonTest:
    """Multiply the totals whose season is chosen; `errors`, `came` and `factors` are as those of `try_season`."""
    begun, known = np.isfinite(errors), np.isfinite(factors[:-1])
    is_tested = is_tested & bool(np.isfinite(factors[-1]))
    is_chosen = is_chosen & is_tested
    is_window = begun & (known | ~is_tested[:, np.newaxis])
    past = np.where(is_chosen[:, np.newaxis], factors[:-1], 1.0)
    return SeasonTest(
        is_tested=is_tested,
        is_chosen=is_chosen,
        factors=np.where(is_chosen, factors[-1], 1.0),
        past_factors=np.where(is_window, past, np.nan),
        with_season=np.where(
            is_window & is_tested[:, np.newaxis], multiply_forecasts(errors, came, factors[:-1]), np.nan
        ),
    )


def multiply_forecasts(errors: FloatArray, came: FloatArray, factors: FloatArray) -> FloatArray:
    """The errors of the same forecasts after each was multiplied by its factor."""
    changed: FloatArray = came - (came - errors) * factors
    return changed


def compare_with_guesses(demand: FloatArray, begins: Ints, origins: Ints, span: int) -> tuple[FloatArray, FloatArray]:
    """Errors of two simple guesses of a total: the same weeks a year before, and the mean of 8 weeks for each.

    Args:
        demand: (p, t) totals of weeks.
        begins: (p,) the week in which each total begins; one that is younger than a year is guessed by its mean.
        origins: (w,) weeks after which those of the total begin.
        span: Weeks of the total.

    Returns:
        (p, w) each; NaN before a total begins.
    """
    sold = np.pad(np.cumsum(demand, axis=1), ((0, 0), (1, 0)))

    def add_weeks(after: Ints) -> FloatArray:
        summed: FloatArray = sold[:, after + 1 + span] - sold[:, after + 1]
        return summed

    mean = span * average_last_weeks(demand, begins)[:, origins]
    before = origins - WEEKS_OF_YEAR
    is_old = before + 1 >= begins[:, np.newaxis]
    naive = np.where(is_old, add_weeks(np.maximum(before, -1)), mean)
    came = add_weeks(origins)
    return came - naive, came - mean
