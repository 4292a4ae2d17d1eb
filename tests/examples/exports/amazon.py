"""Amazon's flat file of all orders: what it looks like, and what it says was sold.

Put here: the generator and the recomputation. Keep out: the product, and its mapping (`examples/exports/`).
"""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

from tests.examples.exports.books import Books, Row, header_of, money, newest, write_dicts
from tests.examples.exports.draw import Drawer

HEADER = "amazon_flat_file_all_orders_32cols_header_only.txt"
FLAT = {"delimiter": "\t", "quoting": csv.QUOTE_NONE, "quotechar": None}


def write(folder: Path, shared: Path) -> None:
    """Two reports: what is pending in the first is shipped or cancelled in the second."""
    header, early, late = header_of(shared / "amazon" / HEADER, "\t"), [], []
    for number, moment in enumerate(Drawer("amazon").moments(150)):
        draw = Drawer(f"amazon{number}")
        state = draw.pick("Shipped", "Shipped", "Shipped", "Pending", "Cancelled")
        early += _items(number, moment, state)
        late += _items(
            number,
            moment,
            draw.pick("Shipped", "Cancelled") if state == "Pending" else draw.pick(state, state, state, "Cancelled"),
            days=3,
        )
    write_dicts(folder / "all_orders_1.txt", header, early[:180], **FLAT)
    write_dicts(folder / "all_orders_2.txt", header, late[120:], **FLAT)


def _items(number: int, moment: dt.datetime, state: str, days: int = 0) -> list[Row]:
    draw, rows = Drawer(f"amazon items{number}"), []
    currency = draw.pick("EUR", "EUR", "GBP")
    count = draw.random.choice([1, 1, 2, 3])
    for position in range(count):
        price, quantity = draw.amount(), draw.random.randint(1, 3)
        item = state if state != "Shipped" or position == count - 1 or not draw.chance(0.3) else "Cancelled"
        is_priced = item == "Shipped"
        rows.append(
            {
                **{"amazon-order-id": f"302-{number:07}", "purchase-date": f"{moment:%Y-%m-%dT%H:%M:%S}+00:00"},
                **{"last-updated-date": f"{moment + dt.timedelta(days=days):%Y-%m-%dT%H:%M:%S}+00:00"},
                **{"order-status": state, "sales-channel": "Non-Amazon" if number % 40 == 0 else "Amazon.de"},
                **{"product-name": '12" Plate, blue', "sku": f"S{position}", "item-status": item},
                **{"quantity": str(quantity if is_priced else 0), "currency": currency if is_priced else ""},
                **{"item-price": f"{price * quantity:.2f}" if is_priced else "", "ship-country": "DE"},
                **{"item-tax": "0.00", "item-promotion-discount": draw.pick("", "1.00") if is_priced else ""},
                **{"shipping-price": draw.pick("", "3.99") if is_priced else "", "ship-postal-code": "01234"},
            }
        )
    return rows


def recompute(folder: Path) -> Books:
    """Items that were not cancelled, of orders that were not; the report knows no buyer and no refund."""
    books = Books()
    how = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
    for rows in newest(folder, "all_orders_*.txt", "amazon-order-id", **how).values():
        sold = [row for row in rows if row["item-status"] != "Cancelled"]
        goods = sum((money(row["item-price"]) for row in sold), Decimal(0))
        if rows[0]["order-status"] == "Cancelled" or rows[0]["sales-channel"] == "Non-Amazon" or not goods:
            continue
        discounts = sum((money(row["item-promotion-discount"]) for row in sold), Decimal(0))
        at = dt.datetime.fromisoformat(rows[0]["purchase-date"])
        books.sell(at, goods, discounts, sold[0]["currency"] or "EUR", "")
    return books
