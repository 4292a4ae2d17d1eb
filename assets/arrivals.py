"""Starts a run when everything that it needs has arrived: a sensor beside the nightly schedule, off by default.

Put here: Dagster's side of it. Keep out: what has arrived (`pipelines/sources/arrivals.py`).
"""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import dagster as dg
import duckdb

from regulars.assets.nightly import run_job
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.run.request import find_home, find_settings_file
from regulars.pipelines.settings.settings import find_as_of
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.sources.arrivals import Arrivals, look_for_arrivals

_SECONDS = 60


@dg.sensor(
    name="arrivals",
    job=run_job,
    minimum_interval_seconds=_SECONDS,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="A run when every required source has a new file and no file has changed for two looks.",
)
def arrivals(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Look at the folders of all sources; one run per set of new files, however often it is looked at."""
    try:
        found = _look(context.cursor or "")
    except (SettingsWrong, OSError, duckdb.Error) as error:  # a file that is being moved now; the next look sees it
        why = str(error) if isinstance(error, SettingsWrong) else f"cannot look now ({type(error).__name__})"
        return dg.SensorResult(skip_reason=why, cursor=context.cursor)
    if not found.run_key:
        return dg.SensorResult(skip_reason=found.why, cursor=found.seen)
    return dg.SensorResult(run_requests=[_request_run(found.run_key)], cursor=found.seen)


def _look(seen_before: str) -> Arrivals:
    file = find_settings_file()
    settings, home = load_settings(file), find_home(None, file)
    if home.holder():
        return Arrivals(seen_before, why="a run is under way")
    with tempfile.TemporaryDirectory() as folder:
        for each in (home.ledger, home.ledger.with_name(f"{home.ledger.name}.wal")):
            if each.exists():  # a copy: an open ledger would keep a run from opening it
                shutil.copyfile(each, Path(folder) / each.name)
        return look_for_arrivals(settings, file.parent, Path(folder) / home.ledger.name, seen_before)


def _request_run(run_key: str) -> dg.RunRequest:
    day = find_as_of(load_settings(find_settings_file()), dt.datetime.now(dt.UTC))
    return dg.RunRequest(run_key=run_key, run_config={"resources": {"run": {"config": {"as_of": day.isoformat()}}}})
