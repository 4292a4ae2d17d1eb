"""MBG/NBD against published numbers: Batislam et al. (2007) by way of BTYDplus, and independent recomputation."""

from functools import cache

import numpy as np
import pytest

from regulars.pipelines.models.beta_geo import BetaGeoModel
from regulars.pipelines.models.modified_beta_geo import ModifiedBetaGeoModel
from tests.models.cdnow import load_cdnow

PUBLISHED = {"r": 0.5248431, "alpha": 6.1830851, "a": 0.8913594, "b": 1.6140024}


@cache
def fitted() -> ModifiedBetaGeoModel:
    cdnow = load_cdnow()
    return ModifiedBetaGeoModel.fit(cdnow.frequency, cdnow.recency, cdnow.T)


def test_cdnow_gives_the_published_parameters():
    model = fitted()
    assert model.params == pytest.approx(PUBLISHED, rel=1e-6)
    assert model.log_likelihood == pytest.approx(-9582.1357, abs=1e-3)
    errors = {"r": 0.0833, "alpha": 0.6956, "a": 0.1548, "b": 0.5375}
    assert model.standard_errors == pytest.approx(errors, abs=1e-4)
    assert (model.converged, model.at_boundary, model.customers) == (True, False, 2357)


def test_customers_1_and_1516():
    expected = fitted().expected_purchases([39, 52], [2, 26], [30.4286, 30.857], [38.8571, 31])
    assert expected == pytest.approx([1.262759, 23.99819], abs=1e-4)
    alive = fitted().p_alive([2, 26], [30.4286, 30.857], [38.8571, 31])
    assert alive == pytest.approx([0.7061385, 0.9654846], abs=1e-5)


def test_who_bought_more_often_and_then_stopped_is_expected_to_buy_less():
    expected = fitted().expected_purchases(52, [10, 15, 20, 25], 20, 39)
    assert expected == pytest.approx([0.35169, 0.049729, 0.0055718, 0.0005553], rel=2e-4)


def test_purchases_of_a_new_customer():
    assert fitted().expected_purchases_new(52) == pytest.approx(1.418885, abs=1e-5)


def test_holdout_of_39_weeks():
    expected, actual = fitted().expected_purchases(39), load_cdnow().holdout
    assert np.abs(expected - actual).mean() == pytest.approx(0.7648, abs=1e-4)
    assert np.sqrt(np.mean((expected - actual) ** 2)) == pytest.approx(1.6072, abs=1e-4)
    assert np.corrcoef(expected, actual)[0, 1] == pytest.approx(0.6273, abs=1e-4)
    assert np.mean((np.log1p(expected) - np.log1p(actual)) ** 2) == pytest.approx(0.2314, abs=1e-4)
    assert expected.sum() == pytest.approx(1576.7, abs=0.05)
    assert fitted().p_alive().mean() == pytest.approx(0.4487, abs=1e-4)


def test_expected_purchases_by_frequency():
    frequency = np.minimum(load_cdnow().frequency, 7)
    expected = fitted().expected_purchases(39)
    means = [float(expected[frequency == count].mean()) for count in range(8)]
    published = [0.18516, 0.55136, 1.04895, 1.49293, 2.10431, 2.56355, 3.36082, 5.84851]
    assert means == pytest.approx(published, abs=1e-4)


def test_cumulative_purchases_at_the_end_of_the_holdout():
    days = 7 * 78 - load_cdnow().birth_day
    assert fitted().expected_purchases_new(days / 7).sum() == pytest.approx(4054.6, abs=0.05)


def test_a_customer_who_bought_once_may_be_gone_at_once():
    model = ModifiedBetaGeoModel.from_params(PUBLISHED)
    drops_out_first = PUBLISHED["a"] / (PUBLISHED["a"] + PUBLISHED["b"])
    assert model.p_alive(0, 0, 0) == pytest.approx(1 - drops_out_first)
    assert model.p_alive(0, 0, 10_000) < 0.1


def test_it_is_bg_nbd_with_one_chance_more_to_drop_out():
    modified = ModifiedBetaGeoModel.from_params(PUBLISHED)
    plain = BetaGeoModel.from_params({**PUBLISHED, "b": PUBLISHED["b"] + 1})
    assert modified.p_alive(3, 20, 39) == pytest.approx(plain.p_alive(3, 20, 39))
    assert modified.expected_purchases(52, 3, 20, 39) == pytest.approx(plain.expected_purchases(52, 3, 20, 39))
