"""What must hold for BG/NBD and MBG/NBD alike, whatever the numbers are."""

import numpy as np
import pytest

from regulars.pipelines.models.beta_geo import BetaGeoModel
from regulars.pipelines.models.dropout.beta_geo_family import BetaGeoFamily
from regulars.pipelines.models.dropout.beta_geo_formulas import BetaGeoFormulas
from regulars.pipelines.models.dropout.geometric_dropout import GroupedHistories
from regulars.pipelines.models.dropout.history import History
from regulars.pipelines.models.modified_beta_geo import ModifiedBetaGeoModel

BOTH = pytest.mark.parametrize("model", [BetaGeoModel, ModifiedBetaGeoModel])
PARAMS = {"r": 0.8, "alpha": 6.0, "a": 0.9, "b": 2.5}
TABLE = np.array(
    # frequency, recency, T, how many such customers
    [
        (0, 0, 39, 50),
        (0, 0, 30, 40),
        (1, 4, 38, 20),
        (1, 30, 36, 12),
        (2, 10, 39, 10),
        (2, 33, 34, 9),
        (3, 20, 31, 6),
        (4, 38, 39, 6),
        (6, 15, 39, 3),
        (7, 36, 37, 4),
        (12, 30, 30, 2),
        (15, 37, 38, 2),
    ],
    dtype=float,
)
HISTORY, WEIGHTS = TABLE[:, :3].T, TABLE[:, 3]


@BOTH
def test_time_in_days_only_rescales_alpha(model: type[BetaGeoFamily]):
    weeks, days = (model.fit(HISTORY[0], k * HISTORY[1], k * HISTORY[2], WEIGHTS) for k in (1, 7))
    assert days.params == pytest.approx({**weeks.params, "alpha": 7 * weeks.params["alpha"]}, rel=1e-5)
    purchases = float(WEIGHTS @ HISTORY[0])
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - purchases * np.log(7), abs=1e-6)
    assert days.expected_purchases(70) == pytest.approx(weeks.expected_purchases(10), rel=1e-5)
    assert days.standard_errors["alpha"] == pytest.approx(7 * weeks.standard_errors["alpha"], rel=1e-4)


@BOTH
def test_the_order_of_customers_changes_nothing(model: type[BetaGeoFamily]):
    shuffled = np.random.default_rng(1).permutation(WEIGHTS.size)
    one, other = model.fit(*HISTORY, WEIGHTS), model.fit(*HISTORY[:, shuffled], WEIGHTS[shuffled])
    assert other.params == one.params
    assert other.p_alive().tolist() == one.p_alive()[shuffled].tolist()


@BOTH
def test_a_weight_of_three_is_three_customers(model: type[BetaGeoFamily]):
    weighted = model.fit(*HISTORY, WEIGHTS)
    exploded = model.fit(*np.repeat(HISTORY, WEIGHTS.astype(int), axis=1))
    assert exploded.params == weighted.params
    assert exploded.log_likelihood == weighted.log_likelihood
    assert exploded.customers == weighted.customers == 164


@BOTH
def test_the_log_likelihood_is_the_sum_of_its_rows(model: type[BetaGeoFamily]):
    fitted = model.fit(*HISTORY, WEIGHTS)
    assert fitted.log_likelihood == pytest.approx(WEIGHTS @ fitted.log_likelihood_of(*HISTORY), rel=1e-12)


@pytest.mark.parametrize("chances_at_start", [0, 1])
def test_the_slopes_are_those_of_the_log_likelihood(chances_at_start: int):
    groups = GroupedHistories(HISTORY[0], History(*HISTORY), WEIGHTS, chances_at_start)

    def value(theta: np.ndarray) -> float:
        r, alpha, a, b = theta
        return groups.log_likelihood(r, np.array([alpha]), np.array([a]), np.array([b]))[0]

    theta, width = np.array([0.8, 6.0, 0.9, 2.5]), 1e-5
    differences = [(value(theta + step) - value(theta - step)) / (2 * width) for step in width * np.eye(4)]
    gradients = groups.log_likelihood(0.8, *(np.array([part]) for part in theta[1:]))[1].sum(axis=1)
    assert gradients == pytest.approx(differences, rel=1e-6)


@BOTH
def test_the_likelihood_of_a_history_is_the_average_over_all_rates_and_chances(model: type[BetaGeoFamily]):
    """By Monte Carlo over customers with known rate λ and chance p: staying, or dropping out at the last purchase."""
    rng, x, recency, end = np.random.default_rng(7), 2, 20.0, 30.0
    rate, chance = rng.gamma(0.8, 1 / 6.0, 400_000), rng.beta(0.9, 2.5, 400_000)
    chances = x + model.CHANCES_AT_START
    stayed = (1 - chance) ** chances * rate**x * np.exp(-rate * end)
    dropped = chance * (1 - chance) ** (chances - 1) * rate**x * np.exp(-rate * recency)
    published = model.from_params(PARAMS)
    assert np.exp(published.log_likelihood_of(x, recency, end)) == pytest.approx(np.mean(stayed + dropped), rel=0.01)
    assert published.p_alive(x, recency, end) == pytest.approx(stayed.sum() / (stayed + dropped).sum(), rel=0.01)


@BOTH
def test_nothing_is_expected_within_no_time_and_more_within_more(model: type[BetaGeoFamily]):
    expected = model.from_params(PARAMS).expected_purchases(np.arange(0, 200, 5), 3, 20, 31)
    assert expected[0] == 0
    assert (np.diff(expected) > 0).all()


@BOTH
def test_purchase_counts_of_a_new_customer_have_probability_one_and_the_expected_mean(model: type[BetaGeoFamily]):
    published, counts = model.from_params(PARAMS), np.arange(400)
    probabilities = published.probability_of_purchases_new(counts, 39)
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert probabilities @ counts == pytest.approx(published.expected_purchases_new(39), rel=1e-9)


@BOTH
def test_in_no_time_a_new_customer_buys_nothing(model: type[BetaGeoFamily]):
    published = model.from_params(PARAMS)
    assert published.probability_of_purchases_new([0, 1, 2], 0) == pytest.approx([1, 0, 0], abs=1e-15)
    assert published.expected_purchases_new(0) == 0


@BOTH
def test_purchases_discounted_over_all_time_are_the_limit_of_long_horizons(model: type[BetaGeoFamily]):
    published = model.from_params(PARAMS)
    forever = published.discounted_purchases(0.01, 3, 20, 31)
    long = published.discounted_purchases(0.01, 3, 20, 31, horizon=[500, 1000, 3000])
    assert (np.diff(long) > 0).all()
    assert long[-1] == pytest.approx(forever, rel=1e-9)


@BOTH
def test_discounted_purchases_are_the_discounted_steps_of_expected_purchases(model: type[BetaGeoFamily]):
    published, edges = model.from_params(PARAMS), np.linspace(0, 104, 2081)
    steps = np.diff(published.expected_purchases(edges, 3, 20, 31))
    midpoints = (edges[1:] + edges[:-1]) / 2
    summed = steps @ np.exp(-0.02 * midpoints)
    assert published.discounted_purchases(0.02, 3, 20, 31, horizon=104) == pytest.approx(summed, rel=1e-6)


@BOTH
def test_simulated_futures_average_to_what_is_expected(model: type[BetaGeoFamily]):
    published, n = model.from_params(PARAMS), 100_000
    futures = published.draw_future(np.random.default_rng(3), np.full(n, 2), np.full(n, 30.0), [0, 10, 10, 52])
    alive = published.p_alive(2, 20, 30)
    within_10, within_52 = published.expected_purchases([10, 52], 2, 20, 30) / alive
    assert futures.dtype == np.int64
    assert futures[:, 1].sum() == 0
    assert futures[:, 0].mean() == pytest.approx(within_10, rel=0.02)
    assert futures.sum(axis=1).mean() == pytest.approx(within_52, rel=0.02)
    active = published.probability_of_purchase(52, 2, 20, 30) / alive
    assert (futures.sum(axis=1) > 0).mean() == pytest.approx(active, rel=0.01)


@BOTH
def test_who_cannot_drop_out_and_who_must_can_be_simulated(model: type[BetaGeoFamily]):
    stays = model.from_params({**PARAMS, "a": 1e-3, "b": 1e4})
    leaves = model.from_params({**PARAMS, "a": 1e4, "b": 1e-3})
    none, busy = np.zeros(2000), np.full(2000, 30.0)
    assert stays.draw_future(np.random.default_rng(1), none, busy, [0, 1e4]).max() > 100
    assert leaves.draw_future(np.random.default_rng(1), none, busy, [0, 1e4]).max() == 1


@BOTH
def test_extreme_customers_never_underflow_or_turn_into_nan(model: type[BetaGeoFamily]):
    published = model.from_params({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    x = np.array([3000, 3000, 3000, 0, 1, 2])
    recency, end = np.array([39, 20, 1, 0, 0, 0]), np.array([39, 39, 1e4, 0, 0, 0])
    alive, expected = published.p_alive(x, recency, end), published.expected_purchases(39, x, recency, end)
    assert ((alive > 0) & (alive <= 1)).all()
    assert ((expected > 0) & (expected < 3000)).all()
    assert alive[0] > 0.999
    assert np.isfinite(published.log_likelihood_of(x, recency, end)).all()
    assert np.isfinite(published.discounted_purchases(0.01, x, recency, end)).all()
    assert (published.probability_of_purchase(1e-6, x, recency, end) > 0).all()


def test_p_alive_keeps_its_digits_where_almost_nobody_drops_out():
    published = BetaGeoModel.from_params({"r": 0.5, "alpha": 5.0, "a": 0.05, "b": 2000.0})
    odds = 0.05 / 2499 * (370 / 369) ** 500.5
    assert 1 - published.p_alive(500, 364, 365) == pytest.approx(odds / (1 + odds), rel=1e-9)


@BOTH
def test_customers_who_never_drop_out_are_reported_as_a_boundary(model: type[BetaGeoFamily]):
    frequency = np.array([3, 5, 8, 13, 2, 6, 9, 4] * 5)
    end = np.full(frequency.size, 52.0)
    fitted = model.fit(frequency, end - 52 / (frequency + 1), end)
    assert fitted.at_boundary
    assert "a ran off downwards" in fitted.message
    assert fitted.p_alive().min() > 0.99


@BOTH
def test_nobody_ever_coming_back_is_a_boundary_not_a_crash(model: type[BetaGeoFamily]):
    fitted = model.fit(np.zeros(20), np.zeros(20), np.linspace(1, 40, 20))
    assert fitted.at_boundary
    assert fitted.expected_purchases(39).max() < 0.1


@BOTH
@pytest.mark.parametrize(
    "history",
    [([2], [3], [5]), ([3000], [39], [39]), ([0, 0], [0, 0], [0, 0]), ([5, 5, 5], [5, 5, 5], [5, 5, 5])],
    ids=["one customer", "one busy customer", "no time", "all alike"],
)
def test_customers_who_cannot_tell_the_parameters_are_a_boundary_with_finite_predictions(model, history):
    fitted = model.fit(*history)
    assert fitted.at_boundary
    assert fitted.message
    assert ((fitted.p_alive() > 0) & (fitted.p_alive() <= 1)).all()
    assert np.isfinite(fitted.expected_purchases(39)).all()


@BOTH
def test_a_customer_of_three_thousand_purchases_does_not_break_a_fit(model: type[BetaGeoFamily]):
    x, recency, end = np.append(HISTORY, [[3000], [38.5], [39]], axis=1)
    fitted = model.fit(x, recency, end, np.append(WEIGHTS, 1))
    assert (fitted.converged, fitted.at_boundary) == (True, False)


@BOTH
def test_who_else_is_asked_about_does_not_matter(model: type[BetaGeoFamily]):
    published, n = model.from_params(PARAMS), 1000
    x, end = np.repeat([0, 2], n // 2), np.linspace(10, 400, n)
    recency = np.where(x > 0, end / 2, 0)
    together = published.expected_purchases(52, x, recency, end)
    alone = [published.expected_purchases(52, x[i], recency[i], end[i]) for i in (0, 499, 500, 777, 999)]
    assert together[[0, 499, 500, 777, 999]] == pytest.approx(alone, rel=1e-9)


@BOTH
def test_parameters_are_drawn_as_uncertain_as_the_fit(model: type[BetaGeoFamily]):
    fitted = model.fit(*HISTORY, 10 * WEIGHTS)
    drawn = fitted.draw_params(np.random.default_rng(2), 4000)
    assert drawn.shape == (4000, 4)
    assert (drawn > 0).all()
    assert np.cov(np.log(drawn).T) == pytest.approx(fitted.fitted.log_covariance, rel=0.15, abs=1e-3)


@BOTH
def test_published_parameters_are_certain_and_have_no_customers(model: type[BetaGeoFamily]):
    published = model.from_params(PARAMS)
    assert published.draw_params(np.random.default_rng(1), 2) == pytest.approx(np.array([[0.8, 6.0, 0.9, 2.5]] * 2))
    with pytest.raises(ValueError, match="made from parameters"):
        published.p_alive()


@BOTH
def test_the_same_customers_at_other_parameters(model: type[BetaGeoFamily]):
    moved = model.fit(*HISTORY, WEIGHTS).with_params([0.8, 6.0, 0.9, 2.5])
    assert moved.p_alive().tolist() == model.from_params(PARAMS).p_alive(*HISTORY).tolist()


@BOTH
def test_a_customer_alone_gives_a_number_and_many_give_an_array(model: type[BetaGeoFamily]):
    published = model.from_params(PARAMS)
    assert isinstance(published.expected_purchases(10, 1, 4, 38), float)
    assert published.expected_purchases([[5], [10]], [1, 2, 3], 20, 38).shape == (2, 3)


@BOTH
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: m.fit([1, 1], [2, 5], [3, 4]), "row 1: recency is beyond T"),
        (lambda m: m.fit([], [], []), "nobody to fit"),
        (lambda m: m.from_params({"r": 1.0}), "parameters must be r, alpha, a, b, not r"),
        (lambda m: m.from_params({**PARAMS, "b": -1.0}), "finite numbers above 0"),
        (lambda m: m.from_params(PARAMS).p_alive(1, 2), "together"),
        (lambda m: m.from_params(PARAMS).discounted_purchases(0, 1, 2, 3), "infinite horizon"),
        (lambda m: m.from_params(PARAMS).discounted_purchases(-0.1, 1, 2, 3), "discount rate"),
        (lambda m: m.from_params(PARAMS).expected_purchases_new(np.inf), "horizon must be finite"),
        (lambda m: m.from_params(PARAMS).probability_of_purchases_new(1.5, 3), "n is no whole number"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(model, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(model)


@pytest.mark.parametrize("chances_at_start", [-1, 2])
def test_no_model_begins_with_another_number_of_chances_to_drop_out(chances_at_start: int):
    with pytest.raises(ValueError, match=rf"0 chances .* or 1 .*, not {chances_at_start}"):
        BetaGeoFormulas(chances_at_start)
