"""The page says first what must be known before its numbers are believed."""

from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.sections.findings import NOTICES_SHOWN, make_findings_part, make_notices
from regulars.pipelines.report.words.words import read_words
from tests.report.report_tables import HEADLINE

EN = read_words("en")


def facts(*findings: dict[str, object]) -> ReportFacts:
    return ReportFacts("Shop", "g000001", HEADLINE, findings=findings)


def finding(number: int, severity: str = "warning", reason: str | None = None) -> dict[str, object]:
    said = {"sentence": f"{number} are odd.", "advice": "Look.", "severity": severity}
    return {**said, "is_acknowledged": reason is not None, "acknowledgement_reason": reason}


def test_what_is_odd_is_said_at_the_top_unless_it_is_known_or_mere_information():
    notices = make_notices(facts(finding(1), finding(2, "info"), finding(3, reason="new till")), EN)
    assert [each.text for each in notices] == ["1 are odd. Look."]


def test_of_many_findings_the_first_are_shown_and_the_others_counted():
    notices = make_notices(facts(*map(finding, range(NOTICES_SHOWN + 2))), EN)
    assert len(notices) == NOTICES_SHOWN + 1
    assert notices[-1].text == "2 more in meta.findings."


def test_without_findings_the_page_says_that_the_run_has_looked():
    assert make_notices(facts(), EN) == []
    assert make_findings_part(facts(), EN).sentences[0].text == "The run looked and found nothing odd."


def test_every_finding_is_listed_with_why_it_is_known():
    table = make_findings_part(facts(finding(1), finding(3, reason="new till")), EN).table
    assert table is not None
    assert [row[2] for row in table.rows] == ["", "new till"]  # type: ignore[union-attr]
