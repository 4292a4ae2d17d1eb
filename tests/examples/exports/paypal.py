"""PayPal's activity download, in English and in German: what it looks like, and what it says was sold.

Put here: the generators and the recomputations. Keep out: the product, and its mapping (`examples/exports/`).
"""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

from tests.examples.exports.books import COMPANY_ZONE, Books, Row, money, read_csv, share_of_goods, write_dicts
from tests.examples.exports.draw import Drawer

ENGLISH = [
    "Date",
    "Time",
    "TimeZone",
    "Name",
    "Type",
    "Status",
    "Currency",
    "Gross",
    "Fee",
    "Net",
    "From Email Address",
    "To Email Address",
    "Transaction ID",
    "Shipping Address",
    "Address Status",
    "Item Title",
    "Item ID",
    "Shipping and Handling Amount",
    "Insurance Amount",
    "Sales Tax",
    "Option 1 Name",
    "Option 1 Value",
    "Reference Txn ID",
    "Invoice Number",
    "Custom Number",
    "Quantity",
    "Receipt ID",
    "Balance",
    "Address Line 1",
    "Address Line 2",
    "Town/City",
    "Zip/Postal Code",
    "Country",
    "Contact Phone Number",
    "Subject",
    "Note",
    "Country Code",
    "Balance Impact",
]
GERMAN = [
    "Datum",
    "Uhrzeit",
    "Zeitzone",
    "Name",
    "Typ",
    "Status",
    "Währung",
    "Brutto",
    "Gebühr",
    "Netto",
    "Absender E-Mail-Adresse",
    "Empfänger E-Mail-Adresse",
    "Transaktionscode",
    "Zugehöriger Transaktionscode",
    "Guthaben",
]
QUOTED = {"quoting": csv.QUOTE_ALL, "encoding": "utf-8-sig", "lineterminator": "\r\n"}
SALES = ("Express Checkout Payment", "Website Payment", "Mobile Payment")


def write(folder: Path) -> None:
    """An English download with everything that moves a balance, and a German one."""
    rows: list[Row] = []
    for number, moment in enumerate(Drawer("paypal").moments(150)):
        rows += _sale(number, moment)
    rows.reverse()
    write_dicts(folder / "Download.CSV", ENGLISH, rows[: len(rows) // 2 + 20], **QUOTED)
    write_dicts(folder / "Download (1).CSV", ENGLISH, rows[len(rows) // 2 - 20 :], **QUOTED)
    _write_german(folder)


def _sale(number: int, moment: dt.datetime) -> list[Row]:
    draw = Drawer(f"paypal{number}")
    goods, tax, shipping = draw.amount(), Decimal(draw.pick("0.00", "1.90")), Decimal(draw.pick("0.00", "4.90"))
    gross, currency = goods + tax + shipping, draw.pick("EUR", "EUR", "USD", "GBP")
    status = draw.pick("Completed", "Completed", "Completed", "Completed", "Denied", "Pending", "Reversed")
    sale = _row(moment, draw.pick(*SALES), status, currency, gross, f"PP{number:04}", "Credit") | {
        **{"From Email Address": f"buyer{draw.buyer()}@paypal.example", "To Email Address": "shop@acme.example"},
        **{"Shipping and Handling Amount": f"{shipping:.2f}", "Sales Tax": f"{tax:.2f}", "Fee": f"-{gross / 50:.2f}"},
        **{"Shipping Address": "Ann, 1 Main St\nBerlin", "Item Title": 'Mug "blue", Tea'},
    }
    rows = [sale]
    memo = _row(moment, "General Authorization", "Completed", currency, gross, f"PA{number:04}", "Memo")
    rows += [memo] if draw.chance(0.2) else []
    if status == "Completed" and draw.chance(0.25):
        parts = [gross] if draw.chance(0.4) else [Decimal("1.00"), Decimal("1.25")]
        for position, part in enumerate(parts):
            later = moment + dt.timedelta(days=position * 3 + 1)
            back = _row(later, "Payment Refund", "Completed", currency, -part, f"PR{number:04}{position}", "Debit")
            rows.append(
                back | {"Reference Txn ID": sale["Transaction ID"], "To Email Address": sale["From Email Address"]}
            )
    if draw.chance(0.1):
        rows.append(_row(moment, "General Withdrawal", "Completed", currency, -goods, f"PW{number:04}", "Debit"))
        rows.append(_row(moment, "General Currency Conversion", "Completed", "EUR", goods, f"PC{number:04}", "Credit"))
        rows.append(
            _row(
                moment, "Hold on Balance for Dispute Investigation", "Completed", "EUR", -goods, f"PH{number}", "Debit"
            )
        )
    return rows


def _row(at: dt.datetime, what: str, status: str, currency: str, gross: Decimal, code: str, impact: str) -> Row:
    local = at.astimezone(COMPANY_ZONE)
    return {
        **{"Date": f"{local:%m/%d/%Y}", "Time": f"{local:%H:%M:%S}", "TimeZone": f"{local:%Z}", "Type": what},
        **{"Status": status, "Currency": currency, "Gross": f"{gross:,.2f}", "Transaction ID": code},
        **{"Balance Impact": impact, "Balance": "1,234.56", "Fee": "0.00", "Net": f"{gross:,.2f}"},
    }


def recompute(folder: Path) -> Books:
    """Each transaction counts once, in whichever download it stands."""
    every = {row["Transaction ID"]: row for path in folder.glob("Download*.CSV") for row in read_csv(path)}
    done = [row for row in every.values() if row["Status"] == "Completed" and row["Balance Impact"] != "Memo"]
    sales = {row["Transaction ID"]: row for row in done if row["Type"] in SALES}
    books, left = Books(), {}
    for code, row in sales.items():
        shipping, tax = money(row["Shipping and Handling Amount"]), money(row["Sales Tax"])
        goods = money(row["Gross"]) - shipping - tax
        books.sell(
            _berlin(row["Date"], row["Time"], "%m/%d/%Y"), goods, Decimal(0), row["Currency"], row["From Email Address"]
        )
        left[code] = (goods, shipping, tax, Decimal(0))
    for row in sorted(done, key=lambda each: each["Transaction ID"]):
        if row["Type"] == "Payment Refund":
            goods, shipping, tax, before = left[row["Reference Txn ID"]]
            after = before - money(row["Gross"])
            share = share_of_goods(after, goods, shipping, tax) - share_of_goods(before, goods, shipping, tax)
            books.give_back(_berlin(row["Date"], row["Time"], "%m/%d/%Y"), share, row["Currency"])
            left[row["Reference Txn ID"]] = (goods, shipping, tax, after)
    return books


def _berlin(day: str, time: str, pattern: str) -> dt.datetime:
    return dt.datetime.strptime(f"{day} {time}", f"{pattern} %H:%M:%S").replace(tzinfo=COMPANY_ZONE)


def _write_german(folder: Path) -> None:
    rows = []
    for number, moment in enumerate(Drawer("paypal_german").moments(60)):
        draw, local = Drawer(f"paypal_german{number}"), moment.astimezone(COMPANY_ZONE)
        gross = draw.amount(most=30000)
        row = {
            **{
                "Datum": f"{local:%d.%m.%Y}",
                "Uhrzeit": f"{local:%H:%M:%S}",
                "Zeitzone": f"{local:%Z}",
                "Währung": "EUR",
            },
            **{
                "Typ": draw.pick("PayPal Express-Zahlung", "Website-Zahlung", "Allgemeine Abbuchung"),
                "Brutto": _german(gross),
            },
            **{"Status": draw.pick("Abgeschlossen", "Abgeschlossen", "Ausstehend"), "Transaktionscode": f"DE{number}"},
            **{"Absender E-Mail-Adresse": f"kunde{draw.buyer()}@paypal.example", "Gebühr": "-0,35"},
        }
        rows.append(row)
        if row["Typ"] != "Allgemeine Abbuchung" and row["Status"] == "Abgeschlossen" and draw.chance(0.3):
            told = {"Typ": "Rückzahlung", "Brutto": _german(-gross), "Transaktionscode": f"DR{number}"}
            rows.append(row | told | {"Zugehöriger Transaktionscode": f"DE{number}"})
    write_dicts(folder / "Herunterladen.CSV", GERMAN, rows, **QUOTED)


def _german(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def recompute_german(folder: Path) -> Books:
    """The same in German: `1.234,50`, `31.12.2024`, and other words."""
    books = Books()
    for row in read_csv(folder / "Herunterladen.CSV"):
        if row["Status"] != "Abgeschlossen":
            continue
        at, gross = (
            _berlin(row["Datum"], row["Uhrzeit"], "%d.%m.%Y"),
            money(row["Brutto"].translate(str.maketrans(",.", ".,"))),
        )
        if row["Typ"] in ("PayPal Express-Zahlung", "Website-Zahlung"):
            books.sell(at, gross, Decimal(0), "EUR", row["Absender E-Mail-Adresse"])
        elif row["Typ"] == "Rückzahlung":
            books.give_back(at, -gross, "EUR")
    return books
