"""Says what a run would change without publishing anything: the run is carried out on a temporary copy of the home.

Put here: what is said of such a run. Keep out: the copy (`copied_home.py`), the run (the caller hands it in).
"""

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict

from regulars.pipelines.command.plan.changes import compare_generations
from regulars.pipelines.command.plan.copied_home import copy_home
from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.errors import RegularsError
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.run.last_run import read_last_run
from regulars.pipelines.run.request import RunRequest


def plan_run(request: RunRequest, launch: Callable[[RunRequest], None], *, as_json: bool) -> str:
    """What the run would publish and change, as text or JSON. Home, targets and alerts are left alone.

    Args:
        request: What would be run.
        launch: Carries out a request.
        as_json: For machines.

    Raises:
        RegularsError: Whatever would stop the run, with its exit code.
    """
    with copy_home(request) as copied:
        try:
            launch(copied)
        except RegularsError as error:
            error.args = (_word_for_plan(str(error), copied.home),)
            raise
        seen, planned = request.home.current(), _find_planned(copied.home)
        if planned is None:
            kept = seen.name if seen else ""
            return json.dumps({"outcome": "nothing new", "generation": kept}) if as_json else _word_nothing_new(kept)
        if as_json:
            changes = asdict(compare_generations(seen, planned)) if seen else {}
            return json.dumps(
                {"outcome": "would publish", **_describe(planned), "changes": changes}, default=str, indent=1
            )
        return "\n".join(_write(seen, planned))


def _word_for_plan(sentence: str, copy: Home) -> str:
    """What stopped the run, without advice to look at files that are gone with the copy.

    The details of a bug are kept in a private file of their own.
    """
    details = copy.path / "last_failure.txt"
    if str(details) in sentence and details.is_file():
        handle, kept = tempfile.mkstemp(prefix="regulars-plan-failure-", suffix=".txt")  # 0600
        with os.fdopen(handle, "wb") as file:
            file.write(details.read_bytes())
        sentence = sentence.replace(str(details), kept)
    if "`regulars quarantine`" in sentence:
        sentence += (
            "\nThis was a plan, which keeps no rows: `regulars quarantine` shows them after a run without `--plan`."
        )
    return sentence


def _find_planned(home: Home) -> Generation | None:
    """The generation that the run made; None when it found nothing new."""
    last = read_last_run(home.path)
    if last is None or not last.is_new:
        return None
    return next(each for each in home.generations() if each.number == last.generation)


def _describe(planned: Generation) -> dict[str, object]:
    manifest = planned.manifest
    return {"generation": planned.name, "as_of": manifest.as_of, "is_backfill": manifest.is_backfill}


def _word_nothing_new(kept: str) -> str:
    return f"A run would find nothing new: readers would go on seeing {kept}."


def _write(seen: Generation | None, planned: Generation) -> list[str]:
    manifest = planned.manifest
    tables = count_things(len(manifest.tables), "table")
    rows = sum(table.rows for table in manifest.tables.values())
    lines = [
        f"A run would make {planned.name}: {tables}, {rows:,} rows, as of {manifest.as_of}. Nothing was published."
    ]
    if manifest.is_backfill and seen:
        lines.append(f"It would be kept aside as a backfill: readers would go on seeing {seen.name}.")
    lines += [f"stale      {each['source']}: {each.get('reason')}" for each in manifest.sources if each.get("is_stale")]
    if seen is None:
        return [*lines, "It would be the first generation."]
    changed = list(compare_generations(seen, planned).lines())
    return [*lines, f"Against {seen.name}:", *(f"  {line}" for line in changed or ["nothing that is compared"])]
