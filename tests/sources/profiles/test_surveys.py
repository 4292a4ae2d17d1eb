"""Survey tools: further header rows, previews, operators' questions, moments in words; stars are never NPS."""

import csv

import pytest

from regulars.pipelines.settings.profiles.merge import apply_profiles
from tests.sources.profiles.conftest import EXPORTS, header_of, recognise, write_export

ANSWER = "response_id, survey_type, score, scale_min, scale_max, answered_at, email, comment"
ASKED = "How likely are you to recommend us?"


@pytest.fixture
def qualtrics():
    path = EXPORTS / "qualtrics" / "qualtrics_v3_three_header_rows.csv"
    if not path.is_file():
        pytest.skip("the sample exports are not beside this folder")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_rows(rows):
    width = len(rows[0])
    return "".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row[:width]) + "\n" for row in rows)


def test_qualtrics_three_header_rows_previews_and_unseen_questions_are_no_answers(read, qualtrics):
    header = qualtrics[0]
    assert recognise(header) == "qualtrics_responses"
    base = dict(zip(header, qualtrics[3], strict=True))
    more = [
        base | {"ResponseId": "R_b", "Q1": "10 - Extremely likely", "RecipientEmail": "a@x.example", "Q2": "x, y"},
        base | {"ResponseId": "R_c", "Status": "1"},
        base | {"ResponseId": "R_d", "Status": "Umfragevorschau"},
        base | {"ResponseId": "R_e", "DistributionChannel": "preview"},
        base | {"ResponseId": "R_f", "Q1": ""},
        base | {"ResponseId": "R_g", "Q1": "-99"},
    ]
    export = write_rows([*qualtrics[:4], *([row[name] for name in header] for row in more)])
    named = {"Score question": ["Q1"], "Comment question": ["Q2"]}
    rows = read("qualtrics_responses", export, "survey_responses", ANSWER, headers=named, timezone="Europe/Zurich")
    assert rows == [
        ("R_2YPOQ602ER1jkf1", "nps", "2", "0", "10", "2017-07-18 06:28:48", None, "Hello World!"),
        ("R_b", "nps", "10", "0", "10", "2017-07-18 06:28:48", "a@x.example", "x, y"),
    ]
    assert read.excluded == {"answers": 2, "previews": 3, "not_answered": 2}


def test_the_legacy_export_of_qualtrics_has_names_in_its_second_row(read):
    path = EXPORTS / "qualtrics" / "qualtrics_legacy_two_header_rows.csv"
    assert recognise(header_of("qualtrics/qualtrics_legacy_two_header_rows.csv")) == "qualtrics_legacy"
    rows = read("qualtrics_legacy", path, "survey_responses", ANSWER, headers={"Score question": ["Q1"]})
    assert rows == [("R_2YPOQ602ER1jkf1", "nps", "2", "0", "10", "2017-07-18 08:28:48", None, None)]
    assert read.excluded == {"answers": 1}


def test_a_survey_is_refused_until_somebody_says_which_question_asks_for_a_score(shop, qualtrics):
    shop.write("export.csv", write_rows(qualtrics[:4]))
    written = {"sources": {"shop": {"path": "export.csv", "profile": "qualtrics_responses"}}}
    shop.sources = apply_profiles(written, None)[0]["sources"]
    sentence = shop.refusal().sentence
    assert "`headers: {Score question: [its header]}`" in sentence
    assert "a name that the tool's operator chose" in sentence


def test_surveymonkeys_second_header_row_is_no_answer_and_half_days_are_read(read):
    header = header_of("surveymonkey/surveymonkey_current_two_header_rows_header_only.csv")
    assert recognise(header) == "surveymonkey_responses"
    first = dict(zip(header[:9], ["118", "42", "01/31/2024 10:20:00 PM", "01/31/2024 10:22:33 PM", "", "a@x.example",
                                  "", "", ""], strict=True))  # fmt: skip
    rows = [
        header,
        ["", "", "", "", "", "", "", "", "", "Response", "Web", "App", "Other (please specify)", "Open-Ended Response"],
        [*first.values(), "9", "Web", "", "", "Great"],
        ["119", "42", "02/01/2024 12:00:00 AM", "02/01/2024 12:05:00 AM", "", "", "", "", "", "", "", "", "", "Hm"],
    ]
    named = {"Score question": [header[9]], "Comment question": [header[13]]}
    answers = read(
        "surveymonkey_responses", write_rows(rows), "survey_responses", ANSWER, headers=named, timezone="America/Denver"
    )
    assert answers == [("118", "nps", "9", "0", "10", "2024-02-01 05:22:33", "a@x.example", "Great")]
    assert read.excluded == {"answers": 1, "not_answered": 1} or read.excluded == {"not_answered": 2}


@pytest.mark.parametrize("name", ["two_header_rows_StarWars", "one_header_row_thanksgiving", "flat_comma"])
def test_polls_of_strangers_are_no_answers_of_customers(name):
    assert recognise(header_of(f"surveymonkey/surveymonkey_{name}.csv", "cp1252")) is None


def test_typeform_answers_are_in_utc_and_partial_ones_are_left_out(read):
    header = header_of("typeform/typeform_results_header_only.csv")
    assert recognise(header) == "typeform_responses"
    assert recognise(["#", "Q", "Start Date (UTC)", "Submit Date (UTC)", "Network ID"]) == "typeform_responses"
    done = {"#": "tok1", header[1]: "8", "email": "a@x.example", "Response Type": "completed",
            "Submit Date (UTC)": "2018-04-03 09:05:14"}  # fmt: skip
    export = write_export(
        header, done, done | {"#": "tok2", "Response Type": "partial"}, done | {"#": "t3", header[1]: ""}
    )
    rows = read("typeform_responses", export, "survey_responses", ANSWER, headers={"Score question": [header[1]]})
    assert rows == [("tok1", "nps", "8", "0", "10", "2018-04-03 09:05:14", "a@x.example", None)]
    assert read.excluded == {"not_finished": 1, "not_answered": 1}


def test_google_forms_moments_have_half_days_and_an_offset_in_words(read):
    header = header_of("google_forms/google_forms_header_only.csv")
    assert recognise(header) == "google_forms_responses"
    export = write_export(
        header,
        {"Timestamp": "2026/09/27 3:00:00 PM GMT+3", "Email Address": "A@x.example", header[3]: "9", header[4]: "ok"},
        {"Timestamp": "2026/01/05 12:30:00 AM GMT-5", header[3]: "0"},
    )
    named = {"Score question": [header[3]], "Comment question": [header[4]]}
    assert read("google_forms_responses", export, "survey_responses", ANSWER, headers=named) == [
        ("2026/09/27 3:00:00 PM GMT+3 a@x.example", "nps", "9", "0", "10", "2026-09-27 12:00:00", "A@x.example", "ok"),
        ("2026/01/05 12:30:00 AM GMT-5", "nps", "0", "0", "10", "2026-01-05 05:30:00", None, None),
    ]


@pytest.mark.parametrize("first", ["Horodateur", "Zeitstempel", "Aikaleima", "Marca temporal"])
def test_a_form_is_recognised_in_other_languages_by_a_question_beside_its_moment(first):
    assert recognise([first, "Wie zufrieden sind Sie?"]) == "google_forms_responses"
    assert recognise([first, "value"]) is None


def test_delighted_is_nps_unless_it_says_otherwise_and_reads_seconds(read):
    header = ["Response ID", "Score", "Comment", "Created At", "Person Email", "Survey Type"]
    assert recognise(header) == "delighted_responses"
    export = write_export(
        header,
        {"Response ID": "1", "Score": "9", "Created At": "2026-01-01 10:00:00 UTC", "Person Email": "a@x.example"},
        {"Response ID": "2", "Score": "4", "Created At": "1767261600", "Survey Type": "CSAT"},
    )
    assert read("delighted_responses", export, "survey_responses", ANSWER) == [
        ("1", "nps", "9", "0", "10", "2026-01-01 10:00:00", "a@x.example", None),
        ("2", "csat", "4", "1", "5", "2026-01-01 10:00:00", None, None),
    ]


def test_stars_of_trustpilot_are_satisfaction_and_find_their_order(read):
    header = header_of("trustpilot/trustpilot_service_reviews_header_only.csv")
    assert recognise(header) == "trustpilot_reviews"
    export = write_export(
        header,
        {"Review Id": "r1", "Review Created (UTC)": "2026-01-01 10:00:00", "Review Stars": "5", "Reference Id": "#1001",
         "Review User Email": "a@x.example", "Review Title": "Good", "Review Content": "Very"},
    )  # fmt: skip
    assert read("trustpilot_reviews", export, "survey_responses", f"{ANSWER}, order_id") == [
        ("r1", "csat", "5", "1", "5", "2026-01-01 10:00:00", "a@x.example", "Good. Very", "#1001")
    ]
