"""Starts the nightly run by a schedule in the company's time zone.

Put here: the one job and the one schedule. Keep out: starting a run from the command line (`launch.py`), and what a run
does.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import dagster as dg

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.run.request import find_settings_file
from regulars.pipelines.settings.operation import Schedule
from regulars.pipelines.settings.settings import Settings, find_as_of
from regulars.pipelines.settings.settings_file import load_settings

run_job = dg.define_asset_job(
    "run", dg.AssetSelection.all(), description="From what was delivered to a published generation."
)


def nightly_schedule() -> dg.ScheduleDefinition:
    """Every night, in the company's zone, on by default. The day is fixed when the run is due."""
    settings = _read_settings_if_any()
    return dg.ScheduleDefinition(
        name="nightly",
        job=run_job,
        cron_schedule=settings.schedule.cron if settings else Schedule().cron,
        execution_timezone=settings.company.timezone if settings else "UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        run_config_fn=_configure_due_run,
    )


def _read_settings_if_any() -> Settings | None:
    """Dagster must be able to load the graph before the company has written its settings."""
    try:
        return load_settings(find_settings_file())
    except SettingsWrong:
        return None


def find_company_folder_of_schedule() -> Path | None:
    """The folder of the company's own tables beside the settings that the schedule reads; None: there is none."""
    settings = _read_settings_if_any()
    return settings.company_folder if settings else None


def _configure_due_run(context: dg.ScheduleEvaluationContext) -> dict[str, Any]:
    settings = load_settings(find_settings_file())
    day = find_as_of(settings, context.scheduled_execution_time.astimezone(dt.UTC))
    return {"resources": {"run": {"config": {"as_of": day.isoformat()}}}}
