"""Surveys through `regulars init --yes`: the question is found or asked for, and the settings read the answers."""

import datetime as dt

import pytest

from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.command.preview.preview import preview_sources
from regulars.pipelines.errors import InputRefused
from regulars.pipelines.settings.settings_file import load_settings

FORM = """Timestamp,Email Address,How likely are you to recommend us?,Any other comments?
2026/09/27 3:00:00 PM GMT+3,a@x.example,9,fine
2026/09/28 3:00:00 AM GMT+3,b@x.example,10,
"""
SATISFACTION = FORM.replace("How likely are you to recommend us?", "How satisfied are you?").replace(",9,", ",4,")
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
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


def answers(header, *ends):
    rows = "".join(
        f"r{n},2026-01-{n:02} 10:00:00,a{n}@x.example,{n % 11},{ends[n % len(ends)]}\n" for n in range(1, 29)
    )
    return f"Response ID,Submitted at,Email,NPS,{header}\n{rows}"


@pytest.mark.parametrize(
    ("header", "ends", "said"),
    [
        ("Status", ("Complete", "Partial"), "14 of 28 records are unfinished, or thrown out by the tool, as `Status`"),
        ("Response status", ("Completed", "Over quota", "Screened out", "Completed"), "14 of 28"),
        ("Finished", ("TRUE", "FALSE", "TRUE", "FALSE"), "14 of 28"),
        ("Progress", ("100", "40"), "14 of 28"),
        ("% complete", ("100%", "40 %"), "14 of 28"),
        ("Progress", ("1", "0.4"), "14 of 28"),
        ("Fortschritt", ('"1,0"', '"0,4"'), "14 of 28"),
        ("Tila", ("Valmis", "Kesken"), "14 of 28"),
        ("Survey status", ("done", "spam"), "14 of 28"),
    ],
)
def test_answers_that_the_file_calls_unfinished_are_left_out_and_counted(tmp_path, header, ends, said):
    told, source = read_unknown(tmp_path, answers(header, *ends))
    assert said in told
    look, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=False, now=NOW)
    assert "excluded  14 rows of survey_responses by the rule `unfinished` of the settings" in look
    assert ("partial" in source.exclude["unfinished"]) is (ends[1] in ("Partial", "Over quota"))


@pytest.mark.parametrize(("before", "after"), [(("1", "0.4"), ("100", "40")), (("100", "40"), ("1", "0.4"))])
def test_a_tool_that_counts_progress_anew_loses_no_finished_answer(tmp_path, before, after):
    for day, ends in (("2026-01-30", before), ("2026-02-27", after)):
        (tmp_path / f"answers_{day}.csv").write_text(answers("Progress", *ends).replace("\nr", f"\nr{day}-"))
    init_settings(InitRequest(tmp_path, tmp_path / "regulars.yaml", timezone="UTC", currency="EUR"))
    look, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=False, now=NOW)
    assert "excluded  28 rows of survey_responses by the rule `unfinished` of the settings" in look


def test_settings_made_from_shares_of_one_read_later_files_that_count_to_100(tmp_path):
    read_unknown(tmp_path, answers("Progress", "1", "0.4"))
    (tmp_path / "answers.csv").write_text(answers("Progress", "100", "100", "100", "40"), encoding="utf-8")
    look, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=False, now=NOW)
    assert "excluded  7 rows of survey_responses by the rule `unfinished` of the settings" in look


@pytest.mark.parametrize(
    ("header", "ends"),
    [
        ("Status", ("Complete", "Done")),
        ("Progress", ("100",)),
        ("Completion rate", ("1", "0")),
        ("Progress", ("12", "7")),
        ("Progress", ("2", "1", "0.5")),
        ("Finished", ("1",)),
        ("Plan", ("Partial", "Full")),
    ],
)
def test_answers_that_are_all_finished_have_no_such_rule(tmp_path, header, ends):
    told, source = read_unknown(tmp_path, answers(header, *ends))
    assert source.exclude == {}
    assert "unfinished" not in told


def test_unfinished_answers_of_a_known_tool_are_asked_about_and_named_by_the_preview(tmp_path):
    head = "StartDate,EndDate,Status,RecordedDate,ResponseId,DistributionChannel,Finished,Q1"
    second = "Start,End,Response Type,Recorded,Response ID,Channel,Finished,How likely are you to recommend us?"
    third = ",".join('"{""ImportId"":""x""}"' for _ in range(8))
    at = "2026-01-{n:02} 10:00:00"
    rows = "".join(
        f"{at},{at},IP Address,{at},R_{{n}},email,{{end}},{{score}}\n".format(
            n=n, end="False" if n % 4 == 0 else "True", score="" if n == 4 else n % 11
        )
        for n in range(1, 29)
    )
    (tmp_path / "q.csv").write_text(f"{head}\n{second}\n{third}\n{rows}", encoding="utf-8")
    told = init_settings(InitRequest(tmp_path, tmp_path / "regulars.yaml", timezone="UTC", currency="EUR"))
    # seven were not finished, and one of these has no score, so that it is left out anyway
    assert "open: 6 of 27 records are unfinished, or thrown out by the tool, as `Finished` says, and count" in told
    look, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=False, now=NOW)
    assert (
        "6 answers of `qualtrics_responses` are unfinished, or thrown out by the tool, as the column `Finished`" in look
    )
