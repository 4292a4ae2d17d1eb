import numpy as np
import pytest

from regulars.pipelines.models.fitting.rows import broadcast, evaluate_on_unique_rows, merge_equal_rows, read_columns


def test_equal_rows_add_up_and_come_out_sorted():
    rows = merge_equal_rows(np.array([2.0, 1.0, 2.0]), np.array([0.5, 3.0, 0.5]), weights=np.array([1.0, 1.0, 4.0]))
    assert [column.tolist() for column in rows.columns] == [[1.0, 2.0], [3.0, 0.5]]
    assert rows.weights.tolist() == [1.0, 5.0]


def test_rows_without_weights_count_once_each():
    assert merge_equal_rows(np.array([7.0, 7.0, 7.0])).weights.tolist() == [3.0]


def test_rows_of_weight_zero_are_dropped():
    assert merge_equal_rows(np.array([1.0, 2.0]), weights=np.array([0.0, 2.0])).columns[0].tolist() == [2.0]


def test_columns_too_wide_for_one_number_are_still_told_apart():
    wide = np.array([0.0, 2.0**31 - 1, 0.0])
    rows = merge_equal_rows(wide, wide, wide + np.array([0.0, 0.0, 1.0]))
    assert rows.columns[2].tolist() == [0.0, 1.0, 2.0**31 - 1]


def test_everybody_of_weight_zero_is_nobody():
    with pytest.raises(ValueError, match="all weights are 0"):
        merge_equal_rows(np.array([1.0]), weights=np.array([0.0]))


def test_a_function_is_asked_once_per_distinct_row_and_answers_every_row():
    asked: list[float] = []

    def double(values: np.ndarray) -> np.ndarray:
        asked.extend(values)
        return 2 * values

    assert evaluate_on_unique_rows(double, np.array([[3.0, 1.5], [1.5, np.inf]])).tolist() == [
        [6.0, 3.0],
        [3.0, np.inf],
    ]
    assert asked == [1.5, 3.0, np.inf]


def test_few_distinct_rows_are_found_by_table_as_by_sorting():
    codes = np.array([5.0, 0.0, 5.0, 3.0, 0.0])  # six possible keys: a table; times a million of them: sorting
    wide = np.array([0.0, 1e6, 0.0, 0.0, 1e6])
    by_table = evaluate_on_unique_rows(lambda values: values / values.sum(), codes)
    by_sorting = evaluate_on_unique_rows(lambda values, others: values / values.sum(), codes, wide)
    assert by_table.tolist() == by_sorting.tolist() == [0.625, 0.0, 0.625, 0.375, 0.0]


def test_a_function_of_nobody_is_not_asked():
    assert evaluate_on_unique_rows(lambda values: 1 / values, np.zeros(0)).tolist() == []


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"T": [1.0, 2.0], "weights": [1.0]}, "equally long"),
        ({"T": [[1.0]]}, "one-dimensional"),
        ({"T": []}, "nobody to fit"),
        ({"T": [1.0, np.nan, np.nan]}, r"row 1: T is no finite number \(T=nan\); 2 of 3 rows"),
        ({"T": [1.0], "weights": [-1.0]}, r"row 0: weights is negative \(weights=-1\)"),
    ],
)
def test_columns_that_cannot_be_are_refused_in_a_sentence(columns, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_columns(**columns)


def test_a_column_left_out_counts_as_ones():
    assert read_columns(T=[2.0, 3.0], weights=None)[1].tolist() == [1.0, 1.0]


def test_shapes_that_do_not_go_together_are_named():
    with pytest.raises(ValueError, match="frequency 2, recency 3, T a single number"):
        broadcast(frequency=[1, 2], recency=[1, 2, 3], T=4)
    with pytest.raises(ValueError, match="not frequency 2x1, recency 2x1"):
        read_columns(frequency=np.ones((2, 1)), recency=np.ones((2, 1)))
