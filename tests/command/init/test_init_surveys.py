"""Surveys through `regulars init --yes`: the question is found or asked for, and the settings read the answers."""

import pytest

from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.errors import InputRefused
from regulars.pipelines.settings.settings_file import load_settings

FORM = """Timestamp,Email Address,How likely are you to recommend us?,Any other comments?
2026/09/27 3:00:00 PM GMT+3,a@x.example,9,fine
2026/09/28 3:00:00 AM GMT+3,b@x.example,10,
"""
SATISFACTION = FORM.replace("How likely are you to recommend us?", "How satisfied are you?").replace(",9,", ",4,")
IN_WORDS = FORM.replace(",9,", ",very,").replace(",10,", ",not at all,")


@pytest.fixture
def init(tmp_path):
    def init(text):
        folder = tmp_path / "exports"
        folder.mkdir()
        (folder / "answers.csv").write_text(text, encoding="utf-8")
        said = init_settings(InitRequest(folder, tmp_path / "regulars.yaml"))
        settings = (tmp_path / "regulars.yaml").read_text(encoding="utf-8")
        sources = load_settings(tmp_path / "regulars.yaml", {}).sources if "\n  google" in settings else {}
        return said, settings, sources

    return init


def test_a_form_is_read_with_its_question_and_its_comments(init):
    said, settings, sources = init(FORM)
    source = sources["google_forms_responses"]
    assert source.headers["Score question"] == ["How likely are you to recommend us?"]
    assert source.headers["Comment question"] == ["Any other comments?"]
    assert "QUESTION: headers.Score question" not in settings
    assert "its 2 answers lie from 0 to 10" in said
    assert "a@x.example" not in said + settings


def test_a_form_about_satisfaction_is_csat_with_its_scale(init):
    _, _, sources = init(SATISFACTION.replace(",10,", ",5,"))
    columns = sources["google_forms_responses"].columns
    assert [columns[name].value for name in ("survey_type", "scale_min", "scale_max")] == ["csat", "1", "5"]


def test_a_form_answered_in_words_is_refused_with_a_question(init):
    with pytest.raises(InputRefused) as refused:
        init(IN_WORDS)
    assert "open: which question asks how likely people are to recommend the company, from 0 to 10" in str(
        refused.value
    )
    assert "very" not in str(refused.value)


def read_unknown(tmp_path, text):
    (tmp_path / "answers.csv").write_text(text, encoding="utf-8")
    said = init_settings(InitRequest(tmp_path, tmp_path / "regulars.yaml", timezone="UTC", currency="EUR"))
    return said, load_settings(tmp_path / "regulars.yaml", {}).sources["answers"]


def test_a_survey_whose_contacts_have_no_id_is_no_list_of_customers(tmp_path):
    rows = "".join(f"{n},2026-01-{n:02} 10:00:00,,a{n}@x.example,{n % 11}\n" for n in range(1, 29))
    head = "Response ID,Date Submitted,Contact ID,Email,How likely are you to recommend us?\n"
    _, source = read_unknown(tmp_path, head + rows)
    assert source.kind == "survey_responses"
    assert source.columns["answered_at"] == "Date Submitted"


def test_surveys_that_were_never_sent_are_left_out_and_said(tmp_path):
    rows = "".join(
        f"{n},{f'2026-01-{n:02} 10:00:00' if n % 4 else ''},a{n}@x.example,{n % 11 if n % 4 else ''}\n"
        for n in range(1, 29)
    )
    head = "Response ID,Date Submitted,Email,How likely are you to recommend us?\n"
    said, source = read_unknown(tmp_path, head + rows)
    assert source.exclude == {"unfinished": "trim(coalesce(\"Date Submitted\", '')) = ''"}
    assert (
        "7 of 28 records have nothing in `Date Submitted`, as surveys that were begun and never sent: left out" in said
    )
