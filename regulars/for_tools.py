"""The verbs of the command line that hand what is published to people's files and to other programs.

Put here: their arguments and help. Keep out: what they do (`pipelines/command`), and all other verbs (`cli.py`).
"""

import importlib.util
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from regulars.options import SETTINGS, HomeOption, SettingsOption
from regulars.pipelines.errors import SettingsWrong


class FileFormat(StrEnum):
    """What `regulars export` writes."""

    XLSX = "xlsx"
    CSV = "csv"
    PARQUET = "parquet"


def export(
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


def mcp(home: HomeOption = None, settings: SettingsOption = SETTINGS) -> None:
    """Let an agent ask the published tables, over MCP on the standard input and output; read-only.

    Example: regulars mcp --home home
    """
    if importlib.util.find_spec("mcp") is None:
        raise SettingsWrong("`regulars mcp` needs the MCP library: `pip install 'regulars[mcp]'`")
    from regulars.pipelines.command.mcp.server import serve
    from regulars.pipelines.run.request import find_home

    serve(find_home(home, settings))
