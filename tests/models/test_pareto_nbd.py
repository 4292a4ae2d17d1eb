"""Published: Fader & Hardie's CDNOW sample, as in the BTYD vignette and manual and CLVTools' tests.

Other truths: mpmath at 60 digits, closed forms in 2F1 and U; chances of counts by quadrature over the dropout time.
"""

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.fitting.rows import merge_equal_rows
from regulars.pipelines.models.pareto_nbd import ParetoNBDModel
from tests.models.cdnow import FILE, load_cdnow

PUBLISHED = (0.553277, 10.577683, 0.6062398, 11.6687308)
SEVENTY_EIGHT_WEEKS = (0.5629966, 12.5590370, 0.4081095, 10.5148048)
HOLDOUT_WEEKS = 39
RETAIL = FILE.parents[1] / "online_retail"


def model(*params: float) -> ParetoNBDModel:
    return ParetoNBDModel.from_params(dict(zip(("r", "alpha", "s", "beta"), params, strict=True)))


@pytest.fixture(scope="module")
def cdnow():
    return load_cdnow()


@pytest.fixture(scope="module")
def fitted(cdnow):
    return ParetoNBDModel.fit(cdnow.frequency, cdnow.recency, cdnow.T)


@pytest.fixture(scope="module")
def all_weeks():
    """Frequency, recency, T of the CDNOW sample at the end of June 1998."""
    load_cdnow()  # skips when the sample is not there
    lines = [line.split() for line in FILE.read_text(encoding="ascii").splitlines()]
    days = pl.DataFrame({"id": [line[1] for line in lines], "on": [line[2] for line in lines]})
    day = (pl.col("on").str.to_date("%Y%m%d") - pl.date(1997, 1, 1)).dt.total_days()
    seen = days.group_by("id").agg(day.n_unique() - 1.0, first=day.min(), last=day.max()).sort("id")
    return seen["on"].to_numpy(), (seen["last"] - seen["first"]).to_numpy() / 7, (545 - seen["first"]).to_numpy() / 7


def online_retail():
    """Frequency, recency, T in weeks."""
    if not RETAIL.exists():
        pytest.skip(f"the Online Retail files are not in {RETAIL}")
    later = pl.read_parquet(RETAIL / "online_retail_2010_2011.parquet")
    earlier = pl.read_parquet(RETAIL / "online_retail_II_2009_2010.parquet").with_columns(
        pl.col("InvoiceDate").str.to_datetime(), CustomerID=pl.col("Customer ID").cast(pl.Float64)
    )
    earlier = earlier.rename({"Invoice": "InvoiceNo", "Price": "UnitPrice"})
    bought = (pl.col("Quantity") > 0) & (pl.col("UnitPrice") > 0) & ~pl.col("InvoiceNo").str.starts_with("C")
    orders = [lines.filter(bought).select("CustomerID", pl.col("InvoiceDate").dt.date()) for lines in (earlier, later)]
    day, end = pl.col("InvoiceDate"), pl.date(2011, 2, 28)
    customers = (
        pl.concat(orders)
        .filter(pl.col("CustomerID").is_not_null() & (day <= end))
        .group_by("CustomerID")
        .agg(days=day.n_unique() - 1.0, first=day.min(), last=day.max())
        .filter(pl.col("first").is_between(pl.date(2010, 3, 1), pl.date(2010, 8, 31)))
        .with_columns(T=(end - pl.col("first")).dt.total_days() / 7)
        .with_columns(recency=(pl.col("last") - pl.col("first")).dt.total_days() / 7)
    )
    return (customers[column].to_numpy() for column in ("days", "recency", "T"))


# --- the fit ---


def test_cdnow_parameters_are_the_published_ones(fitted):
    assert list(fitted.params) == ["r", "alpha", "s", "beta"]
    assert list(fitted.params.values()) == pytest.approx(PUBLISHED, rel=1e-5)
    assert fitted.log_likelihood == pytest.approx(-9594.976, abs=1e-3)
    assert list(fitted.standard_errors.values()) == pytest.approx(
        [0.0476264, 0.8427222, 0.1872594, 6.2105448], rel=2e-4
    )
    assert fitted.converged
    assert not fitted.at_boundary
    assert fitted.customers == 2357


def test_cdnow_parameters_at_78_weeks(all_weeks):
    fitted = ParetoNBDModel.fit(*all_weeks)
    assert list(fitted.params.values()) == pytest.approx([0.5630036, 12.5591682, 0.4081073, 10.5145492], rel=1e-6)
    assert list(fitted.params.values()) == pytest.approx(SEVENTY_EIGHT_WEEKS, rel=1e-4)
    assert fitted.log_likelihood == pytest.approx(-17135.836, abs=1e-3)


def test_days_instead_of_weeks_change_the_two_times_only(cdnow, fitted):
    in_days = ParetoNBDModel.fit(cdnow.frequency, cdnow.recency * 7, cdnow.T * 7)
    r, alpha, s, beta = fitted.params.values()
    assert list(in_days.params.values()) == pytest.approx([r, 7 * alpha, s, 7 * beta], rel=1e-8)
    shift = cdnow.frequency.sum() * np.log(7)
    assert in_days.log_likelihood == pytest.approx(fitted.log_likelihood - shift, abs=1e-6)


def test_weights_stand_for_repeated_customers(cdnow, fitted):
    histories = np.stack([cdnow.frequency, cdnow.recency, cdnow.T])
    distinct, weights = np.unique(histories, axis=1, return_counts=True)
    weighted = ParetoNBDModel.fit(*distinct, weights)
    assert weighted.params == pytest.approx(fitted.params, rel=1e-9)
    assert weighted.log_likelihood == pytest.approx(fitted.log_likelihood, abs=1e-8)
    assert weighted.customers == 2357


def test_gradient_of_the_fit_is_the_gradient_of_its_log_likelihood():
    frequency, recency, T = np.array([0.0, 2, 5, 132]), np.array([0.0, 30, 8, 200]), np.array([3.0, 38, 39, 200])
    theta, step = np.array([0.4, 20.0, 1.3, 6.0]), 1e-6

    def total(logs):
        return model(*np.exp(logs)).log_likelihood_of(frequency, recency, T).sum()

    gradient = ParetoNBDModel._log_likelihood(merge_equal_rows(frequency, recency, T))(np.log(theta))[1]
    shifts = step * np.eye(4)
    gradients = [(total(np.log(theta) + up) - total(np.log(theta) - up)) / (2 * step) for up in shifts]
    assert gradient == pytest.approx(gradients, rel=1e-6)


def test_customers_who_never_leave_are_reported_as_a_boundary():
    rng = np.random.default_rng(1)
    T = rng.integers(30, 100, 2000).astype(float)
    frequency = rng.poisson(rng.gamma(1, 0.2, 2000) * T)
    recency = np.where(frequency > 0, np.floor(T * rng.random(2000) ** (1 / np.maximum(frequency, 1))), 0)
    fitted = ParetoNBDModel.fit(frequency, recency, T)
    assert fitted.at_boundary
    assert "s ran" in fitted.message
    assert np.isfinite(fitted.expected_purchases(365)).all()
    assert fitted.p_alive().min() > 0.99


def test_customers_who_all_leave_at_one_rate_are_reported_as_a_boundary():
    T, frequency = np.full(40, 60.0), np.tile([0.0, 3], 20)
    recency = np.where(frequency > 0, 10.0, 0.0)
    fitted = ParetoNBDModel.fit(frequency, recency, T)
    assert fitted.at_boundary
    assert fitted.message
    assert np.isfinite(fitted.p_alive()).all()


def test_a_shop_whose_customers_leave_alike_is_reported_as_a_boundary():
    """UCI Online Retail, customers won 2010-03 to 2010-08, to 2011-02-28; a bounded search found -12728.259."""
    fitted = ParetoNBDModel.fit(*online_retail())
    assert fitted.customers == 1609
    assert fitted.log_likelihood > -12728.259
    assert fitted.at_boundary
    assert "s ran" in fitted.message
    assert fitted.expected_purchases(40.6).sum() == pytest.approx(2761, rel=1e-3)


# --- customers with a history ---


def test_the_two_customers_of_the_papers(fitted):
    assert fitted.expected_purchases(39, 2, 30.4286, 38.8571) == pytest.approx(1.455202, abs=1e-5)
    assert fitted.p_alive(2, 30.4286, 38.8571) == pytest.approx(0.8691343, abs=1e-5)
    assert fitted.expected_purchases(52, 26, 30.857, 31) == pytest.approx(25.45519, abs=1e-4)
    assert fitted.p_alive(26, 30.857, 31) == pytest.approx(0.9978734, abs=1e-5)


def test_the_same_customer_with_the_vignettes_parameters():
    vignette = model(0.553, 10.580, 0.606, 11.656)
    assert vignette.expected_purchases(52, 26, 30.857, 31) == pytest.approx(25.45647, abs=2e-3)
    assert model(0.55, 10.56, 0.61, 11.64).p_alive(0, 0, 39) == pytest.approx(0.2924, abs=5e-5)


def test_more_purchases_with_the_same_silence_promise_less(fitted):
    declared = fitted.expected_purchases(52, [10, 15, 20, 25], 20, 39)
    assert declared == pytest.approx([0.70589, 0.14415, 0.02249, 0.0030901], abs=1e-5)


def test_discounted_expected_residual_transactions_of_the_manual():
    manual = model(*SEVENTY_EIGHT_WEEKS)
    assert manual.discounted_purchases(0.0027, 7, 35, 77.86) == pytest.approx(1.864183, abs=1e-6)
    published = [2.1991554, 2.8435344, 2.8671284, 2.4454101, 1.8405019, 1.2624165, 0.8096181, 0.4948036, 0.2920247]
    found = manual.discounted_purchases(0.0027, np.arange(1, 11), 30, 77.86)
    assert found == pytest.approx([*published, 0.1679275], abs=1e-7)


def test_discounted_residual_transactions_of_the_whole_sample(all_weeks):
    found = model(*SEVENTY_EIGHT_WEEKS).discounted_purchases(0.0027, *all_weeks)
    assert found.sum() == pytest.approx(9428.305, abs=1e-3)
    assert found[all_weeks[0] == 0].mean() == pytest.approx(0.40811, abs=1e-5)
    assert found.max() == pytest.approx(109.128, abs=1e-3)


def test_holdout_of_cdnow_is_met_as_published(cdnow, fitted):
    declared = fitted.expected_purchases(HOLDOUT_WEEKS)
    missed = declared - cdnow.holdout
    assert np.abs(missed).mean() == pytest.approx(0.7545, abs=5e-5)
    assert np.sqrt((missed**2).mean()) == pytest.approx(1.6028, abs=5e-5)
    assert np.corrcoef(declared, cdnow.holdout)[0, 1] == pytest.approx(0.6302, abs=5e-5)
    assert declared.sum() == pytest.approx(1665.5, abs=0.05)
    assert ((np.log1p(declared) - np.log1p(cdnow.holdout)) ** 2).mean() == pytest.approx(0.2377, abs=5e-5)
    assert fitted.p_alive().mean() == pytest.approx(0.4463, abs=5e-5)
    by_frequency = [declared[np.minimum(cdnow.frequency, 7) == x].mean() for x in range(8)]
    assert by_frequency == pytest.approx([0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403], abs=1.1e-3)


def test_cumulative_purchases_follow_cdnow_week_by_week(cdnow, fitted):
    def bought_by(week):
        exposure = np.maximum(7 * week - cdnow.birth_day, 0) / 7
        births, customers = np.unique(exposure, return_counts=True)
        return fitted.expected_purchases_new(births) @ customers

    published = [1308.856, 1385.275, 1459.923, 1532.906, 1604.320, 1674.253]
    assert [bought_by(week) for week in range(20, 26)] == pytest.approx(published, rel=3e-4)
    assert bought_by(78) == pytest.approx(4275.4, abs=0.05)
    actual = np.array([(cdnow.repeat_days < 7 * week).sum() for week in range(40, 79)])
    errors = np.abs([bought_by(week) for week in range(40, 79)] - actual) / actual
    assert errors.mean() == pytest.approx(0.013, abs=1e-3)


# --- new customers ---


def test_expected_purchases_of_a_new_customer():
    manual = model(0.55, 10.56, 0.61, 11.64).expected_purchases_new(np.arange(1, 10))
    published = [0.05077821, 0.09916088, 0.14542507, 0.1897993, 0.23247466, 0.27361274, 0.31335159, 0.35181024]
    assert manual == pytest.approx([*published, 0.38909211], abs=1e-8)
    assert model(*PUBLISHED).expected_purchases_new(52) == pytest.approx(1.473434, abs=1e-6)


@pytest.mark.parametrize(
    ("params", "n", "t", "truth"),
    [
        ((0.553, 10.578, 0.606, 11.669), 0, 39, 0.5936250316024),
        ((0.553, 10.578, 0.606, 11.669), 5, 39, 0.02148482836182),
        ((0.553, 10.578, 0.606, 11.669), 30, 39, 1.894502858631e-5),
        ((0.5, 5, 0.01, 5000), 700, 365, 1.810098985848e-7),
        ((0.5, 5, 50, 11001), 3, 60, 0.06678797716118),
        ((300, 2, 1, 0.001), 40, 2, 9.539684296307e-5),
        ((2, 500, 4, 1), 1, 1000, 0.001325424532889),
    ],
)
def test_chance_of_a_number_of_purchases_matches_sixty_digits(params, n, t, truth):
    assert model(*params).probability_of_purchases_new(n, t) == pytest.approx(truth, rel=1e-9)


def test_repeat_purchases_of_cdnow_are_spread_as_in_the_paper(cdnow, fitted):
    expected = np.array([fitted.probability_of_purchases_new(n, cdnow.T).sum() for n in range(7)])
    expected = np.append(expected, 2357 - expected.sum())
    actual = np.array([1411, 439, 214, 100, 62, 38, 29, 64])
    assert ((actual - expected) ** 2 / expected).sum() == pytest.approx(11.99, abs=0.005)


def test_chances_of_all_numbers_of_purchases_add_up():
    counts = np.arange(600)
    chances = model(*PUBLISHED).probability_of_purchases_new(counts, 78)
    assert chances.sum() == pytest.approx(1, abs=1e-12)
    assert chances @ counts == pytest.approx(model(*PUBLISHED).expected_purchases_new(78), rel=1e-9)


def test_a_customer_just_won_is_a_new_customer():
    published = model(*PUBLISHED)
    assert published.p_alive(0, 0, 0) == 1
    assert published.expected_purchases(39, 0, 0, 0) == pytest.approx(published.expected_purchases_new(39))
    none = published.probability_of_purchases_new(0, 39)
    assert published.probability_of_purchase(39, 0, 0, 0) == pytest.approx(1 - none)
    assert list(published.probability_of_purchases_new([0, 1], 0)) == [1, 0]


def test_a_longer_horizon_expects_more_and_none_nothing():
    horizons = np.array([0, 1, 30, 365, 3650, np.inf])
    published = model(*PUBLISHED)
    chances = published.probability_of_purchase(horizons, 2, 30, 38)
    assert chances[0] == 0
    assert (np.diff(chances) > 0).all()
    assert chances[-1] < published.p_alive(2, 30, 38)
    declared = published.discounted_purchases(0.0027, 2, 30, 38, horizon=horizons)
    assert declared[0] == 0
    assert (np.diff(declared) > 0).all()


def test_answers_do_not_depend_on_who_else_is_asked_about():
    published = model(*PUBLISHED)
    rng = np.random.default_rng(3)
    T = rng.uniform(1, 2000, 300)
    frequency, recency = rng.integers(1, 60, 300), T * rng.random(300)
    together = published.expected_purchases(52, frequency, recency, T)
    alone = [published.expected_purchases(52, *row) for row in zip(frequency, recency, T, strict=True)]
    assert together == pytest.approx(alone, rel=1e-12)


# --- simulated futures ---


def test_simulated_futures_average_to_what_is_expected():
    rng, published, customers = np.random.default_rng(11), model(*PUBLISHED), 200_000
    frequency, T = np.full(customers, 4.0), np.full(customers, 30.0)
    futures = published.draw_future(rng, frequency, T, [0, 13, 52])
    assert futures.shape == (customers, 2)
    alive = published.p_alive(4, 25, 30)
    expected = np.diff([published.expected_purchases(horizon, 4, 25, 30) / alive for horizon in (0, 13, 52)])
    assert futures.mean(axis=0) == pytest.approx(expected, rel=0.02)
    any_purchase = published.probability_of_purchase(52, 4, 25, 30) / alive
    assert (futures.sum(axis=1) > 0).mean() == pytest.approx(any_purchase, rel=0.01)


def test_the_same_seed_draws_the_same_future(fitted):
    draws = [fitted.draw_future(np.random.default_rng(5), [0, 3], [10, 20], [0, 30, 60]) for _ in range(2)]
    assert (draws[0] == draws[1]).all()


def test_the_papers_have_no_answer_for_an_endless_new_customer():
    with pytest.raises(ValueError, match="horizon must be finite"):
        model(*PUBLISHED).expected_purchases_new(np.inf)
