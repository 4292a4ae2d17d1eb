"""The page `docs/findings.md`: every finding that a run can make, from the catalogue.

Put here: the shape of the page. Keep out: what a finding means (`pipelines/findings/families/`).
"""

from collections.abc import Iterable, Mapping

from regulars.pipelines.findings.finding_type import FindingType

INTRODUCTION = """# Findings

Made from `pipelines/findings/families/` by `python -m regulars.pipelines.command.handbook`; do not edit it by hand.

A finding is something odd that is no error. Every run looks for all of them and publishes what it finds in
`meta.findings`, most severe first in the report and at the end of the run:

- **info** is listed, and nothing else;
- **warning** is said in a sentence when the run ends, by `regulars doctor` and `regulars status`, at the top of the
  report, and in an alert when the generation before had not found it;
- **stop** ends the run with exit code 3 before it publishes; the last good generation stays. In a file of an optional
  source it keeps the file from landing: the last delivery is used, the source is marked stale, an alert goes out.
  `regulars run --allow NAME=REASON` lets one run pass.

It is a finding when its count or share is greater than the threshold. `findings:` in the settings sets thresholds and
severities, and acknowledges what is known:

```yaml
findings:
  thresholds: {records_quarantined: 0.002}
  severities: {records_quarantined: stop}
  acknowledged:
    - {finding: values_emptied, kind: customers, reason: the old shop has no birthdays, count: 40, expires: 2027-01-31}
```

What is acknowledged stays quiet until its count is greater than `count`, or the day of the run is after `expires`. An
acknowledgement that has expired or matches nothing is a finding too.
"""


def findings_markdown(families: Mapping[str, Iterable[FindingType]]) -> str:
    """The whole page.

    Args:
        families: Title -> findings.
    """
    lines = [INTRODUCTION]
    for title, findings in families.items():
        lines += [f"## {title}", "", "| finding | severity | threshold | what is odd |", "|---|---|---|---|"]
        lines += [
            f"| `{each.name}` | {each.severity} | {_word_threshold(each)} | {f'{each.meaning} {each.noise}'.strip()} |"
            for each in findings
        ]
        lines.append("")
    return "\n".join(lines)


def _word_threshold(each: FindingType) -> str:
    words = _word_measure(each)
    return f"{words}; below it info" if each.is_listed_below else words


def _word_measure(each: FindingType) -> str:
    if each.measure == "share":
        return f"{each.threshold:.1%}".replace(".0%", "%").replace("%", " %")
    return f"{each.threshold:,g} {each.unit}"
