"""Case B17: surveys whose times are written for people, in German and as Google Forms writes them."""

import datetime as dt
import shutil
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.settings.settings_file import parse_settings
from regulars.pipelines.sources.deliveries import land_sources
from regulars.pipelines.sources.landed_rows import write_landed_rows
from tests.cases.shared_case import find_case
from tests.shop import Shop, run_regulars

CASE = "B17"


def company(folder: Path, *, settings: str) -> Shop:
    for name in ("orders.csv", "forms.csv", "gforms.csv"):
        shutil.copyfile(find_case(CASE) / name, folder / name)
    (folder / "regulars.yaml").write_text(settings, encoding="utf-8")
    return Shop(folder)


def translated() -> str:
    """The case's settings in today's words."""
    return (find_case(CASE) / "regulars.yaml").read_text(encoding="utf-8").replace("survey_kind", "survey_type")


@pytest.fixture(scope="module")
def misread(tmp_path_factory) -> Shop:
    """With formats that fit neither survey."""
    settings = translated()
    for pattern in ("%A, %d. %B %Y um %H:%M:%S Mitteleuropäische Normalzeit", "%Y/%m/%d %I:%M:%S %p GMT%z"):
        assert pattern in settings
        settings = settings.replace(pattern, "%d.%m.%Y %H:%M")
    shop = company(tmp_path_factory.mktemp("b17_misread"), settings=settings)
    assert shop.run() == 0, shop.said
    return shop


def test_the_answers_are_read_at_the_moments_they_were_given(tmp_path):
    settings = parse_settings(translated(), name="regulars.yaml", environment={})
    landed = land_sources(
        settings, find_case(CASE), tmp_path, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), pause=lambda seconds: None
    )
    with duckdb.connect() as con:
        write_landed_rows(con, settings, landed, tmp_path)
        moments = con.execute("select answered_at from landed.survey_responses order by 1").fetchall()
    assert [moment for (moment,) in moments] == [
        "2023-01-26 12:39:50",
        "2023-03-03 07:05:00",
        "2023-09-27 12:00:00",
        "2023-09-28 08:05:09",
    ]


@pytest.mark.slow
def test_two_optional_surveys_that_cannot_be_read_do_not_keep_sales_from_being_published(misread):
    assert misread.ask("select order_id from core.orders") == [("o2",)]
    assert misread.ask("select count(*) from core.survey_responses") == [(0,)]
    stale = misread.ask("select source from meta.sources where is_stale order by source")
    assert stale == [("forms",), ("gforms",)]


@pytest.mark.slow
def test_the_run_says_the_format_the_shape_and_what_to_set(misread):
    assert '2 of 2 values do not fit `datetime_format: "%d.%m.%Y %H:%M"`' in misread.said
    assert "`9999/99/99 9:99:99 AA AAA+9`" in misread.said or "`9999/99/99 99:99:99 AA AAA+9`" in misread.said
    assert '`options: {datetime_format: "%Y/%m/%d %I:%M:%S %p GMT%z"}` fits all of them' in misread.said
    assert "Mitteleuropäische" not in misread.said
    assert 'options: {datetime_format: "%A, %d. %B %Y um %H:%M:%S"}' in misread.said
    assert "`regulars quarantine` shows the rows" in misread.said


@pytest.mark.slow
def test_the_rows_can_be_looked_at_on_the_first_night(misread):
    shown = run_regulars("quarantine", "--settings", misread.folder / "regulars.yaml").stdout
    assert "gforms: 2 rows of survey_responses, the first is in gforms.csv, line 2 (row 1)" in shown
    assert "survey_responses.answered_at.reads_as" in shown
