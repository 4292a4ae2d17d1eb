"""Decides what follows from what was measured: thresholds, severities, acknowledgements, overrides.

Put here: the one place where a measure becomes a finding that is said, kept quiet, or stops the run. Keep out:
measuring.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from regulars.pipelines.findings.catalogue import FINDINGS, make_finding
from regulars.pipelines.findings.finding import Finding, Key, Severity

SENTENCES_SHOWN = 3
ORDER: Mapping[Severity, int] = {"stop": 0, "warning": 1, "info": 2}
"""Severities, the most severe first."""


class Acknowledgement(Protocol):
    """What the settings say about a finding that is known: until when, and up to which count, it stays quiet."""

    @property
    def finding(self) -> str:
        """The name of the finding."""
        ...

    @property
    def source(self) -> str | None:
        """Only of this source."""
        ...

    @property
    def kind(self) -> str | None:
        """Only of this kind."""
        ...

    @property
    def table(self) -> str | None:
        """Only of this table."""
        ...

    @property
    def reason(self) -> str:
        """Why it may stay quiet."""
        ...

    @property
    def count(self) -> int | None:
        """It is said again when its count is greater."""
        ...

    @property
    def expires(self) -> dt.date:
        """The last day on which it stays quiet."""
        ...


@dataclass(frozen=True)
class Policy:
    """What the settings and the request of a run say about findings.

    Attributes:
        as_of: The day against which acknowledgements expire: a run of the same day gives the same findings.
        thresholds: Finding -> threshold in place of the catalogue's.
        severities: Finding -> severity in place of the catalogue's.
        acknowledgements: Which findings are known.
        allowed: Finding -> the reason why it does not stop this one run.
    """

    as_of: dt.date
    thresholds: Mapping[str, float] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    acknowledgements: Sequence[Acknowledgement] = ()
    allowed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EvaluatedFinding:
    """A finding that exceeds its threshold.

    Attributes:
        finding: With the severity and the threshold that hold in this run.
        acknowledgement: Why it stays quiet; None when it is said.
        first_seen_generation: The generation that found it first; None where nobody has looked.
    """

    finding: Finding
    acknowledgement: str | None = None
    first_seen_generation: int | None = None

    @property
    def is_acknowledged(self) -> bool:
        """Whether somebody knows about it."""
        return self.acknowledgement is not None

    @property
    def is_stop(self) -> bool:
        """Whether it ends the run."""
        return self.finding.severity == "stop" and not self.is_acknowledged


def evaluate_findings(measured: Iterable[Finding], policy: Policy) -> list[EvaluatedFinding]:
    """The findings that exceed their thresholds, the most severe first; those of one key become one.

    Where the catalogue says so, what is below the threshold and not 0 is listed as info.

    Args:
        measured: What was measured, in any order; names of the catalogue.
        policy: What the settings and the request say.
    """
    by_key: dict[Key, list[Finding]] = defaultdict(list)
    for finding in measured:
        threshold = policy.thresholds.get(finding.name, FINDINGS[finding.name].threshold)
        severity = policy.severities.get(finding.name, finding.severity)
        measure = _measure(finding)
        if measure > threshold:
            by_key[finding.key].append(replace(finding, severity=severity, threshold=threshold))
        elif measure > 0 and FINDINGS[finding.name].is_listed_below:
            by_key[finding.key].append(replace(finding, severity="info", threshold=threshold))
    found = [_merge(same) for same in by_key.values()]
    evaluated = [EvaluatedFinding(each, _find_acknowledgement(each, policy)) for each in found]
    return sorted(evaluated, key=_place)


def check_acknowledgements(evaluated: Iterable[EvaluatedFinding], policy: Policy) -> list[Finding]:
    """Findings about acknowledgements of the settings that have expired or match nothing."""
    found = [each.finding for each in evaluated]
    notices = []
    for each in policy.acknowledgements:
        about = {"source": each.source, "kind": each.kind, "table": each.table}
        what = f"`{each.finding}`" + "".join(f", {name} {value}" for name, value in about.items() if value)
        if each.expires < policy.as_of:
            notices.append(
                make_finding(
                    "acknowledgement_expired",
                    f"The acknowledgement of {what} expired on {each.expires}.",
                    "Remove it from `findings.acknowledged`, or look at the finding again and give it a new date.",
                    source=each.source,
                    kind=each.kind,
                    table=each.table,
                    count=1,
                )
            )
        elif not any(_matches(each, finding) for finding in found):
            notices.append(
                make_finding(
                    "acknowledgement_unused",
                    f"The acknowledgement of {what} matches nothing that was found.",
                    "Remove it from `findings.acknowledged` when the cause is gone for good.",
                    source=each.source,
                    kind=each.kind,
                    table=each.table,
                    count=1,
                )
            )
    return notices


def write_stop_sentence(stops: Iterable[EvaluatedFinding]) -> str:
    """What is said when findings end a run: each with what to do, and how to let it pass once."""
    return " ".join(
        f"{each.finding.sentence} {each.finding.advice} If it is right, run with `--allow {each.finding.name}=REASON`."
        for each in stops
    )


def _measure(finding: Finding) -> float:
    """What is compared with the threshold; a finding without its measure always counts."""
    value = finding.share if FINDINGS[finding.name].measure == "share" else finding.count
    return float("inf") if value is None else value


def _merge(same: Sequence[Finding]) -> Finding:
    """Several findings with one key as one: counts added, the largest share, the first sentences."""
    if len(same) == 1:
        return same[0]
    sentences = list(dict.fromkeys(each.sentence for each in same))
    counts = [each.count for each in same if each.count is not None]
    shares = [each.share for each in same if each.share is not None]
    more = len(sentences) - SENTENCES_SHOWN
    shown = [*sentences[:SENTENCES_SHOWN], *([f"There are {more} more like this."] if more > 0 else [])]
    return replace(
        min(same, key=lambda each: ORDER[each.severity]),
        sentence=" ".join(shown),
        count=sum(counts) if counts else None,
        share=max(shares) if shares else None,
        example=next((each.example for each in same if each.example), None),
    )


def _find_acknowledgement(finding: Finding, policy: Policy) -> str | None:
    if finding.severity == "stop" and finding.name in policy.allowed:
        return f"allowed in this run: {policy.allowed[finding.name]}"
    for each in policy.acknowledgements:
        grew = each.count is not None and (finding.count or 0) > each.count
        if _matches(each, finding) and not grew and each.expires >= policy.as_of:
            return each.reason
    return None


def _matches(acknowledgement: Acknowledgement, finding: Finding) -> bool:
    """Whether it is about the finding; what it does not name may be anything."""
    asked = (acknowledgement.source, acknowledgement.kind, acknowledgement.table)
    has = (finding.source, finding.kind, finding.table)
    same = all(want is None or want == value for want, value in zip(asked, has, strict=True))
    return finding.name == acknowledgement.finding and same


def _place(each: EvaluatedFinding) -> tuple[int, tuple[str, ...]]:
    return ORDER[each.finding.severity], tuple(part or "" for part in each.finding.key)
