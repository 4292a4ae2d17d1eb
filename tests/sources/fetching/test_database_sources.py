"""A table of a database is a delivery like any file: fetched whole, exact, once per change, all or nothing."""

import sqlite3
from contextlib import closing

import duckdb
import pytest
from pydantic import ValidationError

from regulars.pipelines.errors import InputRefused, SettingsWrong
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.deliveries import refuse_required
from regulars.pipelines.sources.fetching.fetch import PAUSES, fetch, list_columns
from regulars.pipelines.sources.readers.refusal import Refusal
from tests.publish.targets.postgres_server import PASSWORD, VARIABLE, run_server
from tests.secrets_left import find_secrets

COLUMNS = {"order_id": "id", "ordered_at": "day", "gross_sales": "total"}
BIG = "12345678901234567.89"
"""More digits than a float has."""


def from_database(shop, **way):
    shop.sources["shop"] = {
        "from": {"type": "database", **way},
        "delivery": "full",
        "kind": "orders",
        "columns": COLUMNS,
    }


def write_sqlite(shop, *statements):
    with closing(sqlite3.connect(shop.data / "shop.db")) as con:
        for statement in statements:
            con.execute(statement)
        con.commit()


@pytest.fixture
def sqlite_shop(shop):
    write_sqlite(
        shop,
        "create table orders (id integer, day text, total text)",
        "insert into orders values (2, '2026-01-02', '20.50'), (1, '2026-01-01', '10.00')",
    )
    from_database(shop, engine="sqlite", file="shop.db", table="orders")
    return shop


@pytest.fixture(scope="module")
def server():
    with run_server() as running:
        with running.connect("postgres") as con:
            con.execute(f"create role writer login password '{PASSWORD}'")
            con.execute("create table orders (id int, day timestamptz, total numeric(20, 2), paid boolean, note text)")
            con.execute(f"insert into orders values (1, '2026-01-01 01:30+02', {BIG}, true, null)")
            con.execute("insert into orders values (2, '2026-01-02 00:00+00', 0.10, false, '')")
            con.execute("grant select on orders to writer")
        yield running


@pytest.fixture
def postgres_shop(shop, server, monkeypatch):
    monkeypatch.setenv(VARIABLE, PASSWORD)
    way = {"host": "127.0.0.1", "port": server.port, "database": "postgres", "user": "writer"}
    from_database(shop, engine="postgresql", table="public.orders", password_variable=VARIABLE, **way)
    return shop


def test_a_table_of_sqlite_lands_as_a_delivery_and_the_inbox_is_empty_afterwards(sqlite_shop):
    assert sqlite_shop.rows("order_id, gross_sales::varchar") == [("1", "10.00"), ("2", "20.50")]
    [delivery] = sqlite_shop.land()["shop"].deliveries
    assert (delivery.path, delivery.record_count) == ("inbox/shop/shop.parquet", 2)
    assert not (sqlite_shop.home / "inbox").exists()


def test_an_unchanged_table_is_no_new_delivery_whatever_the_order_of_its_rows(sqlite_shop):
    assert sqlite_shop.land()["shop"].landed == [1]
    write_sqlite(sqlite_shop, "create table b as select * from orders order by id desc", "drop table orders")
    write_sqlite(sqlite_shop, "alter table b rename to orders")
    assert sqlite_shop.land()["shop"].landed == []


def test_a_row_that_is_gone_from_the_table_is_gone_from_a_full_source_and_may_come_back(sqlite_shop):
    sqlite_shop.land()
    write_sqlite(sqlite_shop, "delete from orders where id = 2")
    assert sqlite_shop.rows("order_id") == [("1",)]
    write_sqlite(sqlite_shop, "insert into orders values (2, '2026-01-02', '20.50')")
    assert sqlite_shop.rows("order_id") == [("1",), ("2",)]


def test_a_query_chooses_rows_and_names_columns(sqlite_shop):
    query = "select id, day, total from orders where id = 1;"
    from_database(sqlite_shop, engine="sqlite", file="shop.db", query=query)
    assert sqlite_shop.rows("order_id") == [("1",)]


def test_a_query_that_writes_is_refused(sqlite_shop):
    from_database(sqlite_shop, engine="sqlite", file="shop.db", query="delete from orders returning *")
    assert "readonly" in sqlite_shop.refusal().sentence
    from_database(sqlite_shop, engine="sqlite", file="shop.db", table="orders")
    assert len(sqlite_shop.rows("order_id")) == 2


def test_a_query_of_a_duckdb_file_reads_no_other_file(shop):
    with duckdb.connect(shop.data / "shop.duckdb") as con:
        con.execute("create table orders (id integer)")
    (shop.data / "other.csv").write_text("id\n1\n", encoding="utf-8")
    from_database(shop, engine="duckdb", file="shop.duckdb", query=f"select * from '{shop.data / 'other.csv'}'")
    assert "cannot be read" in shop.refusal().sentence


def test_decimals_moments_and_nulls_of_duckdb_arrive_exactly(shop):
    with duckdb.connect(shop.data / "shop.duckdb") as con:
        con.execute(f"""
            create table orders as
            select 1::hugeint as id, timestamptz '2026-01-01 01:30:00+02' as day, {BIG}::decimal(38, 2) as total
        """)
    from_database(shop, engine="duckdb", file="shop.duckdb", table="main.orders")
    path = fetch("shop", shop.settings.sources["shop"].from_, shop.data, shop.data)
    assert duckdb.read_parquet(str(path)).fetchall() == [("1", "2025-12-31 23:30:00+00:00", BIG)]


def test_a_table_that_is_gone_is_a_sentence_and_the_last_delivery_stays(sqlite_shop):
    sqlite_shop.land()
    write_sqlite(sqlite_shop, "drop table orders")
    landed = sqlite_shop.land()
    assert landed["shop"].reasons == ["orders of shop.db cannot be read: no such table: orders; correct `from`"]
    assert landed["shop"].is_stale
    assert len(landed["shop"].deliveries) == 1
    with pytest.raises(InputRefused, match="no such table"):
        refuse_required(sqlite_shop.settings, list(landed.values()))


def test_a_query_with_two_columns_of_one_name_is_refused(sqlite_shop):
    from_database(sqlite_shop, engine="sqlite", file="shop.db", query="select id, id as ID from orders")
    assert sqlite_shop.refusal().sentence.endswith("two columns called `id`: give each its own name with `as`")


def test_a_database_file_that_is_missing_is_a_sentence(shop):
    from_database(shop, engine="duckdb", file="gone.duckdb", table="orders")
    assert shop.refusal().sentence == "there is no database file gone.duckdb: deliver it, or correct `from`"
    assert not (shop.data / "gone.duckdb").exists()


def test_decimals_moments_and_nulls_of_postgresql_arrive_exactly(postgres_shop):
    path = fetch("shop", postgres_shop.settings.sources["shop"].from_, postgres_shop.data, postgres_shop.data)
    assert duckdb.read_parquet(str(path)).fetchall() == [
        ("1", "2025-12-31 23:30:00.000000+00:00", BIG, "true", None),
        ("2", "2026-01-02 00:00:00.000000+00:00", "0.10", "false", ""),
    ]
    assert postgres_shop.rows("order_id, gross_sales::varchar")[1] == ("2", "0.10")
    assert list_columns(postgres_shop.settings.sources["shop"].from_, postgres_shop.data)[0] == "id"


def test_no_file_of_the_home_holds_the_password(postgres_shop):
    postgres_shop.land()
    assert find_secrets({"the password": PASSWORD}, postgres_shop.home) == []
    assert find_secrets({"a value": "0.10"}, postgres_shop.home)


def test_a_wrong_password_is_tried_three_times_and_never_shown(postgres_shop, monkeypatch):
    monkeypatch.setenv(VARIABLE, "wrong horse")
    waited = []
    refusal = postgres_shop.refusal(pause=waited.append)
    assert refusal.reason_code == "unfetched"
    assert "password authentication failed" in refusal.sentence
    assert "wrong horse" not in refusal.sentence
    assert waited == list(PAUSES)


def test_a_password_that_is_not_set_stops_a_required_source_and_makes_an_optional_one_stale(postgres_shop, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(SettingsWrong, match=f"the environment variable {VARIABLE}"):
        postgres_shop.land()
    postgres_shop.sources["shop"]["required"] = False
    assert postgres_shop.land()["shop"].is_stale


def test_an_error_of_postgresql_shows_no_value_of_a_row(postgres_shop):
    postgres_shop.sources["shop"]["from"] |= {"table": None, "query": "select note::int from orders"}
    sentence = postgres_shop.refusal().sentence
    assert "InvalidTextRepresentation (22P02)" in sentence
    assert '""' not in sentence


def test_a_query_of_postgresql_that_takes_too_long_is_stopped(postgres_shop):
    postgres_shop.sources["shop"]["from"] |= {
        "table": None,
        "query": "select pg_sleep(30)",
        "time_limit_minutes": 0.005,
    }
    assert postgres_shop.refusal().sentence.endswith("took longer than `time_limit_minutes` allows")


def test_without_psycopg_the_sentence_names_the_extra(postgres_shop, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsWrong, match=r"regulars\[postgres\]"):
        fetch("shop", postgres_shop.settings.sources["shop"].from_, postgres_shop.data, postgres_shop.data)


def test_a_fetch_that_breaks_in_the_middle_leaves_nothing(sqlite_shop, monkeypatch):
    def break_off(batches, way, deadline):
        yield next(iter(batches))
        raise Refusal("unfetched", "broken off")

    monkeypatch.setattr("regulars.pipelines.sources.fetching.fetch._stop_at", break_off)
    with pytest.raises(Refusal, match="broken off"):
        fetch("shop", sqlite_shop.settings.sources["shop"].from_, sqlite_shop.data, sqlite_shop.data)
    assert [path.name for path in sqlite_shop.data.iterdir()] == ["shop.db"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"path": "a.csv"}, "give either `path`"),
        ({"format": "csv"}, "`format` is for files"),
        ({"from": {"type": "database", "engine": "sqlite", "file": "a", "host": "b", "table": "c"}}, "has no `host`"),
        ({"from": {"type": "database", "engine": "sqlite", "table": "c"}}, "sqlite needs `file`"),
        ({"from": {"type": "database", "engine": "sqlite", "file": "a"}}, "give either `table` or `query`"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(changed, sentence):
    way = {"type": "database", "engine": "sqlite", "file": "shop.db", "table": "orders"}
    with pytest.raises(ValidationError, match=sentence):
        Source.model_validate({"from": way, "kind": "orders", "columns": COLUMNS, **changed})


def test_every_source_without_its_secret_or_its_server_is_named_in_one_message(shop, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    host = {"engine": "postgresql", "host": "127.0.0.1", "user": "u", "database": "d", "table": "orders"}
    from_database(shop, password_variable=VARIABLE, **host)
    shop.sources["web"] = dict(shop.sources["shop"])
    crm = {"type": "database", "engine": "sqlite", "file": "crm.db", "table": "people"}
    shop.sources["crm"] = {"from": crm, "kind": "customers", "columns": {"customer_record_id": "id"}}
    with pytest.raises(SettingsWrong) as wrong:
        shop.land()
    one, other, optional = str(wrong.value).splitlines()
    assert "sources.shop" in one
    assert "sources.web" in other
    assert VARIABLE in one
    assert optional.startswith("crm (optional): there is no database file crm.db")
