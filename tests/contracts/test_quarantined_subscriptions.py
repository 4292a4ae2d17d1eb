"""A subscription with a bad period is quarantined whole; a later delivery replaces all its periods."""

import pytest

from tests.contracts.deliveries import loaded, quarantined, run_step


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"ended_at": "2026-02-28 10:00:00"}, "ends_after_its_start"),
        ({"cancelled_at": "2026-02-28 10:00:00"}, "ends_after_its_start"),
        ({"monthly_amount": None}, "monthly_amount_is_known"),
        ({"monthly_amount": None, "amount": "5", "billing_interval": "fortnight"}, "billing_interval.one_of"),
        ({"monthly_amount": None, "amount": "9" * 14, "quantity": "9" * 14}, "monthly_amount_is_known"),
        ({"monthly_amount": "-1"}, "monthly_amount.range"),
        ({"started_at": "soon"}, "started_at.reads_as"),
    ],
)
def test_a_bad_period_quarantines_its_whole_subscription(row, rule):
    con, _ = run_step(subscriptions=[{}, row, {"subscription_id": "u2"}])
    assert loaded(con, "subscriptions", "subscription_id") == ["u2"]
    assert {each for rules in quarantined(con, "rules") for each in rules.split(",")} == {
        "document",
        f"subscriptions.{rule}",
    }


@pytest.mark.parametrize(
    "row",
    [
        {"cancelled_at": "2026-02-20 10:00:00", "ended_at": "2026-03-20 10:00:00"},
        {"ended_at": "2026-03-01 10:00:00"},
        {"started_at": "2027-01-01 00:00:00", "ended_at": "2028-01-01 00:00:00"},
        {"monthly_amount": None, "amount": "120", "billing_interval": "year"},
        {"monthly_amount": "0"},
    ],
)
def test_a_subscription_may_be_free_lie_ahead_or_be_cancelled_before_its_paid_time_begins(row):
    con, _ = run_step(subscriptions=[row])
    assert loaded(con, "subscriptions", "subscription_id") == ["u1"]


def test_a_later_delivery_of_a_subscription_replaces_all_its_periods():
    periods = [{"started_at": f"2026-0{month}-01 00:00:00"} for month in (3, 4, 5)]
    con, _ = run_step(subscriptions=[*periods, {"delivery": 2}, {"delivery": 2, "started_at": "2026-04-02 00:00:00"}])
    assert loaded(con, "subscriptions", "_delivery, started_at") == [
        (2, "2026-03-01 10:00:00"),
        (2, "2026-04-02 00:00:00"),
    ]
