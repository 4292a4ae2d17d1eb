"""Starts a run, or the plan of one, for the command line, in a folder that exists.

Put here: from arguments to a request to Dagster. Keep out: verbs and their options (`cli.py`), and what a run does.
Everything large is imported when it is used.
"""

import datetime as dt
from pathlib import Path

import typer

from regulars.pipelines.errors import StorageFailed


def run_pipeline(
    *,
    settings: Path,
    home: Path | None,
    data: Path | None = None,
    as_of: str = "",
    allow: list[str] | None = None,
    as_json: bool = False,
    now: dt.datetime,
) -> None:
    """Run the pipeline once and print its summary; `now` is an aware moment."""
    from regulars.pipelines.command.run_summary import summarise_run
    from regulars.pipelines.publish.targets.shape.registry import TARGET_OPTIONS
    from regulars.pipelines.run.progress import show_progress
    from regulars.pipelines.run.request import make_request

    # mistakes in the arguments or the settings are reported at once, before Dagster is loaded
    request = make_request(
        settings, home=home, data=data, as_of=as_of, allow=allow or [], now=now, target_types=TARGET_OPTIONS
    )
    with show_progress() as report_progress:
        report_progress("loading Dagster")
        from regulars.assets.launch import launch_run

        launch_run(request)
    typer.echo(summarise_run(request.home, as_json=as_json))


def plan_pipeline(
    *,
    settings: Path,
    home: Path | None,
    data: Path | None,
    as_of: str,
    allow: list[str],
    as_json: bool,
    now: dt.datetime,
) -> None:
    """Print what a run would change; `now` is an aware moment."""
    from regulars.pipelines.command.plan.plan import plan_run
    from regulars.pipelines.publish.targets.shape.registry import TARGET_OPTIONS
    from regulars.pipelines.run.progress import show_progress
    from regulars.pipelines.run.request import make_request

    request = make_request(
        settings, home=home, data=data, as_of=as_of, allow=allow, now=now, target_types=TARGET_OPTIONS
    )
    with show_progress() as report_progress:
        report_progress("loading Dagster")
        from regulars.assets.launch import launch_unrecorded_run

        text = plan_run(request, launch_unrecorded_run, as_json=as_json)
    typer.echo(text)


def require_working_folder() -> None:
    """Stop before anything else where the folder that the command was started in no longer exists."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise StorageFailed("The folder you are in no longer exists; change to one that does (`cd`)") from None
