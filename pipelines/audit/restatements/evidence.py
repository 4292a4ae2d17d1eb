"""Reads the records behind restated metrics: those that changed, and all of the customers concerned.

Put here: reading both generations. Keep out: how records are compared (`changes.py`), and how much of a change they
explain (`causes.py`).
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import duckdb
import polars as pl

from regulars.pipelines.audit.restatements.changes import (
    MERGED,
    RECORD_KINDS,
    SPLIT,
    UNKNOWN,
    Changes,
    NewInputs,
    RecordKind,
    add_causes,
    find_changed_records,
)
from regulars.pipelines.audit.restatements.parent import ParentGeneration
from regulars.pipelines.run.lineage import Lineage, changed_settings


def read_new_inputs(
    con: duckdb.DuckDBPyConnection, parent: ParentGeneration, before: Lineage, now: Lineage
) -> NewInputs:
    """Find what is new in this run; where only deliveries can have changed anything, no query is needed."""
    if before == now:
        return NewInputs()
    new = con.execute(f"""
        select distinct file_sha256
        from landed.files as files
        anti join {parent.write_scan("meta.files")} as old
            on old.source = files.source and old.file_sha256 = files.file_sha256
    """).fetchall()
    files = [sha for (sha,) in new]
    keys = [key.partition(" ")[0] for key in changed_settings(before, now)] if before.code else []
    of_rates = con.execute("select distinct _file_sha256 from staging.fx_rates").fetchall()
    sources = {key.split(".")[1] for key in keys if key.startswith("sources.")}
    return NewInputs(
        files=files,
        sources=[source for source in sources if not _leaves_records_alone(source, keys)],
        zone="company.timezone" not in keys,
        rates="company.currency" not in keys and any(sha in files for (sha,) in of_rates),
        people=bool(files) and not any(key.startswith(("identity.", "customer_is", "sources.")) for key in keys),
    )


def _leaves_records_alone(source: str, keys: Sequence[str]) -> bool:
    """Whether the changed settings of a source leave its records as they are."""
    changed = {key.split(".")[2] for key in keys if key.startswith(f"sources.{source}.")}
    return changed <= {"path", "required", "max_age_hours", "max_quarantined"}


def read_changes(
    con: duckdb.DuckDBPyConnection, parent: ParentGeneration, tables: Sequence[str], until: dt.date, news: NewInputs
) -> list[Changes]:
    """The changed records of the tables, each with a cause, and all records of everybody concerned."""
    moves = con.sql(f"""
        select
            other_customer_id as before,
            customer_id as after,
            case event when 'merged' then '{MERGED}' else '{SPLIT}' end as who_cause
        from identity.events
        where event in ('merged', 'split')
    """).pl()
    found: dict[RecordKind, pl.DataFrame] = {}
    for of in (each for each in RECORD_KINDS if each.table in tables):
        changed = find_changed_records(con, of, parent.write_scan(of.table), until=until, news=news)
        whose = moves if of.who[0] == "customer_id" else _find_moved_contacts(con, changed)
        found[of] = add_causes(changed, of, whose, _find_gone_ids(con, changed, of, whose), news)
    customers = _find_first_customers(con, parent) + [each for name in ("before", "after") for each in moves[name]]
    own = {of: list_people(records, of, {"customer_id": customers}) for of, records in found.items()}
    buyers = [people["customer_id"] for of, people in own.items() if of.who == ("customer_id",)]
    if buyers:  # orders and refunds of one customer make metrics together
        together = pl.concat(buyers).drop_nulls().unique().to_frame()
        own |= {of: together for of in own if of.who == ("customer_id",)}
    return [
        Changes(
            of,
            records,
            *(
                read_records(con, source, of, own[of], records.select(of.key))
                for source in (parent.write_scan(of.table), of.table)
            ),
        )
        for of, records in found.items()
    ]


def _find_first_customers(con: duckdb.DuckDBPyConnection, parent: ParentGeneration) -> list[str]:
    """The customers of the very first order and paid day, with whom the history begins as it does for all customers."""

    def read_from(table: str, moment: str, counts: str) -> list[str]:
        generations = [table, parent.write_scan(table)] if parent.has(table) else [table]
        queries = [
            f"""
            select arg_min(customer_id, ({moment}, customer_id))
            from {rows}
            where {counts} and customer_id <> $unknown
            """
            for rows in generations
        ]
        return [con.execute(query, {"unknown": UNKNOWN}).fetchall()[0][0] for query in queries]

    found = [
        *read_from("core.orders", "ordered_at", "is_countable"),
        *read_from(
            "core.subscriptions", "active_from", "monthly_amount > 0 and active_until is distinct from active_from"
        ),
    ]
    return [customer_id for customer_id in found if customer_id is not None]


def _find_moved_contacts(con: duckdb.DuckDBPyConnection, changed: pl.DataFrame) -> pl.DataFrame:
    """Contacts whose answers belong to another contact now: merged where the old id no longer exists."""
    pairs = changed.select(before="contact_id_before", after="contact_id_after").drop_nulls().unique()
    pairs = pairs.filter(pl.col("before") != pl.col("after"))
    alive = _find_existing_ids(con, "core.contacts", "contact_id", pairs["before"])
    who_cause = pl.when(pl.col("before").is_in(alive.implode())).then(pl.lit(SPLIT)).otherwise(pl.lit(MERGED))
    return pairs.with_columns(who_cause=who_cause)


def _find_gone_ids(
    con: duckdb.DuckDBPyConnection, changed: pl.DataFrame, of: RecordKind, moves: pl.DataFrame
) -> pl.Series:
    """The customers (or contacts) of removed records that no longer exist."""
    table, column = ("core.contacts", "contact_id") if of.who[0] == "contact_id" else ("core.customers", "customer_id")
    ids = changed.filter(~pl.col("stands"))[f"{of.who[0]}_before"].drop_nulls().cast(pl.String).unique()
    alive = pl.concat([_find_existing_ids(con, table, column, ids), moves["before"].cast(pl.String)])
    return ids.filter(~ids.is_in(alive.implode()))


def _find_existing_ids(con: duckdb.DuckDBPyConnection, table: str, column: str, ids: pl.Series) -> pl.Series:
    con.register("asked_for", pl.DataFrame({column: ids.cast(pl.String)}).to_arrow())
    try:
        found = con.sql(f"""
            select {column}
            from {table}
            semi join asked_for using ({column})
        """).pl()
    finally:
        con.unregister("asked_for")
    return found[column].cast(pl.String)


def read_customers(
    con: duckdb.DuckDBPyConnection, parent: ParentGeneration, changes: Sequence[Changes]
) -> pl.DataFrame:
    """The rows of `core.customers` of the customers concerned; the parent's where this run has none."""
    ids = [
        each.cast(pl.String)
        for change in changes
        for rows in (change.before, change.after)
        for each in (rows["customer_id"],)
    ]
    con.register("asked_for", pl.concat(ids).drop_nulls().unique().to_frame().to_arrow())
    try:
        return con.sql(f"""
            select *
            from core.customers
            semi join asked_for using (customer_id)
            union all by name
            select *
            from {parent.write_scan("core.customers")} as old
            semi join asked_for using (customer_id)
            anti join core.customers as new using (customer_id)
        """).pl()
    finally:
        con.unregister("asked_for")


def read_calendar(con: duckdb.DuckDBPyConnection, parent: ParentGeneration) -> pl.DataFrame:
    """`core.calendar`, and the days that only the parent's has, which records that are gone may need."""
    return con.sql(f"""
        select *
        from core.calendar
        union all by name
        select *
        from {parent.write_scan("core.calendar")} as old
        anti join core.calendar as new using (day)
    """).pl()


def read_records(
    con: duckdb.DuckDBPyConnection, table: str, of: RecordKind, people: pl.DataFrame, keys: pl.DataFrame
) -> pl.DataFrame:
    """All records of some people, and the records with some keys.

    Args:
        con: This run's build.
        table: SQL for the table.
        of: The kind.
        people: One column per `who` column, with the same name; holds ids, or NULL.
        keys: The keys of records.
    """
    con.register("people_concerned", people.to_arrow())
    con.register("records_concerned", keys.to_arrow())
    is_theirs = " or ".join(
        f"{name} in (select {name} from people_concerned where {name} is not null)" for name in of.who
    )
    try:
        key = ", ".join(of.key)
        return con.sql(f"""
            select *
            from {table}
            where {is_theirs} or ({key}) in (select ({key}) from records_concerned)
        """).pl()
    finally:
        con.unregister("people_concerned")
        con.unregister("records_concerned")


def list_people(records: pl.DataFrame, of: RecordKind, others: Mapping[str, Collection[str]]) -> pl.DataFrame:
    """The people whom changed records concern, without the unknown customer: one column per `who` column.

    Args:
        records: The result of `add_causes`; records that no delivery explains concern nobody.
        of: The kind.
        others: Column -> ids to add.
    """
    explained = records.filter((pl.col("cause") != "").fill_null(False) | (pl.col("who_cause") != "").fill_null(False))
    columns = []
    for name in of.who:
        ids = pl.concat([explained[f"{name}_before"], explained[f"{name}_after"]]).cast(pl.String)
        added = pl.Series(name, list(others.get(name, ())), dtype=pl.String)
        every = pl.concat([ids.alias(name), added]).drop_nulls().unique(maintain_order=True)
        columns.append(every.filter(every != UNKNOWN).to_frame())
    return pl.concat(columns, how="diagonal")
