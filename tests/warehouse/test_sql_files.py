"""What a SELECT reads comes from its parse tree."""

import pytest

from regulars.pipelines.warehouse.sql_files import table_selects, tables_read_by


def test_the_tables_that_a_select_reads_come_from_its_parse_tree():
    select = "with a as (select * from raw.x) select * from a join core.y using (id) where z in (select q from core.w)"
    assert tables_read_by(select) == {"raw.x", "core.y", "core.w"}


def test_a_statement_that_is_not_a_select_is_refused():
    with pytest.raises(ValueError, match="not a single SELECT"):
        tables_read_by("drop table core.orders")


def test_a_file_in_sql_staging_takes_the_place_of_the_select_that_is_made_from_the_kind(tmp_path, monkeypatch):
    made = table_selects()["staging.stores"]
    file = tmp_path / "staging" / "stores.sql"
    file.parent.mkdir()
    file.write_text("-- One row per store.\nselect upper(store_id) as store_id from raw.stores\n", encoding="utf-8")
    monkeypatch.setattr("regulars.pipelines.warehouse.sql_files.SQL_FOLDER", tmp_path)
    assert table_selects()["staging.stores"] == file.read_text(encoding="utf-8") != made
    assert table_selects()["staging.products"].startswith("-- One row per product;")
