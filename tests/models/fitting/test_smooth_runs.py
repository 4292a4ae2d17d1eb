import numpy as np
import pytest

from regulars.pipelines.models.fitting.smooth_runs import LONG, POINTS, interpolate_smooth_runs


def share(along: np.ndarray, shape: np.ndarray) -> np.ndarray:
    return 1 - (1 + 5 / along) ** -shape


def test_a_long_run_is_interpolated_to_nine_digits_from_a_few_points():
    asked: list[int] = []

    def counted(along: np.ndarray, shape: np.ndarray) -> np.ndarray:
        asked.append(along.size)
        return share(along, shape)

    along, shape = np.geomspace(1, 1000, 5 * LONG), np.full(5 * LONG, 0.7)
    assert interpolate_smooth_runs(counted, along, shape) == pytest.approx(share(along, shape), rel=1e-9)
    assert sum(asked) == POINTS


def test_short_runs_among_long_ones_are_evaluated_as_they_are():
    shape = np.repeat([1.0, 2.0, 3.0, 2.0], [3, LONG + 1, 5, LONG + 7])
    along = np.random.default_rng(1).uniform(2, 50, shape.size)
    values = interpolate_smooth_runs(share, along, shape)
    assert values == pytest.approx(share(along, shape), rel=1e-9)
    assert values[:3].tolist() == share(along, shape)[:3].tolist()


def test_a_run_of_one_value_is_that_value():
    along = np.full(2 * LONG, 3.0)
    assert interpolate_smooth_runs(share, along, along) == pytest.approx(share(along, along), rel=1e-12)


def test_nobody_gives_nothing():
    assert interpolate_smooth_runs(share, np.zeros(0), np.zeros(0)).tolist() == []
