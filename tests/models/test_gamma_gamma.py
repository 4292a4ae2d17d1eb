import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import gamma as gamma_distribution

from regulars.pipelines.models.fitting.rows import merge_equal_rows
from regulars.pipelines.models.gamma_gamma import GammaGammaModel, log_likelihood, spend_frequency_correlation
from regulars.pipelines.models.pareto_nbd import ParetoNBDModel
from tests.models.cdnow import FILE, load_cdnow

HARDIE = {"p": 6.25, "q": 3.74, "gamma": 15.44}


def simulated(customers: int, p: float, q: float, gamma: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    frequency = rng.integers(0, 9, customers)
    spent = rng.gamma(p * np.maximum(frequency, 1)) / rng.gamma(q, 1 / gamma, customers)
    return frequency, np.where(frequency > 0, spent / np.maximum(frequency, 1), np.nan)


def cdnow_over_78_weeks() -> pl.DataFrame:
    load_cdnow()  # skips where the sample is not at hand
    parts = [line.split() for line in FILE.read_text(encoding="ascii").splitlines()]
    days = pl.DataFrame(
        {"id": [p[1] for p in parts], "on": [p[2] for p in parts], "paid": [float(p[4]) for p in parts]}
    )
    return (
        days.with_columns(day=(pl.col("on").str.to_date("%Y%m%d") - pl.date(1997, 1, 1)).dt.total_days())
        .group_by("id", "day")
        .agg(pl.col("paid").sum())
        .with_columns(birth=pl.col("day").min().over("id"))
        .group_by("id")
        .agg(
            frequency=pl.len() - 1,
            recency=(pl.col("day").max() - pl.col("birth").first()) / 7,
            T=(545 - pl.col("birth").first()) / 7,
            mean=pl.col("paid").filter(pl.col("day") > pl.col("birth")).mean().fill_null(0.0),
        )
        .sort("id")
    )


def test_cdnow_gives_the_published_parameters():
    cdnow = load_cdnow()
    model = GammaGammaModel.fit(cdnow.frequency, cdnow.monetary_value)
    assert list(model.params) == ["p", "q", "gamma"]
    assert list(model.params.values()) == pytest.approx([6.24957, 3.74422, 15.44352], abs=1e-4)
    assert list(model.standard_errors.values()) == pytest.approx([1.190, 0.2901, 4.159], rel=5e-4)
    assert model.log_likelihood == pytest.approx(-4055.9177, abs=1e-3)
    assert model.population_mean == pytest.approx(35.17, abs=0.005)
    assert (model.converged, model.at_boundary, model.customers, model.without_repeat) == (True, False, 946, 1411)


def test_cdnow_rounded_to_cents_gives_what_other_libraries_get():
    cdnow = load_cdnow()
    cents = np.floor(cdnow.monetary_value * 100 + 0.5 + 1e-7)  # halves up, as in the file that they ship
    model = GammaGammaModel.fit(cdnow.frequency, cents / 100)
    assert list(model.params.values()) == pytest.approx([6.24880, 3.74459, 15.44775], abs=1e-4)
    assert model.log_likelihood == pytest.approx(-4055.9232, abs=1e-3)


def test_the_first_ten_customers_are_expected_to_spend_what_the_note_says():
    cdnow = load_cdnow()
    model = GammaGammaModel.fit(cdnow.frequency, cdnow.monetary_value)
    expected = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert model.expected_spend()[:10] == pytest.approx(expected, abs=0.01)


def test_78_weeks_of_cdnow_and_the_value_of_all_purchases_to_come():
    weeks = cdnow_over_78_weeks()
    spend = GammaGammaModel.fit(weeks["frequency"], weeks["mean"])
    assert list(spend.params.values()) == pytest.approx([4.683454, 4.189783, 24.390550], rel=1e-4)
    assert (spend.log_likelihood, spend.customers) == (pytest.approx(-4884.566, abs=1e-3), 1139)
    buying = ParetoNBDModel.from_params({"r": 0.5629966, "alpha": 12.5590370, "s": 0.4081095, "beta": 10.5148048})
    to_come = buying.discounted_purchases(0.0027, weeks["frequency"], weeks["recency"], weeks["T"])
    assert to_come.sum() == pytest.approx(9428.305, abs=0.01)
    assert to_come @ spend.expected_spend() == pytest.approx(346_114.92, rel=1e-4)


def test_parameters_that_made_the_data_are_found_again():
    model = GammaGammaModel.fit(*simulated(20_000, p=3.0, q=2.5, gamma=40.0))
    off = (np.array(list(model.params.values())) - [3.0, 2.5, 40.0]) / list(model.standard_errors.values())
    assert np.abs(off).max() < 3


def test_the_gradient_is_that_of_the_likelihood():
    frequency, mean = simulated(300, 2.0, 3.0, 20.0)
    likelihood = log_likelihood(merge_equal_rows(frequency[frequency > 0].astype(float), mean[frequency > 0]))
    at = np.log([1.7, 2.2, 11.0])
    assert likelihood(at)[1] == pytest.approx(approx_fprime(at, lambda logs: likelihood(logs)[0], 1e-6), rel=1e-4)


def test_the_density_of_a_mean_is_that_of_gamma_spends_averaged_over_gamma_rates():
    p, q, gamma, x, mean = 1.5, 2.3, 9.0, 3, 7.0

    def given(nu: float) -> float:
        return gamma_distribution.pdf(mean, p * x, scale=1 / (nu * x)) * gamma_distribution.pdf(nu, q, scale=1 / gamma)

    model = GammaGammaModel.from_params({"p": p, "q": q, "gamma": gamma})
    assert np.exp(model.log_likelihood_of(x, mean)) == pytest.approx(quad(given, 0, 20, epsabs=1e-12)[0], rel=1e-8)


def test_weights_stand_for_repeated_rows_and_their_order_does_not_matter():
    frequency, mean = simulated(400, 2.0, 3.0, 20.0)
    weights = np.arange(400) % 3
    weighted = GammaGammaModel.fit(frequency, mean, weights)
    repeated = GammaGammaModel.fit(np.repeat(frequency, weights)[::-1], np.repeat(mean, weights)[::-1])
    assert weighted.params == repeated.params
    assert (weighted.customers, weighted.without_repeat) == (repeated.customers, repeated.without_repeat)


def test_cents_instead_of_dollars_multiply_gamma_by_a_hundred():
    frequency, mean = simulated(400, 2.0, 3.0, 20.0)
    dollars, cents = GammaGammaModel.fit(frequency, mean), GammaGammaModel.fit(frequency, mean * 100)
    by = np.array([1, 1, 100])
    assert cents.fitted.estimates == pytest.approx(dollars.fitted.estimates * by, rel=1e-6)
    assert cents.covariance == pytest.approx(dollars.covariance * np.outer(by, by), rel=1e-4)
    assert cents.log_likelihood == pytest.approx(dollars.log_likelihood - dollars.customers * np.log(100), abs=1e-6)


def test_customers_who_spent_nothing_are_left_out_and_counted():
    frequency, mean = simulated(400, 2.0, 3.0, 20.0)
    model = GammaGammaModel.fit(np.append(frequency, [2, 1]), np.append(mean, [0.0, 0.0]))
    assert model.params == GammaGammaModel.fit(frequency, mean).params
    assert model.without_value == 2
    assert 0 < model.expected_spend(2, 0.0) < model.population_mean


def test_an_infinite_mean_is_said_to_be_infinite_and_never_negative():
    model = GammaGammaModel.fit(*simulated(5_000, p=2.0, q=0.7, gamma=15.0))
    assert model.params["q"] < 1
    assert model.at_boundary
    assert "q is 0.7" in model.message
    assert model.converged
    assert model.population_mean == float("inf")
    assert model.expected_spend(0, 0.0) == float("inf")
    assert 5 < model.expected_spend(1, 5.0) < 30
    assert 0 < model.median_spend(0, 0.0) < 100


def test_a_customer_whose_posterior_mean_is_infinite_never_gets_a_negative_one():
    model = GammaGammaModel.from_params({"p": 0.2, "q": 0.5, "gamma": 10.0})
    assert model.expected_spend([1, 2, 3], [5.0, 5.0, 5.0]).tolist()[:2] == [float("inf"), float("inf")]
    assert 0 < model.expected_spend(3, 5.0) < np.inf


def test_half_of_the_next_purchases_exceed_the_median():
    model, rng = GammaGammaModel.from_params(HARDIE), np.random.default_rng(5)
    nu = rng.gamma(3.74 + 6.25 * 2, 1 / (15.44 + 2 * 30.0), 100_000)
    assert model.median_spend(2, 30.0) == pytest.approx(np.median(rng.gamma(6.25, 1 / nu)), rel=0.01)


def test_spends_that_never_differ_are_a_boundary_and_still_expected_right():
    model = GammaGammaModel.fit([1, 2, 3, 4], [12.0, 12.0, 12.0, 12.0])
    assert model.at_boundary
    assert "p ran off upwards" in model.message
    assert model.expected_spend(5, 12.0) == pytest.approx(12.0, rel=1e-3)


def test_frequency_and_spend_are_correlated_over_repeat_customers_only():
    assert spend_frequency_correlation([0, 1, 2, 3, 5], [99.0, 10.0, 20.0, 30.0, 0.0]) == pytest.approx(1.0)
    assert np.isnan(spend_frequency_correlation([0, 2, 2], [0.0, 10.0, 20.0]))
    cdnow = load_cdnow()
    assert spend_frequency_correlation(cdnow.frequency, cdnow.monetary_value) == pytest.approx(0.1139, abs=1e-4)


def test_impossible_spends_are_refused_by_row():
    with pytest.raises(ValueError, match=r"row 1: monetary_value is negative \(monetary_value=-5\)"):
        GammaGammaModel.fit([1, 2], [3.0, -5.0])
    with pytest.raises(ValueError, match="row 0: frequency is no whole number"):
        GammaGammaModel.fit([1.5, 2], [3.0, 5.0])
    with pytest.raises(ValueError, match="nobody to fit"):
        GammaGammaModel.fit([0, 2], [3.0, 0.0])
    with pytest.raises(ValueError, match="neither for the fitted customers"):
        GammaGammaModel.from_params(HARDIE).expected_spend(frequency=[1])


def test_parameters_are_drawn_as_uncertain_as_the_fit():
    model = GammaGammaModel.fit(*simulated(3_000, p=3.0, q=3.5, gamma=40.0))
    drawn = model.draw_params(np.random.default_rng(2), 20_000)
    assert np.cov(np.log(drawn).T) == pytest.approx(model.fitted.log_covariance, rel=0.05)
    assert np.median(drawn, axis=0) == pytest.approx(model.fitted.estimates, rel=0.01)


def test_one_mean_spend_is_not_taken_for_everybodys():
    with pytest.raises(ValueError, match="2 frequencies and 1 mean spends"):
        GammaGammaModel.fit([1, 2], [5.0])
    with pytest.raises(ValueError, match="frequency 3, monetary_value 2"):
        GammaGammaModel.from_params({"p": 6.25, "q": 3.74, "gamma": 15.44}).expected_spend([1, 2, 3], [5.0, 6.0])


def test_a_few_giant_spends_do_not_hide_the_parameters_that_made_them():
    x, mean = simulated(3000, 0.8, 0.3, 5.0)
    model = GammaGammaModel.fit(x, mean)
    assert model.converged
    assert (model.params["p"], model.params["q"]) == (pytest.approx(0.8, rel=0.1), pytest.approx(0.3, rel=0.1))
    assert "the mean spend over all customers is infinite" in model.message


def test_expected_spend_is_the_posterior_mean_worked_out_by_hand():
    model = GammaGammaModel.from_params({"p": 6, "q": 4, "gamma": 15})
    assert model.expected_spend(2, 30) == pytest.approx(6 * (15 + 2 * 30) / (6 * 2 + 4 - 1))
    assert model.expected_spend(0, 0) == pytest.approx(6 * 15 / (4 - 1))
