"""Makes `raw.<kind>` of the delivered rows that are loaded.

Put here: the view, and which of its cells are not as delivered. Keep out: which rows are loaded (`versions.py`,
`repeats.py`, `quarantine.py`).
"""

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine import documents
from regulars.pipelines.contracts.quarantine.moments import COMPETING, replace_future_moments
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal


def make_raw_view(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[tuple[str, str], int]:
    """Make `raw.<kind>`: the accepted rows, with the columns emptied that break a warning.

    Args:
        con: The build, with the violations of the kind, and with what is left out of it.
        contract: Of the kind.

    Returns:
        (kind, column) -> how many values were emptied.
    """
    kind = contract.name
    con.execute(f"create table quarantine_work.{kind}_emptied (column_name varchar, row_id bigint)")
    emptying = [rule for rule in contract.rules if rule.empties_its_column]
    if emptying:
        pairs = ", ".join(f"({quote_literal(rule.id)}, {quote_literal(rule.columns[0])})" for rule in emptying)
        con.execute(
            f"""
            insert into quarantine_work.{kind}_emptied
            with
                emptying(rule, column_name) as (values {pairs})

            select distinct emptying.column_name, found.row_id
            from quarantine_work.{kind}_violations as found
            join emptying using (rule)
            anti join quarantine_work.{kind}_left_out as gone on gone.row_id = found.row_id
            """
        )
    counts = con.execute(
        f"select column_name, count(row_id) from quarantine_work.{kind}_emptied group by all order by 1"
    ).fetchall()
    emptied = dict(counts)
    written = {name: _write_emptied_cell(kind, name) for name in emptied}
    if kind in COMPETING and replace_future_moments(con, kind):
        written["updated_at"] = _write_replaced_moment(kind, written.get("updated_at", "here.updated_at"))
    cells = [
        f"{written[name]} as {quote_identifier(name)}" if name in written else f"here.{quote_identifier(name)}"
        for name, _ in contract.types
    ]
    if con.execute(f"select row_id from quarantine_work.{kind}_left_out limit 1").fetchall():
        rows = documents.select_accepted(kind)
    else:  # a view over the whole table is read faster than one with a join
        rows = f"landed.{kind}"
    con.execute(f"create view raw.{kind} as select {', '.join(cells)} from {rows} as here")
    return {(kind, column): count for column, count in counts}


def _write_emptied_cell(kind: str, name: str) -> str:
    """SQL of a column without the values that break a warning."""
    column = quote_identifier(name)
    return f"""
        case
            when here._row_id in (
                select row_id from quarantine_work.{kind}_emptied where column_name = {quote_literal(name)}
            ) then null
            else here.{column}
        end
    """


def _write_replaced_moment(kind: str, told: str) -> str:
    """SQL of the moment that a row changed, with another in place of one that lies in the future.

    Args:
        kind: The kind.
        told: SQL of the moment that the row tells.
    """
    return f"""
        case
            when here._row_id in (select row_id from quarantine_work.{kind}_replaced_moments) then (
                select replaced.moment
                from quarantine_work.{kind}_replaced_moments as replaced
                where replaced.row_id = here._row_id
            )
            else {told}
        end
    """
