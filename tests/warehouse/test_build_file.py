"""The build file: how much memory DuckDB may take, and what its connection may see."""

import duckdb
import pytest

from regulars.pipelines.warehouse.build_file import choose_memory_limit, list_group_limits, lock_down, open_warehouse

GB = 2**30


@pytest.mark.parametrize(
    ("machine", "limit"),
    [(64 * GB, "2048MiB"), (4 * GB, "2048MiB"), (3 * GB, "1536MiB"), (GB // 2, "256MiB")],
)
def test_by_default_duckdb_takes_at_most_two_gigabytes_and_half_of_a_small_machine(machine, limit):
    assert choose_memory_limit(machine) == limit


def test_the_limits_of_all_groups_around_a_process_count(tmp_path):
    service = tmp_path / "system.slice" / "regulars-nightly.service"
    service.mkdir(parents=True)
    for folder, limit in ((service, "max"), (service.parent, f"{3 * GB}"), (tmp_path.parent, f"{GB}")):
        (folder / "memory.max").write_text(f"{limit}\n", encoding="ascii")
    assert list(list_group_limits(tmp_path, "/system.slice/regulars-nightly.service")) == [3 * GB]
    assert list(list_group_limits(tmp_path, "/gone.service")) == []


def test_a_container_of_the_first_version_of_control_groups_has_its_limit(tmp_path):
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text(f"{GB}\n", encoding="ascii")
    assert list(list_group_limits(tmp_path, "")) == [GB]


@pytest.mark.parametrize("written", ["500MB", "1 GB", "1.5gb", "3GiB"])
def test_the_limit_of_the_settings_is_that_of_duckdb(tmp_path, written):
    expected = duckdb.connect(config={"memory_limit": written}).sql("select current_setting('memory_limit')").fetchall()
    with open_warehouse(tmp_path, memory_limit=written) as warehouse:
        assert warehouse.con.sql("select current_setting('memory_limit')").fetchall() == expected


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
