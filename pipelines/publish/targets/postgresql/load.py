"""Replaces the rows of the tables that have changed, by COPY.

Put here: from the generation's DuckDB file to the server, without a file between. Keep out: what the tables look like.
Old rows are deleted and not truncated: a truncated table would make every reader wait for the commit.
"""

import io
from collections.abc import Iterable
from typing import Any

import duckdb
from psycopg import Cursor, sql
from pyarrow import csv

from regulars.pipelines.publish.targets.postgresql.plan import PlannedTable
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_table

ROWS_AT_ONCE = 50_000
_AS_TEXT = csv.WriteOptions(include_header=False, quoting_style="all_valid")
"""Every value in quotation marks and NULL without: so that empty text stays empty text."""


def replace_rows(cursor: Cursor[Any], con: duckdb.DuckDBPyConnection, tables: Iterable[PlannedTable]) -> None:
    """Make the rows of some tables those of the generation.

    Args:
        cursor: Inside the delivery's transaction.
        con: The generation's DuckDB file.
        tables: Which; they are there with the columns of the plan.
    """
    for table in tables:
        name = sql.Identifier(table.schema, table.name)
        cursor.execute(sql.SQL("delete from {}").format(name))
        columns = [each.name for each in table.columns]
        listed = ", ".join(quote_identifier(column) for column in columns)
        reader = con.execute(f"select {listed} from {quote_table(table.source)}").to_arrow_reader(ROWS_AT_ONCE)
        statement = sql.SQL("copy {} ({}) from stdin with (format csv)").format(
            name, sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with cursor.copy(statement) as copy:
            for batch in reader:
                text = io.BytesIO()
                csv.write_csv(batch, text, _AS_TEXT)
                copy.write(text.getbuffer())
