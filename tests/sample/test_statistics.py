import numpy as np
import polars as pl
import pytest

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.people import draw_people
from regulars.pipelines.sample.simulation.purchases import draw_purchase_days, draw_spend
from regulars.pipelines.sample.simulation.seasons import compute_calendar_time, compute_season_end, compute_season_time

SIZE = 40_000


@pytest.fixture(scope="module")
def people():
    return draw_people(np.random.default_rng(5), 0, SIZE)


@pytest.fixture(scope="module")
def purchase_days(people):
    return draw_purchase_days(np.random.default_rng(6), people)


@pytest.mark.parametrize("kind", [0, 1])
def test_rates_and_dropout_have_the_means_of_their_distributions(people, kind):
    who, k = people.kind == kind, c.KINDS[kind]
    assert people.rate[who].mean() == pytest.approx(k.r / k.alpha, rel=0.04)
    assert people.dropout[who].mean() == pytest.approx(k.a / (k.a + k.b), rel=0.04)


def test_repeat_purchases_are_as_many_as_bg_nbd_expects(people, purchase_days):
    # Given rate l and dropout p, a customer observed for t is expected to repeat (1 - exp(-l p t)) / p times.
    span = compute_season_end(people.kind) - people.joined
    expected = -np.expm1(-people.rate * people.dropout * span) / people.dropout
    for kind in (0, 1):
        who = (people.kind == kind) & ~people.is_lead
        surplus = (purchase_days.repeat_count - expected)[who]
        assert abs(surplus.mean()) < 4 * surplus.std() / np.sqrt(len(surplus))


def test_customers_leave_as_often_as_bg_nbd_expects(people, purchase_days):
    # The chance to be still there after t is exp(-l p t).
    span = compute_season_end(people.kind) - people.joined
    who = ~people.is_lead
    gone = -np.expm1(-people.rate * people.dropout * span)[who].mean()
    assert np.isfinite(purchase_days.dropout_day[who]).mean() == pytest.approx(gone, rel=0.03)


def test_nobody_buys_after_leaving_or_before_the_first_purchase(purchase_days):
    left = purchase_days.dropout_day[purchase_days.person]
    assert not (purchase_days.day > left).any()
    assert (purchase_days.day >= purchase_days.first_day[purchase_days.person]).all()


def test_leads_buy_nothing(people, purchase_days):
    assert not people.is_lead[purchase_days.person].any()


def test_orders_per_customer_are_some_four(purchase_days):
    assert 4.0 < len(purchase_days.person) / SIZE < 4.8


@pytest.mark.parametrize("kind", [0, 1])
def test_spend_has_the_mean_of_gamma_gamma(people, kind):
    k, person = c.KINDS[kind], np.flatnonzero(people.kind == kind)
    spend = draw_spend(np.random.default_rng(8), people, person) / 100
    assert spend.mean() == pytest.approx(k.p * k.gamma / (k.q - 1), rel=0.04)


@pytest.mark.parametrize("kind", [0, 1])
def test_the_clock_of_a_kind_runs_back_and_forth(kind):
    days = np.array([0.0, 12.5, 400.0, c.DAYS])
    there = compute_season_time(kind, days)
    assert compute_calendar_time(np.full(4, kind), there) == pytest.approx(days)


@pytest.mark.parametrize("kind", [0, 1])
def test_a_year_of_season_time_is_a_year(kind):
    assert compute_season_time(kind, np.array([366.0]))[0] == pytest.approx(366 / 7)


def test_offices_pause_in_august_and_home_members_buy_most_in_december(company):
    truth = company / "truth"
    orders = pl.read_csv(truth / "orders.csv", try_parse_dates=True).filter("is_countable")
    orders = orders.join(pl.read_csv(truth / "persons.csv"), on="person_id")
    month = pl.col("order_date").dt.month()
    in_year = orders.filter(pl.col("order_date").is_between(pl.date(2025, 1, 1), pl.date(2025, 12, 31)))
    by = {
        (kind, number): n for kind, number, n in in_year.group_by("customer_type", month.alias("m")).len().iter_rows()
    }
    assert by["office", 8] < 0.75 * by["office", 6]
    assert by["home member", 12] > 1.4 * by["home member", 6]


def test_promoters_stay_longer_than_detractors(company):
    truth = company / "truth"
    answers = pl.read_csv(truth / "answers.csv").join(pl.read_csv(truth / "persons.csv"), on="person_id")
    left = pl.col("dropout_day").is_not_null().mean()
    promoters = answers.filter(pl.col("score") >= 9).select(left).item()
    detractors = answers.filter(pl.col("score") <= 6).select(left).item()
    assert promoters + 0.15 < detractors
