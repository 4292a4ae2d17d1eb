"""What `doctor`, `preview` and a run say of a source in a database; they show no password and leave no trace of it."""

import pytest
import yaml

from tests.publish.targets.postgres_server import PASSWORD, VARIABLE, run_server
from tests.secrets_left import find_secrets
from tests.shop import run_regulars

pytestmark = pytest.mark.slow

WRONG = "battery staple"
COLUMNS = {"order_id": "id", "ordered_at": "day", "gross_sales": "total", "updated_at": "changed"}


@pytest.fixture(scope="module")
def server():
    with run_server() as running:
        with running.connect("postgres") as con:
            con.execute(f"create role reader login password '{PASSWORD}'")
            con.execute("create table orders (id int, day date, total numeric(12, 2), changed timestamp)")
            con.execute("insert into orders select n, '2026-01-05', n, '2026-01-05' from generate_series(1, 30) as n")
            con.execute("grant select on orders to reader")
        yield running


@pytest.fixture
def ask(server, tmp_path):
    """Run a verb on the company, with a password and other columns; what it said, and its exit code."""

    def run(verb, *arguments, password=PASSWORD, **columns):
        way = {"type": "database", "engine": "postgresql", "host": "127.0.0.1", "port": server.port}
        way |= {"database": "postgres", "user": "reader", "password_variable": VARIABLE, "table": "orders"}
        source = {"from": {**way, "cursor": {"column": "changed"}}, "kind": "orders", "columns": COLUMNS | columns}
        company = {"name": "Shop", "timezone": "UTC", "currency": "EUR"}
        settings = tmp_path / "regulars.yaml"
        settings.write_text(yaml.safe_dump({"company": company, "sources": {"shop": source}}), encoding="utf-8")
        home = () if verb == "preview" else ("--home", tmp_path / "home")
        place = ("--settings", settings, *home)
        done = run_regulars(verb, *arguments, *place, **{VARIABLE: password})
        said = done.stdout + done.stderr
        assert find_secrets({"the password": PASSWORD, "a wrong one": WRONG}, tmp_path, said) == []
        return done.code, said

    return run


def test_doctor_says_what_would_be_fetched_and_changes_nothing(ask, tmp_path):
    _, said = ask("doctor")
    assert "orders of postgres at 127.0.0.1" in said
    assert "4 columns, what has changed by `changed`, feeds orders" in said
    assert "incremental (it has a cursor)" in said
    assert not (tmp_path / "home" / "ledger.duckdb").exists()


def test_doctor_says_which_columns_are_missing(ask):
    code, said = ask("doctor", order_id="number")
    assert code
    assert "orders of postgres" in said
    assert "`number`" in said


def test_preview_shows_the_first_rows_and_changes_nothing(ask, tmp_path):
    code, said = ask("preview", "shop")
    assert code == 0
    assert "30" in said
    assert not (tmp_path / "home" / "ledger.duckdb").exists()


@pytest.mark.parametrize("verb", ["doctor", "preview", "run"])
def test_a_wrong_password_is_a_sentence_that_does_not_show_it(ask, verb):
    code, said = ask(verb, password=WRONG)
    assert "password authentication failed" in said
    assert code or verb == "preview"
