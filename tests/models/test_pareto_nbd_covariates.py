import numpy as np
import pytest

from regulars.pipelines.models.pareto_nbd import ParetoNBDModel
from regulars.pipelines.models.pareto_nbd_covariates import ParetoNBDCovariatesModel
from tests.models.cdnow import load_cdnow

TRUTH = {
    "r": 0.8,
    "alpha": 60.0,
    "s": 0.7,
    "beta": 90.0,
    "trans.app": 0.6,
    "trans.age": 0.02,
    "life.app": -0.7,
    "life.age": -0.01,
}


def simulated(customers: int, seed: int = 4):
    """Frequency, recency, T and facts of a shop whose app users, and older people, buy more often and stay longer."""
    rng = np.random.default_rng(seed)
    app, age = (rng.random(customers) < 0.4).astype(float), rng.uniform(20, 80, customers)
    T = rng.uniform(300, 700, customers)
    rate = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], customers) * np.exp(0.6 * app + 0.02 * age)
    leaving = rng.gamma(TRUTH["s"], 1 / TRUTH["beta"], customers) * np.exp(-0.7 * app - 0.01 * age)
    lived = np.minimum(rng.standard_exponential(customers) / leaving, T)
    frequency = rng.poisson(rate * lived).astype(float)
    recency = np.where(frequency > 0, lived * rng.random(customers) ** (1 / np.maximum(frequency, 1)), 0.0)
    return (frequency, recency, T), {"app": app, "age": age}


@pytest.fixture(scope="module")
def shop():
    return simulated(6000)


@pytest.fixture(scope="module")
def fitted(shop):
    history, facts = shop
    return ParetoNBDCovariatesModel.fit(*history, facts)


def test_what_customers_were_made_with_is_found_again(fitted):
    found = fitted.fitted
    assert found.converged
    assert not found.at_boundary
    assert list(found.params) == list(TRUTH)
    assert fitted.customers == 6000
    for name, truth in TRUTH.items():
        assert abs(found.params[name] - truth) < 3 * found.standard_errors[name], name
    assert found.standard_errors["trans.app"] < 0.1
    assert found.standard_errors["life.app"] < 0.2


def test_covariates_beat_the_plain_model_by_what_they_explain(shop, fitted):
    history, facts = shop
    plain = ParetoNBDModel.fit(*history)
    assert fitted.fitted.log_likelihood > plain.log_likelihood + 100
    assert fitted.log_likelihood_of(*history, facts).sum() == pytest.approx(fitted.fitted.log_likelihood, abs=1e-6)


def test_facts_that_are_all_zero_leave_the_plain_model(shop, fitted):
    history, _ = shop
    plain = ParetoNBDModel.from_params({name: fitted.fitted.params[name] for name in ParetoNBDModel.NAMES})
    asked = (*history, {"app": 0, "age": 0})
    assert fitted.p_alive(*asked) == pytest.approx(plain.p_alive(*history), rel=1e-12)
    assert fitted.expected_purchases(90, *asked) == pytest.approx(plain.expected_purchases(90, *history), rel=1e-12)
    discounted = plain.discounted_purchases(0.001, *history)
    assert fitted.discounted_purchases(0.001, *asked) == pytest.approx(discounted, rel=1e-12)
    any_purchase = plain.probability_of_purchase(90, *history)
    assert fitted.probability_of_purchase(90, *asked) == pytest.approx(any_purchase, rel=1e-12)
    new = fitted.expected_purchases_new([30, 90], {"app": 0, "age": 0})
    assert new == pytest.approx(plain.expected_purchases_new([30, 90]), rel=1e-12)


def test_a_fact_that_says_nothing_leaves_the_plain_fit_almost_as_it_was():
    cdnow = load_cdnow()
    plain = ParetoNBDModel.fit(cdnow.frequency, cdnow.recency, cdnow.T)
    coin = np.random.default_rng(8).integers(0, 2, 2357)
    tossed = ParetoNBDCovariatesModel.fit(cdnow.frequency, cdnow.recency, cdnow.T, {"coin": coin}).fitted
    assert plain.log_likelihood < tossed.log_likelihood < plain.log_likelihood + 5
    assert abs(tossed.params["trans.coin"]) < 3 * tossed.standard_errors["trans.coin"]
    assert abs(tossed.params["life.coin"]) < 3 * tossed.standard_errors["life.coin"]
    assert tossed.params["r"] == pytest.approx(plain.params["r"], rel=0.02)


def test_born_in_instead_of_age_turns_its_coefficients_round_and_leaves_all_else(shop, fitted):
    history, facts = shop
    born = ParetoNBDCovariatesModel.fit(*history, {"app": facts["app"], "born": 2020 - facts["age"]})
    ours, theirs = fitted.fitted, born.fitted
    assert theirs.params["trans.born"] == pytest.approx(-ours.params["trans.age"], rel=1e-4)
    assert theirs.standard_errors["trans.born"] == pytest.approx(ours.standard_errors["trans.age"], rel=1e-3)
    assert theirs.params["life.app"] == pytest.approx(ours.params["life.app"], rel=1e-4)
    assert theirs.log_likelihood == pytest.approx(ours.log_likelihood, abs=1e-6)
    assert born.p_alive() == pytest.approx(fitted.p_alive(), abs=1e-5)


def test_weeks_instead_of_days_change_the_two_times_only(shop, fitted):
    (frequency, recency, T), facts = shop
    weeks = ParetoNBDCovariatesModel.fit(frequency, recency / 7, T / 7, facts).fitted
    expected = {**fitted.fitted.params, "alpha": fitted.fitted.params["alpha"] / 7}
    assert weeks.params == pytest.approx({**expected, "beta": fitted.fitted.params["beta"] / 7}, rel=1e-4)
    assert weeks.log_likelihood == pytest.approx(fitted.fitted.log_likelihood + frequency.sum() * np.log(7), abs=1e-6)


def test_app_users_are_promised_more_than_others_with_the_same_history(fitted):
    declared = fitted.expected_purchases(365, 3, 200, 400, {"app": [0, 1], "age": 40})
    assert declared[1] > declared[0]


def test_uncertain_parameters_may_be_negative_where_they_are_coefficients(fitted):
    drawn = fitted.draw_params(np.random.default_rng(1), 400)
    assert (drawn[:, :4] > 0).all()
    assert drawn[:, 6].mean() == pytest.approx(fitted.fitted.params["life.app"], abs=0.05)
    assert drawn[:, 6].std() == pytest.approx(fitted.fitted.standard_errors["life.app"], rel=0.2)
    assert (fitted.with_params(drawn[0]).p_alive() > 0).all()


def test_simulated_futures_average_to_what_is_expected(fitted):
    customers, facts = 100_000, {"app": 1, "age": 50}
    frequency, T = np.full(customers, 4.0), np.full(customers, 300.0)
    futures = fitted.draw_future(np.random.default_rng(11), frequency, T, facts, [0, 90, 365])
    alive = fitted.p_alive(4, 250, 300, facts)
    expected = np.diff([fitted.expected_purchases(horizon, 4, 250, 300, facts) / alive for horizon in (0, 90, 365)])
    assert futures.mean(axis=0) == pytest.approx(expected, rel=0.02)


def test_published_parameters_need_both_coefficients_of_every_covariate():
    with pytest.raises(ValueError, match=r"must be .*life\.app"):
        ParetoNBDCovariatesModel.from_params({"r": 1, "alpha": 9, "s": 1, "beta": 9, "trans.app": 0.2})


def test_without_any_fact_the_plain_model_is_asked_for(shop):
    with pytest.raises(ValueError, match="fit a ParetoNBDModel"):
        ParetoNBDCovariatesModel.fit(*shop[0], {})


def test_a_fact_that_is_the_same_for_all_is_refused(shop):
    with pytest.raises(ValueError, match="shop is the same for everybody"):
        ParetoNBDCovariatesModel.fit(*shop[0], {"shop": np.ones(6000)})


def test_the_fit_speaks_as_that_of_any_model(fitted):
    assert fitted.params == fitted.fitted.params
    assert fitted.standard_errors == fitted.fitted.standard_errors
    assert (fitted.converged, fitted.at_boundary, fitted.message) == (True, False, "")
    assert repr(fitted).startswith("<ParetoNBDCovariatesModel r=")


class _Table:
    """A table by column, as a pandas DataFrame is: neither true nor false."""

    def __init__(self, columns: dict[str, np.ndarray]) -> None:
        self._columns = columns

    def __iter__(self):
        return iter(self._columns)

    def __getitem__(self, name: str) -> np.ndarray:
        return self._columns[name]

    def __bool__(self) -> bool:
        raise ValueError("the truth value of a table is ambiguous")


def test_facts_may_come_as_a_table_of_true_and_false(shop, fitted):
    history, facts = shop
    table = _Table({"app": facts["app"] > 0, "age": facts["age"]})
    assert ParetoNBDCovariatesModel.fit(*history, table).params == fitted.params


def test_the_chances_of_every_number_of_purchases_add_up_to_what_is_expected():
    model = ParetoNBDCovariatesModel.from_params(TRUTH)
    n, known = (
        np.arange(3000)[:, None],
        ([2, 9, 0], [10.0, 25.0, 0.0], [30.0, 30.0, 39.0], {"app": [0, 1, 1], "age": [20, 40, 30]}),
    )
    chances = model.probability_of_purchases(n, 12, *known)
    assert chances.sum(axis=0) == pytest.approx(1)
    assert (n * chances).sum(axis=0) == pytest.approx(model.expected_purchases(12, *known))
    assert 1 - chances[0] == pytest.approx(model.probability_of_purchase(12, *known))
    alpha = 60 * np.exp(-0.6 - 0.8)
    alone = ParetoNBDModel.from_params({"r": 0.8, "alpha": alpha, "s": 0.7, "beta": 90 * np.exp(0.7 + 0.4)})
    assert chances[:5, 1] == pytest.approx(alone.probability_of_purchases(range(5), 12, 9, 25, 30))
    assert model.expected_purchases([[6], [12]], *known)[1] == pytest.approx(model.expected_purchases(12, *known))
