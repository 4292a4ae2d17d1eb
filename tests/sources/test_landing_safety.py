"""What has landed survives kills, newer readers and the loss of originals."""

import datetime as dt
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.sources import landing as landing_module
from regulars.pipelines.sources import source_landing as source_landing_module
from regulars.pipelines.sources.landing import find_lines, sweep_originals
from regulars.pipelines.sources.ledger import Ledger
from tests.sources.order_files import orders


def state(shop) -> tuple[object, ...]:
    rows = shop.rows("_delivery, _row, order_id")
    with Ledger(shop.home / "ledger.duckdb") as ledger:
        lines = [(line.delivery, line.source, line.file_sha256) for line in ledger.list_used("shop", "incremental")]
    files = sorted(path.name for path in (shop.home / "landing").iterdir())
    return lines, files, rows


@pytest.mark.slow
def test_a_run_killed_at_any_step_is_repeated_to_the_same_state(shop, tmp_path, monkeypatch):
    shop.sources["shop"] |= {"path": "o-*.csv", "delivery": "incremental"}
    for number in (1, 2):
        shop.write(f"o-{number}.csv", orders(2, first=number) + "torn\n")
    steps: list[str] = []
    die_at = 0

    class Killed(BaseException):
        pass

    def step(function):
        def stepped(*arguments, **named):
            steps.append(function.__name__)
            if len(steps) == die_at:
                raise Killed
            return function(*arguments, **named)

        return stepped

    for module, name in (
        (landing_module, "put_in_place"),
        (landing_module, "_copy"),
        (landing_module, "read_file"),
        (source_landing_module, "land_file"),
        (Ledger, "record"),
    ):
        monkeypatch.setattr(module, name, step(getattr(module, name)))
    expected = state(shop)
    total = len(steps)
    assert total >= 12
    for number in range(1, total + 1):
        shop.home = tmp_path / f"home-{number}"
        steps, die_at = [], number
        try:
            shop.land()
        except Killed:
            pass
        else:
            break
        die_at = 0
        assert state(shop) == expected, number


_LAND = """
import datetime as dt, sys
from pathlib import Path
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.deliveries import land_sources
settings = Settings.model_validate_json(sys.argv[1])
print("ready", flush=True)
land_sources(settings, Path(sys.argv[2]), Path(sys.argv[3]), dt.datetime.now(dt.UTC), pause=lambda s: None)
"""


@pytest.mark.slow
def test_a_process_killed_at_a_random_moment_leaves_what_the_next_run_completes(shop, tmp_path):
    shop.sources["shop"] |= {"path": "o-*.csv", "delivery": "incremental"}
    for number in range(6):
        shop.write(f"o-{number}.csv", orders(2000, first=number))
    expected = state(shop)
    for number, seconds in enumerate((0.02, 0.06, 0.12, 0.25, 0.5)):
        shop.home = tmp_path / f"home-{number}"
        process = subprocess.Popen(
            [sys.executable, "-c", _LAND, shop.settings.model_dump_json(), str(shop.data), str(shop.home)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        process.wait()
        process.stdout.close()
        assert state(shop) == expected


def test_the_landing_is_closed_to_other_users(shop):
    shop.write("orders.csv", orders(1))
    shop.land()
    assert (shop.home / "landing").stat().st_mode & 0o077 == 0


def test_the_text_of_a_file_outlives_its_original(shop):
    shop.write("orders.csv", orders(2))
    shop.land()
    landing = shop.home / "landing"
    original = next(landing.glob("*.orig"))
    os.utime(original, (0, 0))
    assert sweep_originals(landing, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) == 1
    assert shop.rows("order_id") == [("1",), ("2",)]


def test_an_original_that_is_not_old_yet_or_has_no_text_stays(shop):
    shop.write("orders.csv", orders(2))
    shop.land()
    landing = shop.home / "landing"
    original = next(landing.glob("*.orig"))
    os.utime(original, (1_000, 1_000))
    assert sweep_originals(landing, dt.datetime.fromtimestamp(1_000, dt.UTC)) == 0
    for text in landing.glob("*.parquet"):
        text.unlink()
    assert sweep_originals(landing, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) == 0
    assert original.exists()


def test_what_an_older_reader_made_of_a_file_is_used_when_its_original_is_gone(shop, monkeypatch):
    shop.sources["shop"]["delivery"] = "incremental"
    path = shop.write("orders.csv", orders(2) + "torn\n")
    shop.land()
    next((shop.home / "landing").glob("*.orig")).unlink()
    path.unlink()
    shop.sources["shop"]["required"] = False
    monkeypatch.setattr("regulars.pipelines.sources.readers.landed_text.READER_VERSION", 99)
    assert shop.rows("order_id") == [("1",), ("2",)]
    assert shop.rows("text", "malformed") == [("torn",)]


def test_a_newer_reader_reads_originals_again(shop, monkeypatch):
    shop.write("orders.csv", orders(2))
    shop.land()
    monkeypatch.setattr("regulars.pipelines.sources.readers.landed_text.READER_VERSION", 99)
    assert shop.rows("order_id") == [("1",), ("2",)]
    assert len(list((shop.home / "landing").glob("*-r99.parquet"))) == 1


def test_a_landing_that_has_lost_a_file_says_so(shop):
    shop.write("orders.csv", orders(2))
    shop.land()
    for path in (shop.home / "landing").iterdir():
        path.unlink()
    with pytest.raises(StorageFailed, match=r"the landed text of orders\.csv .* is gone"):
        shop.land()


def test_the_line_of_a_record_is_found_in_the_original(shop):
    shop.write("orders.csv", 'id,day,total\n\n"1\n1",2026-01-01,9.50\ntorn\n2,2026-01-01,9.50\n')
    delivery = shop.land()["shop"].deliveries[0]
    source = shop.settings.sources["shop"]
    landing = shop.home / "landing"
    assert find_lines({1, 2}, delivery.file_sha256, source, landing) == {1: 3, 2: 6}


def test_what_the_files_table_says_of_a_file(shop):
    shop.write("orders.csv", orders(2) + "torn\n")
    with shop.delivered() as con:
        found = con.execute(
            "select source, delivery, file_name, bytes, record_count, malformed_count, modified_at, is_stale, encoding,"
            " kinds from landed.files"
        ).fetchall()
    assert found == [
        ("shop", 1, "orders.csv", 54, 2, 1, dt.datetime(2026, 1, 10, 2, 30), False, "utf-8", "orders")  # noqa: DTZ001
    ]


def test_every_kind_has_a_table_even_when_no_source_feeds_it(shop):
    shop.write("orders.csv", orders(1))
    with shop.delivered() as con:
        tables = con.execute("select table_name from duckdb_tables() where schema_name = 'landed'").fetchall()
    assert {name for (name,) in tables} == {*KINDS, "excluded", "excluded_versions", "files", "malformed"}
