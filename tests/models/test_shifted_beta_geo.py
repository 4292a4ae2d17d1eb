import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from regulars.pipelines.models.fitting.rows import merge_equal_rows
from regulars.pipelines.models.shifted_beta_geo import ShiftedBetaGeoModel, log_likelihood

FILE = Path(__file__).parents[2].parent / "shared" / "data" / "models" / "sbg_cohorts.csv"
PUBLISHED = {  # Fader & Hardie 2007, table 1: per cent left by year
    "regular": [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3],
    "highend": [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4],
}


def customers(cohort: str) -> tuple[np.ndarray, np.ndarray]:
    """Renewals and whether they then left, of a thousand customers who faced seven."""
    if not FILE.exists():
        pytest.skip(f"the cohorts are not at {FILE}")
    with FILE.open(encoding="ascii") as lines:
        year = np.array([int(row["recency"]) for row in csv.DictReader(lines) if row["cohort"] == cohort])
    return year - 1, year < 8


def survivors(cohort: str, renewals: int = 7) -> np.ndarray:
    return np.array(PUBLISHED[cohort][: renewals + 1]) * 10


@pytest.mark.parametrize(
    ("cohort", "params", "likelihood", "later", "rates", "mape"),
    [
        ("highend", [0.668, 3.806], -1611.158, [0.460440, 0.435780, 0.414172, 0.395055, 0.377999],
         [0.850679, 0.877957, 0.896807], 2.83),
        ("regular", [0.704, 1.182], -1680.265, [0.220085, 0.204411, 0.191190, 0.179865, 0.170037],
         [0.626706, 0.756047, 0.818823], 1.49),
    ],
)  # fmt: skip
def test_seven_renewals_foretell_the_next_five(cohort, params, likelihood, later, rates, mape):
    model = ShiftedBetaGeoModel.fit(*customers(cohort))
    assert list(model.params) == ["alpha", "beta"]
    assert list(model.params.values()) == pytest.approx(params, abs=5e-4)
    assert model.log_likelihood == pytest.approx(likelihood, abs=1e-3)
    assert (model.converged, model.at_boundary, model.message, model.customers) == (True, False, "", 1000)
    predicted = model.survival(np.arange(8, 13))
    assert predicted == pytest.approx(later, abs=1e-6)
    assert model.retention_rate([1, 2, 3]) == pytest.approx(rates, abs=1e-6)
    actual = np.array(PUBLISHED[cohort][8:]) / 100
    assert 100 * np.mean(np.abs(predicted - actual) / actual) == pytest.approx(mape, abs=0.005)


def test_four_renewals_of_the_regular_cohort():
    model = ShiftedBetaGeoModel.fit_cohorts([[1000, 631, 468, 382, 326]])
    assert list(model.params.values()) == pytest.approx([0.7637, 1.2958], abs=1e-4)
    assert model.log_likelihood == pytest.approx(-1401.559, abs=1e-3)


def test_counts_of_survivors_say_the_same_as_their_customers():
    by_count, by_customer = (
        ShiftedBetaGeoModel.fit_cohorts([survivors("regular")]),
        ShiftedBetaGeoModel.fit(*customers("regular")),
    )
    assert by_count.fitted.estimates == pytest.approx(by_customer.fitted.estimates, rel=1e-9)
    assert by_count.customers == 1000


def test_a_renewal_at_which_nobody_left_is_no_mistake():
    model = ShiftedBetaGeoModel.fit_cohorts([[1000, 869, 869, 743]])
    assert float(model.survival(3)) == pytest.approx(0.75, abs=0.03)


def test_cohorts_of_different_ages_are_fitted_together():
    ages = [survivors("regular", renewals) for renewals in (7, 4, 2, 0)]
    together = ShiftedBetaGeoModel.fit_cohorts(ages)
    apart = [ShiftedBetaGeoModel.fit_cohorts([age]) for age in ages[:3]]
    assert together.customers == 4000
    assert together.standard_errors["beta"] < min(model.standard_errors["beta"] for model in apart)
    at_the_same = [apart[0].with_params(together.fitted.estimates).log_likelihood_of(*rows_of(age)) for age in ages]
    assert together.log_likelihood == pytest.approx(sum(map(np.sum, at_the_same)), rel=1e-10)


def rows_of(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lost = -np.diff(counts).astype(int)
    renewals = np.append(np.repeat(np.arange(lost.size), lost), np.full(int(counts[-1]), lost.size))
    return renewals, np.arange(renewals.size) < lost.sum()


def test_a_cohort_that_has_faced_no_renewal_changes_nothing():
    cohort = survivors("highend")
    assert ShiftedBetaGeoModel.fit_cohorts([cohort, [250.0]]).params == pytest.approx(
        ShiftedBetaGeoModel.fit_cohorts([cohort]).params
    )


@pytest.mark.parametrize(
    ("alpha", "beta", "expected"),
    [
        (3.80, 15.20, [3.3098, 3.4510, 3.5865, 3.7168, 3.8421]),
        (0.067, 0.267, [7.6708, 9.4553, 9.8508, 10.0562, 10.1886]),
    ],
)
def test_discounted_lifetimes_are_those_of_the_paper(alpha, beta, expected):
    model = ShiftedBetaGeoModel.from_params({"alpha": alpha, "beta": beta})
    assert model.discounted_residual_lifetime(0.1, np.arange(1, 6)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("alpha", [0.3, 1 - 1e-9, 1.0, 1 + 1e-9, 4.0, 300.0])
@pytest.mark.parametrize("beta", [0.05, 0.7, 3.0, 500.0])
def test_a_discounted_lifetime_is_the_sum_of_survival(alpha, beta):
    model = ShiftedBetaGeoModel.from_params({"alpha": alpha, "beta": beta})
    terms = model.survival(np.arange(1, 900), renewals=2) * 1.05 ** -np.arange(0.0, 899)
    assert model.discounted_residual_lifetime(0.05, 3) == pytest.approx(terms.sum(), rel=1e-9)


def test_an_undiscounted_lifetime_is_infinite_when_enough_customers_never_leave():
    assert ShiftedBetaGeoModel.from_params({"alpha": 0.9, "beta": 2.0}).expected_residual_renewals() == float("inf")
    model = ShiftedBetaGeoModel.from_params({"alpha": 4.0, "beta": 2.0})
    assert model.expected_residual_renewals(1) == pytest.approx(model.survival(np.arange(1, 5000), 1).sum(), rel=1e-6)


def test_survival_is_the_product_of_retention_rates():
    model = ShiftedBetaGeoModel.from_params({"alpha": 0.7, "beta": 1.2})
    assert model.survival(np.arange(1, 20)) == pytest.approx(np.cumprod(model.retention_rate(np.arange(1, 20))))
    assert model.survival(3, renewals=2) == pytest.approx(model.survival(5) / model.survival(2))
    assert model.survival(0) == 1.0


def test_survival_neither_vanishes_nor_is_missing_far_out():
    model = ShiftedBetaGeoModel.from_params({"alpha": 0.7, "beta": 1.2})
    assert 0 < model.survival(1e9) < 1e-5
    assert model.survival(1, renewals=1e9) == pytest.approx(1.0)


def test_the_gradient_is_that_of_the_likelihood():
    likelihood, at = (
        log_likelihood(merge_equal_rows(*(np.asarray(c, float) for c in rows_of(survivors("highend"))))),
        [0, 1],
    )
    gradients = approx_fprime(np.array(at, float), lambda logs: likelihood(logs)[0], 1e-6)
    assert likelihood(np.array(at, float))[1] == pytest.approx(gradients, rel=1e-4)


def test_errors_of_a_projection_cover_the_truth_as_often_as_they_claim():
    alpha, beta, rng = 0.9, 3.0, np.random.default_rng(11)
    truth = ShiftedBetaGeoModel.from_params({"alpha": alpha, "beta": beta})
    expectations, counts, rates = [], [], []
    for _ in range(150):
        leaves_after = rng.geometric(rng.beta(alpha, beta, 600)) - 1
        seen = [(leaves_after >= year).sum() for year in range(9)]
        model = ShiftedBetaGeoModel.fit_cohorts([seen[:5]])
        ahead = model.project(seen[4], renewals=4, horizon=4)
        expectations.append((ahead.survivors[3] - seen[4] * truth.survival(4, 4)) / ahead.standard_error[3])
        counts.append((ahead.survivors[3] - seen[8]) / ahead.prediction_error[3])
        rates.append((model.retention_rate(6) - truth.retention_rate(6)) / model.retention_rate_error(6))
    for errors in (expectations, counts, rates):
        assert 0.72 < np.mean(np.abs(errors) < 1.2816) < 0.88


def test_a_churn_that_never_changes_is_a_boundary():
    model = ShiftedBetaGeoModel.fit_cohorts([[10_000, 9_000, 8_100, 7_290, 6_561]])
    assert model.at_boundary
    assert "alpha ran off upwards" in model.message
    assert model.retention_rate(5) == pytest.approx(0.9, abs=1e-3)


def test_one_renewal_does_not_tell_two_parameters():
    model = ShiftedBetaGeoModel.fit_cohorts([[500, 400]])
    assert (model.at_boundary, model.message) == (True, "the data do not identify alpha and beta")
    assert model.retention_rate(1) == pytest.approx(0.8)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="cohort 1: more customers survive than were there before"):
        ShiftedBetaGeoModel.fit_cohorts([[10, 8], [10, 11]])
    with pytest.raises(ValueError, match="nobody has faced a renewal yet"):
        ShiftedBetaGeoModel.fit([0, 0], [False, False])
    with pytest.raises(ValueError, match="row 1: churned is neither true nor false"):
        ShiftedBetaGeoModel.fit([1, 1], [0, 2])
    with pytest.raises(ValueError, match="row 0: renewals is negative"):
        ShiftedBetaGeoModel.fit([-1, 1], [0, 1])


def test_questions_outside_of_a_contract_are_refused():
    model = ShiftedBetaGeoModel.from_params({"alpha": 0.7, "beta": 1.2})
    for ask, sentence in (
        (lambda: model.survival(-1), "t must be 0 or more"),
        (lambda: model.survival(1, renewals=-3), "renewals must be 0 or more"),
        (lambda: model.survival(np.nan), "t must be 0 or more"),
        (lambda: model.retention_rate(0), "t counts from 1"),
        (lambda: model.discounted_residual_lifetime(0.1, 0), "period counts from 1"),
        (lambda: model.log_likelihood_of(-1, False), "renewals is no whole number from 0"),
        (lambda: model.log_likelihood_of([1, 2], [0, 2]), "row 1: churned is neither true nor false"),
        (lambda: ShiftedBetaGeoModel.fit_cohorts([1000, 869, 743]), "one list of counts per cohort"),
    ):
        with pytest.raises(ValueError, match=sentence):
            ask()
