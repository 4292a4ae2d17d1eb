"""The target `postgres` with a whole generation of the sample company: every table, view, key and comment of it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.home.home import Home
from tests.publish.targets.postgres_target import Target


@pytest.fixture(scope="module")
def published(published_demo: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        yield con


def test_every_table_and_view_of_the_sample_company_arrives_with_its_rows_and_comments(
    target: Target, published: duckdb.DuckDBPyConnection, published_demo: Path
):
    generation = Home(published_demo / "home").current()
    assert generation is not None
    assert target.deliver(generation).is_new
    relations = published.execute("""
        select schema_name || '.' || table_name, comment from duckdb_tables() where not internal
        union all
        select schema_name || '.' || view_name, comment from duckdb_views() where not internal
    """).fetchall()
    assert len(relations) > 100
    for name, comment in relations:
        (said,), *_ = target.ask(f"select obj_description('{name}'::regclass)")
        assert said is not None, name
        assert said.startswith(comment), name
        columns = published.sql(f"from {name} limit 0").columns
        held = target.ask(f"select {write_fingerprint(columns, 'text')} from {name}")
        assert held == published.execute(f"select {write_fingerprint(columns, 'varchar')} from {name}").fetchall(), name
    uncommented = target.ask("""
        select attrelid::regclass::text, attname from pg_attribute
        join pg_class on pg_class.oid = attrelid
        where relnamespace in ('core'::regnamespace, 'marts'::regnamespace, 'meta'::regnamespace)
            and relkind in ('r', 'v') and attnum > 0 and not attisdropped and col_description(attrelid, attnum) is null
    """)
    assert uncommented == []
    without_key = target.ask("""
        select relname from pg_class
        where relnamespace in ('core'::regnamespace, 'marts'::regnamespace) and relkind = 'r'
            and not exists (select from pg_constraint where conrelid = pg_class.oid and contype = 'p')
    """)
    assert without_key == []
    assert not target.deliver(generation).is_new


def write_fingerprint(columns: list[str], text: str) -> str:
    """How many rows, and of each column how many values there are, how many differ, and how long they are as text.

    The two write numbers alike only in part: of a value that is not a whole number the text before the point counts.
    """
    counted = (
        f"""count("{name}"), count(distinct "{name}"), sum(length(split_part(cast("{name}" as {text}), '.', 1)))"""
        for name in columns
    )
    return ", ".join(("count(*)", *counted))
