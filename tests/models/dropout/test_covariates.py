import numpy as np
import pytest

from regulars.pipelines.models.dropout.covariates import measure_scale, read_covariates


def test_covariates_come_in_the_order_of_the_names_and_spread_over_the_customers():
    columns = read_covariates({"age": [30, 40], "vip": 1}, ["vip", "age"], (2,))
    assert columns.tolist() == [[1.0, 1.0], [30.0, 40.0]]


@pytest.mark.parametrize(
    ("covariates", "sentence"),
    [
        ({"age": [30, np.nan]}, r"row 1: age is no finite number"),
        ({"vip": [0, 1]}, "covariates must be age, not vip"),
        ({"age": ["old", "young"]}, "age holds text: give a number per customer"),
        ({"age": [30, 40, 50]}, "give one value per customer: 2 customers, but age 3"),
    ],
)
def test_a_covariate_that_is_missing_is_named(covariates, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_covariates(covariates, ["age"], (2,))


def test_covariates_of_any_size_are_brought_to_mean_0_and_deviation_1():
    columns, weights = np.array([[1990.0, 2010.0]]), np.array([3.0, 1.0])
    scale = measure_scale(columns, ["born"], weights)
    assert scale.centre.tolist() == [1995.0]
    assert scale.apply(columns)[0] @ weights == pytest.approx(0)
    assert scale.apply(columns)[0] ** 2 @ weights == pytest.approx(4)


def test_a_covariate_that_is_the_same_for_everybody_is_refused():
    with pytest.raises(ValueError, match="vip is the same for everybody"):
        measure_scale(np.array([[1.0, 1.0]]), ["vip"], np.ones(2))
