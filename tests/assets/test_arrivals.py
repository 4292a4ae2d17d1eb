"""The sensor starts one run per set of new files, once every required source has one and nothing grows any more."""

import os

import dagster as dg
import pytest

from regulars.assets.arrivals import arrivals
from regulars.pipelines.home.home import Home
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.sources.deliveries import land_sources
from regulars.pipelines.sources.ledger import Ledger
from tests.sources.conftest import NOW

SETTINGS = """
company: {name: Shop, timezone: UTC, currency: EUR}
as_of: 2026-01-09
sources:
  orders: {path: orders/*.csv, kind: orders, columns: {order_id: id, ordered_at: day, gross_sales: total}}
  lines: {path: lines.csv, kind: order_lines, columns: {order_id: id, gross_sales: total, ordered_at: day}}
  stores: {path: stores.csv, kind: stores, columns: {store_id: id}}
"""
ROW = "id,day,total\n{},2026-01-01,5.00\n"


class Folder:
    """A company whose folder a sensor looks at, tick after tick, as Dagster evaluates it."""

    def __init__(self, path):
        self.path, self.cursor = path, None
        (path / "orders").mkdir()
        self.settings = path / "regulars.yaml"
        self.settings.write_text(SETTINGS, encoding="utf-8")

    def write(self, name, content, seconds=0):
        file = self.path / name
        file.write_text(content, encoding="utf-8")
        os.utime(file, (1_767_000_000 + seconds, 1_767_000_000 + seconds))

    def tick(self):
        """The run key of the run that is asked for, else why none is."""
        with dg.build_sensor_context(cursor=self.cursor) as context:
            found = arrivals.evaluate_tick(context)
        self.cursor = found.cursor
        return found.run_requests[0].run_key if found.run_requests else found.skip_message

    def land(self):
        land_sources(load_settings(self.settings), self.path, self.path / "home", NOW, pause=lambda seconds: None)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = Folder(tmp_path)
    monkeypatch.setenv("REGULARS_SETTINGS", str(folder.settings))
    monkeypatch.delenv("REGULARS_HOME", raising=False)
    return folder


def test_a_run_starts_when_every_required_source_is_there_and_stable_for_two_looks(folder):
    folder.write("orders/1.csv", ROW.format(1))
    assert "may still be growing" in folder.tick()
    assert folder.tick() == "nothing new of lines yet"
    folder.write("lines.csv", ROW.format(1)[:20])
    assert "may still be growing" in folder.tick()
    folder.write("lines.csv", ROW.format(1), seconds=1)
    assert "may still be growing" in folder.tick()
    key = folder.tick()
    assert len(key) == 64
    assert folder.tick() == key  # which Dagster runs once, whatever happens to that run

    folder.land()
    assert folder.tick() == "nothing new has arrived"
    folder.write("orders/1.csv", ROW.format(1), seconds=5)  # copied anew, the same bytes
    folder.tick()
    assert folder.tick() == "nothing new has arrived"

    folder.write("stores.csv", "id\n1\n", seconds=6)
    folder.write("orders/2.csv", ROW.format(2), seconds=6)
    folder.tick()
    assert folder.tick() == "nothing new of lines yet"
    folder.write("lines.csv", ROW.format(2), seconds=7)
    folder.tick()
    assert folder.tick() not in (key, "")


def test_nothing_starts_during_a_run_or_with_wrong_settings(folder):
    folder.write("orders/1.csv", ROW.format(1))
    folder.write("lines.csv", ROW.format(1))
    folder.tick()
    home = Home(folder.path / "home")
    home.prepare()
    with home.lock("run"):
        assert folder.tick() == "a run is under way"
    assert len(folder.tick()) == 64
    with Ledger(home.ledger):
        pass
    with Ledger(home.ledger):
        assert len(folder.tick()) == 64  # the sensor reads a copy
    folder.settings.write_text("company: 1", encoding="utf-8")
    assert "company" in folder.tick()
