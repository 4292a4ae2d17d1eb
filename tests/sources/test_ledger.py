import datetime as dt
from pathlib import Path

import pytest

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.sources.ledger import Delivery, Ledger

MOMENT = dt.datetime(2026, 1, 10, 3, 30)  # noqa: DTZ001


def landed(source: str = "shop", sha: str = "a", path: str = "orders.csv", records: int = 10) -> Delivery:
    return Delivery(
        source=source,
        path=path,
        file_name=Path(path).name,
        file_sha256=sha,
        bytes=100,
        record_count=records,
        malformed_count=0,
        header=("id", "tötal"),
        encoding="utf-8",
        modified_at=MOMENT,
        landed_at=MOMENT,
        reader_version=1,
    )


def refused(reason: str = "empty: orders.csv is empty") -> Delivery:
    return Delivery(
        source="shop",
        path="orders.csv",
        file_name="orders.csv",
        file_sha256=None,
        bytes=0,
        modified_at=MOMENT,
        landed_at=MOMENT,
        status="refused",
        reason=reason,
    )


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "home" / "ledger.duckdb") as ledger:
        yield ledger


def test_deliveries_are_numbered_from_one_over_all_sources(ledger):
    assert [ledger.record(landed(source=name)).delivery for name in ("crm", "shop", "crm")] == [1, 2, 3]


def test_a_refused_file_takes_no_number(ledger):
    assert ledger.record(refused()).delivery is None
    assert ledger.record(landed()).delivery == 1


def test_a_full_source_is_read_as_its_newest_delivery(ledger):
    for sha in ("a", "b"):
        ledger.record(landed(sha=sha))
    assert [line.file_sha256 for line in ledger.list_used("shop", "full")] == ["b"]


def test_an_incremental_source_is_read_as_all_its_deliveries_in_order(ledger):
    for sha in ("a", "b", "c"):
        ledger.record(landed(sha=sha))
    assert [line.file_sha256 for line in ledger.list_used("shop", "incremental")] == ["a", "b", "c"]


def test_bytes_delivered_twice_to_an_incremental_source_are_read_once_as_the_later(ledger):
    for sha in ("a", "b", "a"):
        ledger.record(landed(sha=sha))
    assert [(line.delivery, line.file_sha256) for line in ledger.list_used("shop", "incremental")] == [
        (2, "b"),
        (3, "a"),
    ]


def test_bytes_are_known_to_the_source_they_were_delivered_to_only(ledger):
    line = ledger.record(landed(source="shop", sha="a"))
    assert ledger.find_bytes("a", "shop") == line
    assert ledger.find_bytes("a", "crm") is None


def test_refused_bytes_are_not_known_so_that_they_are_checked_again(ledger):
    ledger.record(refused())
    assert ledger.find_newest("shop") is None
    assert ledger.list_used("shop", "full") == []


def test_the_same_refusal_met_on_many_runs_is_one_line(ledger):
    for reason in ("empty: x", "empty: x", "growing: x"):
        ledger.record(refused(reason))
    lines = ledger._read("from deliveries where status = 'refused' order by landed_at, path", {})
    assert [line.reason for line in lines] == ["empty: x", "growing: x"]


def test_record_counts_come_newest_first(ledger):
    for number in range(1, 20):
        ledger.record(landed(sha=str(number), records=number))
    assert ledger.read_record_counts("shop", 3) == [19, 18, 17]
    assert len(ledger.read_record_counts("shop")) == 14


def test_the_newest_delivery_of_a_place_is_found(ledger):
    ledger.record(landed(sha="a", path="2025/orders.csv"))
    ledger.record(landed(sha="b", path="2026/orders.csv"))
    found = ledger.find_newest_at("2025/orders.csv", "shop")
    assert found is not None
    assert found.file_sha256 == "a"


def test_what_was_recorded_is_there_when_the_ledger_is_opened_again(tmp_path):
    with Ledger(tmp_path / "ledger.duckdb") as ledger:
        line = ledger.record(landed())
    with Ledger(tmp_path / "ledger.duckdb") as ledger:
        assert ledger.find_newest("shop") == line


def test_a_damaged_ledger_is_a_storage_failure(tmp_path):
    (tmp_path / "ledger.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(StorageFailed, match=r"ledger\.duckdb"), Ledger(tmp_path / "ledger.duckdb"):
        pass
