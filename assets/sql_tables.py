"""Every `sql/<layer>/<table>.sql` is an asset: adding the file adds the table.

Put here: nothing about any one table.
"""

from pathlib import Path

import dagster as dg

from assets.tables import table_asset
from pipelines.contracts.contract import Contract
from pipelines.night import Night
from pipelines.warehouse import sql_files, tables_read_by


def sql_table(path: Path, contracts: dict[str, Contract]) -> dg.AssetsDefinition:
    """The asset of one SQL file. Its dependencies are read from the SELECT; its first line is its description."""
    table, select = f"{path.parent.name}.{path.stem}", path.read_text(encoding="utf-8")

    def make(night: Night) -> None:
        night.warehouse.write_select(table, select)

    return table_asset(
        table,
        reads=tables_read_by(select),
        description=select.partition("\n")[0].removeprefix("-- "),
        kind="sql",
        contract=contracts.get(table),
        make=make,
    )


def sql_tables(contracts: dict[str, Contract]) -> list[dg.AssetsDefinition]:
    """One asset per file."""
    return [sql_table(path, contracts) for path in sql_files()]
