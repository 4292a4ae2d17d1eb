"""Reads contact details of customers from the state of a generation, and who may be written to.

Put here: one row per customer record, newest first, and consent per address. Keep out: which file a row goes into.
Everything here is personal data: it goes into exported files and never into messages.
"""

from collections.abc import Collection

import polars as pl

from regulars.pipelines.command.opened import open_state
from regulars.pipelines.home.generation import Generation

RECORDS = """
    select
        records.customer_id,
        records.contact_id,
        customers._source as source,
        customers.customer_record_id,
        customers.first_name,
        customers.last_name,
        customers.company_name,
        customers.email,
        customers.phone,
        customers.owner,
        customers.email_opt_in,
        -- the order in which core.customers takes the newest value
        row_number() over (order by customers.updated_at nulls first, customers._row_id) as newness,
        coalesce(customers.is_deleted, false) as is_deleted,
    from staging.customers as customers
    join identity.records as records
        on records.record_type = 'customer'
        and records.system = customers._system
        and records.source_record_id = customers.customer_record_id
    where records.customer_id is not null
    order by newness desc
"""
HAS_OWNERS = "select 1 from duckdb_tables() where schema_name = 'identity' and table_name = 'owners'"


def read_customer_records(generation: Generation) -> pl.DataFrame:
    """Read all customer records, newest first.

    Returns:
        `customer_id`, `contact_id`, `source`, `customer_record_id`, `first_name`, `last_name`, `company_name`, `email`,
        `phone`, `owner`, `email_opt_in`, `newness` (higher is newer) and `is_deleted`.

    Raises:
        StorageFailed: The state file is missing or damaged.
    """
    with open_state(generation) as con:
        return con.sql(RECORDS).pl()


def read_owner_ids(generation: Generation) -> dict[str, str]:
    """Read which id stands for which owner: name -> id. Empty for a generation that knew no owners.

    Raises:
        StorageFailed: The state file is missing or damaged.
    """
    with open_state(generation) as con:
        if not con.execute(HAS_OWNERS).fetchall():
            return {}
        return dict(con.execute("select owner, owner_id from identity.owners").fetchall())


def find_addresses(records: pl.DataFrame, ignore_emails: Collection[str]) -> pl.DataFrame:
    """Find one address per contact, and whether it may be written to.

    A contact's consent is the newest that any of their records tells, deleted ones included. An address that several
    contacts have may be written to only if none of them declined. Contacts without a record that is not deleted are
    left out.

    Args:
        records: As `read_customer_records` returns them.
        ignore_emails: Addresses that name nobody, such as that of the till.

    Returns:
        One row per contact: `customer_id`, `contact_id`, `email`, `first_name` and `consent`: `yes`, `no`, `unknown`,
        or `no address`.
    """
    ignored = [email.strip().lower() for email in ignore_emails]
    key = pl.col("email").str.strip_chars().str.to_lowercase()
    usable = pl.when(key.str.contains("@") & ~key.is_in(ignored)).then(pl.col("email").str.strip_chars())
    is_live = ~pl.col("is_deleted")
    contacts = (
        records.sort("newness", descending=True)
        .with_columns(email=usable)
        .group_by("contact_id", maintain_order=True)
        .agg(
            pl.col("customer_id").first(),
            *(pl.col(name).filter(is_live).drop_nulls().first() for name in ("email", "first_name")),
            pl.col("email_opt_in").drop_nulls().first(),
            is_deleted=pl.col("is_deleted").all(),
            known_emails=key.drop_nulls().unique(),
        )
    )
    refusals = contacts.filter(~pl.col("email_opt_in")).select(key="known_emails").explode("key").unique()
    has_declined = key.is_in(refusals["key"].implode())
    return (
        contacts.filter(~pl.col("is_deleted"))
        .with_columns(
            consent=pl.when(pl.col("email").is_null())
            .then(pl.lit("no address"))
            .when(has_declined)
            .then(pl.lit("no"))
            .when(pl.col("email_opt_in"))
            .then(pl.lit("yes"))
            .otherwise(pl.lit("unknown"))
        )
        .select("customer_id", "contact_id", "email", "first_name", "consent")
        .sort("customer_id", "contact_id")
    )
