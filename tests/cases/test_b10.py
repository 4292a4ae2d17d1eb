"""Case B10: answers that are called NPS and are counted in none; told by doctor, by the run and beside the score."""

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.shop import Done, run_regulars

ROOT = Path(__file__).parents[2]
CASE = ROOT.parent / "shared" / "data" / "cases" / "B10"
SETTINGS = """
company: {name: B10, timezone: UTC, currency: EUR}
as_of: 2025-06-30
sources:
  shop:
    path: orders.csv
    kind: orders
    columns: {order_id: order, email: email, ordered_at: at, gross_sales: amount}
  ten:
    path: ten.csv
    kind: survey_responses
    columns: {response_id: id, survey_type: {value: nps}, score: mark, scale_min: {value: "1"},
      scale_max: {value: "10"}, answered_at: at, email: who}
  half:
    path: half.csv
    kind: survey_responses
    columns: {response_id: id, survey_type: {value: nps}, score: mark, answered_at: at, email: who}
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not CASE.is_dir():
        pytest.skip("the case is not here: put it into ../shared/data/cases/B10")
    folder = tmp_path_factory.mktemp("b10")
    for file in CASE.glob("*.csv"):
        shutil.copy(file, folder)
    (folder / "regulars.yaml").write_text(SETTINGS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def done(company: Path) -> Done:
    ended = run_regulars("run", "--settings", company / "regulars.yaml", "--home", company / "home")
    assert ended.code == 0, ended.stderr
    return ended


def test_doctor_names_the_contradiction_before_the_first_run(company: Path):
    said = run_regulars("doctor", "--settings", company / "regulars.yaml", "--home", company / "none").stdout
    assert "`sources.ten` calls its answers nps, on a scale of 1 to 10" in said
    assert "sources.half" not in said


def test_the_run_says_how_many_answers_no_score_counts(done: Done):
    said = done.stdout + done.stderr
    assert "`ten` calls 2 of its 2 answers nps, on a scale of 1 to 10" in said
    assert "1 of 2 nps answers of `half` are no whole number" in said


def test_the_answers_left_out_stand_beside_the_score(company: Path, done: Done):
    with duckdb.connect(str(company / "home" / "current" / "regulars.duckdb"), read_only=True) as con:
        rows = con.execute("""
            select cast(period_end as varchar), responses, nps, left_out_other_scale, left_out_fractions
            from marts.nps
            where grain = 'day' and dimension = 'all' and responses + responses_left_out > 0
            order by 1
        """).fetchall()
        found = con.execute(
            "select finding, source, found_count from meta.findings where finding like 'nps%' order by 1"
        ).fetchall()
    assert rows == [("2025-06-17", 0, None, 2, 0), ("2025-06-18", 1, 100.0, 0, 1)]
    assert found == [("nps_answers_left_out", "half", 1), ("nps_on_another_scale", "ten", 2)]
