"""The mart `demand_forecast`: pieces of each product by week, what is expected, and how far off that was."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.demand.forecasts import forecast_demand
from regulars.pipelines.settings.demand import Demand
from regulars.pipelines.transforms.products.demand.demand_forecast import COLUMNS, demand_forecast
from regulars.pipelines.transforms.products.seasonality import COLUMNS as SEASONALITY
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules
from tests.transforms.products.product_tables import Row, item, product_tables, sale

SUNDAY = dt.date(2026, 3, 29)
READS = ("order_lines", "orders", "products", "stores", "calendar")
FOUR_WEEKS = Demand(weeks_ahead=4)


def mart(
    sales: list[Row],
    as_of: dt.date = SUNDAY,
    demand: Demand = FOUR_WEEKS,
    engine: str = "polars",
    seasons: list[Row] | None = None,
) -> pl.DataFrame:
    tables = product_tables(*sales)
    seasonality = pl.DataFrame(seasons or [], schema=SEASONALITY)
    with ENGINES[engine]({name: tables[name] for name in READS} | {"seasonality": seasonality}) as frames:
        found = demand_forecast(**frames, as_of=as_of, demand=demand)
    assert broken_rules("demand_forecast", found, {}) == set()
    return found


def weekly(
    product: str, quantities: list[int], last: dt.date = SUNDAY, category: str | None = None, **of_order: Any
) -> list[Row]:
    """A sale on the Sunday of each week, the last one on `last`; none where it is 0."""
    days = [last - dt.timedelta(days=7 * back) for back in range(len(quantities))][::-1]
    return [
        sale(day, item(product, "5", quantity=str(number), category=category), **of_order)
        for day, number in zip(days, quantities, strict=True)
        if number
    ]


def ahead(found: pl.DataFrame, week: int = 1, **where: str) -> Row:
    return found.filter(weeks_ahead=week, **where).row(0, named=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_forecast_interval_and_grade_are_those_of_the_series(engine):
    quantities = np.random.default_rng(2).poisson(20, 80)
    found = mart(weekly("bar", quantities.tolist()), engine=engine)
    expected = forecast_demand(quantities[np.newaxis].astype(float), np.array([0]), 4)
    row = ahead(found, week=3)
    assert row["week_start"] == SUNDAY + dt.timedelta(days=15)
    assert row["demand_forecast"] == pytest.approx(expected.forecast[0])
    assert row["demand_forecast_low"] == pytest.approx(expected.low[0, 2])
    assert row["demand_forecast_high"] == pytest.approx(expected.high[0, 2])
    errors = expected.errors[0][0]
    came = sum(quantities[-16 + start + step] for start in range(13) for step in range(4))
    assert (row["tested_weeks"], row["tested_demand"]) == (13, came)
    assert row["bias_rate"] == pytest.approx(-errors.sum() / came)
    assert row["tested_error"] == pytest.approx(-errors.sum())
    for end, each in zip(("", "_seasonal_naive", "_mean_8w"), expected.errors, strict=True):
        off = each[0][np.isfinite(errors) & np.isfinite(each[0])]
        assert row[f"tested_absolute_error{end}"] == pytest.approx(np.abs(off).sum())
        assert row[f"wape{end}"] == pytest.approx(np.abs(off).sum() / came)
        scaled = np.square(off).mean() / np.square(np.diff(quantities)).mean()
        assert row[f"rmsse{end}"] == pytest.approx(np.sqrt(scaled))
    assert found.filter(weeks_ahead=0)["demand"].to_list() == [quantities[-1]]
    assert found.filter(pl.col("weeks_ahead") <= 0).height == 26


def test_a_week_that_is_not_over_is_forecast_and_not_counted():
    saturday = SUNDAY - dt.timedelta(days=1)
    found = mart(weekly("bar", [4] * 40), as_of=saturday)
    assert found.filter(weeks_ahead=0)["week_start"].to_list() == [dt.date(2026, 3, 16)]
    assert ahead(found)["week_start"] == dt.date(2026, 3, 23)
    assert ahead(found)["weeks_of_history"] == 39


def test_a_short_history_gets_the_mean_of_what_there_is_and_a_reason():
    row = ahead(mart(weekly("bar", [2, 4, 0, 6])))
    assert (row["method"], row["demand_forecast"], row["weeks_of_history"]) == ("mean_so_far", 3, 4)
    assert row["weeks_with_sales"] == 3
    assert "fewer than 26 weeks" in row["reason"]
    assert (row["demand_forecast_low"], row["wape"], row["is_complete"]) == (None, None, False)


def test_a_region_with_few_sales_gets_its_share_of_the_product():
    sales = weekly("bar", [10] * 60, region="Nord") + weekly("bar", [13] * 2 + [0] * 3, region="Sued")
    found = mart(sales)
    whole, south = ahead(found, place="all"), ahead(found, place="Sued")
    assert south["method"] == "shared"
    assert south["demand_forecast"] == pytest.approx(whole["demand_forecast"] * 26 / 286)
    assert "shared by the last 26 weeks" in south["reason"]
    assert ahead(found, place="Nord")["demand_forecast"] == pytest.approx(10)


def test_places_are_regions_or_stores_or_none_as_the_settings_say():
    sales = weekly("bar", [10] * 30, region="Nord", store_id="S1")
    assert set(mart(sales)["place"]) == {"all", "Nord"}
    assert set(mart(sales, demand=Demand(by="store"))["place"]) == {"all", "S1"}
    assert set(mart(sales, demand=Demand(by="none"))["place"]) == {"all"}
    assert set(mart(weekly("bar", [10] * 30))["place"]) == {"all"}  # no region is known of anything


def test_more_given_back_than_sold_in_one_region_takes_nothing_from_another():
    sales = weekly("bar", [10] * 30, region="Nord") + weekly("bar", [-4] * 30, region="Sued")
    found = mart(sales)
    assert set(found["place"]) == {"all", "Nord"}
    assert found.filter(place="all", weeks_ahead=0)["demand"].to_list() == [10]


def test_products_not_sold_for_a_year_and_lines_without_a_product_are_left_out():
    old = weekly("old", [3] * 30, last=SUNDAY - dt.timedelta(days=7 * 53))
    found = mart([*old, *weekly("bar", [1] * 30), sale(SUNDAY, item(None))])
    assert set(found["product_id"]) == {"bar"}


def season(category: str, month: int, index: float | None, stands_out: bool | None, kind: str = "all") -> Row:
    """A row of marts.seasonality."""
    return {
        "customer_type": kind,
        "category": category,
        "month_of_year": month,
        "season_index": index,
        "stands_out": stands_out,
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_a_forecast_into_a_month_far_below_the_others_is_the_same_level_and_says_what_it_leaves_out(engine):
    last = dt.date(2026, 3, 22)  # the first week ahead lies in March; the second begins in March and is April's
    kinds = (("bread", "bakery"), ("bolt", "small parts"), ("gift", None))
    sales = [row for product, category in kinds for row in weekly(product, [10] * 40, last, category)]
    seasons = [
        season("bakery", 3, 1.02, False),
        season("bakery", 4, 0.25, True),
        season("bakery", 4, 3.0, True, kind="office"),
        season("other", 4, 1.5, False),
        season("all", 4, 2.0, True),
    ]
    found = mart(sales, last, engine=engine, seasons=seasons)

    def told(product: str, week: int) -> tuple[Any, ...]:
        row = ahead(found, week, product_id=product)
        return row["demand_forecast"], row["season_index"], row["is_season_left_out"]

    assert [told("bread", week) for week in (1, 2)] == [(10.0, 1.02, False), (10.0, 0.25, True)]
    said = "the month has usually sold 0.25 times an average one, which is not in this forecast; for totals take marts"
    reasons = [ahead(found, week, product_id="bread")["reason"] for week in (1, 2)]
    assert (reasons[0], reasons[1].startswith(said)) == (None, True)
    assert told("bolt", 2) == (10.0, 1.5, False)  # not among the largest categories, so of `other`
    assert told("gift", 2) == (10.0, None, None)
    assert found.filter(pl.col("weeks_ahead") <= 0)["season_index"].null_count() == 3 * 26


def test_a_short_history_and_a_season_left_out_are_both_said():
    sales = weekly("bread", [10] * 4, category="bakery")
    week = ahead(mart(sales, seasons=[season("bakery", month, 0.5, True) for month in range(1, 13)]))
    assert week["reason"].startswith("fewer than 26 weeks")
    assert "there is; the month has usually sold 0.5 times" in week["reason"]


def test_a_season_that_is_not_known_is_not_called_left_out():
    found = mart(weekly("bread", [10] * 40, category="bakery"), seasons=[season("bakery", 4, None, None)])
    assert ahead(found)["is_season_left_out"] is None


def test_without_sales_the_table_is_empty_with_all_columns():
    assert mart([]).schema == pl.Schema(COLUMNS)
