"""Olist, computed again straight from its CSV files, in plain Python.

Put here: what the files hold, order by order. Keep out: anything imported from the pipeline.
"""

import csv
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from tests.examples.independent_retention import Histories, History, Purchase

FILES = {
    "customers": "olist_customers_dataset.csv",
    "orders": "olist_orders_dataset.csv",
    "order_items": "olist_order_items_dataset.csv",
    "payments": "olist_order_payments_dataset.csv",
    "products": "olist_products_dataset.csv",
    "reviews": "olist_order_reviews_dataset.csv",
    "sellers": "olist_sellers_dataset.csv",
}
"""Source -> file."""

NEVER_DELIVERED = {"canceled", "unavailable"}

Row = dict[str, str]


@dataclass
class Order:
    """One order with what its items and payments add up to."""

    order_id: str
    person: str
    moment: dt.datetime
    status: str
    items: int = 0
    gross_sales: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    payments: list[Decimal] = field(default_factory=list)

    @property
    def day(self) -> dt.date:
        return self.moment.date()

    @property
    def is_countable(self) -> bool:
        return self.status not in NEVER_DELIVERED and self.gross_sales > 0


@dataclass(frozen=True)
class Olist:
    """The rows of the files as they stand, and the orders that they tell of."""

    rows: dict[str, list[Row]]

    @cached_property
    def person_of(self) -> dict[str, str]:
        """Customer id (a new one for every order) -> the person."""
        return {row["customer_id"]: row["customer_unique_id"] for row in self.rows["customers"]}

    @cached_property
    def orders(self) -> dict[str, Order]:
        orders = {}
        for row in self.rows["orders"]:
            moment = dt.datetime.fromisoformat(row["order_purchase_timestamp"])
            person = self.person_of[row["customer_id"]]
            orders[row["order_id"]] = Order(row["order_id"], person, moment, row["order_status"])
        for row in self.rows["order_items"]:
            order = orders[row["order_id"]]
            order.items += 1
            order.gross_sales += Decimal(row["price"])
            order.shipping += Decimal(row["freight_value"])
        for row in self.rows["payments"]:
            orders[row["order_id"]].payments.append(Decimal(row["payment_value"]))
        return orders

    @cached_property
    def countable(self) -> list[Order]:
        return [order for order in self.orders.values() if order.is_countable]

    def histories(self) -> Histories:
        """Person -> the countable orders; the files know no refunds."""
        found: dict[str, History] = defaultdict(History)
        for order in self.countable:
            found[order.person].orders.append(Purchase(order.moment, order.order_id, order.gross_sales))
        return found


def read_olist(folder: Path) -> Olist:
    rows = {}
    for source, name in FILES.items():
        with (folder / name).open(encoding="utf-8", newline="") as file:
            rows[source] = list(csv.DictReader(file))
    return Olist(rows)
