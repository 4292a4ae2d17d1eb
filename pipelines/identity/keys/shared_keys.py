"""Finds addresses and telephone numbers that too many records or orders share to identify a person.

Put here: when a key does not belong to a single person. Keep out: keys that never name a person (`emails.py`,
`phones.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.identity.dense import number_rows
from regulars.pipelines.identity.keys.addresses import Addresses


def find_shared_emails(
    addresses: Addresses, orders: pl.DataFrame, *, max_records: int, max_orders: int, max_orders_a_day: int
) -> pl.DataFrame:
    """The shared addresses of every system (`info@`, the till's own).

    Args:
        addresses: Which customer records hold which address.
        orders: Orders that name an address and no customer record: `system`, `email` (normalised, may be NULL), `day`,
            `order_count`.
        max_records: The most customer records of one system that may share a person's address.
        max_orders: The most orders of a person's address.
        max_orders_a_day: The most orders of a person's address in one day.

    Returns:
        One row per system, address and `shared_by` (`records`, `orders`), with their number as `shared_count`.
    """
    key = addresses.held["key"].to_numpy()
    often = addresses.held.filter(pl.Series(np.bincount(key, minlength=1)[key] > max_records))
    by_records = (
        often.group_by("system", "key")
        .agg(shared_count=pl.len().cast(pl.Int64))
        .filter(pl.col("shared_count") > max_records)
        .with_columns(shared_by=pl.lit("records"))
    )
    by_records = by_records.with_columns(email=addresses.emails.gather(by_records["key"]))
    by_orders = (
        orders.filter(pl.col("email").is_not_null())
        .group_by("system", "email", "day")
        .agg(pl.col("order_count").sum())
        .group_by("system", "email")
        .agg(
            shared_count=pl.col("order_count").sum(),
            most_a_day=pl.col("order_count").filter(pl.col("day").is_not_null()).max(),
        )
        .filter((pl.col("shared_count") > max_orders) | (pl.col("most_a_day") > max_orders_a_day))
        .with_columns(shared_by=pl.lit("orders"))
    )
    columns = ["system", "email", "shared_by", "shared_count"]
    return pl.concat([by_records.select(columns), by_orders.select(columns)])


def find_shared_phones(keys: pl.DataFrame, *, max_records: int) -> pl.DataFrame:
    """Find the telephone numbers of offices and the like, which many customer records of one system share.

    Args:
        keys: Customer records and their numbers: `node`, `system`, `phone`.
        max_records: The most customer records of one system that may share a person's number.

    Returns:
        One row per system and `phone`, with `shared_by` (`records`) and the number of records as `shared_count`.
    """
    _, number = number_rows(keys.select("phone"))
    often = keys.filter(pl.Series(np.bincount(number, minlength=1)[number] > max_records))
    return (
        often.group_by("system", "phone")
        .agg(shared_count=pl.col("node").n_unique().cast(pl.Int64))
        .filter(pl.col("shared_count") > max_records)
        .select("system", "phone", pl.lit("records").alias("shared_by"), "shared_count")
    )


def count_shared_keys(emails: pl.DataFrame, phones: pl.DataFrame) -> pl.DataFrame:
    """How many keys of each type are ignored: `key_type`, `system`, `shared_by`, `key_count`, `shared_count`."""
    shared = pl.concat(
        [
            frame.drop(key_type).with_columns(key_type=pl.lit(key_type))
            for key_type, frame in {"email": emails, "phone": phones}.items()
        ]
    )
    return (
        shared.group_by("key_type", "system", "shared_by")
        .agg(key_count=pl.len().cast(pl.Int64), shared_count=pl.col("shared_count").sum())
        .sort("key_type", "system", "shared_by")
    )
