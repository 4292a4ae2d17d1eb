"""The verbs of the command line that read personal data.

Put here: their arguments and help. Keep out: what they do (`pipelines/command`), and all other verbs (`cli.py`).
"""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from regulars.options import SETTINGS, HomeOption, JsonOption, SettingsOption


def quarantine(
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
    export: Annotated[
        Path | None, typer.Option(help="Write the rows to this CSV file; it holds personal data.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was quarantined, where it stands and why: by the last run if it failed, else in what is published.

    Example: regulars quarantine --export quarantined.csv
    """
    from regulars.pipelines.command.quarantine import show_quarantine
    from regulars.pipelines.run.request import find_home

    typer.echo(show_quarantine(find_home(home, settings), settings=settings, export=export, as_json=as_json))


def about(
    whom: Annotated[str, typer.Argument(help="A customer_id, also a former one; `system:record id`; or an address.")],
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Say which records are one customer and why, which ids it had, and which links the settings forbid.

    Example: regulars about crm:1019951
    """
    from regulars.pipelines.command.about import describe_somebody
    from regulars.pipelines.run.request import find_home

    typer.echo(describe_somebody(find_home(home, settings), whom, as_json=as_json))


def matches(
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
    export: Annotated[
        Path | None, typer.Option(help="Write the pairs that are not linked to this CSV file, for identity.match_file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List records that are probably one person, though no key is equal, as `identity.fuzzy` finds them.

    Example: regulars matches --export matches.csv
    """
    from regulars.pipelines.command.matches import list_matches
    from regulars.pipelines.run.request import find_home

    typer.echo(list_matches(find_home(home, settings), export=export, as_json=as_json))


def worklists(
    home: HomeOption = None,
    settings: SettingsOption = SETTINGS,
    export: Annotated[
        Path | None, typer.Option(help="Write the lists and segments as CSV into this folder; it holds personal data.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Only this owner's list; `unassigned` is that of nobody.")] = None,
    segment: Annotated[str | None, typer.Option(help="Export only this segment.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say whom each owner calls first; export the lists for the CRM and the segments for a mailing tool.

    Example: regulars worklists --export lists
    """
    from regulars.pipelines.command.worklists.worklists import export_worklists, summarise_worklists
    from regulars.pipelines.run.request import find_home

    place, now = find_home(home, settings), dt.datetime.now(dt.UTC)
    if export is None:
        typer.echo(summarise_worklists(place, now=now, owner=owner, segment=segment, as_json=as_json))
    else:
        typer.echo(export_worklists(place, export, settings=settings, now=now, owner=owner, segment=segment))


def themes(
    settings: SettingsOption = SETTINGS,
    home: HomeOption = None,
    write_rules: Annotated[
        Path | None, typer.Option(help="Write the rules that come with Regulars to this file, to edit them.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show which comments the rules of themes find, and terms for new rules. It shows no comment.

    Example: regulars themes --write-rules themes.yaml
    """
    from regulars.pipelines.command import themes as command
    from regulars.pipelines.run.request import find_home

    text = command.write_rules(write_rules) if write_rules else ""
    typer.echo(text or command.show_themes(settings, find_home(home, settings), as_json=as_json))
