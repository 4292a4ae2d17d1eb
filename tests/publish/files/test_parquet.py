import duckdb
import polars as pl
import pytest

from regulars.pipelines.publish.files.parquet import ROW_GROUP_SIZE, write_parquet
from regulars.pipelines.publish.files.tables import Table

ROWS = 2 * ROW_GROUP_SIZE + 1000
WIDE = f"""
    create table marts.wide as
    select (i * 7919 % {ROWS})::bigint as key, (i * 1.2345)::decimal(18,4) as amount, nullif(i % 10, 3) / 7.0 as rate,
        'customer ' || (i % 1000) as name, nullif(i % 5, 0)::integer as maybe, (i % 2 = 0) as is_even,
        date '2020-01-01' + (i % 2000)::integer as day, timestamp '2020-01-01' + interval (i) second as moment
    from range({ROWS}) t(i)
"""
KEYED = Table("marts.wide", ("key",))


def bytes_of(tmp_path, name, *, threads=1, sql=WIDE, table=KEYED, memory_limit="4GB"):
    """The Parquet file's hash for a build made in its own way."""
    config = {"threads": threads, "memory_limit": memory_limit, "temp_directory": str(tmp_path / "spill")}
    with duckdb.connect(str(tmp_path / f"{name}.duckdb"), config=config) as con:
        con.execute("create schema marts")
        con.execute(sql)
        return write_parquet(con, [table], tmp_path / name)["marts.wide"]


def test_the_same_rows_give_the_same_bytes_on_any_number_of_threads(tmp_path):
    facts = [bytes_of(tmp_path, f"run{n}", threads=threads) for n, threads in enumerate((1, 2, 4, 2))]
    assert facts[0].rows == ROWS
    assert len({each.sha256 for each in facts}) == 1


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path):
    shuffled = WIDE + " order by hash(i)"
    assert bytes_of(tmp_path, "a") == bytes_of(tmp_path, "b", sql=shuffled, threads=2)


def test_too_little_memory_to_sort_in_does_not_change_the_bytes(tmp_path):
    assert bytes_of(tmp_path, "a", threads=2) == bytes_of(tmp_path, "b", threads=2, memory_limit="40MB")


def test_a_changed_digit_changes_the_bytes(tmp_path):
    changed = WIDE.replace("1.2345", "1.2346")
    assert bytes_of(tmp_path, "a").sha256 != bytes_of(tmp_path, "b", sql=changed).sha256


@pytest.mark.parametrize("rows", ["limit 0", "limit 1"])
def test_a_table_without_a_key_is_ordered_by_all_its_columns(tmp_path, rows):
    sql = f"create table marts.wide as select null::double as rate, 1.5::decimal(18,4) as amount {rows}"
    assert bytes_of(tmp_path, "a", sql=sql, table=Table("marts.wide")) == bytes_of(
        tmp_path, "b", sql=sql, table=Table("marts.wide"), threads=4
    )


def test_values_and_types_are_copied_unchanged(tmp_path):
    bytes_of(tmp_path, "a", sql=WIDE + " limit 4")
    frame = pl.read_parquet(tmp_path / "a" / "marts" / "wide.parquet")
    assert frame.schema["amount"] == pl.Decimal(18, 4)
    assert frame["key"].is_sorted()
    assert frame.row(1)[:6] == (7919, pl.Series(["1.2345"]).cast(pl.Decimal(18, 4))[0], 1 / 7, "customer 1", 1, False)
    assert frame["rate"].null_count() == 1


def test_the_file_does_not_depend_on_when_it_was_made(tmp_path):
    bytes_of(tmp_path, "a", sql=WIDE + " limit 4")
    with duckdb.connect() as con:
        path = str(tmp_path / "a" / "marts" / "wide.parquet")
        assert con.execute("select count(*) from parquet_kv_metadata(?)", [path]).fetchall() == [(0,)]
        assert (
            con.execute("select created_by from parquet_file_metadata(?)", [path]).fetchall()[0][0].startswith("DuckDB")
        )
