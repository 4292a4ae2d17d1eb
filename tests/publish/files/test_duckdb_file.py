import duckdb
import pytest

from regulars.pipelines import errors
from regulars.pipelines.publish.files.duckdb_file import check_counts, write_duckdb_file
from regulars.pipelines.publish.files.parquet import ROW_GROUP_SIZE, write_parquet
from regulars.pipelines.publish.files.tables import Table
from tests.publish.builders import COMMENTS

COHORTS = """
    create table marts.retention_cohorts as
    select 'month' as grain, date '2026-01-01' as cohort_start, p as period_number,
        d as dimension, v as dimension_value, 10 as cohort_size, 10 - p as retained_customers,
        1.0 as retention_rate, 3 as order_count,
        1.5::decimal(18,4) as net_sales, 0.5::decimal(18,4) as cumulative_net_sales_per_customer, true as is_complete,
        date '2026-01-31' as as_of
    from (values ('all', 'all'), ('country', 'DE')) dims(d, v), range(3) r(p)
"""
ORDERS = """
    create table core.orders as select i::varchar as order_id, 1.5::decimal(18,4) as net_sales from range(9, 0, -1) t(i)
"""
VIEWS = {
    "marts.retention_cohorts_monthly": "select period_number, cohort_size, retained_customers\n"
    "from marts.retention_cohorts\nwhere dimension = 'all'"
}
TABLES = [Table("core.orders", ("order_id",)), Table("marts.retention_cohorts", ("period_number", "dimension"))]


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "regulars.duckdb"
    with duckdb.connect(str(tmp_path / "build.duckdb")) as con:
        con.execute("create schema core; create schema marts; create schema staging")
        con.execute("create table staging.secret as select 1 as x")
        con.execute(ORDERS)
        con.execute(COHORTS)
        write_duckdb_file(con, path, TABLES, views=VIEWS, comments=COMMENTS)
        assert con.execute("select database_name from duckdb_databases() where not internal").fetchall() == [("build",)]
    return path


def ask(path, sql):
    with duckdb.connect(str(path), read_only=True) as reader:
        return reader.execute(sql).fetchall()


def test_only_what_is_named_is_published(published):
    assert ask(published, "select schema_name, table_name from duckdb_tables() order by all") == [
        ("core", "orders"),
        ("marts", "retention_cohorts"),
    ]
    assert not published.with_name("regulars.duckdb.wal").exists()


def test_rows_lie_in_the_order_of_the_key_and_columns_in_the_order_of_the_build(published):
    assert ask(published, "from core.orders limit 3") == [("1", 1.5), ("2", 1.5), ("3", 1.5)]


def test_the_monthly_cohorts_can_be_read_without_knowing_of_dimensions(published):
    assert ask(
        published, "select period_number, retained_customers from marts.retention_cohorts_monthly order by 1"
    ) == [
        (0, 10),
        (1, 9),
        (2, 8),
    ]


def test_tables_views_and_columns_say_what_they_mean(published):
    assert ask(published, "select comment from duckdb_tables() where table_name = 'orders'") == [
        ("One row per order.",)
    ]
    assert ask(
        published, "select comment from duckdb_columns() where column_name = 'net_sales' and table_name = 'orders'"
    ) == [("In the company's currency; the customer's own price.",)]
    assert ask(published, "select comment from duckdb_views() where view_name = 'retention_cohorts_monthly'") == [
        ("Who came back, month by month.",)
    ]


def test_the_file_can_be_attached_under_any_name(published):
    with duckdb.connect() as con:
        con.execute(f"attach '{published}' as shop (read_only)")
        assert con.execute("select count(*) from shop.marts.retention_cohorts_monthly").fetchall() == [(3,)]


def test_old_clients_can_open_it(published):
    with duckdb.connect() as con:
        con.execute(f"attach '{published}' as shop (read_only)")
        tags = con.execute("select tags from duckdb_databases() where database_name = 'shop'").fetchall()[0][0]
    assert tags["storage_version"].startswith("v1.0.0")


def test_a_table_that_the_run_has_not_built_is_named(tmp_path):
    with duckdb.connect() as con, pytest.raises(errors.ContractBroken, match=r"marts\.nps is to be published"):
        write_duckdb_file(con, tmp_path / "regulars.duckdb", [Table("marts.nps")], views={}, comments={})


def test_after_a_failure_the_build_can_be_used_again(tmp_path):
    with duckdb.connect() as con:
        con.execute("create schema marts; create table marts.t as select 1 as a")
        for _ in range(2):
            with pytest.raises(duckdb.Error):
                write_duckdb_file(
                    con,
                    tmp_path / "a.duckdb",
                    [Table("marts.t")],
                    views={"marts.v": "select b from marts.t"},
                    comments={},
                )
            (tmp_path / "a.duckdb").unlink()


def test_a_file_with_a_log_beside_it_is_not_complete(tmp_path):
    with duckdb.connect() as con:
        con.execute("create schema marts; create table marts.t as select 1 as a")
        con.execute("pragma disable_checkpoint_on_shutdown")  # the log then stays, as after a failed last write
        with pytest.raises(errors.StorageFailed, match=r"not closed properly: a\.duckdb\.wal is left beside it"):
            write_duckdb_file(con, tmp_path / "a.duckdb", [Table("marts.t")], views={}, comments={})


def test_missing_rows_are_reported(published):
    check_counts(published, {"core.orders": 9, "marts.retention_cohorts": 6}, list(VIEWS))
    with pytest.raises(
        errors.StorageFailed, match=r"core\.orders has 9 rows, 10 were written; marts.churn has None rows"
    ):
        check_counts(published, {"core.orders": 10, "marts.retention_cohorts": 6, "marts.churn": 1})


def test_rows_read_back_from_parquet_keep_their_order_and_types(tmp_path):
    rows = 2 * ROW_GROUP_SIZE + 1000
    table = Table("marts.wide", ("key",))
    with duckdb.connect(config={"threads": 4}) as con:
        con.execute("create schema marts")
        con.execute(
            f"""
            create table marts.wide as
            select (i * 7919 % {rows})::bigint as key, i::integer as i,
                (i % 7)::smallint as small, (i % 3)::utinyint as tiny,
                (i * 1.2345)::decimal(18,4) as amount, nullif(i % 10, 3) / 7.0::double as rate, i::float as f,
                'customer ' || i as name, (i % 2 = 0) as is_even, date '2020-01-01' + (i % 2000)::integer as day,
                timestamp '2020-01-01' + interval (i) second as moment, timestamptz '2020-01-01 00:00:00+00' as zoned,
                time '12:30:00' as clock, 'x'::blob as bytes
            from range({rows}) t(i)
            """
        )
        types = con.execute("select column_name, data_type from duckdb_columns() where table_name = 'wide'").fetchall()
        write_parquet(con, [table], tmp_path / "parquet")
        for name, parquet in (("sorted", None), ("read", tmp_path / "parquet")):
            write_duckdb_file(con, tmp_path / f"{name}.duckdb", [table], views={}, comments={}, parquet=parquet)
            con.execute(f"attach '{tmp_path / name}.duckdb' as file_{name} (read_only)")
        for name in ("sorted", "read"):
            published = con.execute(
                f"select column_name, data_type from duckdb_columns() where database_name = 'file_{name}'"
            ).fetchall()
            assert published == types
            assert con.execute(f"select bool_and(key = rowid) from file_{name}.marts.wide").fetchall() == [(True,)]
        differing = "from file_sorted.marts.wide except all from file_read.marts.wide"
        assert con.execute(f"select count(*) from ({differing})").fetchall() == [(0,)]
