import datetime as dt
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from regulars.pipelines.errors import InputRefused, SettingsWrong, StorageFailed
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.source import Source
from regulars.pipelines.sources import landing as landing_module
from regulars.pipelines.sources import source_landing as source_landing_module
from regulars.pipelines.sources.deliveries import refuse_required
from regulars.pipelines.sources.landing import find_lines, sweep_originals
from regulars.pipelines.sources.ledger import Ledger
from regulars.pipelines.sources.source_files import find_files

HEAD = "id,day,total\n"
CRM = {"path": "crm.csv", "kind": "customers", "columns": {"customer_record_id": "id"}}


def orders(count: int, *, first: int = 1) -> str:
    return HEAD + "".join(f"{number},2026-01-01,9.50\n" for number in range(first, first + count))


def names(shop, source="shop"):
    return [delivery.file_name for delivery in shop.land()[source].deliveries]


# finding


def test_files_are_delivered_in_the_order_of_the_list_and_by_natural_name_within_a_glob(shop):
    for name in ("b/o-10.csv", "b/o-9.csv", "a/o-11.csv", "z.csv"):
        shop.write(name, orders(1))
    source = Source(path=["z.csv", "*/o-*.csv", "b/o-9.csv"], kind="orders", columns={"order_id": "id"})
    assert [name for name, _ in find_files(source, shop.data)] == ["z.csv", "a/o-11.csv", "b/o-9.csv", "b/o-10.csv"]


@pytest.mark.parametrize("name", ["o.csv.part", "o.csv.tmp", "o.csv.filepart", ".o.csv"])
def test_unfinished_uploads_and_hidden_files_are_passed_over(shop, name):
    shop.write(name, orders(1))
    assert find_files(Source(path=["*", name], kind="orders", columns={"order_id": "id"}), shop.data) == []


def test_a_name_with_brackets_is_a_name_before_it_is_a_pattern(shop):
    shop.write("orders [1].csv", orders(1))
    shop.sources["shop"]["path"] = "orders [1].csv"
    assert names(shop) == ["orders [1].csv"]


def test_a_symlink_is_followed(shop):
    shop.write("real.csv", orders(1))
    (shop.data / "orders.csv").symlink_to("real.csv")
    assert names(shop) == ["orders.csv"]


# order and repetition


def test_a_full_source_uses_its_newest_delivery_and_an_incremental_one_all(shop):
    shop.sources["shop"]["path"] = "o-*.csv"
    shop.write("o-1.csv", orders(2))
    shop.write("o-2.csv", orders(2, first=2))
    assert shop.rows("_delivery, order_id") == [(2, "2"), (2, "3")]
    shop.sources["shop"]["delivery"] = "incremental"
    assert shop.rows("_delivery, order_id") == [(1, "1"), (1, "2"), (2, "2"), (2, "3")]


def test_the_same_bytes_under_another_name_are_not_a_new_delivery(shop):
    shop.sources["shop"]["path"] = "o-*.csv"
    shop.write("o-1.csv", orders(2))
    assert shop.land()["shop"].landed == [1]
    shop.write("o-2.csv", orders(2))
    assert shop.land()["shop"].landed == []
    assert shop.land()["shop"].refusals == []


def test_a_file_that_has_changed_back_is_a_new_delivery(shop):
    for count in (2, 3, 2):
        shop.write("orders.csv", orders(count))
        landed = shop.land()["shop"]
    assert [delivery.delivery for delivery in landed.deliveries] == [3]
    assert len(shop.rows("order_id")) == 2


def test_the_last_file_of_a_full_source_is_read_though_it_repeats_an_older_delivery(shop):
    shop.sources["shop"]["path"] = "c_*.csv"
    for number, count in ((1, 2), (2, 3), (3, 2)):
        shop.write(f"c_{number}.csv", orders(count))
    runs = [shop.land()["shop"] for _ in range(3)]
    assert [run.landed for run in runs] == [[1, 2, 3], [], []]
    assert [[delivery.file_name for delivery in run.deliveries] for run in runs] == [["c_3.csv"]] * 3


def test_files_of_one_name_in_two_folders_are_not_taken_for_changes_of_each_other(shop):
    shop.sources["shop"] |= {"path": "*/orders.csv", "delivery": "incremental"}
    shop.write("2025/orders.csv", orders(2))
    shop.write("2026/orders.csv", orders(2, first=3))
    assert shop.land()["shop"].landed == [1, 2]
    assert shop.land()["shop"].landed == []


def test_one_file_may_feed_two_sources(shop):
    shop.sources["again"] = dict(shop.sources["shop"])
    shop.write("orders.csv", orders(2))
    assert shop.rows("_source, _system, _delivery, _row") == [
        ("again", "again", 2, 1),
        ("again", "again", 2, 2),
        ("shop", "shop", 1, 1),
        ("shop", "shop", 1, 2),
    ]


def test_rows_are_numbered_over_all_deliveries_in_order(shop):
    shop.write("orders.csv", orders(2))
    assert shop.rows("_row_id, _row_id = _delivery * 2::bigint ** 40 + _row") == [(2**40 + 1, True), (2**40 + 2, True)]


def test_changed_options_read_the_same_bytes_again(shop):
    shop.write("orders.csv", "id,day,total\n1,2026-01-01,*9.50*\n")
    assert shop.rows("gross_sales") == [("*9.50*",)]
    shop.sources["shop"]["options"] = {"quote": "*"}
    assert shop.rows("gross_sales") == [("9.50",)]


# refusals


def test_a_missing_file_is_reported_and_stops_the_run_only_for_a_required_source(shop):
    shop.sources["crm"] = CRM
    landed = list(shop.land().values())
    assert [landed_source.refusals[0].reason_code for landed_source in landed] == ["missing", "missing"]
    with pytest.raises(InputRefused, match=r"^shop: no file at orders\.csv: deliver it, or correct `path`$"):
        refuse_required(shop.settings, landed)


def test_every_listed_path_without_a_file_is_reported_even_if_another_has_one(shop):
    shop.sources["shop"] |= {"path": ["a.csv", "b.csv", "2026/*.csv"], "delivery": "incremental"}
    shop.write("b.csv", orders(2))
    assert [refusal.sentence for refusal in shop.land()["shop"].refusals] == [
        "no file at a.csv: deliver it, or correct `path`",
        "no file at 2026/*.csv: deliver it, or correct `path`",
    ]


def test_a_refused_file_of_an_optional_source_leaves_its_last_delivery_in_use_and_stale(shop):
    shop.sources["shop"]["required"] = False
    shop.write("orders.csv", orders(2))
    shop.land()
    shop.write("orders.csv", "<html>\n")
    with shop.delivered() as con:
        assert con.execute("select count(*) from landed.orders").fetchall() == [(2,)]
        assert con.execute("select is_stale from landed.files").fetchall() == [(True,)]
    refuse_required(shop.settings, list(shop.land().values()))


def test_an_optional_source_may_hold_a_header_only(shop):
    shop.sources["shop"]["required"] = False
    shop.write("orders.csv", HEAD)
    assert shop.refusal() is None
    assert shop.rows("*") == []


def test_a_full_source_shrunk_by_half_is_refused_until_it_is_allowed_with_a_reason(shop):
    for count in (10, 12, 11):
        shop.write("orders.csv", orders(count))
        shop.land()
    shop.write("orders.csv", orders(5))
    refusal = shop.refusal()
    assert refusal.reason_code == "shrunk"
    assert refusal.sentence == (
        "orders.csv holds 5 records where its last 3 deliveries held 11 (median): deliver it again, or run with "
        "`--allow shrink=REASON` if it is right"
    )
    assert shop.refusal(allow="a shop was closed") is None
    with Ledger(shop.home / "ledger.duckdb") as ledger:
        assert ledger.find_newest("shop").reason == "shrink allowed: a shop was closed"


def test_runs_after_an_allowed_shrink_are_compared_with_the_new_size(shop):
    for count in (10, 12, 11):
        shop.write("orders.csv", orders(count))
        shop.land()
    shop.write("orders.csv", orders(4))
    shop.land(allow="a shop was closed")
    for count, reason in ((3, None), (1, "shrunk")):
        shop.write("orders.csv", orders(count))
        refusal = shop.refusal()
        assert (refusal and refusal.reason_code) == reason


@pytest.mark.parametrize(("count", "delivery"), [(6, "full"), (1, "incremental")])
def test_half_is_enough_and_an_incremental_source_may_bring_little(shop, count, delivery):
    shop.sources["shop"]["delivery"] = delivery
    shop.write("orders.csv", orders(12))
    shop.land()
    shop.write("orders.csv", orders(count, first=100))
    assert shop.refusal() is None


def test_a_file_older_than_allowed_lands_and_is_reported_as_late(shop):
    shop.sources["shop"]["max_age_hours"] = 26
    shop.write("orders.csv", orders(2), hours_old=27.5)
    landed_source = shop.land()["shop"]
    assert [refusal.sentence for refusal in landed_source.refusals] == [
        "orders.csv is 27.5 hours old where 26 are allowed: find out why no newer one was delivered"
    ]
    assert (landed_source.landed, landed_source.is_stale) == ([1], True)


@pytest.mark.parametrize(("hours", "is_late"), [(26, False), (26.5, True)])
def test_a_file_exactly_as_old_as_allowed_is_in_time(shop, hours, is_late):
    shop.sources["shop"]["max_age_hours"] = 26
    shop.write("orders.csv", orders(2), hours_old=hours)
    assert shop.land()["shop"].is_stale is is_late


def test_a_file_written_just_now_is_watched_and_refused_when_it_grows(shop):
    path = shop.write("orders.csv", orders(2), hours_old=0)

    def grow(seconds: float) -> None:
        assert seconds <= 1
        path.write_text(orders(3))

    assert shop.refusal(pause=grow).reason_code == "growing"
    assert shop.refusal() is None


def test_a_file_written_long_ago_is_not_waited_for(shop):
    shop.write("orders.csv", orders(2), hours_old=1)
    assert shop.refusal(pause=lambda seconds: pytest.fail("waited")) is None


def test_a_file_that_changes_while_it_is_copied_is_refused_and_leaves_nothing(shop, monkeypatch):
    path = shop.write("orders.csv", orders(2))
    copy = landing_module._copy

    def copy_and_grow(source, target):
        found = copy(source, target)
        path.write_text(orders(3))
        return found

    monkeypatch.setattr(landing_module, "_copy", copy_and_grow)
    assert shop.refusal().reason_code == "growing"
    assert list((shop.home / "landing").iterdir()) == []


def test_a_file_that_may_not_be_read_is_a_storage_failure_that_names_it(shop, monkeypatch):
    shop.write("orders.csv", orders(2))

    def fail(source, target):
        raise PermissionError(13, "Permission denied", str(source))

    monkeypatch.setattr(landing_module, "_copy", fail)
    with pytest.raises(StorageFailed, match=r"^orders\.csv cannot be landed: Permission denied"):
        shop.land()


def test_settings_that_no_longer_fit_a_landed_file_are_a_settings_error(shop):
    shop.write("orders.csv", orders(2))
    shop.land()
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], "discounts": "rebate"}
    with pytest.raises(SettingsWrong, match=r"column `rebate` for orders\.discounts is missing"):
        shop.land()


def test_a_descriptive_column_that_disappears_is_reported_and_empty(shop):
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], "city": "town"}
    shop.write("orders.csv", orders(1))
    assert shop.land()["shop"].findings[0].sentence.startswith("orders.csv: column `town` for orders.city is missing")
    assert shop.rows("order_id, city") == [("1", None)]


# safety


def state(shop) -> tuple[object, ...]:
    rows = shop.rows("_delivery, _row, order_id")
    with Ledger(shop.home / "ledger.duckdb") as ledger:
        lines = [(line.delivery, line.source, line.file_sha256) for line in ledger.list_used("shop", "incremental")]
    files = sorted(path.name for path in (shop.home / "landing").iterdir())
    return lines, files, rows


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
        (landing_module, "read_csv_file"),
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
    assert {name for (name,) in tables} == {*KINDS, "files", "malformed"}
