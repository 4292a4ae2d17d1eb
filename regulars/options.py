"""The options that several verbs of the command line share, and the long ones.

Put here: an option's name, type and help. Keep out: what a verb does with it.
"""

from pathlib import Path
from typing import Annotated

import typer

SettingsOption = Annotated[Path, typer.Option("--settings", envvar="REGULARS_SETTINGS", help="The settings file.")]
HomeOption = Annotated[
    Path | None,
    typer.Option("--home", envvar="REGULARS_HOME", help="Where generations live (default: home/ beside the settings)."),
]
DataOption = Annotated[Path | None, typer.Option("--data", help="The folder that relative source paths start from.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
CustomersOption = Annotated[int, typer.Option(min=1, help="How many customers the sample company has.")]
SeedOption = Annotated[int, typer.Option(help="Another seed, another company.")]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=REASON",
        help="Let one refusal pass, this once: shrink=REASON (a file became much smaller) or quarantined=REASON "
        "(too many rows break a rule). The reason is written down.",
    ),
]
SETTINGS = Path("regulars.yaml")
"""The settings file where none is named."""


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from regulars.pipelines.command.version import describe_versions

        typer.echo(describe_versions())
        raise typer.Exit


VersionOption = Annotated[
    bool,
    typer.Option(
        "--version",
        callback=_print_version,
        is_eager=True,
        help="Print the version of Regulars and of what computes its tables.",
    ),
]
