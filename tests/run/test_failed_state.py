"""What a failed run quarantined can be looked at: by its owner, until the next run."""

import duckdb
import pytest

from regulars.pipelines.command.quarantine import show_quarantine
from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.home import Home
from regulars.pipelines.run.failed_state import forget_failed_quarantine, keep_failed_quarantine

ROW = (
    "'orders', 'shop', 1, 'abcdef0123456789', 7, 7, 'o7', 'orders.ordered_at.reads_as', "
    "'Not so: ordered_at is a real moment in UTC, written 2026-03-31 17:05:09.', '{}'"
)


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture
def build():
    """A build whose run has quarantined one row, and is about to fail."""
    with duckdb.connect() as con:
        con.execute("create schema quarantine")
        con.execute("""
            create table quarantine.rows (
                kind varchar, source varchar, delivery integer, file_sha256 varchar, row bigint, row_id bigint,
                document varchar, rules varchar, reasons varchar, content varchar
            )
        """)
        con.execute("create table quarantine.withheld as from quarantine.rows")
        con.execute(f"insert into quarantine.rows values ({ROW})")
        yield con


def show(home: Home) -> str:
    return show_quarantine(home, settings=home.path / "none.yaml", export=None, as_json=False)


def test_the_rows_of_a_failed_run_are_shown_although_nothing_is_published(home, build):
    assert keep_failed_quarantine(build, home)
    shown = show(home)
    assert "run that failed" in shown
    assert "shop: 1 row of orders, in the file abcdef012345, row 7" in shown
    assert "ordered_at is a real moment in UTC, written 2026-03-31 17:05:09." in shown


def test_only_the_owner_may_read_them(home, build):
    keep_failed_quarantine(build, home)
    assert home.failed_state.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.state_folder.iterdir()] == ["failed.duckdb"]


def test_the_next_failure_replaces_them_and_a_good_run_removes_them(home, build):
    keep_failed_quarantine(build, home)
    build.execute("update quarantine.rows set row = 8")
    keep_failed_quarantine(build, home)
    assert "row 8" in show(home)
    forget_failed_quarantine(home)
    with pytest.raises(StorageFailed, match="Nothing is published"):
        show(home)


def test_a_run_that_fails_before_it_has_quarantined_anything_leaves_the_file_alone(home, build):
    keep_failed_quarantine(build, home)
    build.execute("delete from quarantine.rows")
    assert not keep_failed_quarantine(build, home)
    with duckdb.connect() as empty:
        assert not keep_failed_quarantine(empty, home)
    assert home.failed_state.exists()


def test_a_sweep_keeps_the_file_and_removes_a_half_written_one(home, build):
    keep_failed_quarantine(build, home)
    (home.state_folder / ".failed-123.building").touch()
    with home.lock("test"):
        home.sweep(7)
    assert [path.name for path in home.state_folder.iterdir()] == ["failed.duckdb"]


def test_every_row_can_be_exported_with_its_place(home, build, tmp_path):
    keep_failed_quarantine(build, home)
    target = tmp_path / "rows.csv"
    said = show_quarantine(home, settings=home.path / "none.yaml", export=target, as_json=False)
    assert said.startswith("wrote 1 row to")
    assert "orders.ordered_at.reads_as" in target.read_text(encoding="utf-8")
