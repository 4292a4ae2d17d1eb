import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from regulars.pipelines.transforms.cohorts.customer_dimensions import (
    COLUMNS,
    customer_dimensions,
    split_customers,
)
from regulars.pipelines.transforms.rare_values import NAMED_VALUES
from tests.transforms.core_tables import (
    ENGINES,
    LINE_SCHEMA,
    PRODUCT_SCHEMA,
    Row,
    core,
    dimensions_of,
    order,
    paid,
    refund,
)

AS_OF = dt.date(2026, 3, 31)


def line(number: int, category: str | None, gross_sales: str, *, product: str | None = None, customer: int = 1) -> Row:
    """A line of the order `o<number>`, which is the customer's first."""
    return {
        "system": "shop",
        "order_id": f"o{number:04}",
        "customer_idx": customer,
        "order_date": dt.date(2026, 1, 5),
        "product_id": product,
        "category": category,
        "gross_sales": Decimal(gross_sales),
        "is_first_order": True,
    }


def firsts(name: str, *lines: Row, products: tuple[Row, ...] = ()) -> list[Any]:
    tables = core(order("ada", "2026-01-05"), order("bob", "2026-01-05"))
    tables["order_lines"] = pl.DataFrame(lines, schema=LINE_SCHEMA)
    tables["products"] = pl.DataFrame(products, schema=PRODUCT_SCHEMA)
    return dimensions_of(tables, AS_OF)[name].to_list()


def categories(*lines: Row, products: tuple[Row, ...] = ()) -> list[Any]:
    return firsts("first_category", *lines, products=products)


def one(*rows: Row, as_of: dt.date = AS_OF, **columns: pl.Expr) -> Row:
    return dimensions_of(core(*rows), as_of, **columns).filter(customer_id="ada").row(0, named=True)


def test_the_first_category_is_the_one_most_was_spent_on_in_the_first_order():
    assert categories(line(0, "tea", "6"), line(0, "tea", "6"), line(0, "cake", "10")) == ["tea", None]
    later = line(2, "cake", "99") | {"is_first_order": False}
    assert categories(line(0, "tea", "6"), later) == ["tea", None]


def test_of_equal_categories_the_first_in_the_alphabet_counts():
    assert categories(line(0, "tea", "6"), line(0, "cake", "6")) == ["cake", None]


def test_a_line_without_a_category_has_its_products():
    cake = {"system": "shop", "product_id": "p1", "product_name": "Cake", "category": "cake"}
    assert categories(line(0, None, "6", product="p1"), products=(cake,)) == ["cake", None]
    assert categories(line(0, "tea", "6", product="p1"), products=(cake,)) == ["tea", None]
    assert categories(line(0, None, "6", product="p1"), line(0, "tea", "1")) == ["tea", None]


def test_the_first_product_is_the_one_most_was_spent_on_by_its_name_or_id():
    named = {"system": "shop", "product_id": "p1", "product_name": "Green tea", "category": None}
    lines = (line(0, None, "6", product="p1"), line(0, None, "6", product="p1"), line(0, None, "10", product="p2"))
    assert firsts("first_product", *lines, products=(named,)) == ["Green tea", None]
    assert firsts("first_product", *lines[1:], products=(named,)) == ["p2", None]
    twins = (named, named | {"product_id": "p3"})  # two ids of one name
    parts = (line(0, None, "6", product="p1"), line(0, None, "6", product="p3"), line(0, None, "10", product="p2"))
    assert firsts("first_product", *parts, products=twins) == ["Green tea", None]
    assert firsts("first_product", line(0, "tea", "6", product="p2"), line(0, "tea", "6", product="p1")) == ["p1", None]
    assert firsts("first_product", line(0, "tea", "99"), line(0, None, "1", product="p2")) == ["p2", None]


def test_channel_store_and_discount_are_those_of_the_first_order():
    web = order("ada", "2026-01-05", "10", "1") | {"channel": "web", "store_id": "s1"}
    shop = order("ada", "2026-02-05") | {"channel": "shop", "store_id": "s2"}
    ada = one(shop, web)
    assert (ada["first_channel"], ada["first_store"], ada["first_discount"]) == ("web", "s1", "discounted")
    assert ada["first_order_date"] == dt.date(2026, 1, 5)
    assert one(order("ada", "2026-01-05"))["first_discount"] == "full price"


def test_customers_of_the_first_lapse_days_may_be_older():
    rows = (order("zoe", "2024-03-01"), order("ada", "2025-02-28"))
    assert one(*rows)["is_left_censored"] is True
    assert one(rows[0], order("ada", "2025-03-01"))["is_left_censored"] is False


def test_only_known_customers_with_an_order_by_then_have_a_row():
    rows = (
        order("unknown", "2026-01-05"),
        refund("bob", "2026-01-05"),
        order("cem", "2026-04-01"),
        order("dan", "2026-01-05", countable=False),
        order("ada", "2026-01-05"),
    )
    assert dimensions_of(core(*rows), AS_OF)["customer_id"].to_list() == ["ada"]
    assert dimensions_of(core(), AS_OF).schema == pl.Schema(COLUMNS)


def test_a_subscriber_without_orders_has_a_row_and_nothing_of_a_first_order():
    rows = (order("bob", "2026-01-05"), paid("ada", "2026-02-01"), paid("ada", "2026-02-01", subscription=2))
    ada = one(*rows, country=pl.lit("DE"))
    assert (ada["country"], ada["is_left_censored"]) == ("DE", False)
    assert (ada["owner"], one(*rows, owner=pl.lit("owner_2"))["owner"]) == ("unassigned", "owner_2")
    assert {ada[name] for name in ada if name.startswith("first_")} == {None}
    never = (paid("cem", "2026-04-01"), paid("dan", "2026-01-05", None, "0"), paid("unknown", "2026-01-05"))
    assert dimensions_of(core(*rows, *never), AS_OF)["customer_id"].to_list() == ["ada", "bob"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_scans_find_the_same_on_every_engine(engine: str):
    tables = core(order("ada", "2026-01-05", "9", "1"), order("bob", "2026-02-05"))
    tables["order_lines"] = pl.DataFrame([line(0, None, "6", product="p1"), line(0, "tea", "2")], schema=LINE_SCHEMA)
    cake = {"system": "shop", "product_id": "p1", "product_name": "Cake", "category": "cake"}
    tables["products"] = pl.DataFrame([cake], schema=PRODUCT_SCHEMA)
    names = ("orders", "order_lines", "products", "subscriptions", "customers")
    with ENGINES[engine]({name: tables[name] for name in names}) as inputs:
        found = customer_dimensions(**inputs, as_of=AS_OF, lapse_days=365)
    assert found.select("first_category", "first_product").row(0) == ("cake", "Cake")
    assert_frame_equal(found, dimensions_of(tables, AS_OF))


def test_the_largest_values_keep_their_names_and_all_others_are_other():
    sizes = {f"v{number:02}": 1 + (number < NAMED_VALUES - 1) for number in range(NAMED_VALUES + 3)}
    values = [name for name, size in sizes.items() for _ in range(size)] + [None, None]
    table = pl.DataFrame({"customer_idx": range(len(values)), "country": values})
    found = split_customers(table, ["country"])["country"].cast(pl.String).to_list()
    named = {f"v{number:02}" for number in range(NAMED_VALUES)}  # v19 is the first in the alphabet of the small ones
    assert set(found) == named | {"other", "unknown"}
    assert (found.count("other"), found.count("unknown")) == (3, 2)
