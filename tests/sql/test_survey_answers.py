"""`core.survey_answers`: each question on its own scale, and nothing that was written."""

from regulars.pipelines.kinds.shape.registry import KINDS
from tests.builders import build, money, pick, rows_of


def answers(*rows: dict) -> list[dict]:
    with build(raw__survey_answers=[{"response_id": "r", **row} for row in rows]) as con:
        return rows_of(con, "core.survey_answers")


def test_every_question_keeps_its_own_scale():
    rows = answers(
        {"question_id": "speed"}, {"question_id": "stars", "score": "7", "scale_min": "0", "scale_max": "10"}
    )
    assert list(pick(rows, "response_id", "question_id", "score", "scale_min", "scale_max")) == [
        ("r", "speed", money("4"), money("1"), money("5")),
        ("r", "stars", money("7"), money("0"), money("10")),
    ]


def test_a_written_answer_is_known_to_be_there_and_not_published():
    row, other = answers(
        {"question_id": "a", "score": None, "scale_min": None, "scale_max": None, "answer_text": "CANARY"},
        {"question_id": "b"},
    )
    assert (row["has_text"], other["has_text"]) == (True, False)
    assert "CANARY" not in str(row)


def test_what_was_written_stays_with_the_pipeline():
    assert KINDS["survey_answers"].is_kept_in_state
    assert [column.name for column in KINDS["survey_answers"].columns if column.is_personal] == ["answer_text"]
