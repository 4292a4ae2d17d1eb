"""Says how old worklists are: of which day they are, and whether calls by them come too late.

Put here: that. Keep out: the finding of a run that counts to a day long ago (`pipelines/audit/findings/days.py`).
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import duckdb

from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.findings.catalogue import FINDINGS
from regulars.pipelines.findings.published import is_said
from regulars.pipelines.home.generation import name_generation
from regulars.pipelines.home.manifest import Manifest

ZONE, THRESHOLDS = "company.timezone", "findings.thresholds"
"""The settings by which it is decided, as the run used them."""
_USED = "select setting, setting_value from meta.settings_used where setting in ($zone, $thresholds)"
OVER = "select count(*) filter (until_date < $today), count(*) from marts.owner_worklists"


@dataclass(frozen=True)
class ListAge:
    """How old the lists of a generation are.

    Attributes:
        generation: Its name.
        as_of: The last day that counts in it.
        today: The day on which they are looked at, in the company's zone.
        threshold: How many days they may count up to ago without being out of date.
        over: How many calls came too late on that day, by `until_date`.
        calls: How many there are.
        old_data: What the run said where the newest row of all sources was old already.
    """

    generation: str
    as_of: dt.date
    today: dt.date
    threshold: float
    over: int
    calls: int
    old_data: str | None

    @property
    def days(self) -> int:
        """How many days they count up to ago."""
        return (self.today - self.as_of).days

    @property
    def warning(self) -> str | None:
        """Why calls by these lists come too late; None where they are new enough."""
        if self.days > self.threshold:
            days = count_things(self.days, "day")
            return f"The list is out of date. It counts up to {self.as_of}, {days} before {self.today}."
        return self.old_data and f"The list is out of date. {self.old_data}"

    def describe(self) -> list[str]:
        """Of which day they are, and a warning where they are out of date."""
        lines = [f"{self.generation}, as of {self.as_of}, {count_things(self.days, 'day')} ago"]
        if self.warning is not None:
            lines.append(
                f"warning: {self.warning} For {self.over:,} of {count_things(self.calls, 'customer')} the last day on "
                "which a call helps is over. Run again with newer exports before anybody calls."
            )
        return lines


def read_age(con: duckdb.DuckDBPyConnection, manifest: Manifest, now: dt.datetime) -> ListAge:
    """How old the lists of a generation are.

    Args:
        con: Its published file, open.
        manifest: Its manifest.
        now: When they are looked at, an aware moment.
    """
    used: dict[str, str | None] = dict(con.execute(_USED, {"zone": ZONE, "thresholds": THRESHOLDS}).fetchall())
    thresholds: Mapping[str, float] = json.loads(used.get(THRESHOLDS) or "{}")
    today = now.astimezone(ZoneInfo(used.get(ZONE) or "UTC")).date()
    ((over, calls),) = con.execute(OVER, {"today": today}).fetchall()
    old = [each["sentence"] for each in manifest.findings if each["finding"] == "as_of_ahead" and is_said(each)]
    return ListAge(
        generation=name_generation(manifest.generation),
        as_of=manifest.as_of,
        today=today,
        threshold=thresholds.get("as_of_behind", FINDINGS["as_of_behind"].threshold),
        over=over,
        calls=calls,
        old_data=old[0] if old else None,
    )
