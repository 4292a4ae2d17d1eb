"""The verbs by which settings begin: from a folder of exports, and by profiles of tools.

Put here: arguments and help of these verbs. Keep out: anything they do.
"""

from pathlib import Path
from typing import Annotated

import typer

from regulars.options import SETTINGS, SettingsOption


def init(
    folder: Annotated[Path, typer.Argument(help="Where the exports lie.")],
    settings: SettingsOption = SETTINGS,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: what is open stays as a question in the file.")
    ] = False,
    name: Annotated[str, typer.Option(help="The company's name (default: that of the folder).")] = "",
    timezone: Annotated[str, typer.Option(help="The company's time zone, such as Europe/Berlin.")] = "",
    currency: Annotated[str, typer.Option(help="The company's currency, such as EUR.")] = "",
) -> None:
    """Recognise the exports of a folder and write settings for them, or add them to the settings that are there.

    Example: regulars init exports
    """
    from regulars.asking import ask_person
    from regulars.pipelines.command.init.init import InitRequest, init_settings

    ask = None if yes else ask_person
    typer.echo(init_settings(InitRequest(folder, settings, name, timezone, currency, ask)))


def profiles(
    name: Annotated[str | None, typer.Argument(help="Print this one (default: list all).")] = None,
    settings: SettingsOption = SETTINGS,
) -> None:
    """List the exports that are recognised, or print what one of them is mapped to.

    Example: regulars profiles shopify_orders
    """
    from regulars.pipelines.command.init.shown_profiles import show_profiles

    typer.echo(show_profiles(name, settings.resolve().parent))
