"""Renewals with one chance for all: closed forms, and the limit of the shifted-beta-geometric model."""

import numpy as np
import pytest

from regulars.pipelines.models.geometric_renewal import GeometricRenewalModel
from regulars.pipelines.models.shifted_beta_geo import ShiftedBetaGeoModel

RENEWALS, CHURNED, WEIGHTS = [0, 1, 2, 2], [1, 1, 1, 0], [10, 9, 8, 73]


def test_theta_is_the_share_of_chances_that_were_not_taken():
    model = GeometricRenewalModel.fit(RENEWALS, CHURNED, WEIGHTS)
    assert model.theta == pytest.approx(27 / (27 + 9 + 16 + 146))
    assert model.chances == 198
    assert model.log_likelihood == pytest.approx(27 * np.log(27 / 198) + 171 * np.log(171 / 198))
    assert model.standard_error == pytest.approx(np.sqrt(27 * 171 / 198**3))


def test_weights_are_customers():
    rows = [np.repeat(column, WEIGHTS) for column in (RENEWALS, CHURNED)]
    assert GeometricRenewalModel.fit(*rows) == GeometricRenewalModel.fit(RENEWALS, CHURNED, WEIGHTS)


def test_the_same_share_leaves_each_time():
    model = GeometricRenewalModel(0.2, 100.0, -1.0)
    assert model.survival([0, 1, 2]) == pytest.approx([1, 0.8, 0.64])
    assert model.retention_rate([1, 2, 3]) == pytest.approx([0.8, 0.8, 0.8])
    assert model.retention_rate(5) == 0.8
    assert model.survival_error([0, 1, 2]) == pytest.approx([0, 0.04, 2 * 0.8 * 0.04])


def test_a_shifted_beta_geometric_model_of_customers_who_hardly_differ_says_the_same():
    alike = ShiftedBetaGeoModel.from_params({"alpha": 2e7, "beta": 8e7})
    model = GeometricRenewalModel(0.2, 100.0, -1.0)
    assert model.survival(np.arange(20)) == pytest.approx(alike.survival(np.arange(20)), rel=1e-5)


@pytest.mark.parametrize(("churned", "survival"), [([0, 0], 1.0), ([1, 1], 0.0)])
def test_nobody_or_everybody_may_leave(churned: list[int], survival: float):
    renewals = [3, 4] if not any(churned) else [0, 0]
    model = GeometricRenewalModel.fit(renewals, churned)
    assert (model.survival(1), model.survival_error(1), model.log_likelihood) == (survival, 0, 0)


@pytest.mark.parametrize(
    ("renewals", "churned", "words"),
    [([0, 0], [0, 0], "nobody has faced"), ([1, 2], [1, 2], "neither true nor false"), ([-1], [0], "renewals")],
)
def test_impossible_histories_are_refused(renewals: list[int], churned: list[int], words: str):
    with pytest.raises(ValueError, match=words):
        GeometricRenewalModel.fit(renewals, churned)
