"""What plain averages predict, by hand."""

import datetime as dt

import polars as pl
import pytest

from regulars.pipelines.models.pareto_nbd import ParetoNBDModel
from regulars.pipelines.transforms.clv.forecasts import (
    FREQUENCY_CLASSES,
    average_by_class,
    classify_customers,
    estimate_p_alive,
    predict_by_baseline,
)

UNTIL = dt.date(2026, 1, 1)
END = (UNTIL - dt.date(1970, 1, 1)).days


def history(**columns: float) -> pl.DataFrame:
    known = {
        "frequency": 1,
        "recency": 100,
        "T": 200,
        "net_sales": 40.0,
        "recent_purchases": 1,
        "recent_net_sales": 20.0,
    }
    return pl.DataFrame([known | columns]).with_columns(first_order_date=pl.lit(dt.date(2025, 1, 1)))


def days_of(purchases: dict[int, list[int]]) -> pl.DataFrame:
    """`list_customer_days` of customers who bought for 10 so many days before `UNTIL`."""
    rows = [(who, END - ago, 1, 10) for who, agos in purchases.items() for ago in agos]
    schema = {"customer_idx": pl.Int32, "day_idx": pl.Int32, "order_count": pl.Int64, "net_sales": pl.Decimal(18, 4)}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("customer_idx", "day_idx")


@pytest.mark.parametrize("method", ["own_average", "last_year"])
def test_an_average_expects_no_negative_value(method):
    found = predict_by_baseline(method, history(net_sales=-40.0, recent_net_sales=-5.0), pl.DataFrame(), 365)
    assert found["value"].item() == 0
    assert found["purchases"].item() > 0


def test_the_rate_of_a_newcomer_leaves_the_first_purchase_out():
    found = predict_by_baseline(
        "last_year", history(frequency=0, recent_purchases=0, recent_net_sales=0.0), pl.DataFrame(), 365
    )
    assert found.row(0) == (0, 0)


def test_frequent_buyers_are_told_apart_far_beyond_seven_purchases():
    frequencies = pl.DataFrame({"frequency": [7, 8, 16, 60, 100, 500], "T": [9] * 6, "recency": [9] * 6})
    assert classify_customers(frequencies)["frequency_class"].to_list() == [3, 4, 5, 6, 7, 8]
    assert FREQUENCY_CLASSES[-1] >= 100


def test_a_class_with_few_customers_takes_in_the_class_below_it():
    # thirty weekly buyers and five daily ones, over two years: five are too few for an average of their own
    weekly = {n: list(range(n % 7, 730, 7)) for n in range(1, 31)}
    daily = {n: list(range(0, 730)) for n in range(31, 36)}
    rates = average_by_class(days_of(weekly | daily), until=UNTIL).filter(days_since_class=0)
    by_class = dict(rates.select("frequency_class", "purchases_a_day").rows())
    assert by_class[6] == pytest.approx(1 / 7, rel=0.05)  # 32 to 63 purchases in the year before
    assert by_class[8] == pytest.approx((30 / 7 + 5) / 35, rel=0.05)


def test_who_bought_on_the_last_day_is_not_certain_to_stay():
    model = ParetoNBDModel.from_params({"r": 0.55, "alpha": 74.0, "s": 0.61, "beta": 82.0})
    today = history(frequency=3, recency=200, T=200)
    assert model.p_alive(3, 200, 200) == 1
    assert 0.9 < estimate_p_alive(today, [(None, model)]).item() < 1
    stays = ParetoNBDModel.from_params({"r": 0.55, "alpha": 74.0, "s": 1e-9, "beta": 1e9})
    assert estimate_p_alive(today, [(None, stays)]).item() == 1 - 1e-6


def test_a_first_order_on_the_last_day_has_no_rhythm_and_predicts_nothing():
    history = pl.DataFrame({"frequency": [0, 2], "T": [0, 100], "net_sales": [50.0, 90.0]})
    found = predict_by_baseline("own_average", history, pl.DataFrame(), 50)
    assert found.rows() == [(0.0, 0.0), (1.0, 30.0)]
