"""Who answers, on the page of the NPS."""

from regulars.pipelines.report.parts import Table
from regulars.pipelines.report.sections.voice import make_nonresponse_part
from regulars.pipelines.report.words.words import read_words

WORDS = read_words("en")


def row(value: str, responses: int, nps: float, dimension: str = "answering_wave") -> dict[str, object]:
    weighted = {"nps_weighted": 21.4, "effective_responses": 61.7} if dimension == "all" else {}
    return {"dimension": dimension, "dimension_value": value, "responses": responses, "nps": nps} | weighted


def test_the_score_stands_beside_that_of_soon_and_late_answers_and_of_customers_in_proportion():
    rows = [row("all", 80, 30.0, "all"), row("first_half", 42, 40.0), row("second_half", 38, -5.0)]
    part = make_nonresponse_part(rows, WORDS)
    assert part is not None
    assert part.caption == "Who answers: NPS of the last 90 days"
    assert isinstance(part.table, Table)
    assert part.table.rows == [
        ["all votes", "80", "+30"],
        ["answered sooner", "42", "+40"],
        ["answered later", "38", "−5"],
        ["weighted by value tier", "62", "+21"],
    ]


def test_without_votes_nothing_is_shown():
    assert make_nonresponse_part([], WORDS) is None
    assert make_nonresponse_part([row("all", 0, 0.0, "all")], WORDS) is None
