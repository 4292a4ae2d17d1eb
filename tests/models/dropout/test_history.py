import numpy as np
import pytest

from regulars.pipelines.models.dropout.history import read_counts, read_finite_times, read_history, read_times


def test_scalars_spread_over_arrays():
    history = read_history([1, 2], 3, 4.5)
    assert (history.recency.tolist(), history.T.tolist()) == ([3.0, 3.0], [4.5, 4.5])


def test_scalars_alone_stay_scalars():
    assert read_history(0, 0, 1).T.shape == ()


@pytest.mark.parametrize(
    ("frequency", "recency", "T", "sentence"),
    [
        ([1, 1], [2, 5], [3, 4], r"row 1: recency is beyond T \(recency=5, T=4\)"),
        (0, 1, 2, "row 0: recency is above 0 without a repeat purchase"),
        (1.5, 1, 2, "frequency is no whole number"),
        (-1, 0, 2, "frequency is negative"),
        (1, np.nan, 2, "recency is no finite number"),
        (1, 1, np.inf, "T is no finite number"),
    ],
)
def test_histories_that_cannot_be_are_refused_by_row(frequency, recency, T, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_history(frequency, recency, T)


def test_a_time_may_be_infinite_but_not_negative():
    assert np.isinf(read_times("horizon", np.inf))
    with pytest.raises(ValueError, match="horizon must be 0 or more"):
        read_times("horizon", [1.0, -2.0])


def test_counts_are_whole_numbers_and_finite_times_are_finite():
    assert read_counts("n", [0, 3]).tolist() == [0.0, 3.0]
    for impossible in (1.5, -1, np.inf, np.nan):
        with pytest.raises(ValueError, match="n is no whole number from 0"):
            read_counts("n", impossible)
    with pytest.raises(ValueError, match="row 1: t must be finite"):
        read_finite_times("t", [1.0, np.inf])
