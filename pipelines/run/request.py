"""What the arguments of `regulars run` mean: the settings, the home, the day, the gates.

Put here: turning words into an `Order`. Keep out: carrying it out.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.home.home import Home
from regulars.pipelines.run.run import Order
from regulars.pipelines.settings.settings import business_day
from regulars.pipelines.settings.settings_file import load_settings

GATES = ("shrink", "quarantined")
"""What one run may be let pass, with a reason that is written down."""


def home_of(home: Path | None, settings: Path) -> Home:
    """The named home, else `home/` beside the settings file."""
    return Home(home or settings.resolve().parent / "home")


def ordered(
    *, settings: Path, home: Path | None, data: Path | None, as_of: str, allow: Sequence[str], now: dt.datetime
) -> Order:
    """The run that somebody asked for.

    Args:
        settings: The settings file.
        home: Where generations live; default `home/` beside the settings.
        data: Where relative source paths start; default the settings' folder.
        as_of: `YYYY-MM-DD`, or empty for the settings' day or yesterday.
        allow: `gate=reason` each.
        now: An aware moment.

    Raises:
        SettingsWrong: The settings file holds a mistake.
        UsageWrong: An argument makes no sense.
    """
    company = load_settings(settings)
    if data is not None and not data.is_dir():
        raise UsageWrong(f"--data {data}: there is no such folder")
    return Order(
        settings=company,
        home=home_of(home, settings),
        data=(data or settings.parent).resolve(),
        as_of=_day(as_of) if as_of else business_day(company, now),
        allow=dict(_gate(each) for each in allow),
    )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageWrong(f"--as-of {text}: write the day as YYYY-MM-DD") from None


def _gate(text: str) -> tuple[str, str]:
    gate, _, reason = text.partition("=")
    if gate not in GATES or not reason.strip():
        raise UsageWrong(f"--allow {text}: write {' or '.join(f'{each}=REASON' for each in GATES)}")
    return gate, reason.strip()
