"""The doctor looks at all that a run needs, and changes nothing."""

import shutil
from pathlib import Path

import pytest

from tests.shop import ORDERS, Shop, run_regulars


@pytest.fixture
def shop(published_shop, tmp_path) -> Shop:
    """A published shop, to be made sick."""
    return published_shop.moved_to(tmp_path / "shop")


def look(shop: Shop, code: int | None = None) -> str:
    done = run_regulars("doctor", "--settings", shop.folder / "regulars.yaml")
    assert code is None or done.code == code, done.stdout
    assert "Traceback" not in done.stderr
    return " ".join(done.stdout.split())


def add(shop: Shop, text: str) -> None:
    settings = shop.folder / "regulars.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_healthy_shop_has_no_problem_and_its_ledger_opens(shop):
    seen = look(shop, 0)
    assert "0 problems" in seen
    assert "ok ledger opens" in seen


def test_a_state_file_that_is_gone_is_a_problem(shop):
    shop.home.state_file(1).unlink()
    assert "g000001.duckdb, the state of g000001, is missing" in look(shop, 74)


def test_a_ledger_that_is_no_database_is_a_problem(shop):
    shop.home.ledger.write_bytes(b"not a database")
    assert "PROBLEM ledger" in look(shop, 74)


def test_a_day_in_the_future_is_a_problem(shop):
    settings = shop.folder / "regulars.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("2024-03-31", "2999-12-31"), encoding="utf-8")
    assert "2999-12-31 is in the future" in look(shop, 2)


def test_the_folder_of_a_target_must_be_there_and_writable(shop, monkeypatch):
    (shop.folder / "share").mkdir()
    add(
        shop,
        "publish: {targets: {good: {type: folder, path: share}, gone: {type: folder, path: nowhere}}}\n",
    )
    seen = look(shop, 0)
    assert "ok target good a folder, which holds nothing yet" in seen
    assert "warning target gone there is no folder" in seen
    access = shutil.os.access
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "share" and access(path, mode))
    assert "share cannot be written to; change its permissions" in look(shop, 0)


def test_a_format_that_fits_no_value_is_told_before_the_first_run(tmp_path):
    shop = Shop(tmp_path)
    shop.set_up(ORDERS + '    options: {datetime_format: "%d/%m/%Y %H:%M"}\n')
    shop.deliver(
        "orders-1.csv",
        ("order", "customer", "email", "at", "total", "currency"),
        ("o1", "c1", "", "31.01.2024 10:00", "9", "GBP"),
    )
    seen = look(shop, 0)
    assert '1 of 1 value does not fit `datetime_format: "%d/%m/%Y %H:%M"`' in seen
    assert "most are written" not in seen
    assert '`options: {datetime_format: "%d.%m.%Y %H:%M"}` fits all of them' in seen
