"""Finds out whether the clock of the machine has gone back since the last generation.

Put here: that finding. Keep out: days in the data (`days.py`).
"""

import datetime as dt
from collections.abc import Iterator

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding


def find_clock_gone_back(started_at: dt.datetime, published_before: dt.datetime | None) -> Iterator[Finding]:
    """A run that starts before the generation before it was published.

    Args:
        started_at: When the run started, aware.
        published_before: When the parent was published, aware; None without one.
    """
    if published_before is not None and started_at < published_before:
        minutes = -((started_at - published_before) // dt.timedelta(minutes=1))
        yield make_finding(
            "clock_went_back",
            f"The run started {minutes:,} minutes before the last generation was published, by the clock of this "
            "machine.",
            "Set the clock; which delivery is newest, and how old files are, depends on it.",
            count=minutes,
        )
