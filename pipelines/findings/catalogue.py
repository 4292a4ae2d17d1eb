"""The catalogue of findings: each name with its meaning, severity and threshold.

Put here: which families of findings there are. Keep out: the entries, which lie in `families/`, a module per family.
"""

from collections.abc import Mapping
from typing import TypedDict, Unpack

from regulars.pipelines.findings.families.deliveries import DELIVERIES
from regulars.pipelines.findings.families.files import FILES
from regulars.pipelines.findings.families.identity import IDENTITY
from regulars.pipelines.findings.families.money import MONEY
from regulars.pipelines.findings.families.references import REFERENCES
from regulars.pipelines.findings.families.rules import RULES
from regulars.pipelines.findings.families.settings import SETTINGS
from regulars.pipelines.findings.families.time import TIME
from regulars.pipelines.findings.families.values import VALUES
from regulars.pipelines.findings.families.volume import VOLUME
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.findings.finding_type import FindingType

FAMILIES: Mapping[str, tuple[FindingType, ...]] = {
    "Files": FILES,
    "Compared with earlier deliveries and the parent generation": VOLUME,
    "Time": TIME,
    "Values": VALUES,
    "References": REFERENCES,
    "Identity": IDENTITY,
    "Versions and excluded records": DELIVERIES,
    "Rules of contracts": RULES,
    "Money given back and subscriptions": MONEY,
    "Settings": SETTINGS,
}
"""Title of a family -> its findings."""

FINDINGS: Mapping[str, FindingType] = {each.name: each for family in FAMILIES.values() for each in family}
"""Name -> entry, of all families."""


class Details(TypedDict, total=False):
    """What a finding is about and how much of it there is; each is optional."""

    source: str | None
    kind: str | None
    table: str | None
    count: int | None
    share: float | None
    example: str | None


def make_finding(name: str, sentence: str, advice: str, **details: Unpack[Details]) -> Finding:
    """A finding of the catalogue.

    Args:
        name: A name of `FINDINGS`.
        sentence: What was found, where, how many; no personal value.
        advice: What to do about it.
        details: What it is about, its count or share, an example.
    """
    return Finding(name, FINDINGS[name].severity, sentence, advice, **details)
