"""Writes chosen tables of what is published for people who want a file: Excel, CSV or Parquet.

Put here: which tables, and where they go. Keep out: the cells of a workbook (`workbook.py`), and files with personal
data (`command/worklists/`).
"""

import importlib.util
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.opened import open_published
from regulars.pipelines.errors import SettingsWrong, UsageWrong
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.csv_file import write_safe_csv
from regulars.pipelines.settings.wording import suggest
from regulars.pipelines.warehouse.sql_text import quote_table

Format = Literal["xlsx", "csv", "parquet"]

STARTING_TABLES = (
    "marts.scorecard",
    "marts.churn_all",
    "marts.retention_cohorts_monthly",
    "marts.nps_all",
    "marts.sales_new_vs_returning",
    "marts.customer_360",
    "marts.owner_worklists",
    "meta.findings",
)
"""What is exported where nobody says which tables: what a person opens first."""
_DEFINITIONS = """
    select table_name, column_name, description, unit, is_additive as may_be_added_up
    from meta.data_dictionary
    where list_contains($tables, table_name)
    order by list_position($tables, table_name), position
"""
_FORMATS = """
    select column_name, any_value(format)
    from meta.metric_definitions
    where table_name = $table or view_name = $table
    group by column_name
    having count(distinct format) = 1
"""


def export_tables(home: Home, target: Path, tables: Sequence[str], file_format: Format) -> str:
    """Write tables of the current generation, and say what was written.

    Args:
        home: The company's home.
        target: The file of a workbook; for CSV and Parquet the folder that gets a file per table.
        tables: `layer.name` of tables or views; none: `STARTING_TABLES`.
        file_format: `xlsx`, `csv` or `parquet`.

    Raises:
        UsageWrong: A table does not exist, does not fit, or the target lies inside the home.
        StorageFailed: Nothing is published yet.
        SettingsWrong: The extra for Excel is missing.
    """
    generation = find_current(home)
    if target.resolve().is_relative_to(home.path.resolve()):
        raise UsageWrong(f"{target} lies in the home, whose files only runs may change; name another place")
    with open_published(generation) as con:
        wanted = _find_tables(con, tables)
        (target.parent if file_format == "xlsx" else target).mkdir(parents=True, exist_ok=True)
        if file_format == "xlsx":
            _write_workbook(con, generation, target, wanted)
        else:
            for table in wanted:
                _write_file(con, generation, table, target / f"{table.partition('.')[2]}.{file_format}")
    rows = f"{len(wanted)} {'table' if len(wanted) == 1 else 'tables'} of {generation.name}"
    return f"{rows}, as of {generation.manifest.as_of}, written to {target}"


def _find_tables(con: duckdb.DuckDBPyConnection, asked: Sequence[str]) -> list[str]:
    """The tables asked for, once each; a name without its layer is that of the one table that is called so."""
    listed = con.execute("select schema_name || '.' || table_name from duckdb_tables() where not internal").fetchall()
    listed += con.execute("select schema_name || '.' || view_name from duckdb_views() where not internal").fetchall()
    names = sorted(name for (name,) in listed)
    found = []
    for name in asked or [each for each in STARTING_TABLES if each in names]:
        same = [each for each in names if name in (each, each.partition(".")[2])]
        if len(same) != 1:
            raise UsageWrong(f"there is no table `{name}`; docs/tables.md lists all{suggest(name, names)}")
        found += same
    return list(dict.fromkeys(found))


def _write_workbook(con: duckdb.DuckDBPyConnection, generation: Generation, path: Path, tables: list[str]) -> None:
    if importlib.util.find_spec("xlsxwriter") is None:
        raise SettingsWrong("a workbook needs xlsxwriter: `pip install 'regulars[excel]'`, or export with --format csv")
    from regulars.pipelines.command.export.workbook import Sheet, write_workbook

    sheets = [
        Sheet(table, _read(con, table), dict(con.execute(_FORMATS, {"table": table}).fetchall())) for table in tables
    ]
    definitions = con.execute(_DEFINITIONS, {"tables": tables}).pl()
    write_workbook(path, sheets, definitions, as_of=generation.manifest.as_of)


def _write_file(con: duckdb.DuckDBPyConnection, generation: Generation, table: str, path: Path) -> None:
    """A table as CSV, or as the Parquet file of the generation; a view's rows are read."""
    published = generation.parquet_file(table)
    if path.suffix == ".csv":
        write_safe_csv(_read(con, table), path)
    elif published.exists():
        shutil.copyfile(published, path)
    else:
        _read(con, table).write_parquet(path)


def _read(con: duckdb.DuckDBPyConnection, table: str) -> pl.DataFrame:
    return con.execute(f"select * from {quote_table(table)}").pl()
