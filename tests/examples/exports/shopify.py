"""Shopify's orders export: what it looks like, and what a shop sold by its own documentation.

Put here: the generator and the recomputation. Keep out: the product, and its mapping (`examples/exports/`).
"""

import datetime as dt
import shutil
from decimal import Decimal
from pathlib import Path

from tests.examples.exports.books import (
    COMPANY_ZONE,
    Books,
    Row,
    header_of,
    money,
    newest,
    read_csv,
    share_of_goods,
    write_dicts,
)
from tests.examples.exports.draw import Drawer

HEADER, QUIRKS = "shopify_orders_79cols_header_only.csv", "synthetic_shopify_orders_quirks.csv"
ITEMS = (("Mug - Blue", "MUG-B", "25.00"), ("Tea 100 g", "", "15.00"), ("Notebook; A5", "0012", "10.00"))
STATUSES = ["paid", "paid", "paid", "paid", "paid", "pending", "authorized", "partially_paid", "voided", "expired"]


def write(folder: Path, shared: Path) -> None:
    """Two exports of overlapping months, newest order first, and the sample with quirks of a shop with tax included."""
    header = header_of(shared / "shopify" / HEADER)
    orders = [_order(number, moment) for number, moment in enumerate(Drawer("shop").moments(220), start=1001)]
    early = orders[:160]
    write_dicts(folder / "orders_export.csv", header, [row for rows in reversed(early) for row in rows])
    late = [_give_back(number, rows) for number, rows in enumerate(orders) if number >= 100]
    path = folder / "orders_export (1).csv"
    write_dicts(path, header, [row for rows in reversed(late) for row in rows], lineterminator="\r\n")
    shutil.copyfile(shared / "shopify" / QUIRKS, folder / QUIRKS)


def _order(number: int, moment: dt.datetime) -> list[Row]:
    draw = Drawer(f"shop{number}")
    draw.tool = "shop"
    lines = [(*draw.random.choice(ITEMS), draw.random.randint(1, 3)) for _ in range(draw.random.choice([1, 1, 2, 3]))]
    if draw.chance(0.06):
        lines.append(("Gift card 50", "", "50.00", 1))
    worth = sum(Decimal(price) * quantity for _, _, price, quantity in lines)
    discount = Decimal(5) if draw.chance(0.2) else Decimal(0)
    subtotal, shipping = worth - discount, Decimal(draw.pick("0.00", "4.90", "9.90"))
    tax = (subtotal * Decimal("0.0825")).quantize(Decimal("0.01"))
    total, status = subtotal + shipping + tax, draw.random.choice(STATUSES)
    buyer, name = draw.buyer(), f"{draw.pick('#', '#', '#SUB-')}{number}"
    at = f"{moment.astimezone(COMPANY_ZONE):%Y-%m-%d %H:%M:%S %z}"
    email = "" if draw.chance(0.15) else draw.email(buyer)
    first = {
        **{"Name": name, "Email": email, "Financial Status": status, "Paid at": at if status == "paid" else ""},
        **{"Currency": draw.pick("EUR", "EUR", "EUR", "USD", "GBP"), "Subtotal": f"{subtotal:.2f}"},
        **{"Shipping": f"{shipping:.2f}", "Taxes": f"{tax:.2f}", "Total": f"{total:.2f}"},
        **{"Discount Code": "WELCOME5" if discount else "", "Discount Amount": f"{discount:.2f}"},
        **{"Billing Zip": "'01234", "Phone": "'+491511234567", "Notes": 'ring "twice"\nback house'},
        **{"Cancelled at": at if draw.chance(0.05) else "", "Refunded Amount": "0.00", "Outstanding Balance": "-0.01"},
        **{"Payment Method": "bogus" if draw.chance(0.03) else draw.pick("Shopify Payments", "PayPal + Gift Card", "")},
        **{"Id": f"555123456{number}", "Source": draw.pick("web", "pos", "580111", "shopify_draft_order")},
        **{"Tags": "VIP, repeat", "Billing Street": "1 Main St, Apt 4\nBack"},
    }
    rows = []
    for position, (item, sku, price, quantity) in enumerate(lines):
        repeated = {"Name": name, "Email": email if draw.chance(0.8) else ""}
        rows.append(
            (first if position == 0 else repeated)
            | {"Created at": at, "Lineitem quantity": str(quantity), "Lineitem name": item, "Lineitem price": price}
            | {"Lineitem sku": sku, "Lineitem requires shipping": "true", "Lineitem discount": "0.00", "Vendor": "Acme"}
        )
    return rows


def _give_back(number: int, rows: list[Row]) -> list[Row]:
    """What the later export says of an order: some were given back since, whole or in part."""
    first, draw = rows[0], Drawer(f"later{number}")
    if first["Financial Status"] != "paid" or not draw.chance(0.25):
        return rows
    if draw.chance(0.4):
        return [first | {"Financial Status": "refunded", "Refunded Amount": first["Total"]}, *rows[1:]]
    part = (Decimal(first["Total"]) * draw.random.randint(5, 90) / 100).quantize(Decimal("0.01"))
    return [first | {"Financial Status": "partially_refunded", "Refunded Amount": f"{part:.2f}"}, *rows[1:]]


def recompute(folder: Path) -> Books:
    """Tax on top: an order is its items less the discount; gift cards are no sale; refunds have no day of their own."""
    books = Books()
    for rows in newest(folder, "orders_export*.csv", "Name").values():
        first = rows[0]
        at = dt.datetime.strptime(first["Created at"], "%Y-%m-%d %H:%M:%S %z")
        goods = sum(
            (
                int(row["Lineitem quantity"]) * money(row["Lineitem price"])
                for row in rows
                if not row["Lineitem name"].lower().startswith("gift card")
            ),
            Decimal(0),
        )
        never = first["Financial Status"] in ("voided", "expired") or first["Payment Method"] == "bogus"
        if first["Cancelled at"] or never or not goods:
            continue
        discount, currency = money(first["Discount Amount"]), first["Currency"]
        books.sell(at, goods, discount, currency, next((row["Email"] for row in rows if row["Email"]), ""))
        given_back = money(first["Refunded Amount"])
        if given_back:
            parts = (goods - discount, money(first["Shipping"]), money(first["Taxes"]))
            books.give_back(at, share_of_goods(given_back, *parts), currency)
    return books


def recompute_tax_included(folder: Path) -> Books:
    """Tax is in the prices: the goods' share of it is taken out, shipping keeps its own; gift cards are no sale."""
    books = Books()
    for row in read_csv(folder / QUIRKS):
        if not row["Id"] or row["Cancelled at"] or row["Lineitem name"] == "Gift card":
            continue
        at = dt.datetime.strptime(row["Created at"], "%Y-%m-%d %H:%M:%S %z")
        subtotal, shipping, tax = (money(row[name]) for name in ("Subtotal", "Shipping", "Taxes"))
        goods = subtotal - share_of_goods(tax, subtotal, shipping)
        books.sell(at, goods + money(row["Discount Amount"]), money(row["Discount Amount"]), "EUR", row["Email"])
        if money(row["Refunded Amount"]):
            beside = subtotal + shipping - goods
            books.give_back(at, share_of_goods(money(row["Refunded Amount"]), goods, beside), "EUR")
    return books
