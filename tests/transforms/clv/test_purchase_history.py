import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from regulars.pipelines.transforms.clv.purchase_history import (
    choose_calibration_end,
    list_customer_days,
    sum_purchases_after,
    summarise_history,
)
from tests.transforms.core_tables import Row, core, order, refund

AS_OF = dt.date(2026, 3, 31)


def days_of(*rows: Row) -> pl.DataFrame:
    tables = core(*rows)
    return list_customer_days(tables["orders"].lazy(), tables["refunds"].lazy(), tables["calendar"].lazy(), as_of=AS_OF)


def history(*rows: Row, until: str = "2026-03-31") -> dict[str, Any]:
    return summarise_history(days_of(*rows), until=dt.date.fromisoformat(until)).row(0, named=True)


def test_frequency_counts_days_after_the_first_and_recency_and_T_are_days_since_it():
    ada = history(order("ada", "2026-01-01", "10"), order("ada", "2026-01-11", "20"), order("ada", "2026-03-01", "40"))
    assert (ada["frequency"], ada["recency"], ada["T"], ada["monetary_value"]) == (2, 59, 89, 30.0)


def test_two_orders_on_one_day_are_one_purchase():
    ada = history(order("ada", "2026-01-01"), order("ada", "2026-02-01", "20"), order("ada", "2026-02-01", "30"))
    assert (ada["frequency"], ada["monetary_value"]) == (1, 50.0)


def test_two_orders_on_the_first_day_are_no_repeat_purchase():
    ada = history(order("ada", "2026-01-01"), order("ada", "2026-01-01"))
    assert (ada["frequency"], ada["recency"], ada["monetary_value"]) == (0, 0, None)


def test_a_refund_lowers_the_purchase_before_it():
    ada = history(
        order("ada", "2026-01-01", "100"),
        refund("ada", "2026-01-05", "100"),
        order("ada", "2026-02-01", "60"),
        refund("ada", "2026-02-20", "10"),
    )
    assert (ada["monetary_value"], ada["net_sales"], ada["frequency"]) == (50.0, 50.0, 1)


def test_a_refund_before_the_first_order_belongs_to_it():
    ada = history(
        refund("ada", "2025-12-01", "10"), order("ada", "2026-01-01", "100"), order("ada", "2026-02-01", "60")
    )
    assert (ada["monetary_value"], ada["net_sales"], ada["T"]) == (60.0, 150.0, 89)


def test_more_refunded_than_bought_is_a_monetary_value_of_nothing():
    ada = history(order("ada", "2026-01-01"), order("ada", "2026-02-01", "10"), refund("ada", "2026-02-02", "50"))
    assert ada["monetary_value"] == 0.0


def test_what_came_after_the_day_is_not_known():
    rows = (order("ada", "2025-01-01", "10"), order("ada", "2025-06-01", "20"), order("ada", "2026-03-01", "40"))
    ada = history(*rows, until="2025-12-31")
    assert (ada["frequency"], ada["recency"], ada["T"], ada["net_sales"]) == (1, 151, 364, 30.0)
    after = sum_purchases_after(days_of(*rows), after=dt.date(2025, 12, 31)).row(0, named=True)
    assert (after["purchases"], after["value"]) == (1, Decimal(40))


def test_lately_is_the_last_365_days():
    ada = history(order("ada", "2025-03-31", "10"), order("ada", "2025-04-01", "20"), order("ada", "2026-03-31", "40"))
    assert (ada["recent_purchases"], ada["recent_net_sales"]) == (2, 60.0)


def test_a_first_purchase_comes_once_and_is_not_what_a_customer_did_lately():
    rows = (order("ada", "2025-06-01", "10"), refund("ada", "2025-06-10", "4"), order("ada", "2026-03-01", "40"))
    ada = history(*rows, refund("ada", "2026-03-02", "5"))
    assert (ada["recent_purchases"], ada["recent_net_sales"]) == (1, 35.0)
    assert history(order("ada", "2026-03-01", "10"))["recent_purchases"] == 0


def test_nobody_has_no_history():
    days = days_of(order("unknown", "2026-01-01"))
    assert days.is_empty()
    assert choose_calibration_end(days, AS_OF) is None
    assert summarise_history(days, until=AS_OF).is_empty()


@pytest.mark.parametrize(
    ("first", "cut"),
    [("2020-01-01", "2025-03-31"), ("2025-03-31", "2025-09-30"), ("2026-01-01", None)],
    ids=["years of history", "one year", "three months"],
)
def test_the_last_year_or_half_of_a_shorter_history_grades_the_prediction(first, cut):
    assert str(choose_calibration_end(days_of(order("ada", first)), AS_OF)) == str(cut)
