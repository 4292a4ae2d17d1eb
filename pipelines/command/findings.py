"""Words the findings of a generation for the command line.

Put here: lines out of published findings. Keep out: which findings there are (`pipelines/findings`).
"""

from collections.abc import Sequence

from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.findings.published import PublishedFinding, count_findings, is_said


def count_in_words(findings: Sequence[PublishedFinding]) -> str:
    """Such as `1 warning, 2 for information, 3 acknowledged`; `nothing odd` where there is none."""
    counts = count_findings(findings)
    parts = [
        count_things(counts["stop"], "that stops", "that stop"),
        count_things(counts["warning"], "warning"),
        f"{counts['info']:,} for information",
        f"{counts['acknowledged']:,} acknowledged",
    ]
    shown = [part for part in parts if not part.startswith("0 ")]
    return ", ".join(shown) or "nothing odd"


def list_said(findings: Sequence[PublishedFinding]) -> list[tuple[str, str]]:
    """Name, and sentence with what to do, of each finding that is neither acknowledged nor a mere info."""
    return [(each["finding"], f"{each['sentence']} {each['advice']}") for each in findings if is_said(each)]
