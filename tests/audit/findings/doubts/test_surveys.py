"""Doubts about surveys begin where the evidence does."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from regulars.pipelines.audit.findings.doubts.surveys import SURVEY_DOUBTS
from tests.audit.findings.doubts.asked import Said, ask
from tests.builders import build

Row = dict[str, Any]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    answers: list[Row] = []

    def add(
        tool: str, count: int, day: int = 10, hour: int = 10, who: str = "email", survey: str = "", **cells: str
    ) -> None:
        for number in range(1, count + 1):
            row = {"_source": tool, "_system": "polls", "_row": len(answers) + 1, "response_id": f"s{len(answers) + 1}"}
            row |= {who: f"{tool[0]}{number}@x.org", "answered_at": f"2026-01-{day} {hour}:00:00", **cells}
            answers.append(row | {"_rest": json.dumps({"survey": survey}) if survey else None})

    add("a mail", 5)
    add("a text", 6, day=11)
    add("b mail", 4)
    add("b text", 4)
    add("c mail", 5)
    add("c text", 5, day=12)
    add("d mail", 5)
    add("d text", 5, score="8")
    add("e mail", 5)
    add("e text", 5, survey_type="ces")
    add("f mail", 5, who="customer_record_id")
    add("f text", 5, who="customer_record_id", hour=23)
    for tool, count, score in (("g", 20, "5"), ("h", 19, "5"), ("i", 20, "6"), ("k", 20, "0")):
        add(f"{tool} two surveys", count, survey="small", score=score)
        add(f"{tool} two surveys", 20, survey="large", score="9")
    invitations = [
        {
            "_source": f"asked {tool}",
            "_system": "polls",
            "_row": number,
            "invitation_id": f"i{number}",
            "survey_type": "nps",
            "invited_at": f"2026-01-10 {hour}:00:00",
            "response_id": "s1",
        }
        for number, (tool, hour) in enumerate((("before", "09"), ("at once", "10"), ("after", "11")), 1)
    ]
    questions = [
        {
            "_source": "polls",
            "_system": "polls",
            "_row": number,
            "response_id": response,
            "question_id": question,
            "score": "3",
            "scale_min": "1",
            "scale_max": most,
        }
        for number, (response, question, most) in enumerate(
            (("s1", "q1", "5"), ("s2", "q1", "7"), ("s1", "q2", "5"), ("s2", "q2", "5")), 1
        )
    ]
    with build(
        raw__survey_responses=answers, raw__survey_invitations=invitations, raw__survey_answers=questions
    ) as con:
        yield con


def said(con: duckdb.DuckDBPyConnection, name: str) -> Said:
    return ask(con, SURVEY_DOUBTS, name)


def test_invitations_later_than_their_answer_are_counted(con):
    assert said(con, "answers_before_invitations") == {"asked after": (1, 1.0)}


def test_a_column_that_splits_answers_tells_of_a_survey_up_to_five_from_twenty_answers_on(con):
    assert said(con, "nps_scores_up_to_five") == {"g two surveys": (20, 0.5)}


def test_a_question_on_two_scales_is_counted(con):
    assert said(con, "question_on_two_scales") == {"polls": (1, 0.5)}


def test_answers_of_two_sources_are_the_same_where_five_writers_gave_the_score_within_a_day(con):
    assert said(con, "same_answers_in_two_sources") == {
        "a mail, a text": (5, 1.0),
        "f mail, f text": (5, 1.0),
    }
