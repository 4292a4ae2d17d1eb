"""Online Retail, computed again straight from its two files.

Put here: what the files hold, invoice by invoice. Keep out: anything imported from the pipeline.
Prices have at most three decimals, so amounts are summed as whole thousandths of a pound: exact, without DECIMAL.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from tests.examples.independent_calendar import month_of
from tests.examples.independent_retention import Histories, History, Purchase, Refund

FILES = {"retail_2009": "online_retail_II_2009_2010.parquet", "retail_2010": "online_retail_2010_2011.parquet"}
"""Source -> file, in the order of delivery: where both hold an invoice, the later one is right."""


@dataclass(frozen=True)
class Invoice:
    """One invoice as one file has it. `amount` is the sum of quantity × price; `customer` is None when nobody is."""

    source: str
    number: str
    moment: dt.datetime
    customer: str | None
    lines: int
    units: int
    amount: Decimal

    @property
    def kind(self) -> str:
        return {"C": "refund", "A": "adjustment"}.get(self.number[0], "sale")

    @property
    def day(self) -> dt.date:
        return self.moment.date()

    @property
    def is_countable(self) -> bool:
        return self.kind == "sale" and self.amount > 0


@dataclass(frozen=True)
class OnlineRetail:
    """Both files: every invoice that was read, and those that stand."""

    read: list[Invoice]
    standing: list[Invoice]

    def of_kind(self, kind: str) -> list[Invoice]:
        return [invoice for invoice in self.standing if invoice.kind == kind]

    @property
    def superseded(self) -> list[Invoice]:
        standing = {(invoice.source, invoice.number) for invoice in self.standing}
        return [invoice for invoice in self.read if (invoice.source, invoice.number) not in standing]

    def histories(self) -> Histories:
        """Customer -> what they bought and gave back; without the sales to nobody in particular."""
        found: dict[str, History] = defaultdict(History)
        for invoice in self.standing:
            if invoice.customer is not None and invoice.is_countable:
                found[invoice.customer].orders.append(Purchase(invoice.moment, invoice.number, invoice.amount))
            elif invoice.customer is not None and invoice.kind == "refund":
                found[invoice.customer].refunds.append(Refund(invoice.day, -invoice.amount))
        return found


def read_online_retail(folder: Path) -> OnlineRetail:
    read = [invoice for source, name in FILES.items() for invoice in _invoices(source, folder / name)]
    newest = {invoice.number: invoice.source for invoice in read}  # the later file is read later
    return OnlineRetail(read, [invoice for invoice in read if newest[invoice.number] == invoice.source])


def _invoices(source: str, path: Path) -> list[Invoice]:
    number, stock, description, quantity, moment, price, customer, country = pl.read_parquet_schema(path)
    del stock, description, country
    lines = pl.read_parquet(path, columns=[number, quantity, moment, price, customer])
    thousandths = (pl.col(price) * 1000).round().cast(pl.Int64)
    if lines.schema[moment] == pl.String:
        lines = lines.with_columns(pl.col(moment).str.to_datetime("%Y-%m-%d %H:%M:%S"))
    assert all(len(str(each).partition(".")[2]) <= 3 for each in lines[price].unique()), (
        "a finer price than thousandths"
    )
    invoices = lines.group_by(number).agg(
        pl.col(moment).min(),
        pl.col(customer).cast(pl.Int64).drop_nulls().unique().alias("customers"),
        pl.len().alias("lines"),
        pl.col(quantity).sum(),
        (pl.col(quantity) * thousandths).sum().alias("amount"),
    )
    return [
        Invoice(source, name, first, str(who[0]) if who else None, count, units, Decimal(amount) / 1000)
        for name, first, who, count, units, amount in invoices.sort(number).iter_rows()
    ]


def totals_by_month(invoices: list[Invoice]) -> dict[dt.date, tuple[int, Decimal]]:
    """Month -> how many invoices, and the sum of their amounts."""
    found: dict[dt.date, list[Invoice]] = defaultdict(list)
    for invoice in invoices:
        found[month_of(invoice.day)].append(invoice)
    return {month: (len(each), sum((one.amount for one in each), Decimal(0))) for month, each in found.items()}
