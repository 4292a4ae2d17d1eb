"""How well each of several drivers is done, how far that lies from all of them together, and how sure both are.

Put here: means and their intervals, arrays in, arrays out. Keep out: which answers are drivers, and what follows
(`transforms/voice/satisfaction_drivers.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.models.comparisons.means import Floats
from regulars.pipelines.models.comparisons.significance import UPPER_END, find_t_quantile

Ints = NDArray[np.int64]
AT_ONCE = 20_000
"""Persons who are looked at together, each with all drivers: of all at once the numbers would fill the memory."""
SMALLEST_REACH = 1e-9
"""Half an interval that is shorter is what the last digit leaves of 0."""


@dataclass(frozen=True)
class Performances:
    """Means of p drivers with their 95 % intervals, shape (p,) each; NaN where they are not known.

    Attributes:
        means: Of the answers to each.
        low: Lower end; NaN of fewer than two persons, and where all answers are the same.
        high: Upper end.
        over: `means` less the mean of all answers to the drivers that are compared; NaN of those that are not, of one
            person's answers, and where all persons' answers lie equally far from the mean.
        over_low: Lower end of its interval.
        over_high: Upper end.
    """

    means: Floats
    low: Floats
    high: Floats
    over: Floats
    over_low: Floats
    over_high: Floats


def compare_performances(values: Floats, driver: Ints, person: Ints, compared: NDArray[np.bool_]) -> Performances:
    """Compute how well drivers are done.

    Errors are by person, who answers several drivers and may answer them several times: people who are pleased rate
    everything well, so that two drivers differ by less chance than their intervals seem to say.

    Args:
        values: Answers, shape (n,).
        driver: The driver of each answer, 0 to p − 1; each has an answer.
        person: Who gave it, from 0 on.
        compared: Which drivers are set beside all of them, shape (p,).
    """
    drivers, people = len(compared), int(person.max()) + 1
    count = np.bincount(driver, minlength=drivers)
    means = np.bincount(driver, values, drivers) / count
    weight = np.where(compared, count, 0) / max(int(count[compared].sum()), 1)
    moved = (values - means[driver]) / count[driver]
    order = np.argsort(person, kind="stable")
    squares, over_squares, answering, any_answering = np.zeros(drivers), np.zeros(drivers), np.zeros(drivers), 0
    for start in range(0, people, AT_ONCE):
        some = order[slice(*np.searchsorted(person, (start, start + AT_ONCE), sorter=order))]
        places = driver[some], person[some] - start
        by_person = np.zeros((drivers, AT_ONCE))  # by how much each person moves each mean
        np.add.at(by_person, places, moved[some])
        answered = np.zeros((drivers, AT_ONCE), dtype=np.bool_)
        answered[places] = True
        squares += np.square(by_person).sum(axis=1)
        over_squares += np.square(by_person - weight @ by_person).sum(axis=1)
        answering += answered.sum(axis=1)
        any_answering += int(answered[compared].any(axis=0).sum())
    reach = _reach(squares, answering)
    over = np.where(compared & (compared.sum() > 1), means - weight @ means, np.nan)
    over_reach = _reach(over_squares, np.full(drivers, float(any_answering)))
    is_moved = over_reach > SMALLEST_REACH
    over, over_reach = (np.where(is_moved, each, np.nan) for each in (over, over_reach))
    return Performances(means, means - reach, means + reach, over, over - over_reach, over + over_reach)


def _reach(squares: Floats, people: Floats) -> Floats:
    """Half the interval of a sum of what persons move; NaN where nobody moves it, or one alone could.

    Args:
        squares: The sums of squares of what persons move.
        people: How many persons there are.
    """
    freedom = np.where((people > 1) & (squares > 0), people - 1, np.nan)
    reach: Floats = find_t_quantile(freedom, UPPER_END) * np.sqrt(squares * people / freedom)
    return reach
