"""Orders with lines, made by hand: what the marts about products read."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl

from tests.transforms.core_tables import CALENDAR, MONEY

Row = dict[str, Any]

ORDER = {
    "system": pl.String,
    "order_id": pl.String,
    "customer_idx": pl.Int32,
    "order_date": pl.Date,
    "store_id": pl.String,
    "region": pl.String,
    "gross_sales": MONEY,
    "discounts": MONEY,
    "is_countable": pl.Boolean,
}
LINE = {
    "system": pl.String,
    "order_id": pl.String,
    "customer_idx": pl.Int32,
    "order_date": pl.Date,
    "product_id": pl.String,
    "category": pl.String,
    "quantity": MONEY,
    "gross_sales": MONEY,
    "discounts": MONEY,
    "cost": MONEY,
    "is_countable": pl.Boolean,
}
REFUND = {
    "system": pl.String,
    "refund_id": pl.String,
    "order_id": pl.String,
    "refund_date": pl.Date,
    "date_is_estimated": pl.Boolean,
    "goods": MONEY,
    "is_countable": pl.Boolean,
}
REFUND_LINE = {
    "system": pl.String,
    "refund_id": pl.String,
    "order_id": pl.String,
    "refund_date": pl.Date,
    "product_id": pl.String,
    "quantity": MONEY,
    "goods": MONEY,
    "is_countable": pl.Boolean,
}
PRODUCT = {
    "system": pl.String,
    "product_id": pl.String,
    "product_name": pl.String,
    "category": pl.String,
    "in_stock": pl.Boolean,
}
STORE = {"system": pl.String, "store_id": pl.String, "region": pl.String}


def item(product: str | None, sales: str = "10", *, cost: str | None = None, quantity: str = "1", **more: Any) -> Row:
    """A line: a product and what it sold for."""
    return {
        "product_id": product,
        "gross_sales": Decimal(sales),
        "discounts": Decimal(0),
        "quantity": Decimal(quantity),
        "cost": None if cost is None else Decimal(cost),
        **more,
    }


def sale(day: str | dt.date, *items: Row, customer: int = 1, countable: bool = True, **of_order: Any) -> Row:
    """An order with lines; its amounts are theirs unless it has its own."""
    return {
        "order_date": dt.date.fromisoformat(day) if isinstance(day, str) else day,
        "customer_idx": customer,
        "is_countable": countable,
        "store_id": None,
        "region": None,
        "gross_sales": sum((each["gross_sales"] for each in items), Decimal(0)),
        "discounts": sum((each["discounts"] for each in items), Decimal(0)),
        **of_order,
        "items": items,
    }


def back(
    day: str | dt.date,
    goods: str,
    *items: Row,
    of: int | None = None,
    countable: bool = True,
    estimated: bool = False,
    **more: Any,
) -> Row:
    """A refund of the goods of the sale of that number, with the lines that are told of it."""
    return {
        **more,
        "refund_date": dt.date.fromisoformat(day) if isinstance(day, str) else day,
        "order_id": None if of is None else f"o{of:05}",
        "goods": Decimal(goods),
        "date_is_estimated": estimated,
        "is_countable": countable,
        "items": items,
    }


def product_tables(
    *sales: Row,
    refunds: list[Row] | None = None,
    products: list[Row] | None = None,
    stores: list[Row] | None = None,
) -> dict[str, Any]:
    """`orders`, `order_lines`, `refunds`, `refund_lines`, `products`, `stores` and `calendar`."""
    given_back = [{"system": "shop"} | each | {"refund_id": f"r{number}"} for number, each in enumerate(refunds or [])]
    back_lines = [
        each | line | {"goods": line["gross_sales"] - line["discounts"]}
        for each in given_back
        for line in each["items"]
    ]
    numbered = [{"system": "shop"} | each | {"order_id": f"o{number:05}"} for number, each in enumerate(sales)]
    lines = [
        {name: each[name] for name in ("system", "order_id", "customer_idx", "order_date", "is_countable")} | line
        for each in numbered
        for line in each["items"]
    ]
    known = {line["product_id"]: line.get("category") for line in lines if line["product_id"] is not None}
    named = [{"product_id": key, "product_name": key.title(), "category": value} for key, value in known.items()]
    return {
        "orders": _frame([{k: v for k, v in each.items() if k != "items"} for each in numbered], ORDER),
        "order_lines": _frame(lines, LINE),
        "refunds": _frame(given_back, REFUND),
        "refund_lines": _frame(back_lines, REFUND_LINE),
        "products": _frame([row | {"system": "shop"} for row in (named if products is None else products)], PRODUCT),
        "stores": _frame([row | {"system": "shop"} for row in stores or []], STORE),
        "calendar": CALENDAR,
    }


def _frame(rows: list[Row], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
