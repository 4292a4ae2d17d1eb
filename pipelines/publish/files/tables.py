"""Describes a table to publish: its name, its key, the order of its rows, the column types that BI tools accept.

Put here: reading such a table from the build. Keep out: the files that the rows go to.
Values are quoted here, not bound: at the first bound parameter DuckDB imports pandas, and COPY and ATTACH take none.
"""

import dataclasses
import re
from collections.abc import Sequence

import duckdb

from regulars.pipelines import errors
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal, quote_table

TEXT_AND_TIME = {"VARCHAR", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "BLOB"}
NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "FLOAT", "DOUBLE"}
DECIMAL = re.compile(r"DECIMAL\(\d+,\d+\)")


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of the build to publish.

    Attributes:
        name: `layer.table`.
        key: The columns that make a row unique, by which rows are ordered; without a key, all columns order them.
    """

    name: str
    key: tuple[str, ...] = ()

    @property
    def layer(self) -> str:
        """The part before the dot."""
        return self.name.partition(".")[0]


def read_columns(con: duckdb.DuckDBPyConnection, table: Table) -> dict[str, str]:
    """Column -> DuckDB type of a table in the build, in the table's order.

    Raises:
        errors.ContractBroken: The build has no such table.
    """
    # duckdb_columns() lists the columns of every table before it filters: ten times as slow
    columns = f"select name, type from pragma_table_info({quote_literal(quote_table(table.name))}) order by cid"
    try:
        return dict(con.execute(columns).fetchall())
    except duckdb.CatalogException:
        raise errors.ContractBroken(
            f"{table.name} is to be published, but the run has not built it: build it, or remove its contract"
        ) from None


def refuse_types(tables: dict[str, dict[str, str]]) -> None:
    """Stop at a column that a BI client would misread: HUGEINT, LIST, STRUCT, MAP, ENUM, UUID, INTERVAL.

    Raises:
        errors.ContractBroken: Names every such column and its type.
    """
    refused = [
        f"{table}.{column} is {data_type}"
        for table, columns in tables.items()
        for column, data_type in columns.items()
        if data_type not in TEXT_AND_TIME | NUMBERS and not DECIMAL.fullmatch(data_type)
    ]
    if refused:
        raise errors.ContractBroken(f"{'; '.join(refused)}: BI tools cannot read that; cast it to a plain type")


def select_in_order(con: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[str]) -> str:
    """The SELECT that gives a table's rows in the order in which they are published."""
    build = con.execute("select current_database()").fetchall()[0][0]
    names = ", ".join(quote_identifier(column) for column in columns)
    order = ", ".join(f"{quote_identifier(column)} asc nulls last" for column in table.key or columns)
    return f"select {names} from {quote_identifier(build)}.{quote_table(table.name)} order by {order}"
