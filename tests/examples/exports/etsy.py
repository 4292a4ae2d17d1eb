"""Etsy's sold orders and order items: what they look like, and what they say was sold.

Put here: the generator and the recomputation. Keep out: the product, and its mapping (`examples/exports/`).
"""

import datetime as dt
from decimal import Decimal
from pathlib import Path

from tests.examples.exports.books import COMPANY_ZONE, Books, Row, money, newest, share_of_goods, write_dicts
from tests.examples.exports.draw import Drawer

ORDERS = [
    "Sale Date",
    "Order ID",
    "Buyer User ID",
    "Full Name",
    "First Name",
    "Last Name",
    "Number of Items",
    "Payment Method",
    "Date Shipped",
    "Street 1",
    "Street 2",
    "Ship City",
    "Ship State",
    "Ship Zipcode",
    "Ship Country",
    "Currency",
    "Order Value",
    "Coupon Code",
    "Coupon Details",
    "Discount Amount",
    "Shipping Discount",
    "Shipping",
    "Sales Tax",
    "Order Total",
    "Status",
    "Card Processing Fees",
    "Order Net",
    "Adjusted Order Total",
    "Adjusted Card Processing Fees",
    "Adjusted Net Order Amount",
    "Buyer",
    "Order Type",
    "Payment Type",
    "InPerson Discount",
    "InPerson Location",
]
ITEMS = [
    "Sale Date",
    "Item Name",
    "Buyer",
    "Quantity",
    "Price",
    "Coupon Code",
    "Coupon Details",
    "Discount Amount",
    "Shipping Discount",
    "Order Shipping",
    "Order Sales Tax",
    "Item Total",
    "Currency",
    "Transaction ID",
    "Listing ID",
    "Date Paid",
    "Date Shipped",
    "Ship Name",
    "Ship Country",
    "Order ID",
    "Variations",
    "Order Type",
    "Listings Type",
    "Payment Type",
    "InPerson Discount",
    "InPerson Location",
    "VAT Paid by Buyer",
    "SKU",
]


def write(folder: Path) -> None:
    """A file per year, and the second year again with later refunds."""
    orders: list[Row] = []
    items: list[Row] = []
    for number, moment in enumerate(Drawer("etsy").moments(140)):
        order, lines = _order(number, moment)
        orders.append(order)
        items += lines
    for name, year in (("2024", "/24"), ("2025", "/25")):
        of_year = [row for row in reversed(orders) if row["Sale Date"].endswith(year)]
        write_dicts(folder / f"EtsySoldOrders{name}.csv", ORDERS, of_year)
        write_dicts(
            folder / f"EtsySoldOrderItems{name}.csv", ITEMS, [r for r in items if r["Sale Date"].endswith(year)]
        )
    later = [_give_back(number, row) for number, row in enumerate(orders) if row["Sale Date"].endswith("/25")]
    write_dicts(folder / "EtsySoldOrders2025 (1).csv", ORDERS, later)


def _order(number: int, moment: dt.datetime) -> tuple[Row, list[Row]]:
    draw = Drawer(f"etsy{number}")
    lines = [(draw.amount(500, 9000), draw.random.randint(1, 3)) for _ in range(draw.random.randint(1, 3))]
    value = sum((price * quantity for price, quantity in lines), Decimal(0))
    discount = (value / 10).quantize(Decimal("0.01")) if draw.chance(0.2) else Decimal(0)
    shipping, off = Decimal(draw.pick("0.00", "3.95", "12.50")), Decimal(0)
    if shipping and draw.chance(0.2):
        off = Decimal("1.00")
    tax, buyer = Decimal(draw.pick("0.00", "2.15")), draw.buyer()
    total, day = value - discount + shipping - off + tax, f"{moment.astimezone(COMPANY_ZONE):%m/%d/%y}"
    currency = draw.pick("EUR", "USD")
    shared = {"Sale Date": day, "Order ID": f"30000{number:05}", "Currency": currency, "Buyer": f"Name ({buyer})"}
    order = shared | {
        **{"Buyer User ID": "" if draw.chance(0.1) else str(70000 + buyer), "Number of Items": str(len(lines))},
        **{"Order Value": f"{value:,.2f}", "Discount Amount": f"{discount:.2f}", "Shipping Discount": f"{off:.2f}"},
        **{"Shipping": f"{shipping:.2f}", "Sales Tax": f"{tax:.2f}", "Order Total": f"{total:,.2f}"},
        **{"Status": "Canceled" if draw.chance(0.06) else "Complete", "Card Processing Fees": "1.23"},
        **{
            "Adjusted Order Total": draw.pick("", "0.00"),
            "Ship Country": "Germany",
            "Coupon Code": "TENOFF" if discount else "",
        },
    }
    rows = [
        shared
        | {"Item Name": 'Mug, "blue"', "Quantity": str(quantity), "Price": f"{price:,.2f}", "SKU": "0012"}
        | {"Item Total": f"{price * quantity:,.2f}", "Transaction ID": f"4{number:05}{position}", "Listing ID": "991"}
        for position, (price, quantity) in enumerate(lines)
    ]
    return order, rows


def _give_back(number: int, row: Row) -> Row:
    draw = Drawer(f"etsy later{number}")
    if row["Status"] != "Complete" or not draw.chance(0.25):
        return row
    if draw.chance(0.3):
        return row | {"Status": "Refunded", "Adjusted Order Total": "0.00"}
    left = (money(row["Order Total"]) * draw.random.randint(20, 90) / 100).quantize(Decimal("0.01"))
    return row | {"Adjusted Order Total": f"{left:,.2f}"}


def recompute(folder: Path) -> Books:
    """Order Value less the coupon; what Adjusted Order Total lacks of Order Total was given back."""
    books = Books()
    for (row,) in newest(folder, "EtsySoldOrders[0-9]*.csv", "Order ID").values():
        if row["Status"] == "Canceled":
            continue
        at = dt.datetime.strptime(row["Sale Date"], "%m/%d/%y").replace(tzinfo=COMPANY_ZONE)
        value, discount, tax = (money(row[name]) for name in ("Order Value", "Discount Amount", "Sales Tax"))
        books.sell(at, value, discount, row["Currency"], row["Buyer User ID"])
        left = money(row["Adjusted Order Total"])
        if left or row["Status"] == "Refunded":
            shipping = money(row["Shipping"]) - money(row["Shipping Discount"])
            goods = share_of_goods(money(row["Order Total"]) - left, value - discount, shipping, tax)
            books.give_back(at, goods, row["Currency"])
    return books
