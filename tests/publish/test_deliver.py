"""A delivery that succeeded may still remark something: it is said at its end, and by `status` until the next one."""

import dataclasses
import datetime as dt
from pathlib import Path

from regulars.pipelines.command.status import read_status
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.target_records import write_target_records
from regulars.pipelines.publish.deliver import deliver_to_targets
from regulars.pipelines.publish.targets.shape.registry import TARGET_TYPES
from regulars.pipelines.publish.targets.shape.target import Delivered
from regulars.pipelines.settings.settings import Target
from tests.publish.builders import a_home, publish_run

REMARK = "it waited 5.0 s for session 4711 (Metabase)"


def deliver(home: Home, base: Path) -> list[str]:
    said: list[str] = []
    targets = {"bi": Target.model_validate({"type": "folder", "path": "share"})}
    write_target_records(home.path, deliver_to_targets(home, targets, base, said.append))
    return said


def test_who_kept_a_lock_is_said_at_the_end_of_the_delivery_and_by_status_until_the_next(tmp_path, monkeypatch):
    home = a_home(tmp_path / "home")
    publish_run(home, 1)
    folder = TARGET_TYPES["folder"]
    for remark, ending in ((REMARK, f"; {REMARK}"), ("", "")):
        told = Delivered(is_new=True, remark=remark)
        monkeypatch.setitem(TARGET_TYPES, "folder", dataclasses.replace(folder, deliver=lambda *_, told=told: told))
        assert deliver(home, tmp_path) == [f"target bi received g000001{ending}"]
        text, _ = read_status(home, max_age="", as_json=False, now=dt.datetime.now(dt.UTC))
        assert f"target bi holds g000001{ending}" in text.splitlines()
