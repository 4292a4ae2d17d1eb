"""What a company may set about findings: thresholds, severities, and what it knows of already.

Put here: the shape of `findings` in `regulars.yaml`. Keep out: which findings there are, and what follows from them
(`pipelines/findings`).
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from regulars.pipelines.findings.catalogue import FINDINGS as CATALOGUE
from regulars.pipelines.findings.finding import Severity
from regulars.pipelines.settings.part import Part

NAMES_OF_FINDINGS = tuple(CATALOGUE)


class Acknowledgement(Part):
    """A finding that the company knows of and that stays quiet. What is not named (source, kind, table) may be any."""

    finding: Literal[NAMES_OF_FINDINGS]  # type: ignore[valid-type]
    """Its name in `docs/findings.md`."""
    source: str | None = None
    """Only where it is about this source."""
    kind: str | None = None
    """Only where it is about this kind of rows."""
    table: str | None = None
    """Only where it is about this table, such as `core.orders`."""
    reason: str
    """Why it may stay quiet; `meta.findings` and the report show it."""
    count: Annotated[int, Field(ge=0)] | None = None
    """It is said again when its count is greater than this. Without it, the count may grow."""
    expires: dt.date
    """The last day (of `as_of`) on which it stays quiet; after that it is said again, and so is that it expired."""


class Findings(Part):
    """What is odd enough to be said, and what is known already. `docs/findings.md` lists every finding."""

    thresholds: dict[Literal[NAMES_OF_FINDINGS], float] = {}  # type: ignore[valid-type]
    """Finding: the number that its count or share must exceed, in place of the default."""
    severities: dict[Literal[NAMES_OF_FINDINGS], Severity] = {}  # type: ignore[valid-type]
    """Finding: how severe it is, in place of the default. `stop` ends the run (exit code 3) before it publishes;
    `regulars run --allow NAME=REASON` lets one run pass."""
    acknowledged: list[Acknowledgement] = []
    """Findings that stay quiet until their count grows or a day has passed."""
