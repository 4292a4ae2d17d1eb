"""Stripe's payments exports, old and new, and tables of its API: what they look like, and what they say was earned.

Put here: the generators and the recomputations. Keep out: the product, and its mapping (`examples/exports/`).
"""

import csv
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from tests.examples.exports.books import Books, Row, header_of, money, newest, read_csv, write_dicts
from tests.examples.exports.draw import Drawer

UNIFIED, LEGACY = "stripe_unified_payments_79cols_header_only.csv", "stripe_charges_legacy_2013_2020_header_only.csv"
STATUSES = ["Paid", "Paid", "Paid", "Paid", "Paid", "Paid", "Failed", "canceled", "requires_payment_method", "Disputed"]


def write(folder: Path, shared: Path) -> None:
    """Two downloads of payments, of which the second knows later refunds; one of legacy charges; tables of the API."""
    payments = [_payment(number, moment) for number, moment in enumerate(Drawer("stripe").moments(200))]
    header = header_of(shared / "stripe" / UNIFIED)
    write_dicts(folder / "unified_payments.csv", header, list(reversed(payments[:150])))
    later = [_give_back(number, row) for number, row in enumerate(payments) if number >= 60]
    write_dicts(folder / "unified_payments (1).csv", header, list(reversed(later)))
    _write_legacy(folder, header_of(shared / "stripe" / LEGACY))
    _write_tables(folder, shared / "stripe")


def _payment(number: int, moment: dt.datetime) -> Row:
    draw = Drawer(f"stripe{number}")
    currency, buyer = draw.pick("eur", "eur", "usd", "gbp", "jpy"), draw.buyer()
    rate = Decimal({"eur": "1", "usd": "0.9", "gbp": "1.17", "jpy": "0.0062"}[currency])
    amount = Decimal(draw.random.randint(900, 60000)) if currency == "jpy" else draw.amount()
    settled = (amount * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
    status = draw.random.choice(STATUSES)
    captured = status in ("Paid", "Disputed") and not draw.chance(0.05)
    named = draw.chance(0.8)
    return {
        **{"id": f"ch_{number:05}", "Created date (UTC)": f"{moment:%Y-%m-%d %H:%M:%S}", "Amount": str(amount)},
        **{"Amount Refunded": "0.00", "Currency": currency, "Captured": str(captured).lower(), "Fee": "0.55"},
        **{"Converted Amount": f"{settled}", "Converted Amount Refunded": "0.00", "Converted Currency": "eur"},
        **{"Mode": "Test" if draw.chance(0.03) else "Live", "Status": status, "Card Last4": "0042"},
        **{"Customer ID": f"cus_{buyer}" if named else "", "Description": "Mug, Tea\n2 pieces"},
        **{"Customer Email": "" if named and draw.chance(0.3) else f"stripe{buyer}@stripe.example"},
    }


def _give_back(number: int, row: Row) -> Row:
    draw = Drawer(f"stripe later{number}")
    if row["Status"] != "Paid" or not draw.chance(0.2):
        return row
    share = Decimal(1) if draw.chance(0.5) else Decimal(draw.random.randint(5, 90)) / 100
    back = (Decimal(row["Converted Amount"]) * share).quantize(Decimal("0.01"), ROUND_HALF_UP)
    after = dt.datetime.fromisoformat(row["Created date (UTC)"]) + dt.timedelta(days=draw.random.randint(0, 9))
    status = "Refunded" if share == 1 else "Paid"
    told = {"Converted Amount Refunded": str(back), "Amount Refunded": str(back), "Status": status}
    return row | told | {"Refunded date (UTC)": f"{after:%Y-%m-%d %H:%M:%S}"}


def recompute(folder: Path) -> Books:
    """Captured live payments, as settled; what was given back counts on the day of its refund."""
    books = Books()
    for (row,) in newest(folder, "unified_payments*.csv", "id").values():
        is_paid = row["Status"] in ("Paid", "Refunded", "Disputed") and row["Captured"] == "true"
        if not is_paid or row["Mode"] == "Test" or money(row["Converted Amount"]) == 0:
            continue
        who = row["Customer ID"].removeprefix("cus_") or row["Customer Email"].split("@")[0].removeprefix("stripe")
        books.sell(_utc(row["Created date (UTC)"]), money(row["Converted Amount"]), Decimal(0), "EUR", who)
        if money(row["Converted Amount Refunded"]):
            books.give_back(_utc(row["Refunded date (UTC)"]), money(row["Converted Amount Refunded"]), "EUR")
    return books


def _utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def _write_legacy(folder: Path, header: list[str]) -> None:
    rows = []
    for number, moment in enumerate(Drawer("legacy").moments(80)):
        draw = Drawer(f"legacy{number}")
        amount, tax = draw.amount(), Decimal(draw.pick("0.00", "0.25", "1.10"))
        back = draw.random.choice([Decimal(0), Decimal(0), Decimal(0), amount + tax, Decimal("1.50")])
        rows.append(
            {
                **{
                    "id": f"ch_old{number}",
                    "Created (UTC)": f"{moment:%Y-%m-%d %H:%M}",
                    "Currency": draw.pick("eur", "usd"),
                },
                **{"Amount": _comma(amount), "Amount Refunded": _comma(back), "Tax": _comma(tax), "Mode": "Live"},
                **{"Status": "Failed" if draw.chance(0.1) else "Paid", "Captured": draw.pick("TRUE", "TRUE", "WAHR")},
                **{"Customer Email": draw.email(draw.buyer()).replace(f"legacy{number}", "legacy")},
            }
        )
    write_dicts(folder / "charges_2019.csv", header, rows, delimiter=";", lineterminator="\r\n")


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def recompute_legacy(folder: Path) -> Books:
    """Semicolons and decimal commas; Tax stands beside Amount; a refund has no day."""
    books = Books()
    for row in read_csv(folder / "charges_2019.csv", delimiter=";"):
        if row["Status"] == "Failed":
            continue
        amount, tax, back = (money(row[name].replace(",", ".")) for name in ("Amount", "Tax", "Amount Refunded"))
        at, currency = _utc(row["Created (UTC)"]), row["Currency"].upper()
        books.sell(at, amount, Decimal(0), currency, row["Customer Email"])
        if back:
            goods = (min(back, amount + tax) * amount / (amount + tax)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            books.give_back(at, goods, currency)
    return books


def _write_tables(folder: Path, shared: Path) -> None:
    """The tables that an ELT tool loads: the vendor's own failed charges, and charges that succeeded."""
    for name, extra in (("elt_charge_data.csv", _charge), ("elt_refund_data.csv", _refund)):
        with (shared / name).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            header = list(reader.fieldnames or [])
        moments = Drawer("api").moments(60)
        rows += [row for number, moment in enumerate(moments) if (row := extra(number, moment)) is not None]
        write_dicts(folder / name, header, [_modern(row) for row in rows])


def _modern(row: Row) -> Row:
    """The vendor's rows of 2021 in the years of the test, so that they count."""
    return row | {"created": row["created"].replace("2021-", "2024-")}


def _charge(number: int, moment: dt.datetime) -> Row:
    draw = Drawer(f"api{number}")
    currency = draw.pick("usd", "eur", "jpy")
    cents = draw.random.randint(100, 900_000)
    return {
        **{"id": f"ch_{number}", "amount": str(cents), "currency": currency, "status": "succeeded", "livemode": "TRUE"},
        **{"created": f"{moment:%Y-%m-%d %H:%M:%S}", "customer_id": f"cus_{draw.buyer()}", "captured": "TRUE"},
    }


def _refund(number: int, moment: dt.datetime) -> Row | None:
    draw, charge = Drawer(f"api refund{number}"), _charge(number, moment)
    if not draw.chance(0.3):
        return None
    after = moment + dt.timedelta(days=draw.random.randint(0, 5))
    return {
        **{"id": f"re_{number}", "charge_id": charge["id"], "amount": str(int(charge["amount"]) // 3 + 1)},
        **{"currency": charge["currency"], "created": f"{after:%Y-%m-%d %H:%M:%S}"},
        **{"status": "failed" if draw.chance(0.2) else "succeeded"},
    }


def recompute_tables(folder: Path) -> dict[str, Books]:
    """Charges and refunds that succeeded, in minor units, which yen do not have."""
    found = {"stripe_charges": Books(), "stripe_refunds": Books()}
    for row in read_csv(folder / "elt_charge_data.csv"):
        if row["status"] == "succeeded":
            at, currency = _utc(row["created"]), row["currency"].upper()
            found["stripe_charges"].sell(at, _major(row), Decimal(0), currency, row["customer_id"])
    for row in read_csv(folder / "elt_refund_data.csv"):
        if row["status"] == "succeeded":
            found["stripe_refunds"].give_back(_utc(row["created"]), _major(row), row["currency"].upper())
    return found


def _major(row: Row) -> Decimal:
    return Decimal(row["amount"]) / (1 if row["currency"] == "jpy" else 100)
