"""A table of MySQL or MariaDB arrives exactly, in constant memory, all or nothing."""

import socket
import threading
import tracemalloc
from contextlib import closing, suppress

import duckdb
import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.sources.ways_in import DatabaseTable
from regulars.pipelines.sources.fetching.fetch import PAUSES, fetch, list_columns
from regulars.pipelines.sources.readers.refusal import Refusal
from tests.secrets_left import find_secrets
from tests.sources.fetching.mysql_server import PASSWORD, VARIABLE, run_server

pytestmark = pytest.mark.slow

EXACT = """
create table exact (
    id bigint unsigned, total decimal(40, 10), paid tinyint(1), flags bit(8), name varchar(40), raw_bytes varbinary(4),
    written timestamp null, wall datetime(3), day date, none int
)
"""


@pytest.fixture(scope="module")
def server():
    with run_server() as running:
        running.run(
            EXACT,
            "set sql_mode = ''",
            "set time_zone = '+02:00'",
            """insert into exact values (18446744073709551615, 123456789012345678901234567890.0123456789, 1, b'101',
               'Ünïcødé 🧾', x'00ff', '2026-01-01 01:30:00', '2026-01-01 01:30:00.250', '2026-01-01', null)""",
            "insert into exact (id, written, wall, day) values (1, 0, '0000-00-00 00:00:00', '0000-00-00')",
            "set time_zone = '+00:00'",
            "create table orders (id int primary key, day date, total decimal(10, 2), changed timestamp null)",
            "insert into orders values (1, '2026-01-01', 10, '2026-01-05 08:00:00')",
            "insert into orders values (2, '2026-01-02', 20, '2026-01-05 12:00:00')",
            "create table digits (d int)",
            "insert into digits values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)",
            """create table numbers as select a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d as n
               from digits a, digits b, digits c, digits e, digits f, digits g where g.d < 2""",
            """create table shapes (note json, lane enum('a', 'b'), marks set('x', 'y'), made_in year, took time(3),
               half double, text_ text, is_open boolean, part datetime)""",
            """insert into shapes values ('{"a": "ü🧾"}', 'b', 'x,y', 2024, '-838:59:59.000', 0.5, '', true,
               '2026-00-10 00:00:00')""",
        )
        yield running


@pytest.fixture
def way(server, monkeypatch):
    monkeypatch.setenv(VARIABLE, PASSWORD)
    where = {"host": "127.0.0.1", "port": server.port, "database": "shop", "user": "reader"}

    def write(**more):
        return DatabaseTable.model_validate(
            {"type": "database", "engine": "mysql", "password_variable": VARIABLE, **where, **more}
        )

    return write


def rows_of(way, folder):
    return duckdb.read_parquet(str(fetch("shop", way, folder, folder))).fetchall()


def refusal_of(way, folder, pause=lambda seconds: None):
    with pytest.raises(Refusal) as caught:
        fetch("shop", way, folder, folder, pause=pause)
    return caught.value.sentence


def test_every_type_arrives_exactly(way, tmp_path):
    assert rows_of(way(table="shop.exact"), tmp_path) == [
        ("1", None, None, None, None, None, None, None, None, None),
        (
            "18446744073709551615",
            "123456789012345678901234567890.0123456789",
            "1",
            "5",
            "Ünïcødé 🧾",
            "00ff",
            "2025-12-31 23:30:00+00:00",
            "2026-01-01 01:30:00.250",
            "2026-01-01",
            None,
        ),
    ]
    assert list_columns(way(table="exact"), tmp_path)[:2] == ("id", "total")


def test_types_of_its_own_come_as_the_server_writes_them(way, tmp_path):
    assert rows_of(way(table="shapes"), tmp_path) == [
        ('{"a": "ü🧾"}', "b", "x,y", "2024", "-838:59:59.000", "0.5", "", "1", "2026-00-10 00:00:00")
    ]


def test_a_cursor_fetches_what_has_changed(shop, way, server):
    cursor = {"column": "changed", "lag": "1h"}
    columns = {"order_id": "id", "ordered_at": "day", "gross_sales": "total", "updated_at": "changed"}
    source = {"from": way(table="orders", cursor=cursor).model_dump(exclude_none=True), "kind": "orders"}
    shop.sources["shop"] = {**source, "columns": columns}
    assert [each.record_count for each in shop.land()["shop"].deliveries] == [2]
    server.run("insert into orders values (3, '2026-01-03', 30, '2026-01-06 09:00:00')")
    assert [each.record_count for each in shop.land()["shop"].deliveries] == [2, 2]
    assert shop.land()["shop"].landed == []
    assert find_secrets({"the password": PASSWORD}, shop.home) == []


def test_a_large_result_is_streamed(way, tmp_path):
    query = "select n as id, repeat('x', 200) as note from numbers where n < 150000"
    tracemalloc.start()
    path = fetch("shop", way(query=query), tmp_path, tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert duckdb.read_parquet(str(path)).aggregate("count(*)").fetchall() == [(150000,)]
    assert peak < 40_000_000  # all rows at once would be twice as much and more


def test_a_connection_that_is_lost_in_the_middle_is_tried_again_and_leaves_nothing(way, server, tmp_path):
    waited = []
    with closing(CutProxy(server.port, after=200_000)) as proxy:
        broken = way(query="select repeat('x', 500) as note from numbers", port=proxy.port, sslmode="disable")
        sentence = refusal_of(broken, tmp_path, waited.append)
    assert "cannot connect to shop at 127.0.0.1" in sentence
    assert "Lost connection" in sentence
    assert waited == list(PAUSES)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_password_is_never_shown(way, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "wrong horse")
    sentence = refusal_of(way(table="orders"), tmp_path)
    assert "Access denied" in sentence
    assert "wrong horse" not in sentence
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(SettingsWrong, match=VARIABLE):
        fetch("shop", way(table="orders"), tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"table": "gone"}, "Table 'shop.gone' doesn't exist; correct `from`"),
        ({"query": "delete from orders"}, "cannot be read"),
        ({"query": "select sleep(20)", "time_limit_minutes": 0.01}, "took longer than `time_limit_minutes` allows"),
        ({"query": "select (select id from orders) as id"}, "OperationalError (1242)"),
        (
            {"query": "select count(*) as n from numbers a, numbers b where a.n + b.n > 7", "time_limit_minutes": 0.01},
            "took longer than `time_limit_minutes` allows",
        ),
        ({"table": "orders", "sslrootcert": "gone.pem"}, "there is no file gone.pem; correct `sslrootcert`"),
    ],
)
def test_what_the_server_refuses_is_a_sentence(way, tmp_path, changed, sentence):
    assert sentence in refusal_of(way(**changed), tmp_path)


def test_a_role_that_is_locked_or_whose_password_has_expired_is_said_in_words(way, server, tmp_path):
    server.run("alter user reader@'127.0.0.1' account lock")
    assert "locked" in refusal_of(way(table="orders"), tmp_path)
    server.run("alter user reader@'127.0.0.1' account unlock password expire")
    assert "cannot connect to shop at 127.0.0.1" in (sentence := refusal_of(way(table="orders"), tmp_path))
    assert "password" in sentence.lower()
    server.run(f"alter user reader@'127.0.0.1' identified by '{PASSWORD}'")
    assert rows_of(way(query="select 1 as n"), tmp_path) == [("1",)]


def test_a_server_without_encryption_is_not_read_where_it_is_asked_for(way, server, tmp_path):
    if server.run("select @@have_ssl" if not server.is_mysql else "select 'YES'") == [("YES",)]:
        pytest.skip("this server offers encryption")
    sentence = refusal_of(way(table="orders", sslmode="verify-full"), tmp_path)
    assert "SSL is required but the server doesn't support it" in sentence


@pytest.fixture
def mysql(server):
    if not server.is_mysql:
        pytest.skip("MySQL's own sign-in is tried where REGULARS_MYSQLD names a MySQL server")
    server.run("grant select on performance_schema.* to reader@'127.0.0.1'", "flush privileges")
    return server


CIPHER = "select variable_value as c from performance_schema.session_status where variable_name = 'Ssl_cipher'"


@pytest.mark.parametrize(("sslmode", "is_encrypted"), [("disable", False), ("prefer", True), ("require", True)])
def test_caching_sha2_signs_in_with_and_without_encryption(way, mysql, tmp_path, sslmode, is_encrypted):
    [(plugin,)] = mysql.run("select plugin from mysql.user where user = 'reader'")
    assert plugin == "caching_sha2_password"
    [(cipher,)] = rows_of(way(query=CIPHER, sslmode=sslmode), tmp_path)
    assert bool(cipher) == is_encrypted


def test_a_certificate_is_checked_against_the_authority_of_the_settings(way, mysql, tmp_path):
    assert "self-signed certificate" in refusal_of(way(query=CIPHER, sslmode="verify-ca"), tmp_path)
    (tmp_path / "ca.pem").write_bytes((mysql.data / "ca.pem").read_bytes())
    own = {"query": CIPHER, "sslrootcert": "ca.pem"}
    assert rows_of(way(**own, sslmode="verify-ca"), tmp_path) != [("",)]
    assert "not valid for '127.0.0.1'" in refusal_of(way(**own, sslmode="verify-full"), tmp_path)
    (tmp_path / "ca.pem").write_text("no certificate")
    assert "ca.pem is no certificate" in refusal_of(way(**own, sslmode="verify-ca"), tmp_path)


def test_a_server_that_asks_for_encryption_is_not_read_without_it(way, mysql, tmp_path):
    mysql.run("set global require_secure_transport = on")
    try:
        assert "require_secure_transport=ON" in refusal_of(way(table="orders", sslmode="disable"), tmp_path)
        assert rows_of(way(query="select 1 as n"), tmp_path) == [("1",)]
    finally:
        mysql.run("set global require_secure_transport = off")


class CutProxy:
    """Passes bytes on to a server, and cuts each connection after so many of its answers."""

    def __init__(self, port, after):
        self._target, self._after = port, after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.close()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._pass_on, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, self._after), daemon=True).start()

    def _pass_on(self, one, other, limit):
        passed = 0
        try:
            while found := one.recv(65536):
                other.sendall(found)
                passed += len(found)
                if limit is not None and passed > limit:
                    break
        except OSError:
            pass
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # closing alone wakes nobody who waits for bytes
            each.close()
