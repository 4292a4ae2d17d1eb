"""A fault in an optional source stops that source, and nothing else."""

import datetime as dt
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from regulars.pipelines.contracts.quarantine.quarantine import OverBudget
from regulars.pipelines.run.raw_tables import make_raw_tables
from regulars.pipelines.run.request import make_request
from regulars.pipelines.run.run import Run, open_run
from regulars.pipelines.settings.company_tables import write_company_tables
from regulars.pipelines.sources.deliveries import land_sources, refuse_required
from regulars.pipelines.sources.landed_rows import write_landed_rows
from regulars.pipelines.sources.landed_source import LandedSource

SETTINGS = """\
company: {name: Shop, timezone: UTC, currency: EUR}
as_of: 2026-01-01
sources:
  shop: {path: orders.csv, kind: orders, columns: {order_id: id, ordered_at: at, gross_sales: total}}
  survey:
    path: answers*.csv
    kind: survey_responses
    delivery: full
    columns: {response_id: id, survey_type: {value: nps}, score: score, answered_at: at}
"""
ORDERS = "id,at,total\no1,2025-12-01,5.00\n"
GOOD = "id,score,at\na1,9,2025-12-01 10:00:00\n"
BAD = "id,score,at\na1,9,1 Smarch\na2,8,2 Smarch\n"
Step = Callable[..., tuple[LandedSource, int]]


@pytest.fixture
def step(tmp_path: Path) -> Step:
    """`step(settings, answers=…)` delivers answers and runs a run up to `raw`: the survey, and its rows in `raw`."""

    def run_to_raw(settings: str = SETTINGS, **files: str) -> tuple[LandedSource, int]:
        (tmp_path / "regulars.yaml").write_text(settings, encoding="utf-8")
        for name, text in {"orders": ORDERS, **files}.items():
            path = tmp_path / f"{name}.csv"
            path.write_text(text, encoding="utf-8")
            os.utime(path, (time.time() - 60, time.time() - 60))
        now = dt.datetime.now(dt.UTC)
        request = make_request(tmp_path / "regulars.yaml", now=now)
        with open_run(request, lambda line: None, now) as run:
            _make_raw(run)
            assert run.warehouse.count("raw.orders") == 1
            survey = next(each for each in run.landed_sources if each.source == "survey")
            return survey, run.warehouse.count("raw.survey_responses")

    return run_to_raw


def _make_raw(run: Run) -> None:
    home = run.request.home.path
    run.landed_sources.extend(land_sources(run.settings, run.request.data, home, run.started_at))
    refuse_required(run.settings, run.landed_sources)
    write_landed_rows(run.warehouse.con, run.settings, run.landed_sources, home)
    run.lock_down()
    write_company_tables(run.warehouse.con, run.settings, run.as_of)
    make_raw_tables(run)


def test_too_many_bad_rows_withhold_the_source(step):
    survey, rows = step(answers=BAD)
    assert (survey.is_stale, rows) == (True, 0)
    [reason] = survey.reasons
    assert "2 of 2 rows (100.0%) would be quarantined" in reason
    assert "written like `9 Aaaaaa`" in reason
    assert reason.endswith("The source is optional: nothing of it is used; `regulars quarantine` shows the rows.")


def test_the_last_good_delivery_is_used_again_however_many_bad_ones_follow(step):
    assert step(answers=GOOD)[1] == 1
    for bad in (BAD, BAD + "a3,7,3 Smarch\n"):
        survey, rows = step(answers=bad)
        assert (survey.is_stale, rows) == (True, 1)
        assert "answers.csv is used instead" in survey.reasons[-1]
        assert [each.delivery for each in survey.deliveries] == [2]
        assert [each.delivery for each in survey.found_deliveries] != [2]


def test_of_an_incremental_source_only_the_bad_file_is_left_out(step):
    settings = SETTINGS.replace("delivery: full", "delivery: incremental")
    survey, rows = step(settings, answers1=GOOD, answers2=BAD)
    assert (survey.is_stale, rows) == (True, 1)
    assert [each.file_name for each in survey.deliveries] == ["answers1.csv"]


def test_the_same_fault_in_a_required_source_stops_the_run(step):
    settings = SETTINGS.replace("kind: survey_responses", "kind: survey_responses\n    required: true")
    with pytest.raises(OverBudget, match=r"survey: 2 of 2 rows .* written like `9 Aaaaaa`"):
        step(settings, answers=BAD)


def test_an_expression_that_fails_on_a_row_withholds_the_source(step):
    settings = SETTINGS.replace("score: score", 'score: {sql: "score::integer::varchar"}')
    survey, rows = step(settings, answers=GOOD + "a2,nine,2025-12-02 10:00:00\n")
    assert (survey.is_stale, rows) == (True, 0)
    assert "the expression for survey_responses.score fails on a row of answers.csv" in survey.reasons[0]


def test_settings_that_no_longer_fit_withhold_the_source(step):
    step(answers=GOOD)
    survey, rows = step(SETTINGS.replace("score: score", "score: points"), answers=GOOD)
    assert (survey.is_stale, rows) == (True, 0)
    assert "column `points` for survey_responses.score is missing" in survey.reasons[0]


def test_a_file_that_may_not_be_read_withholds_the_source(step, monkeypatch):
    from regulars.pipelines.sources import landing

    copy = landing._copy

    def refuse(source, target):
        if source.name == "answers.csv":
            raise PermissionError(13, "Permission denied", str(source))
        return copy(source, target)

    monkeypatch.setattr(landing, "_copy", refuse)
    survey, rows = step(answers=GOOD)
    assert (survey.is_stale, rows) == (True, 0)
    assert survey.reasons[0] == "answers.csv cannot be read: Permission denied; see that this user may read it"
