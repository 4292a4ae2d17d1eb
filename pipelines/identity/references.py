"""Which rows name a customer: the customer records and addresses that staging tables hold, as narrow frames.

Put here: reading them out of the staging tables. Keep out: which kinds name customers (`pipelines/kinds`), and when two
of them are one person (`people.py`).

Every frame has `row_id` (where the row stands in the ledger's order: delivery, then row), `system` and `email` (as
delivered, may be NULL) and either `record_id` (a customer record of that system) or `record_type` and
`source_record_id` (an order, refund, response … that names only an address).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from regulars.pipelines.kinds.shape.registry import KINDS

Staging = Mapping[str, pl.LazyFrame]
"""Kind -> its staging table, lazily; of every kind in `READS`."""

LINES = "order_lines"
"""The kind whose rows name the customer of a document that may have no row of its own."""

READS = ("customers", *(name for name, kind in KINDS.items() if kind.reference))
"""The kinds that identity reads: the customers, and those whose rows name one."""

LINKED_BY_PERSON = {
    name: kind.reference for name, kind in KINDS.items() if kind.reference and not kind.reference.makes_customer
}
"""The kinds that do not make a person a customer, such as answers to surveys: kind -> its reference."""


CUSTOMER_COLUMNS = (
    "email",
    "other_emails",
    "merged_record_ids",
    "merged_into_record_id",
    "other_record_ids",
    "phone",
    "country",
    "first_name",
    "last_name",
    "is_deleted",
)
"""The columns of customer records that are read beside their ids."""


@dataclass(frozen=True)
class Referring:
    """Rows that name a customer, at most one per record.

    Attributes:
        rows: Has `_system`, `_row_id`, `customer_system`, `customer_record_id`, `email`.
        record_type: The type of such a row.
        key: The column with its id.
        makes_customer: Whether the person named becomes a customer by it.
    """

    rows: pl.LazyFrame
    record_type: pl.Expr
    key: str
    makes_customer: bool


def list_referring_rows(staging: Staging, by_lines: pl.DataFrame) -> Iterator[Referring]:
    """The rows of every kind that name a customer; of a document with several rows the first that does.

    Args:
        staging: The staging tables.
        by_lines: From `list_documents_known_by_lines`.
    """
    yield Referring(by_lines.lazy(), pl.col("record_type"), "order_id", makes_customer=True)
    for name, kind in KINDS.items():
        if kind.reference and name != LINES:
            key = kind.document[0]
            rows = (
                staging[name] if kind.has_one_row_per_document else _select_first_named(staging[name], "_system", key)
            )
            yield Referring(rows, pl.lit(kind.reference.record_type), key, kind.reference.makes_customer)


def list_documents_known_by_lines(staging: Staging) -> pl.DataFrame:
    """List orders and refunds whose customer only their lines name, one row each.

    Returns:
        `record_type` (`order`|`refund`), `_system`, the document's id as `order_id`; `customer_system`,
        `customer_record_id` and `email` as by `_select_first_named`; `_row_id` is the first line's, `ordered_at` the
        earliest.
    """
    lines = staging[LINES].filter(pl.col("line_type").is_in(["sale", "refund"]))
    first = (
        _select_first_named(lines, "line_type", "_system", "order_id", also=[pl.col("ordered_at").min()])
        .with_columns(
            record_type=pl.when(pl.col("line_type") == "sale").then(pl.lit("order")).otherwise(pl.lit("refund"))
        )
        .drop("line_type")
        .collect()
    )
    if first.is_empty():
        return first
    names_somebody = pl.col("customer_record_id").is_not_null() | pl.col("email").is_not_null()
    own = staging["orders"].filter(names_somebody).select("_system", "order_id").collect()
    orders = first.filter(pl.col("record_type") == "order").join(own, on=["_system", "order_id"], how="anti")
    return pl.concat([orders, first.filter(pl.col("record_type") == "refund")])


def _select_first_named(rows: pl.LazyFrame, *key: str, also: Sequence[pl.Expr] = ()) -> pl.LazyFrame:
    """One row per document of several rows that names a customer, from its first row that does so.

    The address is that of the first row with one that names no other record than the first record named: it is of the
    same person.
    """
    has_record, has_email = pl.col("customer_record_id").is_not_null(), pl.col("email").is_not_null()
    record = ("customer_system", "customer_record_id")
    by_row = pl.col("_row_id")
    named = rows.filter(has_record | has_email)
    first = named.group_by(key).agg(
        pl.col(record).filter(has_record).min_by(by_row.filter(has_record)), by_row.min(), *also
    )
    is_of_another = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_first")) for name in record)
    addresses = (
        named.filter(has_email)
        .join(first.select(*key, *record), on=key, suffix="_first")
        .filter(~(has_record & is_of_another))
        .group_by(key)
        .agg(pl.col("email").min_by(by_row))
    )
    return first.join(addresses, on=key, how="left", nulls_equal=True)


def read_customers(staging: Staging) -> pl.DataFrame:
    """What customer records say that may link them, read once: `system`, `record_id`, `row_id` and the columns as such.

    All other functions take these rows in their order, so that results are joined by position.
    """
    return (
        staging["customers"]
        .select(
            pl.col("_system").alias("system"),
            pl.col("customer_record_id").alias("record_id"),
            pl.col("_row_id").alias("row_id"),
            *CUSTOMER_COLUMNS,
        )
        .collect()
    )


def list_referenced_records(staging: Staging, customers: pl.DataFrame, by_lines: pl.DataFrame) -> pl.DataFrame:
    """Every place where a customer record stands, alone or with an address.

    Args:
        staging: The staging tables.
        customers: From `read_customers`; these rows come first, in their order.
        by_lines: From `list_documents_known_by_lines`.

    Returns:
        `system`, `record_id`, `email`, `row_id`, `is_customer`; the last is false where the row does not make the
        person a customer, such as an answer to a survey.
    """
    own = customers.select("system", "record_id", "email", "row_id", pl.lit(True).alias("is_customer"))
    merged = list_merged_records(customers)
    sides = [
        merged.select(
            "system",
            pl.col(side).alias("record_id"),
            pl.lit(None, pl.String).alias("email"),
            "row_id",
            pl.lit(True).alias("is_customer"),
        )
        for side in ("record_id", "merged_into")
    ]
    named = [_select_named_records(each).collect() for each in list_referring_rows(staging, by_lines)]
    return pl.concat([own, _list_further_addresses(customers), *sides, *named])


def _list_further_addresses(customers: pl.DataFrame) -> pl.DataFrame:
    """The other addresses of customer records, in the shape of `list_referenced_records`."""
    return (
        customers.filter(pl.col("other_emails").is_not_null())
        .select(
            "system",
            "record_id",
            pl.col("other_emails").str.extract_all(r"[^;,\s]+").alias("email"),
            "row_id",
            pl.lit(True).alias("is_customer"),
        )
        .explode("email")
        .filter(pl.col("email").is_not_null())
    )


def _select_named_records(referring: Referring) -> pl.LazyFrame:
    return (
        referring.rows.filter(pl.col("customer_record_id").is_not_null())
        .select(
            pl.coalesce("customer_system", "_system").alias("system"),
            pl.col("customer_record_id").alias("record_id"),
            "email",
            pl.col("_row_id").alias("row_id"),
        )
        .group_by("system", "record_id", "email")
        .agg(pl.col("row_id").min())
        .with_columns(is_customer=pl.lit(referring.makes_customer))
    )


def list_merged_records(customers: pl.DataFrame) -> pl.DataFrame:
    """Records that a CRM says it has merged away: `system`, `record_id` (the lost one), `merged_into`, `row_id`."""
    of_winner = (
        customers.filter(pl.col("merged_record_ids").is_not_null())
        .select(
            "system",
            pl.col("merged_record_ids").str.split(";").alias("record_id"),
            pl.col("record_id").alias("merged_into"),
            "row_id",
        )
        .explode("record_id")
        .with_columns(pl.col("record_id").str.strip_chars())
        .filter(pl.col("record_id") != "")
    )
    of_loser = customers.filter(pl.col("merged_into_record_id").is_not_null()).select(
        "system", "record_id", pl.col("merged_into_record_id").alias("merged_into"), "row_id"
    )
    return pl.concat([of_winner, of_loser])


def list_other_records(customers: pl.DataFrame) -> pl.DataFrame:
    """Records of other systems that a record names: `system`, `record_id`, `other_system`, `other_record_id`."""
    return (
        customers.filter(pl.col("other_record_ids").is_not_null())
        .select("system", "record_id", pl.col("other_record_ids").str.split(";").alias("other"))
        .explode("other")
        .with_columns(
            other_system=pl.col("other").str.extract(r"^\s*([^:]+?)\s*:"),
            other_record_id=pl.col("other").str.extract(r"^[^:]+:\s*(.*?)\s*$"),
        )
        .filter(pl.col("other_system").is_not_null() & (pl.col("other_record_id") != ""))
        .drop("other")
    )


def list_accounts(staging: Staging) -> pl.LazyFrame:
    """Which customer record belongs to which account, and which account is above it.

    Returns:
        `system`, `record_id`, `account_id`, `parent_account_id` (may be NULL), `row_id`.
    """
    return (
        staging["customers"]
        .filter(pl.col("account_id").is_not_null())
        .select(
            pl.col("_system").alias("system"),
            pl.col("customer_record_id").alias("record_id"),
            "account_id",
            "parent_account_id",
            pl.col("_row_id").alias("row_id"),
        )
    )


def list_guests(staging: Staging, by_lines: pl.DataFrame) -> pl.DataFrame:
    """Orders, refunds, responses … that name an address and no customer record.

    Returns:
        `record_type`, `system`, `source_record_id`, `email`, `row_id`.
    """
    return pl.concat([_select_guests(each).collect() for each in list_referring_rows(staging, by_lines)])


def _select_guests(referring: Referring) -> pl.LazyFrame:
    return referring.rows.filter(pl.col("customer_record_id").is_null() & pl.col("email").is_not_null()).select(
        referring.record_type.alias("record_type"),
        pl.col("_system").alias("system"),
        pl.col(referring.key).alias("source_record_id"),
        "email",
        pl.col("_row_id").alias("row_id"),
    )


def count_guest_orders(staging: Staging, by_lines: pl.DataFrame) -> pl.DataFrame:
    """Count the orders that name an address and no customer record.

    Returns:
        `system`, `email`, `day` (UTC, as text), `order_count`.
    """
    orders = [staging["orders"], by_lines.lazy().filter(pl.col("record_type") == "order")]
    day = pl.col("ordered_at").cast(pl.String).str.head(10)
    return pl.concat(
        [
            each.filter(pl.col("customer_record_id").is_null() & pl.col("email").is_not_null())
            .group_by(pl.col("_system").alias("system"), "email", day.alias("day"))
            .agg(order_count=pl.len().cast(pl.Int64))
            .collect()
            for each in orders
        ]
    )
