"""The command line: thin. Every verb is one call into `pipelines/` or `assets/`, imported when the verb is used.

Put here: arguments, help, and the exit code. Keep out: anything a verb does.
"""

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.pipelines.errors import RegularsError, StorageFailed

if TYPE_CHECKING:
    from regulars.pipelines.home.home import Home

app = typer.Typer(
    name="regulars",
    help="Which customers come back, what each is worth, how they feel, and what to do about it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SettingsOption = Annotated[Path, typer.Option("--settings", envvar="REGULARS_SETTINGS", help="The settings file.")]
HomeOption = Annotated[
    Path | None,
    typer.Option("--home", envvar="REGULARS_HOME", help="Where generations live (default: home/ beside the settings)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
SETTINGS = Path("regulars.yaml")


@app.command()
def demo(
    home: Annotated[Path, typer.Option(help="Where the demo's generations go.")] = Path("demo/home"),
    customers: Annotated[int, typer.Option(min=1, help="How many customers the sample company has.")] = 2000,
    seed: Annotated[int, typer.Option(help="Another seed, another company.")] = 1,
) -> None:
    """Write the sample company and run the whole pipeline once on it.

    Example: regulars demo --home demo/home
    """
    from regulars.pipelines.command.demo import write_demo
    from regulars.pipelines.run.progress import show_progress

    with show_progress() as report_progress:
        settings = write_demo(home, customers=customers, seed=seed, report_progress=report_progress)
    _run(settings=settings, home=home)


@app.command()
def run(
    settings: SettingsOption = SETTINGS,
    data: Annotated[Path | None, typer.Option(help="The folder that relative source paths start from.")] = None,
    home: HomeOption = None,
    as_of: Annotated[str, typer.Option(help="The last day that counts, YYYY-MM-DD (default: yesterday).")] = "",
    allow: Annotated[
        list[str] | None, typer.Option(help="Let one gate pass this once: shrink=REASON or quarantined=REASON.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the pipeline once: land, build, audit, publish.

    Example: regulars run --settings regulars.yaml --as-of 2026-06-30
    """
    _run(settings=settings, home=home, data=data, as_of=as_of, allow=allow or [], as_json=as_json)


@app.command()
def doctor(
    settings: SettingsOption = SETTINGS,
    data: Annotated[Path | None, typer.Option()] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at everything a run needs, and say all that is wrong at once.

    Example: regulars doctor --settings regulars.yaml
    """
    from regulars.pipelines.command.doctor import examined

    text, code = examined(settings, data=data, home=home, as_json=as_json, now=_now())
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
    from regulars.pipelines.command.status import status_of

    text, code = status_of(_home(home, settings), max_age=max_age, as_json=as_json, now=_now())
    typer.echo(text)
    raise typer.Exit(code)


@app.command()
def generations(home: HomeOption = None, settings: SettingsOption = SETTINGS, as_json: JsonOption = False) -> None:
    """List the generations that are kept; `*` marks the current one.

    Example: regulars generations
    """
    from regulars.pipelines.command.generations import listing

    typer.echo(listing(_home(home, settings), as_json=as_json))


@app.command()
def rollback(
    generation: Annotated[int | None, typer.Argument(help="Its number (default: the one before the current).")] = None,
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
) -> None:
    """Let readers see an earlier generation again. The landing and the ledger stay as they are.

    Example: regulars rollback 12
    """
    from regulars.pipelines.publish.rollback import rollback as roll_back

    typer.echo(f"readers now see {roll_back(_home(home, settings), generation).name}")


@app.command()
def verify(home: HomeOption = None, settings: SettingsOption = SETTINGS) -> None:
    """Hash every file of the current generation again and compare with its manifest.

    Example: regulars verify
    """
    from regulars.pipelines.command.generations import verified

    typer.echo(verified(_home(home, settings)))


@app.command()
def quarantine(
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
    export: Annotated[
        Path | None, typer.Option(help="Write the rows to this CSV file; it holds personal data.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the last run quarantined, and why.

    Example: regulars quarantine --export quarantined.csv
    """
    from regulars.pipelines.command.quarantine import quarantined

    typer.echo(quarantined(_home(home, settings), export=export, as_json=as_json))


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
    from regulars.pipelines.command.query import answer

    typer.echo(answer(_home(home, settings), query, as_json=as_json))


@app.command()
def report(
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Say where the report of the current generation is.

    Example: regulars report --open
    """
    from regulars.pipelines.command.generations import current

    path = current(_home(home, settings)).path / "report.html"
    typer.echo(str(path))
    if open_it:
        typer.launch(str(path))


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("sample"),
    customers: Annotated[int, typer.Option(min=1)] = 2000,
    seed: int = 1,
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


def _run(
    *,
    settings: Path,
    home: Path | None,
    data: Path | None = None,
    as_of: str = "",
    allow: list[str] | None = None,
    as_json: bool = False,
) -> None:
    from regulars.pipelines.command.closing import closing
    from regulars.pipelines.run.progress import show_progress
    from regulars.pipelines.run.request import make_request

    # mistakes in the arguments or the settings are told at once, before Dagster is loaded
    request = make_request(settings, home=home, data=data, as_of=as_of, allow=allow or [], now=_now())
    with show_progress() as report_progress:
        report_progress("loading Dagster")
        from regulars.assets.launch import launch_run

        launch_run(request)
    typer.echo(closing(request.home, as_json=as_json))


def _home(home: Path | None, settings: Path) -> "Home":
    from regulars.pipelines.run.request import find_home

    return find_home(home, settings)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def main() -> None:
    """Run the command line; a mistake the reader can mend is a sentence and an exit code, never a stack trace."""
    try:
        app()
    except RegularsError as error:
        _tell(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        _tell(f"{error.strerror or type(error).__name__}: {error.filename or 'a file'}")
        sys.exit(StorageFailed.exit_code)


def _tell(sentence: str) -> None:
    typer.secho(sentence, err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)


if __name__ == "__main__":
    main()
