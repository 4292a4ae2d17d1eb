"""What must hold for every model with facts about customers: the plain model at each customer's own parameters."""

import numpy as np
import pytest

from regulars.pipelines.models.beta_geo_covariates import BetaGeoCovariatesModel
from regulars.pipelines.models.dropout.covariates_fit import Effects, log_likelihood
from regulars.pipelines.models.dropout.covariates_model import CovariatesModel
from regulars.pipelines.models.fitting.rows import merge_equal_rows
from regulars.pipelines.models.modified_beta_geo import ModifiedBetaGeoModel
from regulars.pipelines.models.pareto_nbd_covariates import ParetoNBDCovariatesModel

HISTORIES = ([0, 1, 4, 9], [0.0, 20.0, 35.0, 12.0], [39.0, 30.0, 36.0, 39.0])
VIP = {"vip": [0, 1, 1, 0]}


class ModifiedBetaGeoCovariatesModel(CovariatesModel):
    """Nobody's model yet: a third one is its plain model and what the facts act on."""

    PLAIN = ModifiedBetaGeoModel
    EFFECTS = Effects(trans=(0, -1, 0, 0), life=(0, 0, 1, 1))


EVERY = pytest.mark.parametrize(
    "model", [BetaGeoCovariatesModel, ModifiedBetaGeoCovariatesModel, ParetoNBDCovariatesModel]
)


def published(model: type[CovariatesModel], trans: float, life: float) -> CovariatesModel:
    base = dict(zip(model.PLAIN.NAMES, (0.8, 8.0, 0.8, 20.0), strict=True))
    return model.from_params({**base, "trans.vip": trans, "life.vip": life})


@EVERY
def test_a_customer_is_one_of_the_plain_model_at_their_own_parameters(model: type[CovariatesModel]):
    with_facts = published(model, 0.6, 0.5)
    r, alpha, third, fourth = 0.8, 8.0 * np.exp(-0.6), 0.8, 20.0
    if model is ParetoNBDCovariatesModel:
        own = (r, alpha, third, fourth * np.exp(-0.5))
    else:
        own = (r, alpha, third * np.exp(0.5), fourth * np.exp(0.5))
    plain = model.PLAIN.from_params(dict(zip(model.PLAIN.NAMES, own, strict=True)))
    known = (*HISTORIES, {"vip": 1})
    assert with_facts.p_alive(*known) == pytest.approx(plain.p_alive(*HISTORIES))
    assert with_facts.expected_purchases(9, *known) == pytest.approx(plain.expected_purchases(9, *HISTORIES))
    assert with_facts.probability_of_purchase(9, *known) == pytest.approx(plain.probability_of_purchase(9, *HISTORIES))
    chances = with_facts.probability_of_purchases(2, 9, *known)
    assert chances == pytest.approx(plain.probability_of_purchases(2, 9, *HISTORIES))
    assert with_facts.expected_purchases_new(9, {"vip": 1}) == pytest.approx(plain.expected_purchases_new(9))
    assert with_facts.log_likelihood_of(*known) == pytest.approx(plain.log_likelihood_of(*HISTORIES))


@EVERY
def test_facts_that_do_nothing_draw_the_futures_of_the_plain_model(model: type[CovariatesModel]):
    neutral, edges = published(model, 0.0, 0.0), [0, 10, 100]
    plain = model.PLAIN.from_params({name: neutral.params[name] for name in model.PLAIN.NAMES})
    frequency, _, T = HISTORIES
    drawn = neutral.draw_future(np.random.default_rng(5), frequency, T, VIP, edges)
    assert drawn.tolist() == plain.draw_future(np.random.default_rng(5), frequency, T, edges).tolist()


@EVERY
def test_simulated_futures_average_to_what_is_expected_of_each_kind_of_customer(model: type[CovariatesModel]):
    with_facts, customers = published(model, 0.6, -0.4), 100_000
    vip = {"vip": np.arange(customers) % 2}
    futures = with_facts.draw_future(np.random.default_rng(11), 4.0, 36.0, vip, [0, 10, 100])
    for kind in (0, 1):
        known = (4, 35.0, 36.0, {"vip": kind})
        expected = np.diff(with_facts.expected_purchases([0, 10, 100], *known)) / with_facts.p_alive(*known)
        assert futures[kind::2].mean(axis=0) == pytest.approx(expected, rel=0.03)


@EVERY
def test_one_scalar_customer_gives_one_number_and_one_future(model: type[CovariatesModel]):
    with_facts = published(model, 0.6, -0.4)
    assert isinstance(with_facts.p_alive(4, 35.0, 36.0, {"vip": 1}), float)
    assert with_facts.draw_future(np.random.default_rng(1), 4, 36.0, {"vip": 1}, [0, 10]).shape == (1, 1)


@EVERY
def test_gradient_of_the_fit_is_the_gradient_of_its_log_likelihood(model: type[CovariatesModel]):
    vip, weights = np.array(VIP["vip"], dtype=float), np.array([3.0, 1.0, 2.0, 5.0])
    frequency, recency, T = (np.array(column, dtype=float) for column in HISTORIES)
    rows = merge_equal_rows(frequency, vip, recency, T, weights=weights)
    at, step = np.append(np.log([0.8, 8.0, 0.8, 20.0]), [0.6, 0.5]), 1e-6
    names = published(model, 0.0, 0.0).params

    def total(working: np.ndarray) -> float:
        params = dict(zip(names, [*np.exp(working[:4]), *working[4:]], strict=True))
        return weights @ model.from_params(params).log_likelihood_of(*HISTORIES, VIP)

    value, gradient = log_likelihood(model.PLAIN.FORMULAS, model.EFFECTS, rows)(at)
    gradients = [(total(at + move) - total(at - move)) / (2 * step) for move in np.eye(6) * step]
    assert value == pytest.approx(total(at))
    assert gradient == pytest.approx(gradients, abs=1e-6)
