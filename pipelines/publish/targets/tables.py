"""Which tables are published, and how each is read from the build.

Put here: a table's name, key and SELECT; which column types BI tools accept.
Keep out: where the rows go (`duckdb_file.py`, `parquet.py`).
"""

import dataclasses
import re
from collections.abc import Sequence

import duckdb

from regulars.pipelines import errors

TEXT_AND_TIME = {"VARCHAR", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "BLOB"}
NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "FLOAT", "DOUBLE"}
DECIMAL = re.compile(r"DECIMAL\(\d+,\d+\)")


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of the build to publish: `layer.table`, and the columns that make a row unique and give its place.

    Without a key, rows are ordered by all columns.
    """

    name: str
    key: tuple[str, ...] = ()

    @property
    def layer(self) -> str:
        """The part before the dot."""
        return self.name.partition(".")[0]

    @property
    def short_name(self) -> str:
        """The part after the dot."""
        return self.name.partition(".")[2]


def quoted(*parts: str) -> str:
    """An SQL name from its parts, each quoted."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """An SQL text literal. COPY, ATTACH and COMMENT take no parameters, and at the first one DuckDB imports pandas."""
    return "'" + text.replace("'", "''") + "'"


def columns_of(con: duckdb.DuckDBPyConnection, table: Table) -> dict[str, str]:
    """Column -> DuckDB type of a table in the build, in the table's order.

    Raises:
        errors.ContractBroken: The build has no such table.
    """
    rows = con.execute(
        "select column_name, data_type from duckdb_columns() "
        f"where database_name = current_database() and schema_name = {literal(table.layer)} "
        f"and table_name = {literal(table.short_name)} order by column_index"
    ).fetchall()
    if not rows:
        raise errors.ContractBroken(f"{table.name} is to be published, but the run has not built it")
    return dict(rows)


def refuse_types(tables: dict[str, dict[str, str]]) -> None:
    """Stop at a column that a BI client would misread: HUGEINT, LIST, STRUCT, MAP, ENUM, UUID, INTERVAL.

    Raises:
        errors.ContractBroken: Names every such column and its type.
    """
    refused = [
        f"{table}.{column} is {kind}"
        for table, columns in tables.items()
        for column, kind in columns.items()
        if kind not in TEXT_AND_TIME | NUMBERS and not DECIMAL.fullmatch(kind)
    ]
    if refused:
        raise errors.ContractBroken(f"{'; '.join(refused)}: BI tools cannot read that; cast it to a plain type")


def ordered_select(con: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[str]) -> str:
    """The SELECT that gives a table's rows in the one order in which they are published, columns by name."""
    build = con.execute("select current_database()").fetchall()[0][0]
    names = ", ".join(quoted(column) for column in columns)
    order = ", ".join(f"{quoted(column)} asc nulls last" for column in table.key or columns)
    return f"select {names} from {quoted(build, table.layer, table.short_name)} order by {order}"
