"""Delivers the generation that readers see to every target of the settings.

Put here: one target after the other, and what becomes of a failure. Keep out: any one type of target (`targets/`).
Delivering repeats safely: a target that holds the generation already is left alone.
"""

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

from regulars.pipelines.errors import RegularsError, StorageFailed
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.target_records import TargetRecord, read_target_records, write_target_records
from regulars.pipelines.publish.targets.shape.registry import TARGET_TYPES
from regulars.pipelines.publish.targets.shape.target import Delivered
from regulars.pipelines.run.redaction import redact_errors
from regulars.pipelines.run.run import Run
from regulars.pipelines.settings.settings import Target


def deliver_run(run: Run) -> None:
    """Deliver what readers see after a run to all targets; a failure is kept in `run.undelivered` and fails nothing."""
    request, targets = run.request, run.settings.publish.targets
    done = deliver_to_targets(request.home, targets, request.settings_folder, run.report_progress)
    run.undelivered.update({name: each.failure for name, each in done.items() if each.failure})
    known = read_target_records(request.home.path)
    if known.keys() | done.keys():
        with contextlib.suppress(OSError):  # the record is for `status`; the targets are as they are
            write_target_records(request.home.path, done)


def deliver_to_targets(
    home: Home, targets: Mapping[str, Target], base: Path, report_progress: Callable[[str], None]
) -> dict[str, TargetRecord]:
    """Make each target hold the current generation, if there is one; the caller holds the lock of the home.

    Args:
        home: The company's home.
        targets: Name -> target, with options that were checked when the settings were read.
        base: The folder that relative paths in options start from.
        report_progress: Shows one line.

    Returns:
        Name -> what the target holds now, and why it does not hold the current generation.
    """
    generation, known = home.current(), read_target_records(home.path)
    if generation is None:
        return {}
    records = {}
    for name, target in targets.items():
        now = dt.datetime.now(dt.UTC)
        try:
            done = _deliver(generation, name, target, base, home.path / "last_failure.txt")
        except RegularsError as error:
            before = known[name].generation if name in known else None
            records[name] = TargetRecord(before, now, str(error).rstrip("."))
            report_progress(f"target {name} was not delivered to: {records[name].failure}")
        else:
            records[name] = TargetRecord(generation.name, now, remark=done.remark)
            remark = f"; {done.remark}" if done.remark else ""
            report_progress(f"target {name} {'received' if done.is_new else 'already holds'} {generation.name}{remark}")
    return records


def _deliver(generation: Generation, name: str, target: Target, base: Path, details: Path) -> Delivered:
    """Deliver to one target; whatever goes wrong is a `RegularsError` without personal values."""
    with redact_errors(f"target {name}", details):
        of_type = TARGET_TYPES[target.type]
        try:
            return of_type.deliver(generation, of_type.options.model_validate(target.options), base)
        except OSError as error:
            what = error.strerror or type(error).__name__
            raise StorageFailed(f"{what}: {error.filename or 'a file'}; mend that, then `regulars deliver`") from None
