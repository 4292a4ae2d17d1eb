"""Makes the empty tables of the schema `landed`.

Put here: their columns. Keep out: filling them (`landed_rows.py`).
"""

import duckdb

from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.warehouse.sql_text import quote_identifier

_MAKE_MALFORMED = """
    create or replace table landed.malformed (
        source varchar,
        system varchar,
        kind varchar,
        delivery integer,
        file_sha256 varchar,
        line bigint,
        text varchar,
        reason varchar
    )
"""
_MAKE_FILES = """
    create or replace table landed.files (
        source varchar,
        delivery integer,
        file_name varchar,
        file_sha256 varchar,
        bytes bigint,
        record_count bigint,
        malformed_count bigint,
        modified_at timestamp,
        landed_at timestamp,
        is_stale boolean,
        encoding varchar,
        kinds varchar
    )
"""


def make_landed_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Make `landed.<kind>` for every kind, `landed.malformed` and `landed.files`, all empty."""
    con.execute("create schema if not exists landed")
    for name, described in KINDS.items():
        columns = [f"{quote_identifier(column.name)} varchar" for column in described.columns]
        columns += [f"{column} {data_type}" for column, data_type in TRACE_COLUMNS]
        con.execute(f"create or replace table landed.{quote_identifier(name)} ({', '.join(columns)})")
    con.execute(_MAKE_MALFORMED)
    con.execute(_MAKE_FILES)
