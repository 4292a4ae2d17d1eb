"""The verbs of the command line that hand what is published to people's files and to other programs.

Put here: their arguments and help. Keep out: what they do (`pipelines/command`), and all other verbs (`cli.py`).
"""

import importlib.util
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from regulars.options import SETTINGS, HomeOption, SettingsOption
from regulars.pipelines.errors import SettingsWrong


class ExportCommands(typer.core.TyperGroup):
    """`regulars export FILE` exports tables: what is no kind of export is the file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, with `tables` before them where no kind of export is named."""
        names = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if args and args[0] in names else ["tables", *args])


export = typer.Typer(
    cls=ExportCommands,
    help="Write published tables for people and BI tools: a workbook, CSV, Parquet, or a dashboard for Superset.\n\n"
    "Example: regulars export --table marts.churn_all --table marts.nps_all churn.xlsx",
)


class FileFormat(StrEnum):
    """What `regulars export` writes."""

    XLSX = "xlsx"
    CSV = "csv"
    PARQUET = "parquet"


@export.command()
def tables(
    target: Annotated[Path, typer.Argument(help="The workbook; of csv and parquet the folder.")] = Path(
        "regulars.xlsx"
    ),
    table: Annotated[
        list[str] | None, typer.Option(help="A table or view, such as marts.churn; say it again for more.")
    ] = None,
    file_format: Annotated[FileFormat, typer.Option("--format", help="What to write.")] = FileFormat.XLSX,
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
) -> None:
    """Write published tables for people: an Excel workbook with what each column means, or CSV, or Parquet.

    Without --table the tables that one opens first. Nothing in them is personal; names and addresses are exported by
    `regulars worklists`.

    Example: regulars export --table marts.churn_all --table marts.nps_all churn.xlsx
    """
    from regulars.pipelines.command.export.export import export_tables
    from regulars.pipelines.run.request import find_home

    typer.echo(export_tables(find_home(home, settings), target, table or (), file_format.value))


class SupersetDatabase(StrEnum):
    """Where Superset reads the published tables."""

    DUCKDB = "duckdb"
    POSTGRESQL = "postgresql"


@export.command()
def superset(
    target: Annotated[Path, typer.Argument(help="The archive to write.")] = Path("superset.zip"),
    database: Annotated[
        SupersetDatabase,
        typer.Option(help="Where Superset reads: the file in the home, or the target of the settings."),
    ] = SupersetDatabase.DUCKDB,
    uri: Annotated[str, typer.Option(help="The database's address as Superset sees it, without a password.")] = "",
    name: Annotated[str, typer.Option(help="What the database is called in Superset.")] = "Regulars",
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
) -> None:
    """Write datasets, metrics, charts and a dashboard for Apache Superset, as one archive to import.

    What is imported again is updated, not doubled. The archive holds no password and no row of a table.

    Example: regulars export superset superset.zip
    """
    from regulars.pipelines.command.export.superset.bundle import export_superset
    from regulars.pipelines.run.request import find_home, find_settings_file

    file = find_settings_file(settings)
    typer.echo(export_superset(find_home(home, settings), file, target, database=database.value, uri=uri, name=name))


def mcp(home: HomeOption = None, settings: SettingsOption = SETTINGS) -> None:
    """Let an agent ask the published tables, over MCP on the standard input and output; read-only.

    Example: regulars mcp --home home
    """
    if importlib.util.find_spec("mcp") is None:
        raise SettingsWrong("`regulars mcp` needs the MCP library: `pip install 'regulars[mcp]'`")
    from regulars.pipelines.command.mcp.server import serve
    from regulars.pipelines.run.request import find_home

    serve(find_home(home, settings))
