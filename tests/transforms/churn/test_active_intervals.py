import datetime as dt

import polars as pl
from polars.testing import assert_frame_equal

from regulars.pipelines.transforms.churn.active_intervals import (
    find_history_start,
    find_last_active_intervals,
    list_active_intervals,
    list_active_periods,
    list_subscribers,
)
from tests.transforms.subscription_tables import Row, period, table

DAYS = {"customer_idx": pl.Int32, "day_idx": pl.Int32}
AS_OF = dt.date(1971, 1, 1)


def active_periods(bought: list[tuple[int, int]], *paid: Row, as_of: dt.date = AS_OF) -> pl.DataFrame:
    """Of (customer, day) pairs and periods of subscriptions, with 30 lapse days."""
    return list_active_periods(
        pl.DataFrame(bought, schema=DAYS, orient="row"), table(*paid), as_of=as_of, lapse_days=30
    )


def active_intervals(bought: list[tuple[int, int]], *paid: Row, as_of: dt.date = AS_OF) -> list[tuple[object, ...]]:
    """(customer, first day, lapse date, return date, whether it is the first), all days since 1970."""
    found = list_active_intervals(active_periods(bought, *paid, as_of=as_of))
    days = found.with_columns(pl.col(pl.Date).cast(pl.Int32))
    return days.select("customer_idx", "start", "lapse_date", "return_date", "is_first").rows()


def test_a_spell_ends_where_the_gap_is_longer_than_lapse_days():
    found = active_intervals([(2, 5), (1, 0), (1, 30), (1, 61)])
    assert found == [(1, 0, 60, 61, True), (1, 61, 91, None, False), (2, 5, 35, None, True)]


def test_an_old_long_subscription_outlasts_a_later_short_one_and_an_order():
    found = active_intervals(
        [(1, 20)], period(1, "1970-01-01", "1970-04-11"), period(1, "1970-01-11", "1970-01-16", subscription=2)
    )
    assert found == [(1, 0, 100, None, True)]


def test_a_subscription_without_an_end_has_no_lapse_date_and_swallows_all_that_follows():
    found = active_intervals([(1, 20), (1, 200), (2, 0)], period(1, "1970-02-01"))
    assert found == [(1, 20, None, None, True), (2, 0, 30, None, True)]


def test_a_price_of_a_later_day_prolongs_its_subscription_and_one_that_only_starts_then_does_not_count():
    as_of = dt.date(1970, 2, 1)
    touching = period(1, "1970-01-01", "1970-02-10"), period(1, "1970-02-10")
    assert active_intervals([(2, 0)], *touching, as_of=as_of) == [(1, 0, None, None, True), (2, 0, 30, None, True)]
    another = period(1, "1970-01-01", "1970-02-10"), period(1, "1970-02-10", subscription=2), period(3, "1970-02-10")
    assert active_intervals([(2, 0)], *another, as_of=as_of) == [(1, 0, 40, None, True), (2, 0, 30, None, True)]


def test_the_unknown_customer_has_no_active_intervals():
    assert active_intervals([(0, 5)], period(0, "1970-01-01")) == []


def test_the_last_spell_follows_from_the_last_order_alone():
    bought = [(1, 0), (1, 40), (1, 45), (2, 3), (2, 10)]
    paid = period(2, "1970-01-05", "1970-03-01"), period(3, "1970-01-05", "1970-01-06")
    last = [
        find_last_active_intervals(list_active_intervals(active_periods(days, *paid)))
        for days in (bought, bought[2::2])
    ]
    assert last[0]["customer_idx"].to_list() == [1, 2, 3]
    assert_frame_equal(*(each.select("customer_idx", "lapse_date") for each in last))


def test_subscribers_are_those_who_pay_on_the_day():
    as_of = dt.date(1970, 1, 10)
    paid = period(1, "1970-01-05", "1970-01-10"), period(2, "1970-01-10"), period(3, "1970-01-11")
    assert list_subscribers(active_periods([(4, 0)], *paid, as_of=as_of), as_of=as_of).to_list() == [2]


def test_history_is_known_lapse_days_after_the_first_order_whatever_was_paid_before():
    club = period(1, "1970-01-01")
    assert find_history_start(active_periods([(2, 10), (1, 12)], club), 30) == dt.date(1970, 2, 9)
    assert find_history_start(active_periods([], club), 30) == dt.date(1970, 1, 30)
    assert find_history_start(active_periods([]), 30) is None
