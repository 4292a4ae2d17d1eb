"""The records behind restated figures: those that changed, and all of the customers concerned.

Put here: reading them out of both generations. Keep out: how records are compared (`changes.py`), and what they did to
the figures (`causes.py`).
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import duckdb
import polars as pl

from regulars.pipelines.audit.restatements.changes import (
    COMPARED,
    MERGED,
    SPLIT,
    UNKNOWN,
    Changes,
    Compared,
    News,
    changed_records,
    with_causes,
)
from regulars.pipelines.audit.restatements.parent import Earlier
from regulars.pipelines.run.lineage import Lineage, changed_settings


def read_news(con: duckdb.DuckDBPyConnection, earlier: Earlier, before: Lineage, now: Lineage) -> News:
    """What came with deliveries; where only they can have changed anything, nobody needs to ask."""
    if before == now:
        return News()
    new = con.execute(
        f"select distinct file_sha256 from landed.files as files anti join {earlier.sql('meta.files')} as old "
        "on old.source = files.source and old.file_sha256 = files.file_sha256"
    ).fetchall()
    files = [sha for (sha,) in new]
    keys = [key.partition(" ")[0] for key in changed_settings(before, now)] if before.code else []
    of_rates = con.execute("select distinct _file_sha256 from staging.fx_rates").fetchall()
    sources = {key.split(".")[1] for key in keys if key.startswith("sources.")}
    return News(
        files=files,
        sources=[source for source in sources if not _is_only_about_lateness(source, keys)],
        zone="company.timezone" not in keys,
        rates="company.currency" not in keys and any(sha in files for (sha,) in of_rates),
        people=bool(files) and not any(key.startswith(("identity.", "customer_is", "sources.")) for key in keys),
    )


def _is_only_about_lateness(source: str, keys: Sequence[str]) -> bool:
    """Whether what changed of a source's settings leaves its records as they are."""
    changed = {key.split(".")[2] for key in keys if key.startswith(f"sources.{source}.")}
    return changed <= {"path", "required", "max_age_hours", "max_quarantined"}


def read_changes(
    con: duckdb.DuckDBPyConnection, earlier: Earlier, tables: Sequence[str], until: dt.date, news: News
) -> list[Changes]:
    """The changed records of the tables, each with a cause, and all records of everybody concerned."""
    moves = con.sql(
        "select other_customer_id as before, customer_id as after, "
        f"case event when 'merged' then '{MERGED}' else '{SPLIT}' end as who_cause "
        "from identity.events where event in ('merged', 'split')"
    ).pl()
    found: dict[Compared, pl.DataFrame] = {}
    for of in (each for each in COMPARED if each.table in tables):
        changed = changed_records(con, of, earlier.sql(of.table), until=until, news=news)
        whose = moves if of.who[0] == "customer_id" else _moved_contacts(con, changed)
        found[of] = with_causes(changed, of, whose, _gone(con, changed, of, whose), news)
    customers = _first_customers(con, earlier) + [each for name in ("before", "after") for each in moves[name]]
    own = {of: people_of(records, of, {"customer_id": customers}) for of, records in found.items()}
    buyers = [people["customer_id"] for of, people in own.items() if of.who == ("customer_id",)]
    if buyers:  # orders and refunds of one customer make figures together
        together = pl.concat(buyers).drop_nulls().unique().to_frame()
        own |= {of: together for of in own if of.who == ("customer_id",)}
    return [
        Changes(
            of,
            records,
            *(
                rows_of(con, source, of, own[of], records.select(of.key))
                for source in (earlier.sql(of.table), of.table)
            ),
        )
        for of, records in found.items()
    ]


def _first_customers(con: duckdb.DuckDBPyConnection, earlier: Earlier) -> list[str]:
    """Whose order and paid day was the first of all: with them, the history begins when it does for everybody."""
    firsts = {
        "core.orders": (
            "select arg_min(customer_id, (ordered_at, customer_id)) from {} where is_countable and customer_id <> ?"
        ),
        "core.subscriptions": (
            "select arg_min(customer_id, (active_from, customer_id)) from {} where monthly_amount > 0 "
            "and active_until is distinct from active_from and customer_id <> ?"
        ),
    }
    found = [
        con.execute(first.format(each), [UNKNOWN]).fetchall()[0][0]
        for table, first in firsts.items()
        for each in (table, *([earlier.sql(table)] if earlier.has(table) else []))
    ]
    return [each for each in found if each is not None]


def _moved_contacts(con: duckdb.DuckDBPyConnection, changed: pl.DataFrame) -> pl.DataFrame:
    """Persons whose answers are another's now: merged where nobody bears the old id any more."""
    pairs = changed.select(before="contact_id_before", after="contact_id_after").drop_nulls().unique()
    pairs = pairs.filter(pl.col("before") != pl.col("after"))
    alive = _alive(con, "core.contacts", "contact_id", pairs["before"])
    who_cause = pl.when(pl.col("before").is_in(alive.implode())).then(pl.lit(SPLIT)).otherwise(pl.lit(MERGED))
    return pairs.with_columns(who_cause=who_cause)


def _gone(con: duckdb.DuckDBPyConnection, changed: pl.DataFrame, of: Compared, moves: pl.DataFrame) -> pl.Series:
    """Of the removed records' customers (or persons), those that nobody is any more."""
    table, column = ("core.contacts", "contact_id") if of.who[0] == "contact_id" else ("core.customers", "customer_id")
    ids = changed.filter(~pl.col("stands"))[f"{of.who[0]}_before"].drop_nulls().cast(pl.String).unique()
    alive = pl.concat([_alive(con, table, column, ids), moves["before"].cast(pl.String)])
    return ids.filter(~ids.is_in(alive.implode()))


def _alive(con: duckdb.DuckDBPyConnection, table: str, column: str, ids: pl.Series) -> pl.Series:
    con.register("asked_for", pl.DataFrame({column: ids.cast(pl.String)}).to_arrow())
    try:
        return (
            con.sql(f"select {column} from {table} semi join asked_for using ({column})").pl()[column].cast(pl.String)
        )
    finally:
        con.unregister("asked_for")


def customers_of(con: duckdb.DuckDBPyConnection, earlier: Earlier, changes: Sequence[Changes]) -> pl.DataFrame:
    """The rows of `core.customers` of everybody concerned; the parent's where in this run has none."""
    ids = [
        each.cast(pl.String)
        for change in changes
        for rows in (change.before, change.after)
        for each in (rows["customer_id"],)
    ]
    con.register("asked_for", pl.concat(ids).drop_nulls().unique().to_frame().to_arrow())
    try:
        return con.sql(
            "select * from core.customers semi join asked_for using (customer_id) union all by name "
            f"select * from {earlier.sql('core.customers')} as old semi join asked_for using (customer_id) "
            "anti join core.customers as new using (customer_id)"
        ).pl()
    finally:
        con.unregister("asked_for")


def calendar_of(con: duckdb.DuckDBPyConnection, earlier: Earlier) -> pl.DataFrame:
    """`core.calendar`, and the days that only the parent had: of records that are gone."""
    return con.sql(
        "select * from core.calendar union all by name "
        f"select * from {earlier.sql('core.calendar')} as old anti join core.calendar as new using (day)"
    ).pl()


def rows_of(
    con: duckdb.DuckDBPyConnection, table: str, of: Compared, people: pl.DataFrame, keys: pl.DataFrame
) -> pl.DataFrame:
    """All records of some people, and those with some keys.

    Args:
        con: This run's build.
        table: SQL for the table.
        of: The kind.
        people: One column per `who` column, named like it; ids of it, or NULL.
        keys: What names them.
    """
    con.register("people_concerned", people.to_arrow())
    con.register("records_concerned", keys.to_arrow())
    whose = " or ".join(f"{name} in (select {name} from people_concerned where {name} is not null)" for name in of.who)
    try:
        key = ", ".join(of.key)
        concerned = f"({key}) in (select ({key}) from records_concerned)"
        return con.sql(f"select * from {table} where {whose} or {concerned}").pl()
    finally:
        con.unregister("people_concerned")
        con.unregister("records_concerned")


def people_of(records: pl.DataFrame, of: Compared, others: Mapping[str, Collection[str]]) -> pl.DataFrame:
    """Whom changed records concern, the unknown customer left out: one column per `who` column.

    Args:
        records: As `with_causes` gives them; those that no delivery explains concern nobody.
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
