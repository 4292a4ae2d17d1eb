"""WooCommerce's order export plugin, one row per order: what it looks like, and what it says was sold.

Put here: the generator and the recomputation. Keep out: the product, and its mapping (`examples/exports/`).
"""

import datetime as dt
from decimal import Decimal
from pathlib import Path

from tests.examples.exports.books import COMPANY_ZONE, Books, header_of, money, newest, write_dicts
from tests.examples.exports.draw import Drawer

HEADER = "woocommerce_order_csv_export_plugin_one_row_per_order_header_only.csv"
STATUSES = (*["completed"] * 4, "processing", "on-hold", "pending", "cancelled", "failed", "refunded")


def write(folder: Path, shared: Path) -> None:
    """Two exports, of which the later one knows what became of orders of the earlier one."""
    header, rows = header_of(shared / "woocommerce" / HEADER), []
    for number, moment in enumerate(Drawer("woo").moments(150)):
        draw = Drawer(f"woo{number}")
        items, discount = draw.amount(), Decimal(draw.pick("0.00", "0.00", "2.00"))
        shipping, fee = Decimal(draw.pick("0.00", "4.90")), Decimal(draw.pick("0.00", "0.00", "1.50"))
        tax, shipping_tax = (
            (each * Decimal("0.19")).quantize(Decimal("0.01")) for each in (items - discount, shipping)
        )
        total = items - discount + shipping + fee + tax + shipping_tax
        rows.append(
            {
                **{"order_id": str(5000 + number), "order_number": str(5000 + number), "order_fees": f"{fee:.2f}"},
                **{
                    "date": f"{moment.astimezone(COMPANY_ZONE):%Y-%m-%d %H:%M:%S}",
                    "status": draw.random.choice(STATUSES),
                },
                **{
                    "order_shipping": f"{shipping:.2f}",
                    "order_shipping_tax": f"{shipping_tax:.2f}",
                    "order_fee_tax": "0.00",
                },
                **{"order_tax": f"{tax:.2f}", "cart_discount": f"{discount:.2f}", "order_discount": "0.00"},
                **{"order_total": f"{total:.2f}", "billing_email": f"buyer{draw.buyer()}@woo.example"},
                **{"order_item_1": "product_id:4959|1|30|size: Medium", "billing_postcode": "01234"},
                **{"shipping_country": "DE", "customer_note": 'leave it\n"there", please'},
            }
        )
    write_dicts(folder / "orders-export-1.csv", header, rows[:100])
    changed = [row | {"status": "refunded" if number % 9 == 0 else row["status"]} for number, row in enumerate(rows)]
    write_dicts(folder / "orders-export-2.csv", header, changed[70:])


def recompute(folder: Path) -> Books:
    """Items after discounts; a refunded order is given back whole."""
    books = Books()
    for (row,) in newest(folder, "orders-export-*.csv", "order_id").values():
        if row["status"] in ("cancelled", "failed", "pending", "on-hold"):
            continue
        at = dt.datetime.fromisoformat(row["date"]).replace(tzinfo=COMPANY_ZONE)
        beside = ("order_shipping", "order_shipping_tax", "order_fees", "order_fee_tax", "order_tax")
        net = money(row["order_total"]) - sum(money(row[name]) for name in beside)
        discount = money(row["cart_discount"]) + money(row["order_discount"])
        books.sell(at, net + discount, discount, "EUR", row["billing_email"])
        if row["status"] == "refunded":
            books.give_back(at, net, "EUR")
    return books
