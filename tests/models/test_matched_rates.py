"""Observed and expected rates of exposed observations, against matched ones without exposure."""

import numpy as np
import pytest

from regulars.pipelines.models.matched_rates import Bootstrap, MatchedRates, Observations, compare_matched


def compare(*groups: tuple[int, int, int, int], least_unexposed: int = 1, draws: int = 50, **more) -> MatchedRates:
    """Of groups of (level, cell, observations, events), each observation of a subject of its own."""
    level, cell, event = [], [], []
    for of_level, of_cell, count, events in groups:
        level += [of_level] * count
        cell += [of_cell] * count
        event += [True] * events + [False] * (count - events)
    observed = Observations(
        subject=more.pop("subject", np.arange(len(level))),
        level=np.array(level, dtype=np.int64),
        cell=np.array(cell, dtype=np.int64),
        event=np.array(event, dtype=bool),
    )
    return compare_matched(
        observed, levels=2, least_unexposed=least_unexposed, bootstrap=Bootstrap(draws, seed=1, **more)
    )


def test_the_expected_rate_is_that_of_similar_ones_weighted_by_the_exposed():
    # 30 of the exposed are in a cell of which 1 in 10 left, 10 in one of which half left: (3 + 5) / 40
    found = compare((0, 0, 100, 10), (0, 1, 20, 10), (1, 0, 30, 6), (1, 1, 10, 6))
    assert found.expected_rate[1] == pytest.approx(0.2)
    assert found.observed_rate[1] == pytest.approx(0.3)
    assert found.ratio[1] == pytest.approx(1.5)
    assert found.ratio[0] == pytest.approx(1.0)


def test_a_cell_with_too_few_unexposed_counts_for_nobody():
    found = compare((0, 0, 20, 10), (0, 1, 19, 0), (1, 0, 10, 5), (1, 1, 30, 30), least_unexposed=20)
    assert found.observations.tolist() == [39, 40]
    assert found.events.tolist() == [10, 35]
    assert found.matched.tolist() == [20, 10]
    assert (found.observed_rate[1], found.expected_rate[1]) == (0.5, 0.5)


def test_a_subject_seen_twice_is_one_subject():
    found = compare((0, 0, 4, 1), (1, 0, 4, 2), subject=np.array([1, 1, 2, 3, 4, 4, 4, 1]))
    assert found.matched_subjects.tolist() == [3, 2]


def test_without_exposed_or_unexposed_nothing_is_known():
    assert np.isnan(compare((0, 0, 9, 3)).ratio[1])
    alone = compare((1, 0, 9, 3))
    assert np.isnan(alone.expected_rate[1])
    assert np.isnan(alone.ratio_low[1])
    nobody = compare()
    assert nobody.observations.tolist() == [0, 0]
    assert np.isnan(nobody.ratio).all()


def test_where_no_one_alike_left_there_is_no_ratio():
    found = compare((0, 0, 50, 0), (1, 0, 50, 5))
    assert found.expected_rate[1] == 0
    assert np.isnan(found.ratio[1])
    assert np.isnan(found.ratio_high[1])


def test_the_interval_is_as_wide_as_the_rates_are_unsure():
    # log ratio of two shares: variance = (1 - p) / (n p) of each; here one side is known well
    found = compare((0, 0, 4000, 1200), (1, 0, 200, 60), draws=2000)
    spread = np.log(found.ratio_high[1] / found.ratio_low[1]) / (2 * 1.96)
    assert spread == pytest.approx(np.sqrt(0.7 / 60 + 0.7 / 1200), rel=0.1)


def test_what_is_seen_of_one_subject_again_and_again_makes_nothing_surer():
    subject = np.repeat(np.arange(300), 4)
    groups = ((0, 0, 800, 240), (1, 0, 400, 120))
    alone, together = compare(*groups, draws=500), compare(*groups, draws=500, subject=subject)
    assert together.ratio_high[1] - together.ratio_low[1] > 1.7 * (alone.ratio_high[1] - alone.ratio_low[1])
    assert together.ratio[1] == alone.ratio[1]


def test_a_draw_that_leaves_a_cell_without_unexposed_still_tells_of_the_others():
    cells = [group for cell in range(30) for group in ((0, cell, 2, 1), (1, cell, 2, 1))]
    found = compare(*cells, draws=100)  # in almost every draw some cell loses both of its unexposed
    assert 0.3 < found.ratio_low[1] < 1 < found.ratio_high[1] < 3
