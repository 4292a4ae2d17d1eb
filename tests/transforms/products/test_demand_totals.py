"""The mart `demand_totals`: all products together over four weeks, with the interval of such totals."""

import datetime as dt
import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.demand.forecasts import forecast_demand
from regulars.pipelines.models.demand.smoothing import (
    average_last_weeks,
    smooth_exponentially,
    smooth_size_and_chance,
)
from regulars.pipelines.settings.demand import Demand
from regulars.pipelines.transforms.products.demand.demand_forecast import demand_forecast
from regulars.pipelines.transforms.products.demand.demand_totals import COLUMNS, UNTESTED, demand_totals
from regulars.pipelines.transforms.products.seasonality import COLUMNS as SEASONALITY
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules
from tests.transforms.products.product_tables import Row, item, product_tables, sale

SUNDAY = dt.date(2026, 3, 29)
READS = ("order_lines", "orders", "stores", "calendar")


NO_SEASON = pl.DataFrame([], schema=SEASONALITY)


def mart(
    sales: list[Row],
    as_of: dt.date = SUNDAY,
    demand: Demand | None = None,
    engine: str = "polars",
    seasonality: pl.DataFrame = NO_SEASON,
) -> dict[str, Row]:
    """Place -> row."""
    tables = product_tables(*sales)
    demand = demand or Demand()
    with ENGINES[engine]({**{name: tables[name] for name in READS}, "seasonality": seasonality}) as frames:
        found = demand_totals(**frames, as_of=as_of, demand=demand)
    of_products = demand_forecast(
        **{name: tables[name] for name in (*READS, "products")},
        seasonality=NO_SEASON,
        as_of=as_of,
        demand=demand,
    )
    assert found.schema == pl.Schema(COLUMNS)
    assert broken_rules("demand_totals", found, {"marts.demand_forecast": of_products}) == set()
    return {row["place"]: row for row in found.to_dicts()}


def weekly(product: str, quantities: Any, price: str = "1", **of_order: Any) -> list[Row]:
    """A sale on the Sunday of each week, the last one on `SUNDAY`; none where it is 0."""
    days = [SUNDAY - dt.timedelta(days=7 * back) for back in range(len(quantities))][::-1]
    return [
        sale(day, item(product, str(int(number) * int(price)), quantity=str(number)), **of_order)
        for day, number in zip(days, quantities, strict=True)
        if number
    ]


def follow(quantities: Any, is_tsb: bool) -> list[float]:
    """What was forecast of a week at the end of each week, by the method of the series."""
    demand, first = np.array([quantities], dtype=float), np.array([0])
    blend = (smooth_exponentially(demand, first) + average_last_weeks(demand, first)) / 2
    return list((smooth_size_and_chance(demand, first) if is_tsb else blend)[0])


def season(*indices: tuple[int, float | None, bool], kind: str = "all", category: str = "all") -> pl.DataFrame:
    """`marts.seasonality` with a month, its index and whether it stands out, in each row."""
    rows = [
        {
            "customer_type": kind,
            "category": category,
            "month_of_year": month,
            "season_index": index,
            "stands_out": stands_out,
        }
        for month, index, stands_out in indices
    ]
    return pl.DataFrame(rows, schema=SEASONALITY)


@pytest.mark.parametrize(
    ("indices", "expected"),
    [
        ([(4, 0.6, True)], (0.6, True)),  # all four Thursdays after 29 March 2026 are of April
        ([(4, 0.95, False), (5, 0.1, True)], (0.95, False)),
        ([(5, 0.1, True)], (None, None)),
        ([(4, None, False)], (None, None)),
    ],
)
def test_a_season_of_the_weeks_is_said_beside_the_total(indices: Any, expected: Any):
    sales = weekly("bar", [5] * 60)
    rows = mart(sales, seasonality=pl.concat([season(*indices), season((4, 9.0, True), category="snacks")]))
    row = rows["all"]
    assert (row["season_index_4w"], row["is_season_left_out_4w"]) == expected
    said = "the months of these weeks have usually sold 0.60 times an average one, which is not in the forecast, since "
    assert row["reason"] == (said + UNTESTED if expected[1] else None)
    assert row["demand_forecast_4w"] == pytest.approx(20)


def test_weeks_of_two_months_have_the_mean_of_their_season():
    found = mart(
        weekly("bar", [5] * 60), SUNDAY - dt.timedelta(days=7), seasonality=season((3, 1.0, False), (4, 0.6, True))
    )
    assert found["all"]["season_index_4w"] == pytest.approx((1.0 + 3 * 0.6) / 4)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_total_has_the_errors_that_its_products_made_together(engine: str):
    drawn = np.random.default_rng(4).poisson([[20], [1]], (2, 80))
    sales = weekly("bar", drawn[0], "3") + weekly("box", drawn[1], "7")
    row = mart(sales, engine=engine)["all"]
    found = forecast_demand(drawn.astype(float), np.array([0, int(np.argmax(drawn[1] > 0))]), 8)
    paths = [follow(numbers, is_tsb) for numbers, is_tsb in zip(drawn, found.is_tsb, strict=True)]
    assert row["demand_forecast_4w"] == pytest.approx(4 * sum(path[-1] for path in paths))
    assert float(row["sales_forecast_4w"]) == pytest.approx(4 * (3 * paths[0][-1] + 7 * paths[1][-1]), abs=1e-4)
    assert (row["products_forecast"], row["demand_last_4w"]) == (2, drawn[:, -4:].sum())
    errors, of_money, came = [], [], 0
    for week in range(80 - 4 - 52, 80 - 4):
        off = [sum(numbers[week + 1 : week + 5]) - 4 * path[week] for numbers, path in zip(drawn, paths, strict=True)]
        came += int(drawn[:, week + 1 : week + 5].sum())
        errors.append(sum(off))
        of_money.append(3 * off[0] + 7 * off[1])
    assert (row["tested_windows_4w"], row["tested_demand_4w"]) == (52, came)
    assert row["tested_error_4w"] == pytest.approx(-sum(errors))
    assert row["wape_4w"] == pytest.approx(np.abs(errors).sum() / came)
    near = (0.1 * 14 - 1) / 12  # of 13 windows that follow one another
    for name, total, off in (
        ("demand_forecast_4w", row["demand_forecast_4w"], errors),
        ("sales_forecast_4w", float(row["sales_forecast_4w"]), of_money),
    ):
        ends = total + np.quantile(off, [near, 1 - near])
        assert (float(row[f"{name}_low"]), float(row[f"{name}_high"])) == pytest.approx(ends, abs=1e-3)


def test_an_interval_of_the_total_is_narrower_than_the_ends_of_its_products_added_up():
    drawn = np.random.default_rng(9).poisson(10, (12, 100))
    row = mart([one for number, of in enumerate(drawn) for one in weekly(f"p{number:02}", of)])["all"]
    one = forecast_demand(drawn.astype(float), np.zeros(12, dtype=np.int64), 4)
    added = (one.high - one.low).sum()
    assert row["demand_forecast_4w_high"] - row["demand_forecast_4w_low"] < added / 2


def test_each_region_has_its_own_total_and_they_need_not_add_up_to_the_whole():
    rng = np.random.default_rng(1)
    sales = weekly("bar", rng.poisson(9, 90), region="Nord") + weekly("bar", rng.poisson(2, 90), region="Sued")
    rows = mart(sales)
    assert set(rows) == {"all", "Nord", "Sued"}
    parts = rows["Nord"]["demand_forecast_4w"] + rows["Sued"]["demand_forecast_4w"]
    assert parts == pytest.approx(rows["all"]["demand_forecast_4w"], rel=0.2)
    assert parts != pytest.approx(rows["all"]["demand_forecast_4w"], abs=1e-9)


def test_the_four_weeks_follow_the_last_that_is_over_however_far_products_are_forecast():
    sales = weekly("bar", [4] * 60)
    for as_of, start in ((SUNDAY, dt.date(2026, 3, 30)), (SUNDAY - dt.timedelta(days=1), dt.date(2026, 3, 23))):
        row = mart(sales, as_of, Demand(weeks_ahead=2))["all"]
        assert (row["period_start"], row["period_end"]) == (start, start + dt.timedelta(days=27))
        assert row["period_end_13w"] == start + dt.timedelta(days=90)
        assert row["demand_forecast_4w"] == pytest.approx(16)


def test_a_young_company_has_a_total_without_an_interval_and_says_why():
    young, older = mart(weekly("bar", [5] * 39))["all"], mart(weekly("bar", [5] * 40))["all"]
    assert (young["tested_windows_4w"], young["demand_forecast_4w_low"], young["is_complete"]) == (35, None, False)
    assert young["reason"] == "fewer than 40 weeks since the first sale: no interval"
    assert (older["tested_windows_4w"], older["is_complete"], older["reason"]) == (36, True, None)


def test_windows_before_a_place_sold_anything_are_no_test_of_it():
    sales = weekly("bar", [5] * 90, region="Nord") + weekly("bar", [5] * 20, region="Sued")
    rows = mart(sales)
    assert (rows["Nord"]["tested_windows_4w"], rows["Sued"]["tested_windows_4w"]) == (52, 16)


def test_a_product_that_began_within_a_window_is_an_error_of_the_total():
    sales = weekly("bar", [5] * 60) + weekly("new", [8] * 10)
    row = mart(sales)["all"]
    assert row["tested_error_4w"] <= -8 * (1 + 2 + 3 + 4)  # nobody forecast it in the windows in which it began


def test_a_piece_is_worth_what_it_sold_for_in_the_last_half_year():
    cheap = weekly("bar", [5] * 60)
    dear = [
        each | {"items": tuple(line | {"gross_sales": line["gross_sales"] * 3} for line in each["items"])}
        for each in cheap[-26:]
    ]
    row = mart([*cheap[:-26], *dear])["all"]
    assert float(row["sales_forecast_4w"]) == pytest.approx(row["demand_forecast_4w"] * 3)


def test_a_product_not_sold_in_the_last_half_year_has_the_price_of_the_year():
    rows = mart(weekly("bar", [5] * 60) + weekly("old", [6] * 30 + [0] * 28, "2"))
    level = 4 * forecast_demand(np.array([[6.0] * 30 + [0] * 28]), np.array([0]), 8).forecast[0]
    assert float(rows["all"]["sales_forecast_4w"]) == pytest.approx(20 + 2 * level, abs=1e-3)


def test_without_sales_the_table_is_empty_with_all_columns():
    assert mart([]) == {}


def test_a_product_that_costs_less_than_nothing_makes_a_total_below_it():
    """A deposit that is paid back, in orders whose other lines name no product."""
    days = [SUNDAY - dt.timedelta(days=7 * back) for back in range(60)]
    sales = [sale(day, item("deposit", "-2", quantity="2"), item(None, "10")) for day in days]
    row = mart(sales)["all"]
    assert (row["demand_forecast_4w"], float(row["sales_forecast_4w"])) == (pytest.approx(8), pytest.approx(-8))
    assert float(row["sales_forecast_4w_low"]) <= -8 <= float(row["sales_forecast_4w_high"]) < 0


def test_no_fewer_than_nothing_is_sold():
    bursts = [0] * 8 + ([30] + [0] * 7) * 7
    row = mart(weekly("bar", bursts))["all"]
    assert row["demand_forecast_4w_low"] >= 0
    assert row["is_complete"]


def test_the_error_in_money_weighs_each_product_by_its_price():
    quantities = {"bar": [5 + week % 3 for week in range(80)], "cake": [2 + 3 * (week % 4) for week in range(80)]}
    row = mart([*weekly("bar", quantities["bar"]), *weekly("cake", quantities["cake"], price="20")])["all"]
    prices, origins = {"bar": 1, "cake": 20}, range(80 - 4 - 52, 80 - 4)
    candidates = {each: [follow(each_sold, tsb) for tsb in (False, True)] for each, each_sold in quantities.items()}
    found = []
    for bar, cake in itertools.product(candidates["bar"], candidates["cake"]):  # whichever method each takes
        off = came = 0.0
        for origin in origins:
            sold = {each: sum(quantities[each][origin + 1 : origin + 5]) * prices[each] for each in prices}
            guess = 4 * (bar[origin] * prices["bar"] + cake[origin] * prices["cake"])
            came += sum(sold.values())
            off += abs(sum(sold.values()) - guess)
        found.append(off / came)
    assert row["tested_sales_4w"] == pytest.approx(came)
    assert any(row["wape_sales_4w"] == pytest.approx(each) for each in found)
    assert row["wape_sales_4w"] != pytest.approx(row["wape_4w"])
