"""What holds for every dropout model, whatever its formulas, asked the way its users ask."""

import numpy as np
import pytest

from regulars.pipelines.models.beta_geo import BetaGeoModel
from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.modified_beta_geo import ModifiedBetaGeoModel
from regulars.pipelines.models.pareto_nbd import ParetoNBDModel

MODELS: list[DropoutModel] = [
    BetaGeoModel.from_params({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}),
    ModifiedBetaGeoModel.from_params({"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}),
    ParetoNBDModel.from_params({"r": 0.5534, "alpha": 10.5802, "s": 0.6061, "beta": 11.6562}),
]
EVERY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
HISTORIES = ([2, 0, 26], [30.43, 0.0, 30.86], [38.86, 38.86, 31.0])


@pytest.mark.parametrize(
    ("n", "horizon", "history", "truth"),
    [  # lifetimes 0.11.3, conditional_probability_of_n_purchases_up_to_time
        (0, 1, (2, 30.43, 38.86), 0.9569327292281515),
        (1, 1, (2, 30.43, 38.86), 0.041561141781381775),
        (2, 2, (2, 30.43, 38.86), 0.005304008670007122),
        (3, 39, (2, 30.43, 38.86), 0.09565226765582324),
        (20, 52, (26, 30.86, 31), 0.01793751330136615),
        (2, 39, (0, 0, 38.86), 0.014670434020830861),
    ],
)
def test_chances_of_a_known_customers_purchases_are_those_of_lifetimes(n, horizon, history, truth):
    assert MODELS[2].probability_of_purchases(n, horizon, *history) == pytest.approx(truth, rel=1e-9)


@EVERY_MODEL
def test_chances_of_all_numbers_of_purchases_add_up_to_what_is_expected(model):
    n = np.arange(1500)[:, None]
    chances = model.probability_of_purchases(n, 39, *HISTORIES)
    assert chances.sum(axis=0) == pytest.approx(1)
    assert (n * chances).sum(axis=0) == pytest.approx(model.expected_purchases(39, *HISTORIES))
    assert 1 - chances[0] == pytest.approx(model.probability_of_purchase(39, *HISTORIES))


@EVERY_MODEL
def test_simulated_futures_come_out_as_often_as_their_chances_say(model):
    x, tx, T = 2, 10.0, 12.0
    future = model.draw_future(np.random.default_rng(4), np.full(40_000, x), T, [0, 20])[:, 0]
    seen = model.p_alive(x, tx, T) * np.array([(future == n).mean() for n in (1, 2, 5)])
    assert model.probability_of_purchases([1, 2, 5], 20, x, tx, T) == pytest.approx(seen, abs=0.007)


@EVERY_MODEL
def test_a_horizon_of_each_customers_own_and_a_table_of_horizons(model):
    own = model.expected_purchases([13, 26, 52], *HISTORIES)
    table = model.expected_purchases([[13], [26], [52]], *HISTORIES)
    assert table.shape == (3, 3)
    assert np.diag(table) == pytest.approx(own)


@EVERY_MODEL
def test_one_customer_may_be_given_as_numbers(model):
    assert model.draw_future(np.random.default_rng(1), 2, 30, [0, 10, 20]).shape == (1, 2)
    assert model.draw_future(np.random.default_rng(1), 2, [30, 31], [0, 10]).shape == (2, 1)


@EVERY_MODEL
def test_questions_that_cannot_be_answered_say_why(model):
    with pytest.raises(ValueError, match="horizon 2, customers 3"):
        model.expected_purchases([1, 2], *HISTORIES)
    with pytest.raises(ValueError, match="frequency 1, recency 3, T 2"):
        model.p_alive([1], [1, 1, 1], [2, 2])
    with pytest.raises(ValueError, match="one finite number, 0 or more"):
        model.discounted_purchases([0.1, 0.2, 0.3], *HISTORIES)
    with pytest.raises(ValueError, match="t must be finite"):
        model.probability_of_purchases_new(1, np.inf)
    with pytest.raises(ValueError, match="n is no whole number from 0"):
        model.probability_of_purchases_new(1.5, 10)
    with pytest.raises(ValueError, match="horizon must be finite"):
        model.probability_of_purchases(1, np.inf, *HISTORIES)


@EVERY_MODEL
def test_seconds_or_weeks_single_or_whole_numbers_give_one_fit(model):
    rng = np.random.default_rng(8)
    T = rng.uniform(20, 60, 400).round(2)
    stayed = np.minimum(T, rng.exponential(1 / rng.gamma(0.7, 0.1, 400)))
    x = rng.poisson(rng.gamma(1.5, 0.2, 400) * stayed)
    tx = np.where(x > 0, (stayed * rng.uniform(0, 1, 400) ** (1 / np.maximum(x, 1))).round(2), 0.0)
    weeks = type(model).fit(x.astype(np.int8), tx, T)
    assert (weeks.converged, weeks.at_boundary) == (True, False)
    seconds = type(model).fit(x.tolist(), tx * 604_800, T * 604_800, weights=np.full(400, 0.5))
    single = type(model).fit(x, tx.astype(np.float32), T.astype(np.float32))
    for name in model.NAMES:
        factor = 604_800 if name in model.TIME_NAMES else 1
        assert seconds.params[name] == pytest.approx(weeks.params[name] * factor, rel=1e-4)
        assert single.params[name] == pytest.approx(weeks.params[name], rel=1e-4)
    assert seconds.expected_purchases(604_800) == pytest.approx(weeks.expected_purchases(1), rel=1e-4)


def test_a_model_shows_its_parameters_and_where_they_come_from():
    assert repr(MODELS[0]) == "<BetaGeoModel r=0.243, alpha=4.414, a=0.793, b=2.426; published>"
    few = BetaGeoModel.fit([1, 0], [2, 0], [5, 5], weights=[1, 0.5])
    assert "; fitted on 1.5 customers; " in repr(few)
    assert few.message in repr(few)


class _Labelled:
    """Labelled values, which iterate over the values, as a pandas Series does."""

    def __init__(self, values: dict[str, float]) -> None:
        self._values = values

    def keys(self):
        return self._values.keys()

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self):
        return iter(self._values.values())


def test_published_parameters_may_come_with_labels_of_any_kind():
    labelled = _Labelled({"b": 2.426, "a": 0.793, "alpha": 4.414, "r": 0.243})
    assert BetaGeoModel.from_params(labelled).params == MODELS[0].params


@EVERY_MODEL
def test_thousands_of_purchases_each_are_no_boundary(model):
    rng = np.random.default_rng(3)
    T = rng.uniform(0.5, 1, 800)
    stayed = np.minimum(T, rng.exponential(1 / rng.gamma(0.8, 1 / 0.6, 800)))
    x = rng.poisson(rng.gamma(0.4, 2000 / 0.4, 800) * stayed)
    tx = np.where(x > 0, stayed * rng.uniform(0, 1, 800) ** (1 / np.maximum(x, 1)), 0.0)
    found = type(model).fit(x, tx, T)
    assert (found.converged, found.message) == (True, "")
    assert found.params["r"] / found.params["alpha"] == pytest.approx(2000, rel=0.1)
