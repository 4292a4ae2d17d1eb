"""The run as a Dagster resource: opened once per run, closed when the run ends, however it ends.

Put here: how a run's configuration becomes a run. Keep out: assets, and anything a run does.
"""

import datetime as dt
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field, PrivateAttr

from regulars.pipelines.command.progress import LOGGER
from regulars.pipelines.errors import RegularsError, UsageWrong
from regulars.pipelines.home.home import Home
from regulars.pipelines.run.run import Order, ReportProgress, Run, open_run
from regulars.pipelines.settings.settings import business_day
from regulars.pipelines.settings.settings_file import load_settings

PARTLY = (
    "A run is built whole: the build file of an earlier run is gone, so a part of it, or a retry from the middle, "
    "has nothing to start from. Choose `Materialize all`, or `regulars run`: a run is quick."
)


class RunResource(dg.ConfigurableResource[Any]):
    """Opens the run of this run. Empty values come from the environment (REGULARS_SETTINGS, REGULARS_HOME)."""

    settings: str = ""
    home: str = ""
    data: str = ""
    as_of: str = ""
    allow: dict[str, str] = Field(default={})

    _run: Run | None = PrivateAttr(default=None)

    @property
    def run(self) -> Run:
        """The run under way."""
        if self._run is None:
            raise RegularsError("No run is open: this is only to be had inside a run.")
        return self._run

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["RunResource"]:
        """Open the run for the length of the run."""
        _refuse_parts(context)
        with open_run(self.order(), _both(context), dt.datetime.now(dt.UTC)) as run:
            self._run = run
            with _silent_about_skipped_checks(run):
                yield self

    def order(self) -> Order:
        """What this run was asked for."""
        file = settings_file(self.settings)
        settings = load_settings(file)
        return Order(
            settings=settings,
            home=Home(Path(self.home or os.environ.get("REGULARS_HOME") or file.parent / "home").resolve()),
            data=Path(self.data or file.parent).resolve(),
            as_of=dt.date.fromisoformat(self.as_of) if self.as_of else business_day(settings, dt.datetime.now(dt.UTC)),
            allow=self.allow,
        )


def settings_file(named: str = "") -> Path:
    """The settings file: the named one, else $REGULARS_SETTINGS, else `regulars.yaml` here."""
    return Path(named or os.environ.get("REGULARS_SETTINGS") or "regulars.yaml").resolve()


def _both(context: dg.InitResourceContext) -> ReportProgress:
    """What is said goes to whoever watches the command line, and into the run's log."""

    def report_progress(sentence: str) -> None:
        LOGGER.info(sentence)
        if context.log:
            context.log.info(sentence)

    return report_progress


@contextmanager
def _silent_about_skipped_checks(run: Run) -> Iterator[None]:
    """Where a run ends after landing, Dagster would warn of every check of the steps that it skips."""

    def is_of_a_step_that_ran(record: logging.LogRecord) -> bool:
        return not (run.published and "emitted no result" in record.getMessage())

    logger = logging.getLogger("dagster._core.execution.plan.active")
    logger.addFilter(is_of_a_step_that_ran)
    try:
        yield
    finally:
        logger.removeFilter(is_of_a_step_that_ran)


def _refuse_parts(context: dg.InitResourceContext) -> None:
    from regulars.assets.definitions import defs  # the definitions hold this resource

    chosen = context.run.asset_selection if context.run else None
    is_retry = context.run is not None and context.run.parent_run_id is not None and _skips_steps(context.run)
    if is_retry or (chosen and set(chosen) < defs.resolve_asset_graph().get_all_asset_keys()):
        raise UsageWrong(PARTLY)


def _skips_steps(run: dg.DagsterRun) -> bool:
    """Whether a retry leaves out what the run before it had done."""
    return "landing" not in (run.step_keys_to_execute or ["landing"])
