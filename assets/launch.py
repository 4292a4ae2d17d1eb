"""Starts a run from the command line: the same Dagster job as the schedule's, in this process.

Put here: the call behind `regulars run`, and where Dagster keeps the history of such runs. Keep out: what a run does.
"""

import os
import shutil
from pathlib import Path

import dagster as dg

from regulars.assets.definitions import find_definitions
from regulars.assets.nightly import run_job
from regulars.assets.resources import requested_run
from regulars.assets.unrecorded import open_unrecorded_instance
from regulars.pipelines.errors import RegularsError, RunStopped
from regulars.pipelines.run.request import RunRequest
from regulars.pipelines.settings.package import ROOT


def launch_run(request: RunRequest) -> None:
    """Run the whole job in this process.

    With DAGSTER_HOME set, Dagster records the run there, and `make ui` shows it; otherwise the run leaves only its
    generation.

    Raises:
        RegularsError: Whatever stopped the run, with its exit code.
    """
    _launch(request, os.environ.get("DAGSTER_HOME"))


def launch_unrecorded_run(request: RunRequest) -> None:
    """Run the whole job in this process, without a record in Dagster's history.

    Raises:
        RegularsError: Whatever stopped the run, with its exit code.
    """
    _launch(request, None)


def _launch(request: RunRequest, history: str | None) -> None:
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    if history:
        _prepare_history(Path(history))
    with dg.DagsterInstance.get() if history else open_unrecorded_instance() as instance:
        try:
            find_definitions(request.settings.company_folder).resolve_job_def(run_job.name).execute_in_process(
                run_config=quiet,
                instance=instance,
                resources={"run": requested_run(request)},
                tags={"regulars/as_of": request.as_of.isoformat()},
            )
        except dg.DagsterExecutionInterruptedError:
            raise RunStopped(
                "The run was stopped before it was done. `regulars status` says what readers see; run it again."
            ) from None
        except Exception as error:
            raise _find_cause(error) from None


def _prepare_history(history: Path) -> None:
    """Make Dagster's folder, with the shipped settings: without them it would send its maker statistics of use."""
    history.mkdir(parents=True, exist_ok=True)
    if not (history / "dagster.yaml").exists():
        shutil.copyfile(ROOT / "dagster.yaml", history / "dagster.yaml")


def _find_cause(error: BaseException) -> BaseException:
    """The mistake behind Dagster's wrapping, or the error itself."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, RegularsError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
