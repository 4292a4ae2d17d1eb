import numpy as np
import pytest
from scipy.special import digamma, gammaln

from regulars.pipelines.models.fitting.fitting import Fit, LogLikelihood, maximize

AMOUNTS = np.array([0.7, 1.1, 1.9, 2.4, 2.8, 3.5, 4.6, 6.0])


def gamma_likelihood(amounts: np.ndarray) -> LogLikelihood:
    """Of Gamma(shape, scale) amounts."""

    def log_likelihood(logs: np.ndarray) -> tuple[float, np.ndarray]:
        k, s = np.exp(logs)
        value = (k - 1) * np.log(amounts) - amounts / s - k * np.log(s) - gammaln(k)
        gradients = [k * (np.log(amounts / s) - digamma(k)), amounts / s - k]
        return float(value.sum()), np.sum(gradients, axis=1)

    return log_likelihood


def fit_gamma(amounts: np.ndarray = AMOUNTS, start: tuple[float, float] = (1.0, 1.0)) -> Fit:
    return maximize(gamma_likelihood(amounts), ["shape", "scale"], [start])


def rises_forever(logs: np.ndarray) -> tuple[float, np.ndarray]:
    return -float(np.exp(-logs[0])), np.exp(-logs)


def knows_the_product_only(logs: np.ndarray) -> tuple[float, np.ndarray]:
    off = logs[0] + logs[1]
    return -50.0 * off**2 - 50.0 * logs[2] ** 2, np.array([-100.0 * off, -100.0 * off, -100.0 * logs[2]])


def test_the_maximum_of_a_gamma_likelihood_is_where_its_equations_hold():
    fit = fit_gamma()
    shape, scale = fit.estimates
    assert shape * scale == pytest.approx(AMOUNTS.mean(), rel=1e-9)
    assert np.log(shape) - digamma(shape) == pytest.approx(np.log(AMOUNTS.mean()) - np.log(AMOUNTS).mean(), rel=1e-8)
    assert (fit.converged, fit.at_boundary, fit.message) == (True, False, "")


def test_standard_errors_come_from_the_second_derivatives():
    rates = np.array([2.0, 5.0, 3.0])  # Poisson counts: the mean m has variance m / n

    def poisson(logs: np.ndarray) -> tuple[float, np.ndarray]:
        return float(rates.sum() * logs[0] - 3 * np.exp(logs[0])), np.array([rates.sum() - 3 * np.exp(logs[0])])

    fit = maximize(poisson, ["mean"], [[1.0]])
    assert fit.params == pytest.approx({"mean": 10 / 3})
    assert fit.standard_errors == pytest.approx({"mean": np.sqrt(10) / 3}, rel=1e-5)
    assert fit.log_covariance == pytest.approx(np.array([[0.1]]), rel=1e-5)


def test_where_the_search_starts_does_not_matter():
    assert fit_gamma(start=(50.0, 0.01)).estimates == pytest.approx(fit_gamma().estimates, rel=1e-6)


def test_a_start_without_a_finite_likelihood_is_passed_over():
    likelihood = gamma_likelihood(AMOUNTS)

    def fails_below_one(logs: np.ndarray) -> tuple[float, np.ndarray]:
        return likelihood(logs) if logs[0] > 0 else (float("nan"), logs)

    fit = maximize(fails_below_one, ["shape", "scale"], [(0.1, 1.0), (2.0, 1.0)])
    assert fit.estimates == pytest.approx(fit_gamma().estimates, rel=1e-6)


def test_a_parameter_that_runs_away_is_reported_as_a_boundary():
    fit = maximize(rises_forever, ["b"], [[1.0]])
    assert (fit.converged, fit.at_boundary) == (True, True)
    assert fit.message == "b ran off upwards: the data name no value for it"
    assert fit.params == pytest.approx({"b": 1e5})
    assert np.isnan(fit.covariance).all()


def test_a_model_names_its_own_sensible_range():
    fit = maximize(rises_forever, ["b"], [[1.0]], sensible={"b": (0.1, 10.0)})
    assert fit.params == pytest.approx({"b": 1000.0})


def test_parameters_that_only_their_product_identifies_get_no_standard_error_but_the_others_do():
    fit = maximize(knows_the_product_only, ["a", "b", "c"], [[2.0, 3.0, 2.0]])
    assert fit.at_boundary
    assert fit.message == "the data do not identify a and b"
    assert fit.standard_errors == pytest.approx({"a": np.nan, "b": np.nan, "c": 0.1}, rel=1e-5, nan_ok=True)


def test_a_parameter_on_the_whole_line_may_be_negative():
    def normal(values: np.ndarray) -> tuple[float, np.ndarray]:
        off = values[0] + 3.0
        return -2.0 * off**2, np.array([-4.0 * off])

    fit = maximize(normal, ["effect"], [[0.0]], unbounded=["effect"])
    assert fit.params == pytest.approx({"effect": -3.0})
    assert fit.standard_errors == pytest.approx({"effect": 0.5})


def test_a_change_of_units_multiplies_estimates_and_their_errors():
    fit = fit_gamma()
    cents = fit.convert_units({"scale": 100.0}, log_likelihood_shift=-8 * np.log(100.0))
    assert cents.estimates == pytest.approx(fit.estimates * [1, 100])
    assert cents.standard_errors["scale"] == pytest.approx(100 * fit.standard_errors["scale"])
    assert cents.log_covariance == pytest.approx(fit.log_covariance)
    assert cents.log_likelihood == pytest.approx(fit_gamma(100 * AMOUNTS).log_likelihood)


def test_a_search_without_a_start_is_refused():
    with pytest.raises(ValueError, match="at least one starting point"):
        maximize(rises_forever, ["b"], [])
