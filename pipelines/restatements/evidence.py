"""The records behind restated figures: those that changed, and all of the customers concerned.

Put here: reading them out of both generations. Keep out: how records are compared (`changes.py`), and what they did to
the figures (`causes.py`).
"""

import datetime as dt
from collections.abc import Sequence

import duckdb
import polars as pl

from pipelines.made_from import MadeFrom, changed_settings
from pipelines.restatements.changes import (
    COMPARED,
    MERGED,
    SPLIT,
    UNKNOWN,
    Changes,
    Compared,
    News,
    changed_records,
    people_of,
    rows_of,
    with_causes,
)
from pipelines.restatements.earlier import Earlier


def read_news(con: duckdb.DuckDBPyConnection, earlier: Earlier, before: MadeFrom, now: MadeFrom) -> News:
    """What came with deliveries; where only they can have changed anything, nobody needs to ask."""
    if before == now:
        return News()
    new = con.execute(
        f"select distinct file_sha256 from delivered.files as files anti join {earlier.sql('meta.files')} as old "
        "on old.source = files.source and old.file_sha256 = files.file_sha256"
    ).fetchall()
    files = [sha for (sha,) in new]
    keys = [key.partition(" ")[0] for key in changed_settings(before, now)] if before.code else []
    of_rates = con.execute("select distinct _file_sha256 from staging.fx_rates").fetchall()
    return News(
        files=files,
        rates="company.currency" not in keys and any(sha in files for (sha,) in of_rates),
        people=bool(files) and not any(key.startswith(("identity.", "customer_is", "sources.")) for key in keys),
    )


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
    """Whose order was the first of all: with it, the history begins when it does for everybody."""
    first = "select arg_min(customer_id, ordered_at) from {} where is_countable and customer_id <> ?"
    found = [
        con.execute(first.format(each), [UNKNOWN]).fetchall()[0][0]
        for each in ("core.orders", earlier.sql("core.orders"))
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
    """The rows of `core.customers` of everybody concerned; the parent's where tonight has none."""
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
