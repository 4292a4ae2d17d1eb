"""Square's transactions: a till with and without ids, and its customers.

Put here: the generator and the recomputations. Keep out: the product, and its mapping (`examples/exports/`).
"""

import datetime as dt
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.examples.exports.books import FRACTION, Books, Row, header_of, money, read_csv, write_csv, write_dicts
from tests.examples.exports.draw import Drawer

HEADER, OLD = "square_transactions_55cols_header_only.csv", "square_transactions_2018_44cols.csv"
NEW_YORK = ZoneInfo("America/New_York")


def write(folder: Path, shared: Path) -> None:
    """Two half-years of transactions, customers, and the real file of 2018."""
    header = header_of(shared / "square" / HEADER)
    rows: list[Row] = []
    for number, moment in enumerate(Drawer("square").moments(200)):
        rows += _sale(number, moment)
    write_dicts(folder / "transactions-2024.csv", header, [row for row in rows if row["Date"] < "2025"])
    write_dicts(folder / "transactions-2025.csv", header, [row for row in rows if row["Date"] >= "2025"])
    columns = ("Reference ID", "First Name", "Last Name", "Email Address", "Phone Number")
    people = [(f"SQ{n}", "Ann", "Example", f"till{n}@square.example", "'+12125550100") for n in range(1, 61)]
    write_csv(folder / "customers-2025.csv", columns, people)
    shutil.copyfile(shared / "square" / OLD, folder / OLD)


def _sale(number: int, moment: dt.datetime) -> list[Row]:
    draw, local = Drawer(f"square{number}"), moment.astimezone(NEW_YORK)
    gross, discount = draw.amount(400, 9000), Decimal(draw.pick("0.00", "0.00", "1.50"))
    net, tip, card = gross - discount, Decimal(draw.pick("0.00", "2.00")), Decimal(draw.pick("0.00", "0.00", "25.00"))
    tax = (net * Decimal("0.08875")).quantize(Decimal("0.01"))
    void = draw.chance(0.04)
    row = {
        **{"Date": f"{local:%Y-%m-%d}", "Time": f"{local:%H:%M:%S}", "Time Zone": "Eastern Time (US & Canada)"},
        **{"Gross Sales": _dollars(gross), "Discounts": _minus(discount, draw), "Net Sales": _dollars(net)},
        **{"Service Charges": "$0.00", "Gift Card Sales": _dollars(card), "Tax": _dollars(tax), "Tip": _dollars(tip)},
        **{"Partial Refunds": "$0.00", "Total Collected": _dollars(net + tax + tip + card), "Fees": "($0.46)"},
        **{"Transaction ID": f"TX{number:04}", "Payment ID": f"PY{number:04}", "Event Type": "Payment"},
        **{"Customer ID": f"SQ{draw.buyer()}" if draw.chance(0.4) else "", "Location": "Main St"},
        **{"Transaction Status": "Canceled" if void else draw.pick("Complete", "")},
    }
    if void or not draw.chance(0.12):
        return [row]
    part, back = Decimal(draw.pick("1.00", "2.50")), (local + dt.timedelta(days=draw.random.randint(0, 20)))
    told = {
        **{"Date": f"{back:%Y-%m-%d}", "Transaction ID": f"RF{number:04}", "Payment ID": f"RP{number:04}"},
        **{"Gross Sales": _minus(part, draw), "Discounts": "$0.00", "Net Sales": _minus(part, draw), "Tip": "$0.00"},
        **{"Tax": _minus(Decimal("0.22"), draw), "Total Collected": _minus(part + Decimal("0.22"), draw)},
        **{"Event Type": "Refund", "Refund Reason": "Returned Goods", "Gift Card Sales": "$0.00"},
    }
    return [row, row | told]


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}" + (" " if amount > 50 else "")


def _minus(amount: Decimal, draw: Drawer) -> str:
    if not amount:
        return "$0.00"
    return draw.pick(f"-${amount:,.2f}", f"(${amount:,.2f})")


def recompute(folder: Path) -> Books:
    """Net Sales of completed payments; refunds are negative rows of their own day."""
    books = Books()
    for path in folder.glob("transactions-*.csv"):
        for row in read_csv(path):
            at = dt.datetime.fromisoformat(f"{row['Date']} {row['Time']}").replace(tzinfo=NEW_YORK)
            if row["Transaction Status"] == "Canceled":
                continue
            if row["Event Type"] == "Payment":
                discount = -money(row["Discounts"])
                assert money(row["Gross Sales"]) - discount == money(row["Net Sales"])
                books.sell(at, money(row["Gross Sales"]), discount, "USD", row["Customer ID"])
            else:
                books.give_back(at, -money(row["Net Sales"]), "USD")
    return books


def recompute_2018(folder: Path) -> Books:
    """The real file: four payments of three days, saved by a spreadsheet."""
    books = Books()
    for row in read_csv(folder / OLD):
        at = dt.datetime.strptime(row["Date"], "%m/%d/%Y").replace(tzinfo=NEW_YORK)
        month, rate = f"{at:%Y-%m}", Decimal("0.92345")
        books.sales[month] += (money(row["Net Sales"]) * rate).quantize(FRACTION, ROUND_HALF_UP)
        books.orders += 1
    return books
