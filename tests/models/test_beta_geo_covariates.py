from functools import cache

import numpy as np
import pytest

from regulars.pipelines.models.beta_geo import BetaGeoModel
from regulars.pipelines.models.beta_geo_covariates import BetaGeoCovariatesModel

TRUTH = {"r": 0.8, "alpha": 8.0, "a": 0.8, "b": 2.0, "trans.vip": 0.6, "trans.age": -0.02}
TRUTH |= {"life.vip": 0.5, "life.age": 0.03}
HISTORIES = ([0, 1, 4, 9], [0.0, 20.0, 35.0, 12.0], [39.0, 30.0, 36.0, 39.0])


@cache
def simulated() -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Histories of 8,000 customers at the true parameters, purchase by purchase."""
    rng, n = np.random.default_rng(11), 8000
    vip, age = rng.integers(0, 2, n).astype(float), rng.integers(0, 3, n) * 20.0
    scale = np.exp(0.5 * vip + 0.03 * age)
    rate = rng.gamma(0.8, np.exp(0.6 * vip - 0.02 * age) / 8.0)
    chance, end = rng.beta(0.8 * scale, 2.0 * scale), rng.integers(50, 100, n).astype(float)
    frequency, recency, now, alive = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, dtype=bool)
    while alive.any():
        now = now + rng.exponential(1 / np.maximum(rate, 1e-300))
        alive &= now < end
        frequency[alive] += 1
        recency[alive] = now[alive]
        alive &= rng.random(n) >= chance
    return frequency, recency, end, {"vip": vip, "age": age}


@cache
def fitted() -> BetaGeoCovariatesModel:
    return BetaGeoCovariatesModel.fit(*simulated())


def test_simulated_customers_give_back_the_parameters_they_were_made_with():
    found = fitted()
    assert (found.converged, found.at_boundary, found.message) == (True, False, "")
    off = {name: (found.params[name] - TRUTH[name]) / found.standard_errors[name] for name in TRUTH}
    assert max(abs(errors) for errors in off.values()) < 3, off
    assert found.standard_errors["trans.vip"] < 0.1


def test_the_log_likelihood_is_the_sum_of_its_rows_and_beats_the_plain_model():
    frequency, recency, end, covariates = simulated()
    rows = fitted().log_likelihood_of(frequency, recency, end, covariates)
    assert fitted().log_likelihood == pytest.approx(rows.sum(), rel=1e-10)
    assert fitted().log_likelihood > BetaGeoModel.fit(frequency, recency, end).log_likelihood + 50


def test_nearby_parameters_are_less_likely():
    estimates, errors = fitted().fitted.estimates, np.sqrt(np.diag(fitted().covariance))
    for step in np.eye(8) * errors:
        for moved in (estimates + step, estimates - step):
            likelihood = fitted().with_params(moved).log_likelihood_of(*simulated()).sum()
            assert likelihood < fitted().log_likelihood


def test_coefficients_of_zero_are_the_plain_model():
    plain = BetaGeoModel.from_params({"r": 0.8, "alpha": 8.0, "a": 0.8, "b": 2.0})
    neutral = BetaGeoCovariatesModel.from_params({**plain.params, "trans.vip": 0.0, "life.vip": 0.0})
    vip = {"vip": [0, 1, 5, -3]}
    assert neutral.p_alive(*HISTORIES, vip) == pytest.approx(plain.p_alive(*HISTORIES))
    assert neutral.expected_purchases(52, *HISTORIES, vip) == pytest.approx(plain.expected_purchases(52, *HISTORIES))
    active = neutral.probability_of_purchase(52, *HISTORIES, vip)
    assert active == pytest.approx(plain.probability_of_purchase(52, *HISTORIES))
    discounted = neutral.discounted_purchases(0.01, *HISTORIES, vip)
    assert discounted == pytest.approx(plain.discounted_purchases(0.01, *HISTORIES))
    likelihood = neutral.log_likelihood_of(*HISTORIES, vip)
    assert likelihood == pytest.approx(plain.log_likelihood_of(*HISTORIES))
    assert neutral.expected_purchases_new(52, {"vip": 1}) == pytest.approx(plain.expected_purchases_new(52))


def test_a_covariate_that_says_nothing_gets_a_coefficient_of_nothing():
    frequency, recency, end, _ = simulated()
    tails = np.arange(frequency.size) % 2
    twice = [np.repeat(column, 2) for column in (frequency, recency, end)]
    model = BetaGeoCovariatesModel.fit(*twice, {"tails": np.tile([0.0, 1.0], tails.size)})
    plain = BetaGeoModel.fit(*twice)
    assert model.params["trans.tails"] == pytest.approx(0, abs=1e-4)
    assert model.params["life.tails"] == pytest.approx(0, abs=1e-4)
    assert model.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    for name, value in plain.params.items():
        assert model.params[name] == pytest.approx(value, rel=1e-3)


def test_customers_of_one_kind_are_the_plain_model_at_their_own_parameters():
    model = BetaGeoCovariatesModel.from_params(TRUTH)
    scale = np.exp(0.5 + 0.03 * 20)
    own = BetaGeoModel.from_params({"r": 0.8, "alpha": 8 * np.exp(-0.6 + 0.02 * 20), "a": 0.8 * scale, "b": 2 * scale})
    kind = {"vip": 1.0, "age": 20.0}
    assert model.expected_purchases(52, *HISTORIES, kind) == pytest.approx(own.expected_purchases(52, *HISTORIES))
    assert model.expected_purchases_new(52, kind) == pytest.approx(own.expected_purchases_new(52))


def test_the_scale_and_the_origin_of_a_covariate_do_not_matter():
    frequency, recency, end, covariates = simulated()
    born = {"vip": covariates["vip"], "age": 2026 - covariates["age"]}
    model = BetaGeoCovariatesModel.fit(frequency, recency, 7 * end / 7, born)
    assert model.log_likelihood == pytest.approx(fitted().log_likelihood, abs=1e-5)
    assert model.params["trans.age"] == pytest.approx(-fitted().params["trans.age"], rel=1e-3)
    errors = model.standard_errors["trans.age"], fitted().standard_errors["trans.age"]
    assert errors[0] == pytest.approx(errors[1], rel=1e-3)
    assert model.p_alive() == pytest.approx(fitted().p_alive(), abs=1e-5)


def test_effects_are_drawn_on_the_whole_line():
    drawn = fitted().draw_params(np.random.default_rng(1), 500)
    assert drawn.shape == (500, 8)
    age = fitted().params["trans.age"]
    assert age < 0
    assert drawn[:, fitted().fitted.names.index("trans.age")].mean() == pytest.approx(age, abs=5e-4)


def test_two_covariates_that_say_the_same_are_reported():
    frequency, recency, end, covariates = simulated()
    same = {"vip": covariates["vip"], "premium": covariates["vip"]}
    model = BetaGeoCovariatesModel.fit(frequency[:500], recency[:500], end[:500], {k: v[:500] for k, v in same.items()})
    assert model.at_boundary
    assert "do not identify trans.vip and trans.premium and life.vip and life.premium" in model.message


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: m.fit([1, 0], [2, 0], [3, 3], {"vip": [1, 1]}), "vip is the same for everybody"),
        (lambda m: m.from_params({**TRUTH, "alpha": -1.0}), "the first four above 0"),
        (lambda m: m.from_params({"r": 1.0, "trans.vip": 0.0}), "life.vip"),
        (lambda m: m.from_params(TRUTH).p_alive(1, 2, 3), "covariates together"),
        (lambda m: m.from_params(TRUTH).p_alive(), "made from parameters"),
        (lambda m: m.from_params(TRUTH).p_alive(1, 2, 3, {"vip": 1}), "covariates must be vip, age"),
        (lambda m: m.from_params(TRUTH).discounted_purchases(0, 1, 2, 3, {"vip": 1, "age": 1}), "no finite sum"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(BetaGeoCovariatesModel)


def test_what_is_known_keeps_its_standard_error_where_customers_of_one_kind_all_leave_alike():
    """As in CLVTools' apparel data: nothing says how alike, so a, b and their coefficient are anybody's guess."""
    rng, n = np.random.default_rng(1), 1500
    app, end = rng.integers(0, 2, n).astype(float), np.full(n, 60.0)
    rate = rng.gamma(1.0, np.exp(0.5 * app) / 12.0)
    last = np.where(app == 0, rng.geometric(0.12, n), rng.geometric(rng.beta(0.5, 3.5, n)))
    x, tx = np.zeros(n), np.zeros(n)
    for i in range(n):
        times = np.cumsum(rng.exponential(1 / rate[i], 200))
        x[i] = min(np.count_nonzero(times < 60), last[i])
        tx[i] = times[int(x[i]) - 1] if x[i] else 0.0
    model = BetaGeoCovariatesModel.fit(x, tx, end, {"app": app})
    assert model.at_boundary
    assert model.message.startswith("b ran off upwards")
    errors = model.standard_errors
    assert [name for name in errors if np.isnan(errors[name])] == ["a", "b", "life.app"]
    assert model.params["trans.app"] == pytest.approx(0.5, abs=3 * errors["trans.app"])
    assert 0 < errors["trans.app"] < 0.1


def test_without_any_fact_the_plain_model_is_asked_for():
    with pytest.raises(ValueError, match="fit a BetaGeoModel"):
        BetaGeoCovariatesModel.fit(*simulated()[:3], {})


def test_the_chances_of_every_number_of_purchases_add_up_to_what_is_expected():
    model = BetaGeoCovariatesModel.from_params(TRUTH)
    n, known = (
        np.arange(3000)[:, None],
        ([2, 9, 0], [10.0, 25.0, 0.0], [30.0, 30.0, 39.0], {"vip": [0, 1, 1], "age": [20, 40, 30]}),
    )
    chances = model.probability_of_purchases(n, 12, *known)
    assert chances.sum(axis=0) == pytest.approx(1)
    assert (n * chances).sum(axis=0) == pytest.approx(model.expected_purchases(12, *known))
    assert 1 - chances[0] == pytest.approx(model.probability_of_purchase(12, *known))
    scale = np.exp(0.5 + 1.2)
    alone = BetaGeoModel.from_params({"r": 0.8, "alpha": 8.0 * np.exp(-0.6 + 0.8), "a": 0.8 * scale, "b": 2.0 * scale})
    assert chances[:5, 1] == pytest.approx(alone.probability_of_purchases(range(5), 12, 9, 25, 30))
    assert model.expected_purchases([[6], [12]], *known)[1] == pytest.approx(model.expected_purchases(12, *known))
