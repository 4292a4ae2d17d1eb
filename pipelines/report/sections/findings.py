"""What the run found odd: the severe at the top of the page, all of it among the proofs.

Put here: wording published findings. Keep out: finding anything (`pipelines/audit/findings`).
"""

from collections.abc import Sequence

from regulars.pipelines.findings.published import is_said
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Part, Sentence, Table
from regulars.pipelines.report.words.words import Words

NOTICES_SHOWN = 5


def make_notices(facts: ReportFacts, words: Words) -> Sequence[Sentence]:
    """The findings that nobody has acknowledged, and that are more than information; none when there are none."""
    said = [row for row in facts.findings if is_said(row)]
    notices = [Sentence(f"{row['sentence']} {row['advice']}", "warn") for row in said[:NOTICES_SHOWN]]
    more = len(said) - NOTICES_SHOWN
    note = Sentence(words.say_count("{n} more in meta.findings.", "{n} more in meta.findings.", more), "note")
    return [*notices, note] if more > 0 else notices


def make_findings_part(facts: ReportFacts, words: Words) -> Part:
    """Everything that the run found odd, and what is known of it."""
    title = words.say("What is odd")
    if not facts.findings:
        return Part(title=title, sentences=[Sentence(words.say("The run looked and found nothing odd."), "good")])
    headers = [words.say("severity"), words.say("what was found"), words.say("acknowledged because")]
    body = [
        [str(row["severity"]), f"{row['sentence']} {row['advice']}", str(row["acknowledgement_reason"] or "")]
        for row in facts.findings
    ]
    return Part(title=title, table=Table(words.say("What the run found odd"), headers, body, texts=3))
