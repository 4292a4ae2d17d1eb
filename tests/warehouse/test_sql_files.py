"""What a SELECT reads comes from its parse tree."""

import pytest

from regulars.pipelines.warehouse.sql_files import tables_read_by


def test_the_tables_that_a_select_reads_come_from_its_parse_tree():
    select = "with a as (select * from raw.x) select * from a join core.y using (id) where z in (select q from core.w)"
    assert tables_read_by(select) == {"raw.x", "core.y", "core.w"}


def test_a_statement_that_is_not_a_select_is_refused():
    with pytest.raises(ValueError, match="not a single SELECT"):
        tables_read_by("drop table core.orders")
