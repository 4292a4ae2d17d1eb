"""What the recomputations of all tools share: months, exchange rates, and the sums that are compared.

Put here: plain Python over `csv` and `decimal`. Keep out: anything of the product, and what a tool's columns mean.
"""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

COMPANY_ZONE = ZoneInfo("Europe/Berlin")
CENT, FRACTION = Decimal("0.01"), Decimal("0.0001")
RATES = {"USD": "0.92345", "GBP": "1.16117", "JPY": "0.0061234", "EUR": "1"}
"""Currency -> what one unit is worth in EUR in January 2024; it grows by a thousandth a month."""
FIRST, LAST = dt.datetime(2024, 1, 3, tzinfo=dt.UTC), dt.datetime(2025, 12, 20, tzinfo=dt.UTC)
Row = dict[str, str]


@dataclass
class Books:
    """Sums of a source in EUR, by month of the company's calendar."""

    sales: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    refunds: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    orders: int = 0
    customers: set[str] = field(default_factory=set)

    def sell(self, moment: dt.datetime, goods: Decimal, discounts: Decimal, currency: str, who: str) -> None:
        """Count an order."""
        self.sales[month_of(moment)] += convert(goods, currency, moment) - convert(discounts, currency, moment)
        self.orders += 1
        self.customers |= {who.strip().lower()} - {""}

    def give_back(self, moment: dt.datetime, goods: Decimal, currency: str) -> None:
        """Count the goods of a refund."""
        self.refunds[month_of(moment)] += convert(goods, currency, moment)


def month_of(moment: dt.datetime) -> str:
    """`2024-03`, in the company's zone."""
    return f"{moment.astimezone(COMPANY_ZONE):%Y-%m}"


def rate_of(currency: str, month: str) -> Decimal:
    """What a unit of the currency is worth in a month."""
    number = (int(month[:4]) - 2024) * 12 + int(month[5:]) - 1
    if currency == "EUR":
        return Decimal(1)
    return (Decimal(RATES[currency]) * (1 + Decimal(number) / 1000)).quantize(Decimal("0.00000001"), ROUND_HALF_UP)


def convert(amount: Decimal, currency: str, moment: dt.datetime) -> Decimal:
    """In EUR, to a hundredth of a cent."""
    return (amount * rate_of(currency, month_of(moment))).quantize(FRACTION, ROUND_HALF_UP)


def share_of_goods(given_back: Decimal, goods: Decimal, *others: Decimal) -> Decimal:
    """The goods of a refund of which only the whole is told: their share of what the buyer paid, to the cent."""
    paid = goods + sum(others)
    return (min(given_back, paid) * goods / paid).quantize(CENT, ROUND_HALF_UP) if paid else Decimal(0)


def write_rates(folder: Path) -> None:
    """The rates as the finance department would deliver them: one per currency and month."""
    months = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]
    rows = [
        (f"{month}-01", currency, str(rate_of(currency, month)))
        for month in months
        for currency in RATES
        if currency != "EUR"
    ]
    rows += [("2017-01-01", "USD", "0.92345")]
    write_csv(folder / "fx_rates.csv", ("date", "currency", "rate"), rows)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], **how: object) -> None:
    """A CSV file; `how` goes to `csv.writer`, `encoding` and `newline` of the lines apart."""
    encoding = str(how.pop("encoding", "utf-8"))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, **{"lineterminator": "\n", **how})  # type: ignore[arg-type]
        writer.writerow(header)
        writer.writerows(rows)


def write_dicts(path: Path, header: Sequence[str], rows: Iterable[Row], **how: object) -> None:
    """A CSV file of rows that name the columns which they fill."""
    write_csv(path, header, [[row.get(name, "") for name in header] for row in rows], **how)


def read_csv(path: Path, encoding: str = "utf-8-sig", **how: object) -> Iterator[Row]:
    """The rows of a CSV file as Python's own reader sees them."""
    with path.open(encoding=encoding, newline="") as file:
        yield from csv.DictReader(file, **how)  # type: ignore[arg-type]


def header_of(path: Path, delimiter: str = ",") -> list[str]:
    """The columns of a real export of which only the header is kept."""
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file, delimiter=delimiter))


def newest(folder: Path, pattern: str, key: str, **how: object) -> dict[str, list[Row]]:
    """Key -> its rows in the file that changed last; a row with an empty cell continues the one before."""
    found: dict[str, list[Row]] = {}
    for path in sorted(folder.glob(pattern), key=lambda each: each.stat().st_mtime):
        rows: dict[str, list[Row]] = {}
        for row in read_csv(path, **how):  # type: ignore[arg-type]
            rows.setdefault(row[key], []).append(row)
        found |= rows
    return found


def money(text: str | None) -> Decimal:
    """`1,234.50`, `$12.00 `, `-$1.00` and `($1.00)` as numbers; nothing is 0."""
    text = (text or "").strip()
    digits = "".join(each for each in text if each.isdigit() or each == ".")
    return (-1 if text.startswith(("-", "(")) else 1) * Decimal(digits or "0")
