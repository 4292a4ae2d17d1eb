"""Repeats the delivery of the current generation to targets.

Put here: choosing the targets, and what is said afterwards. Keep out: delivering (`pipelines/publish/deliver.py`).
"""

from collections.abc import Sequence
from pathlib import Path

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.errors import StorageFailed, UsageWrong
from regulars.pipelines.home.target_records import read_target_records, write_target_records
from regulars.pipelines.publish.deliver import deliver_to_targets
from regulars.pipelines.publish.targets.shape.registry import TARGET_OPTIONS
from regulars.pipelines.run.request import find_home, find_settings_file
from regulars.pipelines.settings.settings import Target
from regulars.pipelines.settings.settings_file import load_settings


def deliver_again(settings: Path, *, home: Path | None, only: Sequence[str]) -> tuple[str, int]:
    """Deliver what readers see; a line per target, and an exit code: 74 when one of them failed.

    Args:
        settings: The settings file.
        home: The company's home, if it is named.
        only: Names of targets; empty for all.

    Raises:
        SettingsWrong: The settings file holds a mistake.
        UsageWrong: The settings have no such target.
        StorageFailed: Nothing is published yet.
        Busy: A run holds the lock.
    """
    file = find_settings_file(settings)
    chosen = _choose(load_settings(file, target_types=TARGET_OPTIONS).publish.targets, only)
    place, lines = find_home(home, file), list[str]()
    find_current(place)
    with place.lock("regulars deliver"):
        done = deliver_to_targets(place, chosen, file.parent, lines.append)
        write_target_records(place.path, {**read_target_records(place.path), **done})
    return "\n".join(lines), StorageFailed.exit_code if any(each.failure for each in done.values()) else 0


def _choose(targets: dict[str, Target], only: Sequence[str]) -> dict[str, Target]:
    if not targets:
        raise UsageWrong("the settings name no target; `publish.targets` is the place for them")
    for name in only:
        if name not in targets:
            raise UsageWrong(f"--target {name}: the settings have no such target; they have {', '.join(targets)}")
    return {name: target for name, target in targets.items() if not only or name in only}
