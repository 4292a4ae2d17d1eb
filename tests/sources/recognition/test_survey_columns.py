"""Which question of a survey is NPS: by its words and its answers, and never a question on another scale."""

import duckdb
import pytest

from regulars.pipelines.sources.recognition.survey_columns import find_survey_columns

FIND = {"Score question": "score", "Comment question": "comment"}


def look(rows, header_rows=0):
    """Rows of cells, the first one the header."""
    header = rows[0]
    with duckdb.connect() as con:
        names = ", ".join(f'"{name}"' for name in header)
        values = ", ".join(f"({', '.join(['?'] * len(header))}, {n})" for n in range(len(rows) - 1))
        con.execute(
            f"create table file as select * from (values {values}) as t({names}, file_row_number)",
            [cell for row in rows[1:] for cell in row],
        )
        return find_survey_columns(con, "file", header, FIND, header_rows, ["Timestamp"])


@pytest.mark.parametrize(
    "question",
    [
        "How likely are you to recommend us to a friend?",
        "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?",
        "Kuinka todennäköisesti suosittelisit meitä?",
        "Quelle est la probabilité que vous nous recommandiez ?",
        "আপনি কি আমাদের সুপারিশ করবেন?",
    ],
)
def test_a_recommendation_from_0_to_10_is_found_in_any_of_our_languages(question):
    found = look(
        [["Timestamp", "Your age", question, "Any comment?"], ["t", "40", "9", "fine"], ["t", "30", "0", None]]
    )
    assert found.headers == {"Score question": [question], "Comment question": ["Any comment?"]}
    assert found.columns == {}


def test_answers_that_begin_with_their_number_are_numbers():
    found = look([["Timestamp", "Recommend?"], ["t", "10 - Extremely likely"], ["t", "0 - Not at all"], ["t", "-99"]])
    assert found.headers == {"Score question": ["Recommend?"]}


def test_a_recommendation_from_1_to_5_is_no_nps_and_stays_a_question():
    assert look([["Timestamp", "Would you recommend us?"], ["t", "5"], ["t", "1"]]).headers == {}


def test_low_answers_are_nps_where_the_question_names_the_scale():
    found = look([["Timestamp", "From 0 to 10, would you recommend us?"], ["t", "2"], ["t", "3"]])
    assert found.headers == {"Score question": ["From 0 to 10, would you recommend us?"]}


def test_answers_in_words_and_two_such_questions_stay_questions():
    assert look([["Timestamp", "Recommend?"], ["t", "Very likely"], ["t", "9"]]).headers == {}
    assert look([["Timestamp", "Recommend us?", "Recommend the app?"], ["t", "9", "8"]]).headers == {}


def test_satisfaction_from_1_to_5_is_csat_and_from_1_to_10_a_question():
    found = look([["Timestamp", "How satisfied are you?"], ["t", "5"], ["t", "1"]])
    assert found.headers == {"Score question": ["How satisfied are you?"]}
    assert found.columns == {"survey_type": {"value": "csat"}, "scale_min": {"value": 1}, "scale_max": {"value": 5}}
    assert look([["Timestamp", "How satisfied are you?"], ["t", "9"], ["t", "1"]]).headers == {}


def test_qualtrics_groups_of_promoters_name_their_question_and_the_third_row_the_zone():
    rows = [
        ["StartDate", "Q1", "Q1_NPS_GROUP", "Q2"],
        ["Start Date", "How was it?", "How was it? - Group", "Why?"],
        ['{"ImportId":"startDate","timeZone":"America/Denver"}', '{"ImportId":"QID1"}', '{"ImportId":"g"}', None],
        ["2026-01-01 10:00:00", "7", "2", "so so"],
    ]
    found = look(rows, header_rows=2)
    assert found.headers == {"Score question": ["Q1"], "Comment question": ["Q2"]}
    assert found.timezone == "America/Denver"


def test_the_wording_of_a_further_header_row_finds_the_question():
    rows = [["StartDate", "Q1", "Q7"], ["Start", "How old?", "Would you recommend us?"], ["2026", "33", "9"]]
    assert look(rows, header_rows=1).headers == {"Score question": ["Q7"]}
