"""Every `sql/<layer>/<table>.sql` is an asset: adding the file adds the table.

Put here: nothing about any one table.
"""

from pathlib import Path

from regulars.assets.tables import Blueprint
from regulars.pipelines.run.run import Run
from regulars.pipelines.warehouse.warehouse import sql_files, tables_read_by


def describe_sql_table(path: Path) -> Blueprint:
    """The table of one SQL file. What it reads is read from the SELECT; its first line is its description."""
    table, select = f"{path.parent.name}.{path.stem}", path.read_text(encoding="utf-8")

    def make(run: Run) -> None:
        run.warehouse.write_select(table, select)

    return Blueprint(
        table,
        reads=tables_read_by(select),
        description=select.partition("\n")[0].removeprefix("-- "),
        kind="sql",
        make=make,
    )


def list_sql_tables() -> list[Blueprint]:
    """One table per file."""
    return [describe_sql_table(path) for path in sql_files()]
