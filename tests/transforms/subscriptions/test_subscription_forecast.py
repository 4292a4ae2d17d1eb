import datetime as dt

import polars as pl
import pytest

from regulars.pipelines.models.geometric_renewal import GeometricRenewalModel
from regulars.pipelines.models.renewal.months_ahead import MonthsAhead
from regulars.pipelines.transforms.clv.values.subscription_value import evaluate_subscriptions
from regulars.pipelines.transforms.subscriptions.subscription_forecast import (
    FittedSurvival,
    fit_survival,
    list_live_subscriptions,
    predict_revenue,
)
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods
from tests.transforms import subscription_tables
from tests.transforms.subscription_tables import leaving_company, paused, period

DAY = dt.date(2026, 3, 31)
HALF_STAY = FittedSurvival(GeometricRenewalModel(0.5, 100, -1.0), None)
UNKNOWN = FittedSurvival(None, "too few")


def live(*rows: subscription_tables.Row, day: dt.date = DAY) -> list[dict[str, object]]:
    return list_live_subscriptions(list_live_periods(subscription_tables.table(*rows)), day).to_dicts()


def predict(*rows: subscription_tables.Row, survival: FittedSurvival = HALF_STAY, months: float = 3) -> pl.DataFrame:
    periods = list_live_periods(subscription_tables.table(*rows))
    [found] = predict_revenue(list_live_subscriptions(periods, DAY), survival, [MonthsAhead(months)])
    return found


def test_a_subscription_that_began_a_year_and_half_a_month_ago_has_renewed_twelve_times():
    [found] = live(period(1, "2025-03-16"))
    assert (found["customer_idx"], found["monthly_amount"], found["renewals"]) == (1, 10, 12)
    assert found["elapsed"] == pytest.approx(16 / 31)
    assert found["months_to_end"] is None


def test_base_and_seats_are_one_subscription_and_a_pause_brings_nothing():
    [seats] = live(period(1, "2026-01-01", item_id="base"), period(1, "2026-02-01", amount="5", item_id="seats"))
    [asleep] = live(paused(2, "2026-01-01", "2026-03-01"))
    assert (seats["monthly_amount"], asleep["monthly_amount"]) == (15, 0)


def test_only_an_end_that_was_cancelled_by_the_day_is_known():
    told = {"cancelled_date": dt.date(2026, 3, 20)}
    [ends] = live(period(1, "2026-01-01", "2026-05-01", **told))
    [not_yet] = live(period(1, "2026-01-01", "2026-05-01", **told), day=dt.date(2026, 3, 19))
    [term] = live(period(1, "2026-01-01", "2026-05-01"))
    assert ends["months_to_end"] == pytest.approx(30 / (365.25 / 12))
    assert not_yet["months_to_end"] is term["months_to_end"] is None


def test_what_is_over_begins_later_or_names_nobody_is_left_out():
    assert live(period(1, "2026-01-01", "2026-03-31"), period(2, "2026-04-01"), period(0, "2026-01-01")) == []


def test_revenue_is_the_amount_for_as_long_as_it_is_renewed():
    # began today a month ago: the next month is sure once renewed: 1/2 + 1/4 + 1/8 of 10, at 0 months in hand
    [found] = predict(period(1, "2026-03-01")).to_dicts()
    assert found["expected"] == pytest.approx(10 * (0.5 + 0.25 + 0.125))
    assert (found["low"], found["high"]) == (pytest.approx(0, abs=1e-6), pytest.approx(30))


def test_two_subscriptions_of_one_customer_add_up():
    rows = period(1, "2026-03-01"), period(1, "2026-03-01", amount="20", subscription=2)
    [both] = predict(*rows).to_dicts()
    [one] = predict(rows[0]).to_dicts()
    assert [both[name] for name in ("expected", "low", "high")] == pytest.approx(
        [3 * one[name] for name in ("expected", "low", "high")]
    )


def test_a_cancelled_subscription_is_charged_until_its_end_and_no_longer():
    found = predict(period(1, "2026-01-01", "2026-05-01", cancelled_date=DAY), survival=UNKNOWN).row(0, named=True)
    assert found["expected"] == found["low"] == found["high"] == pytest.approx(10 * 30 / (365.25 / 12))
    assert found["nominal_coverage"] == 1


def test_without_a_model_nothing_is_predicted_of_what_may_go_on():
    rows = period(1, "2026-01-01", "2026-05-01", cancelled_date=DAY), period(1, "2026-01-01", subscription=2)
    assert predict(*rows, survival=UNKNOWN).row(0) == (1, None, None, None, None)


def count_months(row: subscription_tables.Row, after: dt.date, to: dt.date) -> float:
    """Months charged after one day and to another, by days of each month, the slow way."""
    total = 0.0
    day = after + dt.timedelta(days=1)
    while day <= to:
        following = (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        if row["active_from"] <= day < row["active_until"]:
            total += 1 / (following - day.replace(day=1)).days
        day += dt.timedelta(days=1)
    return total


@pytest.fixture(scope="module")
def graded() -> dict[str, object]:
    row = evaluate_subscriptions(
        list_live_periods(subscription_tables.table(*leaving_company())), as_of=dt.date(2025, 12, 31)
    )
    assert row is not None
    return row


def test_the_test_knows_nothing_of_the_year_that_it_predicts(graded):
    """What ended, changed or began after the cut changes what came, and nothing of what was predicted."""
    cut, as_of = dt.date(2024, 12, 31), dt.date(2025, 12, 31)
    forgotten = [
        row | {"active_until": None, "cancelled_date": None} if row["active_until"] > cut else row
        for row in leaving_company()
        if row["active_from"] <= cut
    ]
    found = evaluate_subscriptions(list_live_periods(subscription_tables.table(*forgotten)), as_of=as_of)
    assert found is not None
    assert found["predicted_value"] == graded["predicted_value"]
    assert found["actual_value"] > graded["actual_value"]


def test_what_came_is_counted_day_by_day(graded):
    cut, as_of = dt.date(2024, 12, 31), dt.date(2025, 12, 31)
    known = [row for row in leaving_company() if row["active_from"] <= cut < row["active_until"]]
    came = sum(10 * count_months(row, cut, as_of) for row in known)
    assert graded["holdout_customers"] == len(known)
    assert graded["actual_value"] == pytest.approx(came, abs=0.01)


def test_a_test_of_a_whole_year_calibrates_and_its_intervals_hold_what_they_declare(graded):
    assert graded["horizon_days"] == 365
    ratio = graded["actual_value"] / graded["predicted_value"]
    decided = graded["holdout_customers"]  # of all of them the subscription could have ended
    assert graded["value_calibration"] == pytest.approx(ratio ** (decided / (decided + 25)))
    assert abs(graded["value_error_rate"]) < 0.15
    assert graded["value_interval_covered"] >= graded["value_interval_nominal_coverage"] - 0.01


def test_a_short_history_and_few_subscriptions_are_not_tested():
    short = list_live_periods(subscription_tables.table(*leaving_company()))
    assert evaluate_subscriptions(short, as_of=dt.date(2023, 4, 1)) is None
    few = list_live_periods(subscription_tables.table(*leaving_company(customers_a_month=1)))
    assert evaluate_subscriptions(few, as_of=dt.date(2025, 12, 31)) is None
    assert evaluate_subscriptions(list_live_periods(subscription_tables.table()), as_of=DAY) is None


def test_the_survival_is_that_of_what_had_ended_by_the_day():
    periods = list_live_periods(subscription_tables.table(*leaving_company()))
    early, late = fit_survival(periods, dt.date(2024, 12, 31)), fit_survival(periods, dt.date(2025, 12, 31))
    assert early.name is not None
    assert late.name is not None
