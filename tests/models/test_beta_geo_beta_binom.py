from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import roots_jacobi

from regulars.pipelines.models.beta_geo_beta_binom import BetaGeoBetaBinomModel
from regulars.pipelines.models.fitting.rows import merge_equal_rows
from regulars.pipelines.models.renewal.period_history import log_likelihood

FILE = Path(__file__).parents[2].parent / "shared" / "data" / "models" / "donations.csv"
PAPER = {"alpha": 1.20, "beta": 0.75, "gamma": 0.66, "delta": 2.78}


def donations() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Frequency, recency, periods and donors of the 22 cells of Fader, Hardie & Shang 2010."""
    if not FILE.exists():
        pytest.skip(f"the donations are not at {FILE}")
    return tuple(np.loadtxt(FILE, delimiter=",", skiprows=1).T)


def published() -> BetaGeoBetaBinomModel:
    return BetaGeoBetaBinomModel.from_params(PAPER)


def nodes(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights that average a polynomial over Beta(a, b) exactly."""
    at, weight = roots_jacobi(60, b - 1, a - 1)
    return (at + 1) / 2, weight / weight.sum()


def averaged(function) -> float:
    """Over the customers of the paper: a function of p, the chance to buy, and theta, the chance to drop out."""
    (p, by_p), (theta, by_theta) = nodes(PAPER["alpha"], PAPER["beta"]), nodes(PAPER["gamma"], PAPER["delta"])
    return float(by_p @ function(p[:, None], theta[None, :]) @ by_theta)


def history_given(p, theta, x: int, tx: int, n: int):
    """P(these purchases | p, theta), by counting every way the life may have gone."""
    ended = sum(p**x * (1 - p) ** (lived - x) * theta * (1 - theta) ** lived for lived in range(tx, n))
    return ended + p**x * (1 - p) ** (n - x) * (1 - theta) ** n


def test_the_donations_give_the_published_parameters():
    model = BetaGeoBetaBinomModel.fit(*donations())
    assert list(model.params) == ["alpha", "beta", "gamma", "delta"]
    assert list(model.params.values()) == pytest.approx([1.2035225, 0.7497164, 0.6567181, 2.7834415], abs=2e-6)
    assert list(model.standard_errors.values()) == pytest.approx([0.0694, 0.0294, 0.0510, 0.3208], abs=5e-5)
    assert model.log_likelihood == pytest.approx(-33225.581, abs=1e-3)
    assert (model.converged, model.at_boundary, model.customers) == (True, False, 11_104)


def test_donors_are_expected_to_give_what_the_paper_says():
    x, tx, n, donors = donations()
    model = BetaGeoBetaBinomModel.fit(x, tx, n, donors)
    assert model.expected_purchases_new(10) == pytest.approx(3.179805, abs=1e-4)
    assert model.expected_purchases(10, [0, 4], [0, 5], 6) == pytest.approx([0.1302169, 3.627858], abs=2e-4)
    assert model.expected_purchases(5) @ donors == pytest.approx(12_884.2, abs=0.1)
    assert 11_104 * model.probability_of_purchases_new([0, 6], 6) == pytest.approx([3454.9, 1253.1], abs=0.05)
    assert model.p_alive([0, 2, 6], [0, 4, 6], 6) == pytest.approx([0.108133, 0.589657, 0.930434], abs=1e-6)
    to_come = model.expected_purchases(5)
    by_frequency = [np.average(to_come[x == k], weights=donors[x == k]) for k in range(7)]
    published_means = [0.07286, 0.32488, 0.70894, 1.33367, 2.03120, 2.78448, 3.75250]
    assert by_frequency == pytest.approx(published_means, abs=1e-4)


def test_discounted_purchases_are_those_of_the_paper():
    assert published().discounted_purchases(0.1, 3, 4, 6) == pytest.approx(1.621379, abs=1e-6)
    expected = [1.802045, 2.621156, 3.440267, 4.259379, 5.078490, 5.897601]
    assert published().discounted_purchases(0.1, np.arange(1, 7), 6, 6) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("x", "tx", "n"), [(0, 0, 0), (0, 0, 6), (1, 3, 6), (3, 4, 6), (6, 6, 6), (2, 9, 24)])
def test_probabilities_are_those_of_every_life_averaged_over_customers(x, tx, n):
    likelihood = averaged(lambda p, theta: history_given(p, theta, x, tx, n))
    still_buying = averaged(
        lambda p, theta: p**x * (1 - p) ** (n - x) * (1 - theta) ** n * sum(p * (1 - theta) ** j for j in range(1, 6))
    )
    alive_next = averaged(lambda p, theta: p**x * (1 - p) ** (n - x) * (1 - theta) ** (n + 1))
    silent = averaged(
        lambda p, theta: p**x * (1 - p) ** (n - x) * (1 - theta) ** n * (1 - history_given(p, theta, 0, 0, 5))
    )
    model = published()
    assert np.exp(model.log_likelihood_of(x, tx, n)) == pytest.approx(likelihood, rel=1e-9)
    assert model.p_alive(x, tx, n) == pytest.approx(alive_next / likelihood, rel=1e-9)
    assert model.expected_purchases(5, x, tx, n) == pytest.approx(still_buying / likelihood, rel=1e-9)
    assert model.probability_of_purchase(5, x, tx, n) == pytest.approx(silent / likelihood, rel=1e-9)


def test_new_customers_counts_add_up():
    model, counts = published(), np.arange(13)
    chances = model.probability_of_purchases_new(counts, 12)
    assert chances.sum() == pytest.approx(1.0)
    assert chances @ counts == pytest.approx(model.expected_purchases_new(12))
    assert model.probability_of_purchases_new(13, 12) == 0
    assert model.expected_purchases_new(0) == 0


def test_customers_observed_for_different_numbers_of_periods_are_fitted_together():
    x, tx, n, donors = donations()
    newer = ([0, 1], [0, 1], [1, 1], [300, 200])
    short = BetaGeoBetaBinomModel.fit(*(np.append(*pair) for pair in zip((x, tx, n, donors), newer, strict=True)))
    one = short.log_likelihood_of([0, 1], [0, 1], 1)
    whole = short.log_likelihood_of(x, tx, n) @ donors + one @ [300, 200]
    assert short.log_likelihood == pytest.approx(whole, rel=1e-12)
    assert short.converged
    assert short.p_alive([0, 0], [0, 0], [1, 6])[0] > short.p_alive([0, 0], [0, 0], [1, 6])[1]


def test_weights_stand_for_repeated_rows():
    x, tx, n, donors = donations()
    some = (donors // 50).astype(int)
    weighted = BetaGeoBetaBinomModel.fit(x, tx, n, some)
    repeated = BetaGeoBetaBinomModel.fit(np.repeat(x, some)[::-1], np.repeat(tx, some)[::-1], 6)
    assert weighted.params == repeated.params


def test_the_gradient_is_that_of_the_likelihood():
    likelihood = log_likelihood(
        merge_equal_rows(*(np.array(c, float) for c in ([0, 1, 3, 5], [0, 2, 9, 5], [6, 6, 12, 5])))
    )
    at = np.log([1.2, 0.5, 0.8, 2.0])
    assert likelihood(at)[1] == pytest.approx(approx_fprime(at, lambda logs: likelihood(logs)[0], 1e-6), rel=1e-4)


@pytest.mark.parametrize("gamma", [1e-3, 0.5, 1 - 1e-9, 1.0, 1 + 1e-9, 50.0])
def test_nothing_is_missing_or_vanishes_over_thousands_of_periods(gamma):
    model = BetaGeoBetaBinomModel.from_params({**PAPER, "gamma": gamma})
    x, tx, n = [0, 1, 2000, 2000, 500], [0, 1, 2000, 2000, 3000], [3000, 3000, 3000, 2000, 3000]
    assert ((model.p_alive(x, tx, n) > 0) & (model.p_alive(x, tx, n) <= 1)).all()
    assert np.isfinite(model.log_likelihood_of(x, tx, n)).all()
    assert (np.diff(model.expected_purchases(np.arange(6)[:, None], x, tx, n), axis=0) > 0).all()
    assert (model.probability_of_purchases_new([0, 1000, 3000], 3000) > 0).all()


def test_purchases_to_come_are_continuous_at_gamma_one():
    around = [BetaGeoBetaBinomModel.from_params({**PAPER, "gamma": 1 + off}) for off in (-1e-7, 0, 1e-7)]
    assert np.ptp([model.expected_purchases(20, 3, 4, 6) for model in around]) < 1e-6
    assert np.ptp([model.discounted_purchases(0.01, 3, 4, 6) for model in around]) < 1e-5


def test_a_far_horizon_approaches_the_infinite_one():
    model = published()
    assert model.discounted_purchases(0.1, 3, 4, 6, 400) == pytest.approx(model.discounted_purchases(0.1, 3, 4, 6))
    with pytest.raises(ValueError, match="need a discount rate above 0"):
        model.expected_purchases(np.inf, 3, 4, 6)


def test_simulated_futures_agree_with_what_is_expected():
    model, many = published(), 100_000
    future = model.draw_future(np.random.default_rng(4), np.full(many, 3), np.full(many, 6), [0, 2, 5])
    bought = model.p_alive(3, 4, 6) * future.cumsum(axis=1).mean(axis=0)
    assert bought == pytest.approx(model.expected_purchases([2, 5], 3, 4, 6), rel=0.02)
    active = model.p_alive(3, 4, 6) * (future.sum(axis=1) > 0).mean()
    assert active == pytest.approx(model.probability_of_purchase(5, 3, 4, 6), rel=0.01)


def test_impossible_histories_are_refused_by_row():
    with pytest.raises(ValueError, match=r"row 1: recency is beyond n_periods \(recency=7, n_periods=6\)"):
        BetaGeoBetaBinomModel.fit([1, 1], [2, 7], [6, 6])
    with pytest.raises(ValueError, match="row 0: more purchases than periods up to the last of them"):
        published().p_alive(3, 2, 6)
    with pytest.raises(ValueError, match="row 0: recency is above 0 without a purchase"):
        published().p_alive(0, 2, 6)
    with pytest.raises(ValueError, match="made from parameters"):
        published().p_alive()


def test_one_customer_may_be_given_as_numbers_and_periods_are_whole():
    model = BetaGeoBetaBinomModel.from_params({"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78})
    assert model.draw_future(np.random.default_rng(1), 2, 6, [0, 5, 10]).shape == (1, 2)
    with pytest.raises(ValueError, match="periods is no whole number"):
        model.probability_of_purchase(1.5, 2, 4, 6)
    with pytest.raises(ValueError, match="periods 2, customers 3"):
        model.expected_purchases([1, 2], [2, 2, 2], 4, 6)
