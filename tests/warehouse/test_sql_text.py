"""Whatever a name or a value holds, SQL takes it for what it is."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal, quote_table


@pytest.mark.parametrize("name", ['say "hi"', "order", "größe; drop table x", "a.b", "1"])
def test_a_column_may_have_any_name(name):
    with duckdb.connect() as con:
        assert con.sql(f"select 1 as {quote_identifier(name)}").columns == [name]


@pytest.mark.parametrize("text", ["it's", "'; drop table x; --", "nul\0inside", "\0", "", 'say "hi"', "größe\n"])
def test_a_text_comes_back_as_it_was(text):
    with duckdb.connect() as con:
        assert con.execute(f"select {quote_literal(text)}").fetchall() == [(text,)]


@pytest.mark.parametrize("value", [True, False, 7, -7, 2.5, Decimal("2.50"), 10**17])
def test_a_number_or_a_yes_or_no_comes_back_as_it_was(value):
    with duckdb.connect() as con:
        ((found,),) = con.execute(f"select {quote_literal(value)}").fetchall()
    assert found == value
    assert isinstance(found, bool) == isinstance(value, bool)


def test_days_and_paths_are_texts():
    assert quote_literal(dt.date(2026, 3, 1)) == "'2026-03-01'"
    assert quote_literal(Path("a'b")) == "'a''b'"


def test_a_table_is_quoted_part_by_part():
    assert quote_table("core.orders") == '"core"."orders"'
