"""Numbers the owners of customers and of tickets, so that published tables need not name staff.

Put here: which owner has which number. Keep out: whether names are published (`sql/core/customers.sql` and
`sql/core/tickets.sql`).
"""

from collections.abc import Iterable

import polars as pl

READS = ("customers", "tickets")
"""The kinds whose records name an owner."""

OWNERS = {"owner": pl.String, "owner_id": pl.String}
"""One row per owner that any record ever named: the name, and the id that stands for it."""


def number_owners(records: Iterable[pl.LazyFrame], previous: pl.DataFrame | None) -> pl.DataFrame:
    """Give every owner an id of its own; those that the parent generation knew keep theirs.

    New owners are numbered in the order in which their first records were delivered, so that an id does not reveal the
    name, and the same deliveries in the same order give the same ids. An owner with the same name in the CRM and in the
    helpdesk has one id.

    Args:
        records: The staging tables of `READS`; `owner`, `_row_id`.
        previous: `identity.owners` of the parent generation; None on the first run.

    Returns:
        The columns of `OWNERS`, in the order of their numbers.
    """
    known = previous if previous is not None else pl.DataFrame(schema=OWNERS)
    named = pl.concat([each.select("owner", "_row_id").filter(pl.col("owner").is_not_null()) for each in records])
    new = (
        named.group_by("owner")
        .agg(first=pl.col("_row_id").min())
        .collect()
        .join(known, on="owner", how="anti")
        .sort("first", "owner")
        .with_row_index("number", offset=len(known) + 1)
        .select("owner", owner_id=pl.format("owner_{}", "number"))
    )
    return pl.concat([known.select(pl.col(name).cast(kind) for name, kind in OWNERS.items()), new])
