"""The sample company's tools and what each of them exports.

Put here: the files, their columns, how they write moments and money, which delivery holds which rows.
Keep out: what happened (`orders.py` and others), and the lines planted on purpose (`nastiness.py`).
"""

from pathlib import Path

import numpy as np
import polars as pl

from regulars.pipelines.sample.export_file import ExportFile, Found
from regulars.pipelines.sample.nastiness import (
    list_bad_answers,
    list_bad_contacts,
    list_bad_lines,
    list_bad_orders,
    list_bad_refunds,
    list_bad_subscriptions,
)
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.baskets import ITEMS, Lines
from regulars.pipelines.sample.simulation.orders import CANCELLED, DELIVERIES, TEST, TILL, compute_moment

# fmt: off
CONTACT_COLUMNS = (
    "Record ID", "First Name", "Last Name", "Email", "Phone Number", "Contact owner", "Company Name",
    "Associated Company IDs", "Customer Type", "City", "Postal Code", "State/Region", "Country/Region",
    "Original Traffic Source", "Acquisition Cost", "Referred by Record ID", "Merged record IDs", "Newsletter",
    "Create Date", "Last Modified Date",
)
ORDER_COLUMNS = (
    "order_id", "contact_id", "email", "created_at", "financial_status", "cancelled_at", "currency", "subtotal",
    "discount_amount", "discount_code", "shipping", "taxes", "total", "sales_channel", "shipping_city",
    "shipping_region", "shipping_country", "promised_at", "delivered_at", "test", "tags", "location",
)
# fmt: on
LINE_COLUMNS = ("order_id", "sku", "name", "category", "quantity", "price", "currency", "cost")
REFUND_COLUMNS = ("refund_id", "order_id", "contact_id", "email", "processed_at", "currency", "amount", "reason")
SUBSCRIPTION_COLUMNS = (
    "id", "crm_contact", "customer_email", "plan", "status", "currency", "unit_price", "quantity", "interval",
    "started_at", "trial_end", "cancelled_at", "ended_at", "cancellation_reason", "payment_failed", "paused_at",
    "resumed_at",
)  # fmt: skip
ANSWER_COLUMNS = ("Antwort-ID", "Datum", "Bewertung", "Kommentar", "Sprache", "E-Mail", "CRM-ID", "Bestellung")
BAD_SHARE = 0.005
"""Planted bad lines stay below this share of a source's rows, half of what a run accepts."""


def _write_moment(seconds: pl.Expr, style: str = "%Y-%m-%d %H:%M:%S %z") -> pl.Expr:
    """A moment in the company's zone, as text."""
    return compute_moment(seconds).dt.convert_time_zone(c.TIMEZONE).dt.to_string(style)


def _write_order_id(number: str) -> pl.Expr:
    return pl.format("KK{}", pl.col(number))


def _choose_currency() -> pl.Expr:
    return pl.when("is_pounds").then(pl.lit("GBP")).otherwise(pl.lit("EUR"))


class Exports:
    """All files of one sample company, appended to chunk by chunk."""

    def __init__(self, folder: Path, rates: pl.DataFrame) -> None:
        """Start the files; those that do not depend on customers are written whole.

        Args:
            folder: The folder `exports`, empty.
            rates: As `rates.draw_rates` returns them.
        """
        self.contacts = ExportFile(
            folder / "crm_contacts.csv", CONTACT_COLUMNS, encoding="cp1252", line_end="\r\n", quote_style="always"
        )
        self.orders = [ExportFile(folder / "orders" / f"shop_orders_{d}.csv", ORDER_COLUMNS) for d in DELIVERIES]
        self.lines = [
            ExportFile(folder / "order_lines" / f"shop_order_lines_{d}.csv", LINE_COLUMNS) for d in DELIVERIES
        ]
        self.refunds = ExportFile(folder / "shop_refunds.csv", REFUND_COLUMNS)
        self.answers = ExportFile(folder / "nps_answers.csv", ANSWER_COLUMNS, ";", "utf-8-sig")
        self.subscriptions = ExportFile(folder / "coffee_club.csv", SUBSCRIPTION_COLUMNS)
        self.products = ExportFile(folder / "products.csv", ("sku", "name", "category", "price", "cost", "available"))
        self.rates = ExportFile(folder / "fx_rates.csv", ("date", "currency", "rate"), ";")
        self.found: list[Found] = []
        self._write_products()
        self._write_rates(rates)

    @property
    def files(self) -> list[ExportFile]:
        """Every file."""
        shop = [*self.orders, *self.lines, self.refunds]
        return [self.contacts, *shop, self.answers, self.subscriptions, self.products, self.rates]

    def _write_products(self) -> None:
        self.products.append(
            pl.DataFrame(
                {
                    "sku": [p.product_id for p in ITEMS],
                    "name": [p.name for p in ITEMS],
                    "category": [p.category for p in ITEMS],
                    "price": [p.price_eur / 100 or None for p in ITEMS],
                    "cost": [p.cost_eur / 100 for p in ITEMS],
                    "available": ["no" if p.product_id == c.SOLD_OUT else "yes" for p in ITEMS],
                }
            )
        )

    def _write_rates(self, rates: pl.DataFrame) -> None:
        whole = pl.col("rate") // 100_000
        part = (pl.col("rate") % 100_000).cast(pl.String).str.zfill(5)
        self.rates.append(rates.select(date="rate_date", currency=pl.lit("GBP"), rate=pl.format("{},{}", whole, part)))

    def append_contacts(self, records: pl.DataFrame) -> None:
        """Write CRM records, as `addresses.write_records` returns them."""
        minute = "%Y-%m-%d %H:%M"
        rows = records.select(
            "record_id", "first_name", "last_name", "email", "phone", "owner", "company_name", "account_id",
            "customer_type", "city", "postal_code", "region", "country", "channel", "cost", "referred_by", "merged",
            "opt_in",
            created=_write_moment(pl.col("created"), minute), updated=_write_moment(pl.col("updated"), minute),
        )  # fmt: skip
        rows.columns = CONTACT_COLUMNS
        bad = list_bad_contacts(self._room(self.contacts.rows, len(rows)))
        self.found += self.contacts.append(rows, bad)

    def append_orders(self, orders: pl.DataFrame, lines: Lines, extra: pl.DataFrame) -> None:
        """Write orders and their lines into the deliveries that hold them.

        Args:
            orders: As `draw_orders` and `address_orders` return them.
            lines: Their lines.
            extra: For corrected orders, the line that was too many at first: `order`, `item`, `price`.
        """
        final = orders.with_columns(extra=pl.lit(0, dtype=pl.Int64), delivery=pl.col("last_delivery"))
        surplus = pl.Series(np.zeros(len(orders), dtype=np.int64)).scatter(extra["order"], extra["price"])
        first = orders.with_columns(extra=surplus, delivery=pl.col("first_delivery"), cancelled=pl.lit(False))
        final = final.with_columns(cancelled=pl.col("sort") == CANCELLED)
        both = pl.concat([first.filter("is_sent_again"), final, final.filter("is_twice")], how="diagonal")
        of_order = pl.DataFrame({"order": lines.order, "item": lines.item, "n": lines.quantity, "price": lines.price})
        more = extra.select("order", "item", n=pl.lit(1, dtype=pl.Int64), price="price")
        meta = orders.with_row_index("order").with_columns(pl.col("order").cast(pl.Int64))
        room = self._room(sum(file.rows for file in self.orders), len(orders))
        for number in range(len(DELIVERIES)):
            bad = room if number == len(DELIVERIES) - 3 else 0
            rows = both.filter(pl.col("delivery") == number).sort("at", maintain_order=True)
            self.found += self.orders[number].append(self._order_rows(rows), list_bad_orders(bad))
            last = meta.filter(pl.col("last_delivery") == number)
            sent = meta.filter(pl.col("is_sent_again") & (pl.col("first_delivery") == number))
            wanted = [of_order.join(part, on="order", maintain_order="left") for part in (last, sent)]
            wanted.append(more.join(sent, on="order", maintain_order="left"))
            rows = pl.concat(wanted).sort("order", maintain_order=True)
            victim = str(rows[len(rows) // 2]["order_number"].item()) if len(rows) else ""
            self.found += self.lines[number].append(self._line_rows(rows), list_bad_lines(min(bad, len(rows)), victim))

    def _room(self, written: int, rows: int) -> int:
        """How many bad lines the first chunk may hold; later chunks hold none."""
        return 0 if written else int(rows * BAD_SHARE)

    def _order_rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        town = pl.Series([r.towns[0][0] for r in c.REGIONS])
        paid = pl.col("gross") - pl.col("discount")
        cancelled, known = pl.col("cancelled"), pl.col("person") >= 0
        is_delivered = (pl.col("delivered") < c.DAYS * 86_400) & ~cancelled
        names = dict(enumerate(c.REGIONS))
        place = pl.col("region")
        return rows.select(
            order_id=_write_order_id("order_number"),
            contact_id="customer_record_id",
            email="email",
            created_at=_write_moment(pl.col("at")),
            financial_status=pl.when(cancelled).then(pl.lit("voided")).otherwise(pl.lit("paid")),
            cancelled_at=pl.when(cancelled).then(_write_moment(pl.col("at") + 90_000)),
            currency=_choose_currency(),
            subtotal=(pl.col("gross") + pl.col("extra")) / 100,
            discount_amount=pl.col("discount") / 100,
            discount_code=pl.when(pl.col("discount") > 0).then(pl.lit("KNUSPER10")),
            shipping=pl.col("shipping") / 100,
            taxes=pl.col("tax") / 100,
            total=(paid + pl.col("extra") + pl.col("shipping") + pl.col("tax")) / 100,
            sales_channel=pl.when(pl.col("sort") == TILL).then(pl.lit("pos")).otherwise(pl.lit("web")),
            shipping_city=pl.when(known).then(place.replace_strict(dict(enumerate(town)))),
            shipping_region=pl.when(known).then(place.replace_strict({n: r.name for n, r in names.items()})),
            shipping_country=pl.when(known).then(place.replace_strict({n: r.country for n, r in names.items()})),
            promised_at=_write_moment(pl.col("at") + 3 * 86_400),
            delivered_at=pl.when(is_delivered).then(_write_moment(pl.col("delivered"))),
            test=(pl.col("sort") == TEST),
            tags=pl.when(pl.col("is_delayed")).then(pl.lit('express, "fragile"')),
            location="store_id",
        )

    def _line_rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        item = pl.col("item")
        return rows.select(
            order_id=_write_order_id("order_number"),
            sku=item.replace_strict({n: p.product_id for n, p in enumerate(ITEMS)}, return_dtype=pl.String),
            name=item.replace_strict({n: p.name for n, p in enumerate(ITEMS)}, return_dtype=pl.String),
            category=item.replace_strict({n: p.category for n, p in enumerate(ITEMS)}, return_dtype=pl.String),
            quantity=pl.col("n"),
            price=pl.col("price") / 100,
            currency=_choose_currency(),
            cost=item.replace_strict({n: p.cost_eur for n, p in enumerate(ITEMS)}, return_dtype=pl.Int64)
            * pl.col("n")
            / 100,
        )

    def append_refunds(self, refunds: pl.DataFrame, orders: pl.DataFrame) -> None:
        """Write refunds, as `plant_returns` returns them, of these orders."""
        of_order = orders[refunds["order"]]
        rows = refunds.select(
            refund_id=pl.format("R{}", pl.col("refund_number")),
            order_id=pl.when("has_order").then(_write_order_id("order_number")),
            contact_id=pl.when("has_person").then(of_order["customer_record_id"]),
            email=pl.when("has_person").then(of_order["email"]),
            processed_at=_write_moment(pl.col("at")),
            currency=_choose_currency(),
            amount=pl.col("amount") / 100,
            reason="reason",
        )
        self.found += self.refunds.append(rows, list_bad_refunds(self._room(self.refunds.rows, len(rows))))

    def append_answers(self, answers: pl.DataFrame) -> None:
        """Write survey answers, as `draw_answers` returns them."""
        rows = answers.select(
            pl.format("NPS-{}", pl.col("response_number")).alias("Antwort-ID"),
            _write_moment(pl.col("at"), "%d.%m.%Y %H:%M").alias("Datum"),
            pl.col("score").alias("Bewertung"),
            pl.col("comment").alias("Kommentar"),
            pl.col("language").alias("Sprache"),
            pl.col("email").alias("E-Mail"),
            pl.col("customer_record_id").alias("CRM-ID"),
            pl.format("KK{}", pl.col("order_number")).alias("Bestellung"),
        )
        self.found += self.answers.append(rows, list_bad_answers(self._room(self.answers.rows, len(rows))))

    def append_subscriptions(self, periods: pl.DataFrame) -> None:
        """Write the coffee club's periods, as `add_pauses` returns them; its tool writes UTC."""
        utc = "%Y-%m-%dT%H:%M:%SZ"
        moments = {
            name: compute_moment(pl.col(column)).dt.to_string(utc)
            for name, column in {
                "started_at": "at",
                "trial_end": "trial_end",
                "cancelled_at": "cancelled_at",
                "ended_at": "ended_at",
                "paused_at": "paused_at",
                "resumed_at": "resumed_at",
            }.items()
        }
        rows = periods.select(
            id=pl.format("ABO-{}", "subscription_number"),
            crm_contact="customer_record_id",
            customer_email="email",
            plan="plan",
            status="status",
            currency=_choose_currency(),
            unit_price=pl.col("price") / 100,
            quantity="quantity",
            interval=pl.lit("Month"),
            **moments,
            cancellation_reason="reason",
            payment_failed="is_failed",
        ).select(SUBSCRIPTION_COLUMNS)
        bad = list_bad_subscriptions(self._room(self.subscriptions.rows, len(rows)))
        self.found += self.subscriptions.append(rows, bad)
