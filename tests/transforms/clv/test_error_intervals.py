import numpy as np
import pytest

from regulars.pipelines.transforms.clv.error_intervals import ErrorClasses


def learn(predicted: list[float], actual: list[float]) -> ErrorClasses:
    return ErrorClasses.learn(np.array(predicted, float), np.array(actual, float))


def ends(classes: ErrorClasses, predicted: float) -> tuple[float, float, float]:
    found = classes.find(np.array([predicted]))
    return found.low[0], found.high[0], found.probability[0]


def test_customers_of_whom_as_much_was_predicted_tell_what_may_come():
    rare, often = [float(n % 2) for n in range(50)], [float(n % 25) + 10 for n in range(50)]
    classes = learn([0.5] * 50 + [20.0] * 50, rare + often)
    assert classes.bounds.tolist() == [20.0]
    assert ends(classes, 0.5) == (0, 1, 1)
    assert ends(classes, 20) == (12, 32, 0.84)


def test_where_nearly_nothing_came_the_interval_is_nothing_and_says_how_sure_that_is():
    assert ends(learn([0.1] * 60, [0.0] * 51 + [1.0] * 9), 0.1) == (0, 0, 0.85)


def test_an_interval_begins_at_zero_where_zero_is_likely():
    assert ends(learn([2.0] * 100, [0.0] * 20 + [3.0] * 60 + [9.0] * 20), 2.0) == (0, 9, 1)


def test_more_than_was_predicted_of_its_class_makes_the_interval_larger_in_proportion():
    classes = learn([10.0] * 50, [float(n) for n in range(1, 51)])
    low, high, _ = ends(classes, 10)
    assert ends(classes, 20)[:2] == (2 * low, 2 * high)
    assert ends(classes, 0)[:2] == (low / 2, high / 2)


def test_equal_predictions_are_one_class_however_many_they_are():
    classes = learn([0.0] * 900 + [1.0] * 100, [0.0] * 900 + [1.0] * 100)
    assert classes.bounds.tolist() == [1.0]
    assert ends(classes, 0) == (0, 0, 1)
    assert ends(classes, 1) == (1, 1, 1)


def test_a_few_customers_are_one_class():
    assert learn([1.0, 2.0, 3.0], [1.0, 1.0, 5.0]).bounds.size == 0


def test_an_interval_of_a_year_after_half_a_year_of_test_is_less_than_twice_as_wide():
    classes = learn([10.0] * 50, [float(n) for n in range(1, 51)])
    half = classes.find(np.array([10.0]))
    year = classes.find_for_a_year(np.array([20.0]), 182)
    growth = (365 / 182) ** 0.625
    assert year.high[0] == pytest.approx(20 + (half.high[0] - 10) * growth, rel=1e-2)
    assert year.low[0] == pytest.approx(max(0, 20 + (half.low[0] - 10) * growth), abs=0.1)
    whole = classes.find_for_a_year(np.array([10.0]), 365)
    assert (whole.low[0], whole.high[0]) == (half.low[0], half.high[0])


def test_four_in_five_outcomes_lie_inside_of_most_classes():
    rng = np.random.default_rng(3)
    expected = rng.gamma(1.0, 3.0, 4000)
    came = rng.poisson(expected).astype(float)
    found = ErrorClasses.learn(expected[::2], came[::2]).find(expected[1::2])
    inside = (came[1::2] >= np.rint(found.low)) & (came[1::2] <= np.rint(found.high))
    assert inside.mean() == pytest.approx(found.probability.mean(), abs=0.03)
    assert found.probability.mean() < 0.95
