"""Every SELECT is an asset: adding `sql/<layer>/<table>.sql` adds the table; staging is made from the kinds.

Put here: nothing about any one table.
"""

from pathlib import Path

from regulars.assets.tables import Blueprint
from regulars.pipelines.run.run import Run
from regulars.pipelines.warehouse.attribute_columns import CUSTOMERS, add_attribute_columns
from regulars.pipelines.warehouse.sql_files import table_selects, tables_read_by


def describe_sql_table(table: str, select: str) -> Blueprint:
    """The table of one SELECT. What it reads is read from the SELECT; its first line says what one row is."""

    def make(run: Run) -> None:
        own = run.settings.attributes if table == CUSTOMERS else ()
        run.warehouse.write_select(table, add_attribute_columns(select, own, run.settings.identity.survivorship))

    first_line, _, rest = select.partition("\n")
    grain = first_line.removeprefix("-- ")
    return Blueprint(
        table,
        reads=tables_read_by(select),
        kind="sql",
        make=make,
        description=f"{grain}\n\n```sql\n{rest.strip()}\n```",
    )


def list_sql_tables(company: Path | None = None) -> list[Blueprint]:
    """One table per SELECT, a company's own over ours."""
    return [describe_sql_table(table, select) for table, select in table_selects(company).items()]
