"""Defines a finding: something odd that is no error, which a run measured and says.

Put here: the shape of a finding. Keep out: which findings there are (`catalogue.py`), measuring them
(`pipelines/sources`, `pipelines/audit/findings`), and what follows from them (`evaluate.py`).
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "stop"]
"""`info` is listed, `warning` is said at the end of the run, `stop` ends the run before it publishes."""

Key = tuple[str, str | None, str | None, str | None]
"""Name, source, kind and table: by them a finding is the same one in two generations."""


@dataclass(frozen=True)
class Finding:
    """What was measured, in numbers and as a sentence.

    Attributes:
        name: Its name in the catalogue, in snake_case.
        severity: The catalogue's; the settings may have another one.
        sentence: What was found, where, how many; no personal value.
        advice: What to do about it.
        source: The source that it is about.
        kind: The kind of rows that it is about.
        table: The table that it is about, as `layer.table`.
        count: How many, in the unit of the catalogue.
        share: How much of the whole, 0 to 1.
        threshold: What the measure exceeds; filled in when the finding is evaluated.
        example: One case, masked or harmless.
    """

    name: str
    severity: Severity
    sentence: str
    advice: str
    source: str | None = None
    kind: str | None = None
    table: str | None = None
    count: int | None = None
    share: float | None = None
    threshold: float | None = None
    example: str | None = None

    @property
    def key(self) -> Key:
        """What the finding is about."""
        return self.name, self.source, self.kind, self.table
