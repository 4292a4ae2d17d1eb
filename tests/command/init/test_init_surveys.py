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
