"""The command line: thin. Every verb is one call into `pipelines/` or `assets/`, imported when the verb is used.

Put here: arguments, help, and the exit code. Keep out: anything a verb does.
"""

import datetime as dt
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.for_tools import export, mcp
from regulars.launching import require_working_folder
from regulars.options import (
    SETTINGS,
    AllowOption,
    CustomersOption,
    DataOption,
    HomeOption,
    JsonOption,
    SeedOption,
    SettingsOption,
    VersionOption,
)
from regulars.personal_data import about, matches, quarantine, themes, worklists
from regulars.pipelines.errors import RegularsError, StorageFailed
from regulars.pipelines.run.polars_memory import return_unused_memory
from regulars.setting_up import init, profiles

if TYPE_CHECKING:
    from regulars.pipelines.home.home import Home

app = typer.Typer(
    name="regulars",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def choose_verb(
    version: VersionOption = False,
) -> None:
    """Which customers come back, what each is worth, how they feel, and what to do about it."""


@app.command()
def demo(
    home: Annotated[Path, typer.Option(help="Where the demo's generations go.")] = Path("demo/home"),
    customers: CustomersOption = 2000,
    seed: SeedOption = 1,
) -> None:
    """Write the sample company and run the whole pipeline once on it.

    Example: regulars demo --home demo/home
    """
    from regulars.launching import run_pipeline
    from regulars.pipelines.command.demo import write_demo
    from regulars.pipelines.run.progress import show_progress

    with show_progress() as report_progress:
        settings = write_demo(home, customers=customers, seed=seed, report_progress=report_progress)
    run_pipeline(settings=settings, home=home, now=_now())


@app.command()
def run(
    settings: SettingsOption = SETTINGS,
    data: DataOption = None,
    home: HomeOption = None,
    as_of: Annotated[str, typer.Option(help="The last day that counts, YYYY-MM-DD (default: yesterday).")] = "",
    allow: AllowOption = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would change; nothing is published, landed or sent.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the pipeline once: land, build, audit, publish.

    Example: regulars run --settings regulars.yaml --as-of 2026-06-30
    """
    from regulars.launching import plan_pipeline, run_pipeline

    make = plan_pipeline if plan else run_pipeline
    make(settings=settings, home=home, data=data, as_of=as_of, allow=allow or [], as_json=as_json, now=_now())


app.command()(init)
app.command()(profiles)


@app.command()
def doctor(
    settings: SettingsOption = SETTINGS,
    data: DataOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at everything a run needs, and say all that is wrong at once.

    Example: regulars doctor --settings regulars.yaml
    """
    from regulars.pipelines.command.doctor.doctor import check_setup

    text, code = check_setup(settings, data=data, home=home, as_json=as_json, now=_now())
    typer.echo(text)
    raise typer.Exit(code)


@app.command()
def preview(
    source: Annotated[str | None, typer.Argument(help="Only this source (default: all).")] = None,
    settings: SettingsOption = SETTINGS,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how exports would be read: first rows, formats, quarantine, matched customers. Writes nothing.

    Example: regulars preview shop_orders
    """
    from regulars.pipelines.command.preview.preview import preview_sources

    text, code = preview_sources(settings, only=source, data=data, as_json=as_json, now=_now())
    typer.echo(text)
    raise typer.Exit(code)


@app.command()
def status(
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
    max_age: Annotated[
        str, typer.Option(help="Fail (exit 4) when the last good run is older, such as 26h or 2d.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Say what is published, how old it is, and how the last run went. Made for cron.

    Example: regulars status --max-age 26h
    """
    from regulars.pipelines.command.status import read_status

    text, code = read_status(_home(home, settings), max_age=max_age, as_json=as_json, now=_now())
    typer.echo(text)
    raise typer.Exit(code)


@app.command()
def generations(home: HomeOption = None, settings: SettingsOption = SETTINGS, as_json: JsonOption = False) -> None:
    """List the generations that are kept; `*` marks the current one.

    Example: regulars generations
    """
    from regulars.pipelines.command.generations import list_generations

    typer.echo(list_generations(_home(home, settings), as_json=as_json))


@app.command()
def rollback(
    generation: Annotated[
        str | None, typer.Argument(help="Its name, as g000012, or number (default: the one before the current).")
    ] = None,
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
) -> None:
    """Let readers see an earlier generation again. The landing and the ledger stay as they are.

    Example: regulars rollback g000012
    """
    from regulars.pipelines.publish.rollback import rollback as roll_back

    typer.echo(f"readers now see {roll_back(_home(home, settings), generation).name}")


@app.command()
def deliver(
    target: Annotated[list[str] | None, typer.Option(help="Only to this target of the settings.")] = None,
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
) -> None:
    """Deliver the current generation to the targets of the settings again.

    Example: regulars deliver --target share
    """
    from regulars.pipelines.command.deliver import deliver_again

    text, code = deliver_again(settings, home=home, only=target or [])
    typer.echo(text)
    raise typer.Exit(code)


@app.command()
def verify(home: HomeOption = None, settings: SettingsOption = SETTINGS) -> None:
    """Hash every file of the current generation again and compare with its manifest.

    Example: regulars verify
    """
    from regulars.pipelines.command.generations import verify_current

    typer.echo(verify_current(_home(home, settings)))


app.command()(about)
app.command()(matches)
app.command()(quarantine)
app.command()(themes)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT on the published tables.")],
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Ask the published file.

    Example: regulars sql "select * from marts.churn where dimension = 'all' order by month_end desc limit 3"
    """
    from regulars.pipelines.command.query import run_query

    typer.echo(run_query(_home(home, settings), query, as_json=as_json))


app.add_typer(export, name="export")
app.command()(mcp)
app.command()(worklists)


@app.command()
def report(
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Say where the report of the current generation is.

    Example: regulars report --open
    """
    from regulars.pipelines.command.generations import find_current

    path = find_current(_home(home, settings)).path / "report.html"
    typer.echo(str(path))
    if open_it:
        typer.launch(str(path))


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("sample"),
    customers: CustomersOption = 2000,
    seed: SeedOption = 1,
    truncated: Annotated[
        bool, typer.Option("--truncated", help="Cut the newest orders file in the middle of a row.")
    ] = False,
) -> None:
    """Write the exports of the sample company, its settings, and the truth behind them.

    Example: regulars sample sample --customers 100000 --seed 7
    """
    from regulars.pipelines.run.progress import show_progress
    from regulars.pipelines.sample.sample_company import write_sample_company

    with show_progress() as report_progress:
        summary = write_sample_company(
            folder, customers=customers, seed=seed, truncated=truncated, progress=report_progress
        )
    typer.echo(summary.sentence())


def _home(home: Path | None, settings: Path) -> "Home":
    from regulars.pipelines.run.request import find_home

    return find_home(home, settings)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def main() -> None:
    """Run the command line; a mistake the reader can mend is a sentence and an exit code, never a stack trace."""
    return_unused_memory()  # before any verb imports polars
    try:
        require_working_folder()
        app()
    except RegularsError as error:
        _print_error(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        _print_error(f"{error.strerror or type(error).__name__}: {error.filename or 'a file'}")
        sys.exit(StorageFailed.exit_code)
    except Exception as error:
        if os.environ.get("REGULARS_TRACEBACK"):
            raise
        _print_error(
            f"{type(error).__name__}: this is a bug in Regulars, not a mistake of yours. "
            "Set REGULARS_TRACEBACK=1 to see where; what it prints may hold personal values."
        )
        sys.exit(RegularsError.exit_code)


def _print_error(sentence: str) -> None:
    typer.secho(sentence, err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)
