"""The mart `seasonality`: which kind of customer buys what in which month of the year."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.transforms.products.seasonality import COLUMNS, seasonality
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules
from tests.transforms.products.product_tables import Row, item, product_tables, sale

AS_OF = dt.date(2026, 1, 20)
MONTHS = pl.date_range(dt.date(2023, 1, 1), dt.date(2025, 12, 1), "1mo", eager=True).to_list()


def inputs(sales: list[Row], types: dict[int, str | None]) -> dict[str, Any]:
    tables = product_tables(*sales)
    known = pl.DataFrame(
        {"customer_idx": list(types), "customer_type": list(types.values())},
        schema={"customer_idx": pl.Int32, "customer_type": pl.String},
    )
    return {name: tables[name] for name in ("order_lines", "products", "calendar")} | {"customer_dimensions": known}


def mart(sales: list[Row], types: dict[int, str | None], engine: str = "polars") -> pl.DataFrame:
    with ENGINES[engine](inputs(sales, types)) as frames:
        found = seasonality(**frames, as_of=AS_OF)
    assert broken_rules("seasonality", found, {}) == set()
    return found


def index_of(found: pl.DataFrame, kind: str, category: str) -> list[Row]:
    return found.filter(customer_type=kind, category=category).to_dicts()


def company(december: float = 2.0, customers: int = 10, months: list[dt.date] = MONTHS) -> list[Row]:
    """Homes buy more bars in December; offices buy the same all year, but only drinks."""
    sales = []
    for month in months:
        for idx in range(1, customers + 1):
            bars = 10 * (december if month.month == 12 else 1)
            sales.append(sale(month, item("bar", str(bars), category="bars"), customer=idx))
            sales.append(sale(month, item("tea", "20", category="drinks"), customer=idx + 100))
    return sales


TYPES: dict[int, str | None] = dict.fromkeys(range(1, 51), "home") | dict.fromkeys(range(101, 151), "office")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_kind_s_december_is_found_and_the_other_kind_has_none(engine):
    found = mart(company(customers=50), TYPES, engine)
    home = index_of(found, "home", "bars")
    assert [row["season_index"] for row in home] == pytest.approx([12 / 13] * 11 + [24 / 13], abs=0.005)
    assert home[11]["stands_out"]
    assert (home[11]["years_behind"], home[11]["buying_customers"], home[11]["product_sales"]) == (3, 150, 3000)
    office = index_of(found, "office", "all")
    assert [row["season_index"] for row in office] == pytest.approx([1] * 12)
    assert not any(row["stands_out"] for row in office)
    assert index_of(found, "office", "bars") == []
    assert set(found["customer_type"]) == {"all", "home", "office"}


def test_without_the_planted_december_nothing_stands_out():
    rng = np.random.default_rng(3)
    sales = [
        sale(
            month,
            item("bar", str(round(float(rng.gamma(4, 5)), 2)), category=str(rng.choice(["bars", "nuts"]))),
            customer=int(rng.integers(1, 60)),
        )
        for month in MONTHS
        for _ in range(rng.poisson(40))
    ]
    assert mart(sales, dict.fromkeys(range(1, 61), "home"))["stands_out"].sum() <= 1


def test_under_two_years_the_index_is_empty_and_says_why():
    found = mart(company(months=MONTHS[-23:]), TYPES)
    assert set(found["reason"]) == {"less than two whole years of sales"}
    assert found["season_index"].null_count() == found.height
    assert set(mart(company(months=MONTHS[-24:]), TYPES)["reason"]) == {None}


def test_too_few_customers_say_so():
    found = mart(company(customers=2), TYPES)
    assert index_of(found, "home", "bars")[0]["reason"].startswith("fewer than 100 customers")
    assert index_of(found, "all", "all")[0]["reason"] is None


def test_a_month_in_which_nothing_is_ever_sold_is_nought_with_an_interval():
    found = mart(company(december=0, customers=50, months=[each for each in MONTHS if each.month != 8]), TYPES)
    august = index_of(found, "home", "bars")[7]
    assert (august["season_index"], august["is_complete"], august["stands_out"]) == (0, True, True)
    assert august["season_index_high"] > 0


def test_the_month_that_is_not_over_and_the_unknown_customer_are_left_out():
    extra = [
        sale("2026-01-05", item("bar", "9999", category="bars")),
        sale("2025-12-01", item("bar", "9999", category="bars"), customer=0),
    ]
    assert mart([*company(), *extra], TYPES).equals(mart(company(), TYPES))


def test_customers_and_products_without_a_kind_are_unknown():
    found = mart([sale(month, item("bar", "5"), customer=1) for month in MONTHS], {1: None})
    assert set(found.select("customer_type", "category").iter_rows()) == {
        ("unknown", "unknown"),
        ("unknown", "all"),
        ("all", "unknown"),
        ("all", "all"),
    }


def test_without_lines_the_table_is_empty_with_all_columns():
    assert mart([], {}).schema == pl.Schema(COLUMNS)


def test_the_same_sales_in_any_order_give_the_same_digits():
    rng = np.random.default_rng(5)
    sales = [
        sale(month, item("bar", str(round(float(rng.gamma(4, 5)), 2)), category=category), customer=customer)
        for month in MONTHS
        for customer in range(1, 31)
        for category in ("bars", "nuts")
    ]
    given = inputs(sales, dict.fromkeys(range(1, 31), "home"))
    lines = given["order_lines"]
    found = [
        seasonality(**{**given, "order_lines": lines.sample(fraction=1, shuffle=True, seed=seed)}, as_of=AS_OF)
        for seed in range(6)
    ]
    assert all(each.equals(found[0]) for each in found[1:])
