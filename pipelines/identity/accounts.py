"""Makes customers of accounts: all persons of a firm or household are one customer.

Put here: which account a record, and a person, belongs to. Keep out: which records are one person (`people.py`).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars.pipelines.identity.components import find_components

BELONGS_BY = {
    "account": "The record belongs to the account, as its tool says.",
    "parent_account": "The account lies below the other one, as its tool says.",
    "email_domain": "The person has an address at the domain of the firm.",
}
"""What makes a record part of a customer that is an account: how -> what it means."""


@dataclass(frozen=True)
class Accounts:
    """What is known of accounts.

    Attributes:
        belongs: `system`, `record_id`, `account_id`, `parent_account_id`, `row_id`.
        domains: Persons with an address at a firm's domain: `contact`, `domain`; empty where domains are not used.
        rolled_up: Whether an account and its parent are one customer.
        linked: Whether accounts that share a person are one customer.
    """

    belongs: pl.DataFrame
    domains: pl.DataFrame
    rolled_up: bool = False
    linked: bool = False


def find_account_customers(records: pl.DataFrame, accounts: Accounts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the customer of every record, and of every account.

    A record belongs to the account that its tool names. A record that names only a person (a guest's order, a record
    without an account) belongs to the account of the person's earliest record with one, else to that of the person's
    domain. A person without an account is a customer of its own. Accounts that share a person stay apart, unless they
    are linked.

    Args:
        records: All records of all persons: `record_type`, `system`, `source_record_id`, `row_id`, `contact`,
            `is_customer`.
        accounts: What is known of accounts.

    Returns:
        The records, and one per account, with the column `customer`: an arbitrary label, NULL for a person who is not a
        customer; and the links to accounts as in `evidence.LINKS`.
    """
    of_contact, account = _number_accounts(records, accounts)
    by_domain = _find_domain_accounts(of_contact, accounts.domains, _count_contacts(records) + len(account))
    if accounts.linked:
        persons, labels = _join(records, of_contact, account, by_domain)
    else:
        persons, labels = _assign(records, of_contact, by_domain), account["root"]
    found = pl.concat([persons, _make_account_records(account, labels)])
    return found, _list_links(records, of_contact, account, by_domain)


def _assign(records: pl.DataFrame, of_contact: pl.DataFrame, by_domain: pl.DataFrame) -> pl.DataFrame:
    """Every record with the account that its tool names, else with the first of its person, else of its domain."""
    first = of_contact.group_by("contact").agg(
        pl.col("root").min_by(pl.struct("row_id", "node")).alias("first_account")
    )
    own = of_contact.select(
        "system",
        pl.lit("customer").alias("record_type"),
        pl.col("record_id").alias("source_record_id"),
        pl.col("root").alias("own_account"),
    )
    label = pl.coalesce("own_account", "first_account", "domain_account", "contact")
    return (
        records.join(own, on=["system", "record_type", "source_record_id"], how="left")
        .join(first, on="contact", how="left")
        .join(by_domain.select("contact", domain_account="root"), on="contact", how="left")
        .with_columns(customer=pl.when("is_customer").then(label))
        .drop("own_account", "first_account", "domain_account")
    )


def _join(
    records: pl.DataFrame, of_contact: pl.DataFrame, account: pl.DataFrame, by_domain: pl.DataFrame
) -> tuple[pl.DataFrame, pl.Series]:
    """One customer of all accounts that share a person, and of all their persons; and the labels of the accounts."""
    contacts = _count_contacts(records)
    edges = [
        (frame["contact"].to_numpy(), frame["root"].to_numpy())
        for frame in (of_contact.select("contact", "root"), by_domain.select("contact", "root"))
    ]
    edges.append((account["node"].to_numpy(), account["root"].to_numpy()))
    labels = pl.Series(find_components(contacts + len(account) + len(by_domain), edges))
    persons = records.with_columns(customer=pl.when("is_customer").then(labels.gather(records["contact"])))
    return persons, labels.gather(account["node"])


def _count_contacts(records: pl.DataFrame) -> int:
    return int(np.asarray(records["contact"].max() or 0)) + 1


def _number_accounts(records: pl.DataFrame, accounts: Accounts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which record of which person belongs to which account, and the accounts, numbered behind the contacts.

    Returns:
        `system`, `record_id`, `account_id`, `row_id`, `contact`, `node`, `root`; and `node`, `system`, `account_id`,
        `row_id`, `parent` (a node or NULL), `root` (the least node of its hierarchy, where accounts are rolled up).
    """
    of_contact = accounts.belongs.join(
        records.filter(pl.col("record_type") == "customer").select("system", "source_record_id", "contact"),
        left_on=["system", "record_id"],
        right_on=["system", "source_record_id"],
    )
    if not accounts.rolled_up:
        of_contact = of_contact.with_columns(parent_account_id=pl.lit(None, pl.String))
    above = of_contact.filter(pl.col("parent_account_id").is_not_null())
    account = (
        pl.concat(
            [
                of_contact.select("system", "account_id", "row_id"),
                above.select("system", pl.col("parent_account_id").alias("account_id"), "row_id"),
            ]
        )
        .group_by("system", "account_id")
        .agg(pl.col("row_id").min())
        .sort("system", "account_id")
        .with_row_index("node", offset=_count_contacts(records))
        .with_columns(pl.col("node").cast(pl.Int64))
    )
    account = _add_roots(account, of_contact)
    numbered = account.select("system", "account_id", "node", "root")
    return of_contact.drop("parent_account_id").join(numbered, on=["system", "account_id"]), account


def _add_roots(account: pl.DataFrame, of_contact: pl.DataFrame) -> pl.DataFrame:
    """Add `parent` and `root`."""
    parents = of_contact.filter(pl.col("parent_account_id").is_not_null()).select(
        "system", "account_id", "parent_account_id"
    )
    steps = (
        parents.unique()
        .join(account.select("system", "account_id", "node"), on=["system", "account_id"])
        .join(
            account.select("system", parent_account_id="account_id", parent="node"), on=["system", "parent_account_id"]
        )
        .sort("node", "parent")
    )
    if account.is_empty():
        return account.with_columns(parent=pl.lit(None, pl.Int64), root=pl.col("node"))
    first = account["node"].min()
    labels = find_components(len(account), [((steps["node"] - first).to_numpy(), (steps["parent"] - first).to_numpy())])
    return (
        account.with_columns(label=pl.Series(labels))
        .with_columns(root=pl.col("node").min().over("label"))
        .join(steps.group_by("node").agg(pl.col("parent").first()), on="node", how="left")
        .drop("label")
    )


def _find_domain_accounts(of_contact: pl.DataFrame, domains: pl.DataFrame, offset: int) -> pl.DataFrame:
    """The account of every person who has none by a tool: `contact`, `domain`, `root`.

    The account is that of the domain's other persons if they have only one, or a new one, numbered from `offset`, if
    they have none; a domain with several accounts is not used.
    """
    known = (
        domains.join(of_contact.select("contact", "root").unique(), on="contact")
        .group_by("domain")
        .agg(pl.col("root").min(), pl.col("root").n_unique().alias("account_count"))
    )
    named = (
        domains.select(pl.col("domain").unique().sort()).with_row_index("number").join(known, on="domain", how="left")
    )
    of_domain = named.filter(pl.col("account_count").fill_null(0) <= 1).select(
        "domain", pl.coalesce("root", pl.col("number").cast(pl.Int64) + offset).alias("root")
    )
    return (
        domains.join(of_contact, on="contact", how="anti")
        .join(of_domain, on="domain")
        .sort("contact", "domain")
        .unique("contact", keep="first", maintain_order=True)
    )


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


def _list_links(
    records: pl.DataFrame, of_contact: pl.DataFrame, account: pl.DataFrame, by_domain: pl.DataFrame
) -> pl.DataFrame:
    """Which record belongs to which account, and why, as in `evidence.LINKS`."""
    named = account.select("node", "parent", "root", key_of=_join_key("account", "system", "account_id"))
    by_tool = of_contact.join(named, on="node").select(
        _join_key("customer", "system", "record_id").alias("record_key"), pl.col("key_of").alias("other_record_key")
    )
    above = named.filter(pl.col("parent").is_not_null()).join(
        named.select(parent="node", key_of_parent="key_of"), on="parent"
    )
    of_domain = records.join(by_domain, on="contact").with_columns(
        record_key=_join_key("", "system", "source_record_id")
    )
    firsts = of_domain.group_by("root").agg(
        pl.col("record_key").min_by(pl.struct("row_id", "record_key")).alias("first")
    )
    of_domain = (
        of_domain.join(named.select(root="node", account="key_of"), on="root", how="left")
        .join(firsts, on="root")
        .with_columns(other_record_key=pl.coalesce("account", "first"))
        .filter(pl.col("record_key") != pl.col("other_record_key"))
    )
    none = pl.lit(None, pl.String)
    frames = [
        by_tool.select(pl.lit("account").alias("matched_by"), none.alias("key"), "record_key", "other_record_key"),
        above.select(
            pl.lit("parent_account").alias("matched_by"),
            none.alias("key"),
            pl.col("key_of").alias("record_key"),
            pl.col("key_of_parent").alias("other_record_key"),
        ),
        of_domain.select(
            pl.lit("email_domain").alias("matched_by"), pl.col("domain").alias("key"), "record_key", "other_record_key"
        ),
    ]
    return pl.concat(frames).with_columns(cut_by=none)


def _join_key(record_type: str, *columns: str) -> pl.Expr:
    """`record_key`; without a type, that of the row."""
    return pl.concat_str(pl.lit(record_type) if record_type else pl.col("record_type"), *columns, separator="/")
