"""When the night runs, and how it is started: by the schedule, by `Materialize all`, by `regulars run`.

Put here: the one job, the one schedule, and the call behind `regulars run`. Keep out: what a night does.
"""

import logging
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path

import dagster as dg

from assets.resources import NightResource, settings_file
from pipelines.errors import RegularsError, SettingsWrong
from pipelines.settings import Schedule, Settings, business_day
from pipelines.settings_file import load_settings

night_job = dg.define_asset_job(
    "night", dg.AssetSelection.all(), description="From what was delivered to a published generation."
)


def schedule() -> dg.ScheduleDefinition:
    """Every night, in the company's zone, on by default. The day is fixed when the night is due."""
    settings = _settings_if_there()
    return dg.ScheduleDefinition(
        name="nightly",
        job=night_job,
        cron_schedule=settings.schedule.cron if settings else Schedule().cron,
        execution_timezone=settings.company.timezone if settings else "UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        run_config_fn=_due,
    )


def _settings_if_there() -> Settings | None:
    """Dagster must be able to load the graph before the company has written its settings."""
    try:
        return load_settings(settings_file())
    except SettingsWrong:
        return None


def _due(context: dg.ScheduleEvaluationContext) -> dg.RunConfig:
    settings = load_settings(settings_file())
    day = business_day(settings, context.scheduled_execution_time.astimezone(UTC))
    return dg.RunConfig(resources={"night": NightResource(as_of=day.isoformat())})


def run_night(*, settings: Path, home: Path, data: Path, as_of: str, allow: Mapping[str, str]) -> None:
    """Run the whole job in this process.

    Raises:
        RegularsError: Whatever stopped the night, with its exit code.
    """
    from assets.definitions import defs

    night = NightResource(settings=str(settings), home=str(home), data=str(data), as_of=as_of, allow=dict(allow))
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    with dg.DagsterInstance.get() if _is_recorded() else dg.DagsterInstance.ephemeral() as instance:
        try:
            defs.resolve_job_def(night_job.name).execute_in_process(
                run_config=dg.RunConfig(
                    resources={"night": night}, loggers={"console": {"config": {"log_level": "CRITICAL"}}}
                ),
                instance=instance,
            )
        except Exception as error:
            raise _cause(error) from None


def _is_recorded() -> bool:
    import os

    return bool(os.environ.get("DAGSTER_HOME"))


def _cause(error: BaseException) -> BaseException:
    """The mistake behind Dagster's wrapping, or the error itself."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, RegularsError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
