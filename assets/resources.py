"""The run as a Dagster resource: opened before the first step, closed after the last one, however the run ends.

Put here: how Dagster's configuration becomes a request. Keep out: assets, and anything that a run does.
"""

import datetime as dt
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.publish.targets.shape.registry import TARGET_OPTIONS
from regulars.pipelines.run.progress import LOGGER
from regulars.pipelines.run.request import RunRequest, make_request
from regulars.pipelines.run.run import ReportProgress, Run, open_run

PARTIAL_RUN = (
    "A run builds everything: the build file of an earlier run is gone, so a part of a run, or a retry from the "
    "middle, has nothing to start from. Choose `Materialize all`, or `regulars run`: a run is quick."
)

CONFIG = {
    "settings": dg.Field(str, default_value="", description="The settings file; default: $REGULARS_SETTINGS."),
    "home": dg.Field(str, default_value="", description="Where generations live; default: $REGULARS_HOME."),
    "data": dg.Field(str, default_value="", description="Where source paths start; default: the settings' folder."),
    "as_of": dg.Field(str, default_value="", description="The last day that counts; default: yesterday."),
    "allow": dg.Field([str], default_value=[], description="What this run may let pass: NAME=REASON each."),
}


def configured_run(all_assets: Collection[dg.AssetKey]) -> dg.ResourceDefinition:
    """The run that Dagster's configuration asks for: the schedule's, and that of `Materialize all`.

    Args:
        all_assets: The keys of all assets; a run of fewer is refused.
    """

    @dg.resource(config_schema=CONFIG, description="The run under way; Dagster opens it once.")
    def run(context: dg.InitResourceContext) -> Iterator[Run]:
        _refuse_part(context, all_assets)
        config = context.resource_config
        paths = {name: Path(config[name]) if config[name] else None for name in ("settings", "home", "data")}
        now = dt.datetime.now(dt.UTC)
        day, allow = config["as_of"], config["allow"]
        request = make_request(**paths, as_of=day, allow=allow, now=now, target_types=TARGET_OPTIONS)
        yield from _open(request, context, now)

    return run


def requested_run(request: RunRequest) -> dg.ResourceDefinition:
    """The run of a request that exists already: `regulars run` passes it on whole."""

    @dg.resource
    def run(context: dg.InitResourceContext) -> Iterator[Run]:
        yield from _open(request, context, dt.datetime.now(dt.UTC))

    return run


def _open(request: RunRequest, context: dg.InitResourceContext, now: dt.datetime) -> Iterator[Run]:
    with open_run(request, _report_progress_to(context), now) as run, _without_warnings_of_skipped_checks(run):
        yield run


def _report_progress_to(context: dg.InitResourceContext) -> ReportProgress:
    """Report progress to the command line, and to Dagster's log of the run."""

    def report_progress(sentence: str) -> None:
        LOGGER.info(sentence)
        if context.log:
            context.log.info(sentence)

    return report_progress


@contextmanager
def _without_warnings_of_skipped_checks(run: Run) -> Iterator[None]:
    """Drop Dagster's warnings about the checks of skipped steps, when a run ends after landing."""

    def is_of_a_step_that_ran(record: logging.LogRecord) -> bool:
        return not (run.published and "emitted no result" in record.getMessage())

    logger = logging.getLogger("dagster._core.execution.plan.active")
    logger.addFilter(is_of_a_step_that_ran)
    try:
        yield
    finally:
        logger.removeFilter(is_of_a_step_that_ran)


def _refuse_part(context: dg.InitResourceContext, all_assets: Collection[dg.AssetKey]) -> None:
    if context.run is None:
        return
    chosen = context.run.asset_selection
    is_retry = context.run.parent_run_id is not None and _skips_landing(context.run)
    if is_retry or (chosen and set(chosen) < set(all_assets)):
        raise UsageWrong(PARTIAL_RUN)


def _skips_landing(run: dg.DagsterRun) -> bool:
    """Whether a retry skips the steps that the run before it had done."""
    return "landing" not in (run.step_keys_to_execute or ["landing"])
