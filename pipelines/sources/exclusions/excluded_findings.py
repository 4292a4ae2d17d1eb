"""Finds rules that leave out another share of the newest file than of those before, and conditions that are NULL.

Put here: findings about `exclude`, `include` and `when`. Keep out: evaluating them (`sources/record_rules.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_FEWEST_RECORDS = 20
"""Shares of smaller files jump by chance."""


@dataclass(frozen=True)
class ExcludedCounts:
    """How many records of one file each rule leaves out.

    Attributes:
        record_count: The records of the file.
        by_rule: Rule -> records.
    """

    record_count: int
    by_rule: Mapping[str, int]


def find_share_jumps(source: str, files: Sequence[ExcludedCounts]) -> list[Finding]:
    """Every rule with the difference between its share of the newest file and of all files before it.

    Args:
        source: The source.
        files: In order of delivery; the last is the newest.
    """
    if len(files) < 2:
        return []
    *before, newest = files
    earlier_count = sum(file.record_count for file in before)
    if min(earlier_count, newest.record_count) < _FEWEST_RECORDS:
        return []
    findings = []
    for rule in sorted({rule for file in files for rule in file.by_rule}):
        earlier = sum(file.by_rule.get(rule, 0) for file in before) / earlier_count
        count = newest.by_rule.get(rule, 0)
        share = count / newest.record_count
        findings.append(
            make_finding(
                "excluded_share_jumps",
                f"{source}: the rule `{rule}` leaves out {share:.1%} of the newest file and {earlier:.1%} of the files "
                "before.",
                "See whether the tool writes something else into the columns that the rule looks at.",
                source=source,
                count=count,
                share=abs(share - earlier),
            )
        )
    return [finding for finding in findings if finding.share]


def find_null_conditions(source: str, count: int) -> list[Finding]:
    """That conditions are neither true nor false.

    Args:
        source: The source.
        count: For how many of its records.
    """
    if not count:
        return []
    finding = make_finding(
        "condition_is_null",
        f"{source}: for {count:,} records a condition of `when`, `exclude` or `include` is NULL, so that it cannot be "
        "told whether they are yours; they are quarantined.",
        "Write the condition so that it is true or false for every record, for example with `coalesce(…, '')`. Where "
        "only the first row of an order has the cells of the order, `fill_down` gives them to its other rows.",
        source=source,
        count=count,
    )
    return [finding]
