"""The truth behind the sample company, so that tests can ask whether the pipeline found it.

Put here: the files of `truth/`. Keep out: the exports.
"""

import dataclasses
import json
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from regulars.pipelines.sample.export_file import ExportFile, Found
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.baskets import Lines
from regulars.pipelines.sample.simulation.orders import DELIVERIES, PURCHASE, SORTS, TASTING, TEST, TILL, compute_moment
from regulars.pipelines.sample.simulation.people import NO_RECORD, People
from regulars.pipelines.sample.simulation.purchases import PurchaseDays
from regulars.pipelines.sample.simulation.subscriptions import ALPHA, BETA
from regulars.pipelines.sample.truth.subscription_truth import (
    EXPECTED_OF_CLUB,
    SUBSCRIPTION_COLUMNS,
    count_nasty,
    select_true_periods,
)
from regulars.pipelines.sample.truth.truth_by_month import count_pieces_by_month, total_by_month

# fmt: off
PERSON_COLUMNS = (
    "person_id", "customer_type", "region", "country", "currency", "account_id", "channel", "referred_by_person_id",
    "favourite_product", "is_lead", "is_guest", "first_order_day", "repeat_count", "purchase_rate",
    "dropout_probability", "dropout_day", "mean_spend_eur",
)
ORDER_COLUMNS = (
    "order_id", "person_id", "sort", "ordered_at", "order_date", "currency", "gross_sales", "discounts", "shipping",
    "tax", "gross_sales_eur", "discounts_eur", "line_count", "is_countable", "is_first_order", "is_delayed",
    "first_delivery", "last_delivery", "is_corrected", "store_id",
)
# fmt: on
REFUND_COLUMNS = ("refund_id", "order_id", "person_id", "refund_date", "amount_eur", "is_linked", "is_known")
ANSWER_COLUMNS = ("response_id", "person_id", "answered_at", "score", "theme", "mood", "language", "is_anonymous")

EXPECTED = {
    "persons twice in the CRM": "one customer: the e-mails differ only in case, blanks or `mailto:`",
    "persons whose records the CRM merged": "one customer: older orders carry the merged record id",
    "persons with a new e-mail": "one customer: older orders carry the old e-mail with the record id",
    "persons without e-mail in the CRM": "one customer, by record id",
    "persons deleted in the CRM": "one customer, known from orders only",
    "guests": "one customer each, by e-mail only",
    "leads": "customers without orders",
    "orders by e-mail only": "belong to the person of the e-mail",
    "cancelled orders": "not countable",
    "free tasting boxes": "not countable: gross sales are 0; not the first order",
    "till sales": "belong to the unknown customer (the till's e-mail is in `ignore_emails`)",
    "test orders": "not countable",
    "orders after as_of": "in the file, but not counted",
    "orders that came one delivery late": "counted in the month they were made",
    "orders sent again": "the later delivery replaces the earlier, lines too",
    "orders corrected when sent again": "the line that was too many is gone",
    "orders twice in one file": "counted once; the equal row is a duplicate",
    "identical lines": "both kept",
    "refunds without order": "counted on their day, for the customer",
    "refunds without a customer": "counted on their day, for the unknown customer",
    "anonymous answers": "count each",
    "answers after a first one to the same order": "one vote per person and window, the latest",
    **EXPECTED_OF_CLUB,
}


README = "README.txt"
_README = """The truth behind the sample company that `regulars sample` wrote beside this folder.
Everything here is invented. Writing the sample company again replaces this folder, exports/ and regulars.yaml.

summary.json      totals; the true parameters by kind of customer (purchases: BG/NBD in weeks of seasonal time;
                  spend: Gamma-Gamma in EUR per order, net of discounts)
persons.csv       each person with the own rate (per week), dropout probability, day of dropout, mean spend (EUR)
crm_records.csv   which person each record id of the CRM belongs to, those it merged away included
orders.csv        every order as it stands in the end; person_id is blank for till sales and tests
refunds.csv       every refund, in EUR
shop_refund_lines.csv
                  what each refund is of; the planted ones are of one product, which comes back more often than others
subscriptions.csv every period of the coffee club as it was charged in truth, also in the future; amounts are a month's
refills.csv       who buys the refill box in a rhythm of six weeks, how often and from when to when
answers.csv       every survey answer with its person, even if the export has it without a name
others            named like the export that they are the truth of, with the person behind each row
months.csv        what should be found by month, up to as_of
product_sales.csv pieces of each product by month, in orders that count, up to as_of
nastiness.csv     what was made difficult: planted lines by file and row, the rest by count; what should become of it
"""


def is_truth(folder: Path) -> bool:
    """Whether a folder is the truth beside a sample company, so that it and its neighbours may be replaced."""
    readme = folder / README
    return readme.exists() and readme.read_text(encoding="utf-8").startswith(_README.partition("\n")[0])


class Truth:
    """All files of `truth/`, appended to chunk by chunk, and the running totals."""

    def __init__(self, folder: Path) -> None:
        """Start the files in a new folder."""
        folder.mkdir(parents=True)
        (folder / README).write_text(_README, encoding="utf-8")
        self.folder = folder
        self.orders = self.lines = self.refunds = self.answers = self.subscriptions = 0
        self._persons = ExportFile(folder / "persons.csv", PERSON_COLUMNS, decimals=None)
        self._records = ExportFile(folder / "crm_records.csv", ("record_id", "person_id"))
        self._orders = ExportFile(folder / "orders.csv", ORDER_COLUMNS, decimals=4)
        self._refunds = ExportFile(folder / "refunds.csv", REFUND_COLUMNS, decimals=4)
        self._answers = ExportFile(folder / "answers.csv", ANSWER_COLUMNS)
        self._subscriptions = ExportFile(folder / "subscriptions.csv", SUBSCRIPTION_COLUMNS, decimals=None)
        self._months: list[pl.DataFrame] = []
        self._pieces: list[pl.DataFrame] = []
        self._counts: Counter[str] = Counter()

    def append(
        self,
        people: People,
        purchase_days: PurchaseDays,
        orders: pl.DataFrame,
        lines: Lines,
        refunds: pl.DataFrame,
        answers: pl.DataFrame,
        records: pl.DataFrame,
    ) -> None:
        """Write down the truth of one chunk."""
        ids = pl.Series(people.person_id)
        self._persons.append(_select_persons(people, purchase_days))
        merged = records.filter(pl.col("merged").is_not_null())
        both = pl.concat(
            [records.select("record_id", "position"), merged.select(record_id="merged", position="position")]
        )
        self._records.append(both.select("record_id", person_id=ids.gather(both["position"])).sort("record_id"))
        true_orders = _select_orders(orders, lines, ids)
        self._orders.append(true_orders)
        given = refunds.select(
            refund_id=pl.format("R{}", "refund_number"),
            order_id=pl.format("KK{}", "order_number"),
            person_id=ids.gather(refunds["person"]),
            refund_date="refund_date",
            amount_eur=pl.col("amount_eur") / 10_000,
            is_linked="has_order",
            is_known="has_person",
        )
        self._refunds.append(given)
        anonymous = (pl.col("email").is_null() & pl.col("customer_record_id").is_null()).alias("is_anonymous")
        self._answers.append(
            answers.with_columns(anonymous).select(
                pl.format("NPS-{}", "response_number").alias("response_id"),
                ids.gather(answers["person"]).alias("person_id"),
                compute_moment(pl.col("at")).dt.to_string("%Y-%m-%d %H:%M:%S").alias("answered_at"),
                *ANSWER_COLUMNS[3:],
            )
        )
        self._months.append(total_by_month(orders, true_orders, refunds))
        self._pieces.append(count_pieces_by_month(orders, lines))
        self._count(people, orders, lines, refunds, answers)
        self.orders += len(orders)
        self.lines += len(lines.order)
        self.refunds += len(refunds)
        self.answers += len(answers)

    def append_subscriptions(self, people: People, periods: pl.DataFrame) -> None:
        """Write down the coffee club of one chunk, as `add_pauses` returns it."""
        self._subscriptions.append(select_true_periods(people, periods))
        self._counts.update(count_nasty(periods))
        self.subscriptions += periods["subscription_number"].n_unique()

    def _count(
        self, people: People, orders: pl.DataFrame, lines: Lines, refunds: pl.DataFrame, answers: pl.DataFrame
    ) -> None:
        is_same = np.ones(max(len(lines.order) - 1, 0), dtype=np.bool_)
        for column in (lines.order, lines.item, lines.quantity, lines.price):
            is_same &= column[1:] == column[:-1]
        sort = orders["sort"]
        unnamed = answers["email"].is_null() & answers["customer_record_id"].is_null()
        self._counts.update(
            {
                "persons twice in the CRM": int((people.second_record_id != NO_RECORD).sum()),
                "persons whose records the CRM merged": int((people.merged_record_id != NO_RECORD).sum()),
                "persons with a new e-mail": int(people.old_email.is_not_null().sum()),
                "persons without e-mail in the CRM": int(people.has_lapsed_email.sum()),
                "persons deleted in the CRM": int(people.is_vanished.sum()),
                "guests": int((people.record_id == NO_RECORD).sum()),
                "leads": int(people.is_lead.sum()),
                "orders by e-mail only": int((orders["customer_record_id"].is_null() & (orders["person"] >= 0)).sum()),
                "cancelled orders": int((sort == SORTS.index("cancelled")).sum()),
                "free tasting boxes": int((sort == TASTING).sum()),
                "till sales": int((sort == TILL).sum()),
                "test orders": int((sort == TEST).sum()),
                "orders after as_of": int((orders["order_date"] > c.AS_OF).sum()),
                "orders that came one delivery late": int(orders["is_late_row"].sum()),
                "orders sent again": int(orders["is_sent_again"].sum()),
                "orders corrected when sent again": int(orders["is_corrected"].sum()),
                "orders twice in one file": int(orders["is_twice"].sum()),
                "identical lines": int(is_same.sum()),
                "refunds without order": int((~refunds["has_order"] & refunds["has_person"]).sum()),
                "refunds without a customer": int((~refunds["has_person"]).sum()),
                "anonymous answers": int(unnamed.sum()),
                "answers after a first one to the same order": int(answers["is_second"].sum()),
            }
        )

    def close(self, found: list[Found], *, customers: int, seed: int) -> None:
        """Write the totals by month, what is nasty, and the summary.

        Args:
            found: Planted lines and where they are.
            customers: How many persons there are.
            seed: Which company this is.
        """
        months = pl.concat(self._months).group_by("month").sum().sort("month")
        money = pl.selectors.ends_with("_eur")
        months.with_columns(money / 10_000).write_csv(self.folder / "months.csv", float_precision=4)
        pieces = pl.concat(self._pieces).group_by("month", "product_id").sum().sort("month", "product_id")
        pieces.write_csv(self.folder / "product_sales.csv")
        spread = [Found("", None, self._counts[what], what, expected) for what, expected in EXPECTED.items()]
        nasty = pl.DataFrame([dataclasses.asdict(x) for x in (*found, *spread)], infer_schema_length=None)
        nasty.write_csv(self.folder / "nastiness.csv")
        totals = {name: months[name].sum() for name in months.columns if name != "month"}
        summary = {
            "company": c.COMPANY,
            "as_of": c.AS_OF.isoformat(),
            "first_day": c.FIRST_DAY.isoformat(),
            "seed": seed,
            "customers": customers,
            "customers_to_find": customers + sum(x.expected.startswith("kept, one customer") for x in found),
            "orders": self.orders,
            "order_lines": self.lines,
            "refunds": self.refunds,
            "answers": self.answers,
            "subscriptions": self.subscriptions,
            "subscription_dropout": {"alpha": ALPHA, "beta": BETA},
            "deliveries": [day.isoformat() for day in DELIVERIES],
            "totals": {name: n / 10_000 if name.endswith("_eur") else n for name, n in totals.items()},
            "kinds": [dataclasses.asdict(kind) for kind in c.KINDS],
        }
        text = json.dumps(summary, indent=2, ensure_ascii=False)
        (self.folder / "summary.json").write_text(text + "\n", encoding="utf-8")


def _compute_day(days: pl.Expr) -> pl.Expr:
    return pl.lit(c.FIRST_DAY) + pl.duration(days=days.fill_nan(None).floor().cast(pl.Int64))


def _select_persons(people: People, purchase_days: PurchaseDays) -> pl.DataFrame:
    regions = pl.Series(people.region)
    referrer = np.where(people.referrer >= 0, people.person_id[people.referrer], 0)
    return pl.DataFrame({"person_id": people.person_id}).select(
        "person_id",
        customer_type=pl.Series(c.CUSTOMER_TYPES).gather(people.kind),
        region=pl.Series([r.name for r in c.REGIONS]).gather(regions),
        country=pl.Series([r.country for r in c.REGIONS]).gather(regions),
        currency=pl.Series([r.currency for r in c.REGIONS]).gather(regions),
        account_id=pl.when(pl.Series(people.account > 0)).then(pl.format("A{}", pl.Series(people.account))),
        channel=pl.Series(c.CHANNELS).gather(people.channel),
        referred_by_person_id=pl.Series(referrer).replace(0, None),
        favourite_product=pl.Series([p.product_id for p in c.PRODUCTS]).gather(people.favourite),
        is_lead=pl.Series(people.is_lead),
        is_guest=pl.Series(people.record_id == NO_RECORD),
        first_order_day=_compute_day(pl.lit(pl.Series(purchase_days.first_day))),
        repeat_count=pl.Series(purchase_days.repeat_count),
        purchase_rate=pl.Series(people.rate),
        dropout_probability=pl.Series(people.dropout),
        dropout_day=_compute_day(pl.lit(pl.Series(purchase_days.dropout_day))),
        mean_spend_eur=pl.Series(people.mean_spend),
    )


def _select_orders(orders: pl.DataFrame, lines: Lines, ids: pl.Series) -> pl.DataFrame:
    is_countable = pl.col("sort").is_in([PURCHASE, TILL])
    is_known = pl.col("person") >= 0
    first = is_countable & is_known & (is_countable & is_known).cum_sum().over("person").eq(1)
    person = ids.gather(orders["person"].clip(lower_bound=0))
    return orders.select(
        order_id=pl.format("KK{}", "order_number"),
        person_id=pl.when(is_known).then(person),
        sort=pl.col("sort").replace_strict(dict(enumerate(SORTS))),
        ordered_at=compute_moment(pl.col("at")).dt.to_string("%Y-%m-%d %H:%M:%S"),
        order_date="order_date",
        currency=pl.when("is_pounds").then(pl.lit("GBP")).otherwise(pl.lit("EUR")),
        gross_sales=pl.col("gross") / 100,
        discounts=pl.col("discount") / 100,
        shipping=pl.col("shipping") / 100,
        tax=pl.col("tax") / 100,
        gross_sales_eur=pl.col("gross_eur") / 10_000,
        discounts_eur=pl.col("discount_eur") / 10_000,
        line_count=pl.Series(np.bincount(lines.order, minlength=len(orders))),
        is_countable=is_countable,
        is_first_order=first,
        is_delayed="is_delayed",
        first_delivery="first_delivery",
        last_delivery="last_delivery",
        is_corrected="is_corrected",
        store_id="store_id",
    )
