"""How well drivers are done: means, their intervals, and how far each lies from all."""

import numpy as np
import pytest
from scipy import stats

from regulars.pipelines.models.drivers import performances
from regulars.pipelines.models.drivers.performances import compare_performances


def test_answers_of_single_persons_have_the_interval_of_a_mean():
    rng = np.random.default_rng(2)
    first, second = rng.normal(60, 20, 40), rng.normal(70, 10, 25)
    found = compare_performances(
        np.r_[first, second], np.repeat([0, 1], [40, 25]), np.r_[:40, 40:65], np.array([True, True])
    )
    for place, answers in enumerate((first, second)):
        ends = stats.t.interval(0.95, len(answers) - 1, answers.mean(), stats.sem(answers))
        assert found.means[place] == pytest.approx(answers.mean())
        # by person the error is divided by n, and a person is n / (n − 1) of one
        assert (found.low[place], found.high[place]) == pytest.approx(ends)


def test_a_difference_from_the_mean_of_all_is_that_of_each_persons_differences():
    rng = np.random.default_rng(3)
    halo = rng.normal(0, 25, (80, 1))
    answers = np.array([70.0, 50.0, 60.0]) + halo + rng.normal(0, 5, (80, 3))
    found = compare_performances(
        answers.T.ravel(), np.repeat([0, 1, 2], 80), np.tile(np.arange(80), 3), np.ones(3, bool)
    )
    own = answers - answers.mean(axis=1, keepdims=True)  # all answered all, so that each driver weighs the same
    for place in range(3):
        ends = stats.t.interval(0.95, 79, own[:, place].mean(), stats.sem(own[:, place]))
        assert found.over[place] == pytest.approx(own[:, place].mean())
        assert (found.over_low[place], found.over_high[place]) == pytest.approx(ends)
    assert (found.over_high - found.over_low < (found.high - found.low) / 4).all()


def test_answers_of_one_person_are_no_more_than_one_persons():
    rng = np.random.default_rng(4)
    feels = rng.normal(50, 20, 30)
    once = compare_performances(feels, np.zeros(30, int), np.arange(30), np.array([True]))
    thrice = compare_performances(np.repeat(feels, 3), np.zeros(90, int), np.repeat(np.arange(30), 3), np.array([True]))
    assert (thrice.low[0], thrice.high[0]) == pytest.approx((once.low[0], once.high[0]))


def test_drivers_that_are_not_compared_are_no_part_of_the_mean():
    values, driver = np.array([10.0, 30, 50, 90, 100, 90]), np.array([0, 0, 1, 1, 2, 2])
    found = compare_performances(values, driver, np.array([0, 1, 0, 1, 0, 1]), np.array([True, True, False]))
    assert list(found.over[:2]) == [-25, 25]
    assert np.isnan([found.over[2], found.over_low[2]]).all()
    assert found.means[2] == 95


def test_drivers_with_more_answers_weigh_more_in_the_mean():
    values, driver = np.array([0.0, 20, 60, 80, 100, 60]), np.array([0, 0, 1, 1, 1, 1])
    found = compare_performances(values, driver, np.array([0, 1, 0, 1, 2, 3]), np.array([True, True]))
    assert found.over == pytest.approx(np.array([10, 75]) - 320 / 6)


def test_of_more_persons_than_are_looked_at_at_once_the_numbers_are_the_same(monkeypatch):
    rng = np.random.default_rng(6)
    person, driver = rng.integers(0, 50, 400), rng.integers(0, 3, 400)
    answers = rng.normal(50, 20, 400), driver, person, np.array([True, True, False])
    at_once = compare_performances(*answers)
    monkeypatch.setattr(performances, "AT_ONCE", 7)
    for name, values in vars(compare_performances(*answers)).items():
        assert values == pytest.approx(getattr(at_once, name), nan_ok=True, rel=1e-12), name


def test_what_cannot_be_known_is_nothing():
    alone = compare_performances(np.array([5.0, 9.0]), np.zeros(2, int), np.zeros(2, int), np.array([True]))
    same = compare_performances(np.full(40, 100.0), np.zeros(40, int), np.arange(40), np.array([True]))
    for found in (alone, same):
        assert np.isnan([found.low[0], found.high[0], found.over[0]]).all()
    one = compare_performances(np.arange(6.0), np.repeat([0, 1], 3), np.zeros(6, int), np.array([True, True]))
    mean = np.array([[1.0, 5], [2, 4], [6, 6]])  # a third question that is the mean of both others
    of_others = compare_performances(
        np.c_[mean, mean.mean(axis=1)].T.ravel(), np.repeat([0, 1, 2], 3), np.tile(np.arange(3), 3), np.ones(3, bool)
    )
    for found, place in ((one, 0), (one, 1), (of_others, 2)):
        assert np.isnan([found.over[place], found.over_low[place], found.over_high[place]]).all()
    assert not np.isnan(of_others.over[:2]).any()


def test_the_interval_holds_the_truth_in_about_95_of_100_surveys():
    rng = np.random.default_rng(6)
    held = []
    for _ in range(600):
        halo = rng.normal(size=(60, 1))
        answers = np.clip(np.rint(np.array([3.9, 3.4, 3.0]) + halo + rng.normal(0, 1, (60, 3))), 1, 5)
        found = compare_performances(
            answers.T.ravel(), np.repeat([0, 1, 2], 60), np.tile(np.arange(60), 3), np.ones(3, bool)
        )
        held.append(found.over_low[1] <= TRUE_DIFFERENCE <= found.over_high[1])
    assert 0.92 < np.mean(held) < 0.98


def _draw_truth() -> float:
    rng = np.random.default_rng(7)
    answers = np.array([3.9, 3.4, 3.0]) + rng.normal(size=(400_000, 1)) + rng.normal(0, 1, (400_000, 3))
    means = np.clip(np.rint(answers), 1, 5).mean(axis=0)
    return float(means[1] - means.mean())


TRUE_DIFFERENCE = _draw_truth()
