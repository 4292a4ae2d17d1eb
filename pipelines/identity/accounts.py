"""Makes customers of accounts: all persons of a firm or household are one customer.

Put here: which account a record, and a person, belongs to. Keep out: which records are one person (`people.py`).
"""

import numpy as np
import polars as pl

from regulars.pipelines.identity.components import find_components


def assign_accounts(records: pl.DataFrame, belongs: pl.DataFrame) -> pl.DataFrame:
    """Give every record the account that its tool names; accounts that share a person stay apart.

    What names a person alone (a guest's order, a record without an account) is the account's to which the person
    belongs by the earliest of its records; a person without an account is a customer of its own.

    Args:
        records: All records of all persons: `record_type`, `system`, `source_record_id`, `row_id`, `contact`,
            `is_customer`.
        belongs: `system`, `record_id`, `account_id`, `row_id`.

    Returns:
        The records, and one per account, with the column `customer`: a label without meaning, NULL for a person who is
        no customer.
    """
    of_contact, account = _number_accounts(records, belongs)
    of_record = of_contact.join(account.select("system", "account_id", "node"), on=["system", "account_id"])
    first = of_record.group_by("contact").agg(pl.col("node").min_by(pl.struct("row_id", "node")).alias("first_account"))
    own = of_record.select(
        "system", pl.lit("customer").alias("record_type"), pl.col("record_id").alias("source_record_id"), "node"
    )
    persons = (
        records.join(own, on=["system", "record_type", "source_record_id"], how="left")
        .join(first, on="contact", how="left")
        .with_columns(customer=pl.when("is_customer").then(pl.coalesce("node", "first_account", "contact")))
        .drop("node", "first_account")
    )
    return pl.concat([persons, _make_account_records(account, account["node"])])


def link_accounts(records: pl.DataFrame, belongs: pl.DataFrame) -> pl.DataFrame:
    """Make one customer of accounts that share a person, and of all their persons.

    Args:
        records: As for `assign_accounts`.
        belongs: As for `assign_accounts`.

    Returns:
        As `assign_accounts`.
    """
    of_contact, account = _number_accounts(records, belongs)
    edges = of_contact.join(account.select("system", "account_id", "node"), on=["system", "account_id"])
    node_count = _count_contacts(records) + len(account)
    labels = find_components(node_count, [(edges["contact"].to_numpy(), edges["node"].to_numpy())])
    persons = records.with_columns(customer=pl.when("is_customer").then(pl.Series(labels).gather(records["contact"])))
    return pl.concat([persons, _make_account_records(account, pl.Series(labels[_count_contacts(records) :]))])


def _count_contacts(records: pl.DataFrame) -> int:
    return int(np.asarray(records["contact"].max() or 0)) + 1


def _number_accounts(records: pl.DataFrame, belongs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which record of which person belongs to which account, and the accounts, numbered behind the contacts."""
    of_contact = belongs.join(
        records.filter(pl.col("record_type") == "customer").select("system", "source_record_id", "contact"),
        left_on=["system", "record_id"],
        right_on=["system", "source_record_id"],
    )
    account = (
        of_contact.group_by("system", "account_id")
        .agg(pl.col("row_id").min())
        .sort("system", "account_id")
        .with_row_index("node", offset=_count_contacts(records))
        .with_columns(pl.col("node").cast(pl.Int64))
    )
    return of_contact, account


def _make_account_records(account: pl.DataFrame, customer: pl.Series) -> pl.DataFrame:
    return account.select(
        pl.lit("account").alias("record_type"),
        "system",
        pl.col("account_id").alias("source_record_id"),
        "row_id",
        pl.lit(None, pl.Int64).alias("contact"),
        pl.lit(True).alias("is_customer"),
        customer.alias("customer"),
    )
