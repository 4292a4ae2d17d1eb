"""The build file, and what its connection may see."""

import duckdb
import pytest

from regulars.pipelines.warehouse.build_file import lock_down, open_warehouse


def test_after_lock_down_the_build_sees_no_file_outside_its_home(tmp_path):
    outside = tmp_path.parent / "outside.csv"
    outside.write_text("a\n1\n", encoding="utf-8")
    with open_warehouse(tmp_path, memory_limit="1GB") as warehouse:
        con = warehouse.con
        con.execute("create table core.orders as select 1 as order_idx")
        lock_down(con, [tmp_path])
        for statement in (
            f"select * from read_csv('{outside}')",
            f"copy core.orders to '{outside}'",
            f"attach '{tmp_path.parent / 'other.duckdb'}'",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(statement)
        con.execute(f"copy core.orders to '{tmp_path / 'inside.parquet'}'")
