"""Case B10: answers that are called NPS and are counted in none; told by doctor, by the run and beside the score."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.pipelines.audit.findings.tables.answers import find_left_out_answers
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.sources.deliveries import land_sources
from regulars.pipelines.sources.landed_rows import write_landed_rows
from regulars.pipelines.transforms.voice.nps import nps
from tests.builders import build, rows_of
from tests.cases.shared_case import find_case
from tests.shop import run_regulars
from tests.transforms.voice.nps_tables import ASKED, SEGMENTS

NOW = dt.datetime(2025, 7, 1, 3, 30, tzinfo=dt.UTC)
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
LEFT_OUT = {("2025-06-17", 0, None, 2, 0), ("2025-06-18", 1, 100.0, 0, 1)}
"""Day, votes, score, answers left out because of their scale, and because they are no whole number."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = find_case("B10")
    folder = tmp_path_factory.mktemp("b10")
    for file in case.glob("*.csv"):
        shutil.copy(file, folder)
    (folder / "regulars.yaml").write_text(SETTINGS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def core(company: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The files, landed and built up to core."""
    settings = load_settings(company / "regulars.yaml")
    landed = land_sources(settings, company, company / "landed", NOW, pause=lambda seconds: None)
    with duckdb.connect() as con:
        write_landed_rows(con, settings, landed, company / "landed")
        rows: dict[str, list[dict[str, Any]]] = {f"raw__{kind}": rows_of(con, f"landed.{kind}") for kind in KINDS}
    with build(raw__company=[{"as_of": settings.as_of}], **rows) as con:
        yield con


def test_doctor_names_the_contradiction_before_the_first_run(company: Path):
    said = run_regulars("doctor", "--settings", company / "regulars.yaml", "--home", company / "none").stdout
    assert "`sources.ten` calls its answers nps, on a scale of 1 to 10" in said
    assert "sources.half" not in said


def test_the_answers_that_no_score_counts_are_findings(core: duckdb.DuckDBPyConnection):
    found = {(each.name, each.source, each.count): each.sentence for each in find_left_out_answers(core)}
    assert set(found) == {("nps_answers_left_out", "half", 1), ("nps_on_another_scale", "ten", 2)}
    assert "`ten` calls 2 of its 2 answers nps, on a scale of 1 to 10" in found["nps_on_another_scale", "ten", 2]


def test_the_answers_left_out_stand_beside_the_score(core: duckdb.DuckDBPyConnection):
    names = ("survey_responses", "survey_invitations", "customers", "calendar")
    answers, invitations, customers, calendar = (core.sql(f"select * from core.{name}").pl() for name in names)
    mart = nps(answers, invitations, customers, SEGMENTS, calendar, as_of=dt.date(2025, 6, 30), surveys=ASKED)
    rows = [row for row in mart.to_dicts() if row["grain"] == "day"]
    assert {
        (
            row["period_end"].isoformat(),
            *(row[name] for name in ("responses", "nps", "left_out_other_scale", "left_out_fractions")),
        )
        for row in rows
        if row["dimension"] == "all" and row["responses"] + row["responses_left_out"]
    } == LEFT_OUT


@pytest.mark.slow
def test_a_run_says_and_publishes_it(company: Path):
    done = run_regulars("run", "--settings", company / "regulars.yaml", "--home", company / "home")
    said = done.stdout + done.stderr
    assert done.code == 0, said
    assert "`ten` calls 2 of its 2 answers nps, on a scale of 1 to 10" in said
    assert "1 of 2 nps answers of `half` are no whole number" in said
    with duckdb.connect(str(company / "home" / "current" / "regulars.duckdb"), read_only=True) as con:
        rows = con.execute("""
            select cast(period_end as varchar), responses, nps, left_out_other_scale, left_out_fractions
            from marts.nps
            where grain = 'day' and dimension = 'all' and responses + responses_left_out > 0
        """).fetchall()
        found = con.execute(
            "select finding, source, found_count from meta.findings where finding like 'nps%'"
        ).fetchall()
    assert set(rows) == LEFT_OUT
    assert set(found) == {("nps_answers_left_out", "half", 1), ("nps_on_another_scale", "ten", 2)}
