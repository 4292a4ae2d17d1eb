"""Lists which rows name a customer: the customer records and addresses in staging tables, as narrow frames.

Put here: which columns of which kind name a customer. Keep out: when two of them are one person (`people.py`).

Every frame has `row_id` (the place of the reference in the ledger's order: delivery, then row), `system` and `email`
(as delivered, may be NULL) and either `record_id` (a customer record of that system) or `record_type` and
`source_record_id` (an order, refund, subscription or response that only names an address).
"""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Staging:
    """The staging tables that name persons, lazily."""

    customers: pl.LazyFrame
    orders: pl.LazyFrame
    order_lines: pl.LazyFrame
    refunds: pl.LazyFrame
    responses: pl.LazyFrame
    subscriptions: pl.LazyFrame


def documents_told_by_lines(staging: Staging) -> pl.DataFrame:
    """One row per order without a row of its own, and per refund that only order lines name, if it names a customer.

    Returns:
        `record_type` (`order`|`refund`), `_system`, the document's id as `order_id`, and from the first line that has
        one each: `customer_system`, `customer_record_id`, `email`; `_row_id` is the first line's.
    """
    lines = staging.order_lines.filter(pl.col("line_type").is_in(["sale", "refund"]))
    first = (
        _first_named(lines, "line_type", "_system", "order_id")
        .with_columns(
            record_type=pl.when(pl.col("line_type") == "sale").then(pl.lit("order")).otherwise(pl.lit("refund"))
        )
        .drop("line_type")
        .collect()
    )
    if first.is_empty():
        return first
    own = staging.orders.select("_system", "order_id").collect()
    orders = first.filter(pl.col("record_type") == "order").join(own, on=["_system", "order_id"], how="anti")
    return pl.concat([orders, first.filter(pl.col("record_type") == "refund")])


def _first_named(rows: pl.LazyFrame, *key: str) -> pl.LazyFrame:
    """One row per document of several rows that names a customer, from its first row that does so."""
    has_record, has_email = pl.col("customer_record_id").is_not_null(), pl.col("email").is_not_null()
    return (
        rows.filter(has_record | has_email)
        .group_by(key)
        .agg(
            pl.col("customer_system", "customer_record_id")
            .filter(has_record)
            .min_by(pl.col("_row_id").filter(has_record)),
            pl.col("email").filter(has_email).min_by(pl.col("_row_id").filter(has_email)),
            pl.col("_row_id").min(),
        )
    )


def subscribers(staging: Staging) -> pl.LazyFrame:
    """One row per subscription that names a customer.

    Returns:
        `_system`, `subscription_id`, and from the first of its rows that has one each: `customer_system`,
        `customer_record_id`, `email`; `_row_id` is the first such row's.
    """
    return _first_named(staging.subscriptions, "_system", "subscription_id")


def referenced_records(staging: Staging, told: pl.DataFrame) -> pl.DataFrame:
    """One row per customer record and address that stand together somewhere, with the first place.

    Args:
        staging: The staging tables.
        told: From `documents_told_by_lines`.

    Returns:
        `system`, `record_id`, `email`, `row_id`, `is_customer`; the last is false
        where only an answer to a survey mentions the record.
    """
    own = staging.customers.select(
        pl.col("_system").alias("system"),
        pl.col("customer_record_id").alias("record_id"),
        "email",
        pl.col("_row_id").alias("row_id"),
        pl.lit(True).alias("is_customer"),
    )
    others = [
        (staging.orders, True),
        (staging.refunds, True),
        (told.lazy(), True),
        (subscribers(staging), True),
        (staging.responses, False),
    ]
    frames = [
        own,
        merged_records(staging).select(
            "system", "record_id", pl.lit(None, pl.String).alias("email"), "row_id", pl.lit(True).alias("is_customer")
        ),
    ]
    frames += [_references(frame, is_customer) for frame, is_customer in others]
    found = pl.concat([frame.collect() for frame in frames])
    return found.group_by("system", "record_id", "email").agg(pl.col("row_id").min(), pl.col("is_customer").any())


def _references(frame: pl.LazyFrame, is_customer: bool) -> pl.LazyFrame:
    return (
        frame.filter(pl.col("customer_record_id").is_not_null())
        .select(
            pl.coalesce("customer_system", "_system").alias("system"),
            pl.col("customer_record_id").alias("record_id"),
            "email",
            pl.col("_row_id").alias("row_id"),
        )
        .group_by("system", "record_id", "email")
        .agg(pl.col("row_id").min())
        .with_columns(is_customer=pl.lit(is_customer))
    )


def merged_records(staging: Staging) -> pl.LazyFrame:
    """Records that a CRM says it has merged away: `system`, `record_id` (the lost one), `merged_into`, `row_id`."""
    return (
        staging.customers.filter(pl.col("merged_record_ids").is_not_null())
        .select(
            pl.col("_system").alias("system"),
            pl.col("merged_record_ids").str.split(";").alias("record_id"),
            pl.col("customer_record_id").alias("merged_into"),
            pl.col("_row_id").alias("row_id"),
        )
        .explode("record_id")
        .with_columns(pl.col("record_id").str.strip_chars())
        .filter(pl.col("record_id") != "")
    )


def accounts(staging: Staging) -> pl.LazyFrame:
    """Which customer record belongs to which account: `system`, `record_id`, `account_id`, `row_id`."""
    return staging.customers.filter(pl.col("account_id").is_not_null()).select(
        pl.col("_system").alias("system"),
        pl.col("customer_record_id").alias("record_id"),
        "account_id",
        pl.col("_row_id").alias("row_id"),
    )


def guests(staging: Staging, told: pl.DataFrame) -> pl.DataFrame:
    """Orders, refunds, subscriptions and responses that name an address and no customer record.

    Returns:
        `record_type`, `system`, `source_record_id`, `email`, `row_id`.
    """
    frames = [
        _guests(staging.orders, pl.lit("order"), "order_id"),
        _guests(staging.refunds, pl.lit("refund"), "refund_id"),
        _guests(told.lazy(), pl.col("record_type"), "order_id"),
        _guests(subscribers(staging), pl.lit("subscription"), "subscription_id"),
        _guests(staging.responses, pl.lit("response"), "response_id"),
    ]
    return pl.concat([frame.collect() for frame in frames])


def _guests(frame: pl.LazyFrame, record_type: pl.Expr, key: str) -> pl.LazyFrame:
    return frame.filter(pl.col("customer_record_id").is_null() & pl.col("email").is_not_null()).select(
        record_type.alias("record_type"),
        pl.col("_system").alias("system"),
        pl.col(key).alias("source_record_id"),
        "email",
        pl.col("_row_id").alias("row_id"),
    )
