"""Makes the tables of the schema `landed`, empty.

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
        delivery integer,
        file_sha256 varchar,
        line bigint,
        text varchar,
        rule varchar,
        reason varchar
    )
"""
_MAKE_EXCLUDED = """
    create or replace table landed.excluded (
        source varchar,
        kind varchar,
        delivery integer,
        file_sha256 varchar,
        row bigint,
        rule varchar
    )
"""
_MAKE_EXCLUDED_VERSIONS = """
    create or replace table landed.excluded_versions (
        kind varchar,
        source varchar,
        system varchar,
        delivery integer,
        document varchar,
        moment timestamp,
        happened_at timestamp,
        amount decimal(38, 4)
    )
"""
_MAKE_FILES = """
    create or replace table landed.files (
        source varchar,
        delivery integer,
        path varchar,
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
INSERT_FILE = """
    insert into landed.files by name
    select
        $source as source,
        $delivery as delivery,
        $path as path,
        $file_name as file_name,
        $file_sha256 as file_sha256,
        $bytes as bytes,
        $record_count as record_count,
        $malformed_count as malformed_count,
        $modified_at as modified_at,
        $landed_at as landed_at,
        $is_stale as is_stale,
        $encoding as encoding,
        $kinds as kinds
"""
"""A statement that writes down a file that the run reads; its values are bound."""


def make_landed_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Make `landed.<kind>` for every kind, and the other tables of `landed`, without rows."""
    con.execute("create schema if not exists landed")
    for name, described in KINDS.items():
        columns = [f"{quote_identifier(column.name)} varchar" for column in described.columns]
        columns += [f"{column} {data_type}" for column, data_type in TRACE_COLUMNS]
        con.execute(f"create or replace table landed.{quote_identifier(name)} ({', '.join(columns)})")
    con.execute(_MAKE_MALFORMED)
    con.execute(_MAKE_EXCLUDED)
    con.execute(_MAKE_EXCLUDED_VERSIONS)
    con.execute(_MAKE_FILES)


def remove_landed_rows(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Remove all rows of a source from them."""
    for name in (*KINDS, "malformed", "excluded", "excluded_versions", "files"):
        column = "_source" if name in KINDS else "source"
        con.execute(f"delete from landed.{quote_identifier(name)} where {column} = $1", [source])
