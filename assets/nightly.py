"""When the run runs, and how it is started: by the schedule, by `Materialize all`, by `regulars run`.

Put here: the one job, the one schedule, and the call behind `regulars run`. Keep out: what a run does.
"""

import os
import shutil
from datetime import UTC
from pathlib import Path
from typing import Any

import dagster as dg

from regulars.assets.resources import RunResource, settings_file
from regulars.pipelines.errors import RegularsError, SettingsWrong
from regulars.pipelines.run.run import Order
from regulars.pipelines.settings.package import ROOT
from regulars.pipelines.settings.settings import Schedule, Settings, business_day
from regulars.pipelines.settings.settings_file import load_settings

run_job = dg.define_asset_job(
    "run", dg.AssetSelection.all(), description="From what was delivered to a published generation."
)


def schedule() -> dg.ScheduleDefinition:
    """Every night, in the company's zone, on by default. The day is fixed when the run is due."""
    settings = _settings_if_there()
    return dg.ScheduleDefinition(
        name="nightly",
        job=run_job,
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


def _due(context: dg.ScheduleEvaluationContext) -> dict[str, Any]:
    settings = load_settings(settings_file())
    day = business_day(settings, context.scheduled_execution_time.astimezone(UTC))
    return {"resources": {"run": {"config": {"as_of": day.isoformat()}}}}


def run_run(order: Order, settings: Path) -> None:
    """Run the whole job in this process.

    With DAGSTER_HOME set the run is written down there, and `make ui` shows it; otherwise it leaves no trace but its
    generation.

    Args:
        order: What was asked for.
        settings: The file that the order's settings were read from.

    Raises:
        RegularsError: Whatever stopped the run, with its exit code.
    """
    from regulars.assets.definitions import defs  # the definitions hold this module's job

    run = RunResource(
        settings=str(settings.resolve()),
        home=str(order.home.path),
        data=str(order.data),
        as_of=order.as_of.isoformat(),
        allow=dict(order.allow),
    )
    quiet = {"console": {"config": {"log_level": "CRITICAL"}}}
    history = os.environ.get("DAGSTER_HOME")
    if history:
        _prepare(Path(history))
    with dg.DagsterInstance.get() if history else dg.DagsterInstance.ephemeral() as instance:
        try:
            defs.resolve_job_def(run_job.name).execute_in_process(
                run_config=dg.RunConfig(resources={"run": run}, loggers=quiet), instance=instance
            )
        except Exception as error:
            raise _cause(error) from None


def _prepare(history: Path) -> None:
    """Make Dagster's folder, with the shipped settings: without them it would send its maker statistics of use."""
    history.mkdir(parents=True, exist_ok=True)
    if not (history / "dagster.yaml").exists():
        shutil.copyfile(ROOT / "dagster.yaml", history / "dagster.yaml")


def _cause(error: BaseException) -> BaseException:
    """The mistake behind Dagster's wrapping, or the error itself."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, RegularsError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
