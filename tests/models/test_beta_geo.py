"""BG/NBD against published numbers: Fader, Hardie & Lee (2005), BTYD, CLVTools, Hardie's spreadsheets."""

from functools import cache

import numpy as np
import pytest

from regulars.pipelines.models.beta_geo import BetaGeoModel
from tests.models.cdnow import load_cdnow

PUBLISHED = BetaGeoModel.from_params({"r": 0.2425945, "alpha": 4.4136019, "a": 0.7929199, "b": 2.4258881})
ROUNDED = BetaGeoModel.from_params({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})


@cache
def fitted() -> BetaGeoModel:
    cdnow = load_cdnow()
    return BetaGeoModel.fit(cdnow.frequency, cdnow.recency, cdnow.T)


def by_frequency(values: np.ndarray) -> list[float]:
    """Means of customers with 0, 1, … 6, 7 and more repeat purchases."""
    frequency = np.minimum(load_cdnow().frequency, 7)
    return [float(values[frequency == count].mean()) for count in range(8)]


def test_the_sample_is_the_one_of_the_papers():
    cdnow = load_cdnow()
    assert (cdnow.T.size, (cdnow.frequency > 0).sum(), cdnow.frequency.sum(), cdnow.holdout.sum()) == (
        2357,
        946,
        2457,
        1882,
    )
    counts = np.bincount(np.minimum(cdnow.frequency, 7).astype(int))
    assert counts.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]


def test_cdnow_gives_the_papers_parameters():
    model = fitted()
    assert model.params == pytest.approx(PUBLISHED.params, rel=2e-5)
    assert model.log_likelihood == pytest.approx(-9582.429, abs=1e-3)
    errors = {"r": 0.01256, "alpha": 0.3782, "a": 0.1857, "b": 0.7054}
    assert model.standard_errors == pytest.approx(errors, abs=1e-4)
    assert (model.converged, model.at_boundary, model.message, model.customers) == (True, False, "", 2357)


def test_customer_1_of_the_spreadsheet():
    assert PUBLISHED.expected_purchases(39, 2, 30.4286, 38.8571) == pytest.approx(1.225994, abs=1e-5)
    assert PUBLISHED.p_alive(2, 30.4286, 38.8571) == pytest.approx(0.7266203, abs=1e-5)


def test_customer_1516_of_the_btyd_vignette():
    assert fitted().expected_purchases(52, 26, 30.857, 31) == pytest.approx(25.75734, abs=1e-4)
    assert fitted().p_alive(26, 30.857, 31) == pytest.approx(0.9688544, abs=1e-5)


def test_who_bought_more_often_and_then_stopped_is_expected_to_buy_less():
    expected = fitted().expected_purchases(52, [10, 15, 20, 25], 20, 39)
    assert expected == pytest.approx([0.34748, 0.042837, 0.0041593, 0.0003584], rel=2e-4)


def test_purchases_of_a_new_customer():
    assert fitted().expected_purchases_new(52) == pytest.approx(1.444012, abs=1e-5)
    expected = fitted().expected_purchases_new([0.1429, 1, 3, 31.8571, 32, 78])
    assert expected == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], abs=4e-4)


def test_probabilities_of_purchase_counts():
    assert ROUNDED.probability_of_purchases_new(10, 2) == pytest.approx(1.07869e-7, rel=1e-5)
    assert ROUNDED.probability_of_purchases_new(0, 39) == pytest.approx(0.5737864, abs=1e-7)
    published = [0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638]
    published += [0.0005517902, 0.0004361913, 0.0003467171, 0.0002769613, 0.0002222260]
    assert ROUNDED.probability_of_purchases_new(np.arange(11, 21), 30) == pytest.approx(published, abs=1e-10)


def test_the_fit_gives_the_papers_chi_square():
    cdnow = load_cdnow()
    observed = np.bincount(np.minimum(cdnow.frequency, 7).astype(int))
    counts = np.arange(7)[:, None]
    expected = fitted().probability_of_purchases_new(counts, cdnow.T).sum(axis=1)
    expected = np.append(expected, cdnow.T.size - expected.sum())
    assert ((observed - expected) ** 2 / expected).sum() == pytest.approx(4.821, abs=1e-3)


def test_holdout_of_39_weeks():
    expected, actual = fitted().expected_purchases(39), load_cdnow().holdout
    assert np.abs(expected - actual).mean() == pytest.approx(0.7855, abs=1e-4)
    assert np.sqrt(np.mean((expected - actual) ** 2)) == pytest.approx(1.6080, abs=1e-4)
    assert np.corrcoef(expected, actual)[0, 1] == pytest.approx(0.6256, abs=1e-4)
    assert np.mean((np.log1p(expected) - np.log1p(actual)) ** 2) == pytest.approx(0.2343, abs=1e-4)
    assert expected.sum() == pytest.approx(1653.4, abs=0.05)
    assert fitted().p_alive().mean() == pytest.approx(0.8134, abs=1e-4)


def test_expected_purchases_by_frequency():
    published = [0.22509, 0.52314, 1.04413, 1.52026, 2.16382, 2.65379, 3.50396, 6.15704]
    assert by_frequency(fitted().expected_purchases(39)) == pytest.approx(published, abs=2e-4)


def test_cumulative_purchases_of_weeks_20_to_25():
    births, model = load_cdnow().birth_day, fitted()
    weeks = [float(model.expected_purchases_new(np.maximum(7 * k - births, 0) / 7).sum()) for k in range(20, 26)]
    published = [1312.458, 1387.346, 1460.392, 1531.713, 1601.418, 1669.6]
    assert weeks == pytest.approx(published, abs=5e-3)


def test_cumulative_purchases_at_the_end_of_the_holdout():
    days = 7 * 78 - load_cdnow().birth_day
    assert fitted().expected_purchases_new(days / 7).sum() == pytest.approx(4165.7, abs=0.05)


def test_a_customer_who_bought_once_is_alive_by_construction():
    assert ROUNDED.p_alive(0, 0, [0, 1, 1000]).tolist() == [1.0, 1.0, 1.0]


def test_no_digits_are_lost_where_the_published_formula_fails():
    a_is_one = BetaGeoModel.from_params({"r": 0.243, "alpha": 4.414, "a": 1.0, "b": 2.426})
    assert a_is_one.expected_purchases(39, 2, 30, 38) == pytest.approx(1.126561, abs=1e-6)
    near_one = a_is_one.with_params([0.243, 4.414, 1.0 + 1e-9, 2.426])
    assert near_one.expected_purchases(39, 2, 30, 38) == pytest.approx(1.126561, abs=1e-6)
    a_and_b_below_one = BetaGeoModel.from_params({"r": 0.11, "alpha": 2.24, "a": 0.31, "b": 0.5})
    assert a_and_b_below_one.expected_purchases(30, 0, 0, 1) == pytest.approx(0.564589, abs=1e-6)
