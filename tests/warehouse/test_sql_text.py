"""Quoted names and values mean what they meant before, whatever characters they hold."""

from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal, quote_table

ODD = ["plain", "it's", 'say "hi"', "a;b", "-- no comment", "Größe", "", "line\nend", "nul\0inside", "''", '""']


@pytest.fixture
def con():
    with duckdb.connect() as opened:
        yield opened


@pytest.mark.parametrize("value", ODD)
def test_a_quoted_value_is_the_value(con, value):
    assert con.execute(f"select {quote_literal(value)}").fetchall() == [(value,)]


def test_a_path_is_quoted_like_its_text(con):
    path = Path("/home/Ann's shop")
    assert con.execute(f"select {quote_literal(path)}").fetchall() == [("/home/Ann's shop",)]


@pytest.mark.parametrize("name", [name for name in ODD if name and "\0" not in name])
def test_a_quoted_column_keeps_its_name(con, name):
    assert con.execute(f"select 1 as {quote_identifier(name)}").description[0][0] == name


def test_each_part_of_a_table_name_is_quoted(con):
    con.execute("create schema core")
    con.execute(f"create table {quote_table('core.order')} as select 1 as one")
    assert con.execute('select * from "core"."order"').fetchall() == [(1,)]
    assert quote_table("published.core.orders") == '"published"."core"."orders"'
