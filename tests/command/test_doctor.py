"""The doctor looks at all that a run needs, and changes nothing."""

import datetime as dt
import os
from pathlib import Path

import pytest

from regulars.pipelines.command.doctor.doctor import _check_ledger, _check_targets, _check_themes
from regulars.pipelines.command.doctor.source_checks import check_formats
from regulars.pipelines.home.home import Home
from regulars.pipelines.settings.settings_file import load_settings
from tests.shop import ORDERS, Done, Shop, run_regulars


@pytest.fixture(scope="module")
def sick(published_shop, tmp_path_factory) -> Done:
    """What is said of a shop with a day in the future, no state file, a broken ledger, and a target that is gone."""
    shop = published_shop.moved_to(tmp_path_factory.mktemp("sick") / "shop")
    shop.home.state_file(1).unlink()
    shop.home.ledger.write_bytes(b"not a database")
    settings = shop.folder / "regulars.yaml"
    text = settings.read_text(encoding="utf-8").replace("2024-03-31", "2999-12-31")
    target = "publish: {targets: {gone: {type: folder, path: nowhere}}}\n"
    settings.write_text(text + target, encoding="utf-8")
    return run_regulars("doctor", "--settings", settings)


@pytest.mark.parametrize(
    "sentence",
    [
        "g000001.duckdb, the state of g000001, is missing",
        "PROBLEM ledger",
        "2999-12-31 is in the future",
        "warning target gone there is no folder",
    ],
)
def test_everything_that_is_wrong_is_told_at_once(sick, sentence):
    assert sentence in " ".join(sick.stdout.split())
    assert sick.code == 74
    assert "Traceback" not in sick.stderr


def test_a_ledger_that_opens_is_well(published_shop):
    assert [(each.mark, each.sentence) for each in _check_ledger(published_shop.home)] == [("ok", "opens")]


def test_a_folder_of_a_target_that_may_not_be_written_is_told(tmp_path, monkeypatch):
    shop = Shop(tmp_path)
    shop.set_up(ORDERS, "publish: {targets: {good: {type: folder, path: share}}}\n")
    (tmp_path / "share").mkdir()
    company = load_settings(tmp_path / "regulars.yaml")
    [well] = _check_targets(company, Home(tmp_path / "home"), tmp_path)
    assert (well.mark, well.sentence) == ("ok", "a folder, which holds nothing yet")
    access = os.access
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "share" and access(path, mode))
    [closed] = _check_targets(company, Home(tmp_path / "home"), tmp_path)
    assert (closed.mark, "share cannot be written to" in closed.sentence) == ("warning", True)


def test_a_mistake_in_the_file_of_themes_is_told_with_its_place(tmp_path):
    Shop(tmp_path).set_up(ORDERS, "themes: {file: own.yaml}\n")
    company = load_settings(tmp_path / "regulars.yaml")
    (tmp_path / "own.yaml").write_text("price: {terms: {en: [ok]}}", encoding="utf-8")
    [wrong] = _check_themes(company, tmp_path)
    assert (wrong.mark, wrong.exit_code) == ("problem", 78)
    assert wrong.sentence.startswith("own.yaml:1:22: `ok` has fewer than 3 letters")
    (tmp_path / "own.yaml").write_text("price: {terms: {en: [price]}}", encoding="utf-8")
    assert list(_check_themes(company, tmp_path)) == []


def test_a_format_that_fits_no_value_is_told_before_the_first_run(tmp_path):
    shop = Shop(tmp_path)
    shop.set_up(ORDERS + '    options: {datetime_format: "%d/%m/%Y %H:%M"}\n')
    shop.deliver(
        "orders-1.csv",
        ("order", "customer", "email", "at", "total", "currency"),
        ("o1", "c1", "", "31.01.2024 10:00", "9", "GBP"),
    )
    company = load_settings(tmp_path / "regulars.yaml")
    [found] = check_formats(company, tmp_path, dt.datetime.now(dt.UTC))
    assert '1 of 1 value does not fit `datetime_format: "%d/%m/%Y %H:%M"`' in found.sentence
    assert "in all of orders-1.csv" in found.sentence
    assert '`options: {datetime_format: "%d.%m.%Y %H:%M"}` fits all of them' in found.sentence
