"""The sample company's comments: the trouble that begins one week is found, and without it nothing is."""

import datetime as dt
from pathlib import Path

import polars as pl

from regulars.pipelines.sample.further.app_feedback import PLANTED_COMMENTS, PLANTED_THEME
from regulars.pipelines.themes.comment_themes import read_texts, tag_texts
from regulars.pipelines.themes.rules_file import load_shipped_rules
from regulars.pipelines.transforms.voice.feedback_themes import feedback_themes

AS_OF = dt.date(2026, 6, 30)
NOWHERE = pl.Series([], dtype=pl.String)
DAYS = pl.date_range(dt.date(2023, 1, 1), AS_OF, eager=True)


def mart_of(company: Path, left_out: pl.Series) -> pl.DataFrame:
    written = pl.read_csv(company / "exports" / "app_feedback.csv", infer_schema=False)
    written = written.filter(~pl.col("feedback").is_in(left_out.implode()))
    comments = written.select(system=pl.lit("app"), response_id="feedback", language="language", comment="text")
    responses = written.select(
        system=pl.lit("app"),
        response_id="feedback",
        survey_type=pl.lit("csat"),
        answered_date=pl.col("sent").str.slice(0, 10).str.to_date(),
        score=pl.col("stars").cast(pl.Int64),
        scale_min=pl.lit(1),
        scale_max=pl.lit(5),
        nps_group=pl.lit(None, pl.String),
        contact_id=pl.lit(None, pl.String),
        customer_id=pl.lit(None, pl.String),
        customer_idx=pl.lit(None, pl.Int32),
    )
    money = {"customer_id": pl.String, "is_unknown": pl.Boolean, "net_sales_to_date": pl.Decimal(18, 4)}
    calendar = pl.DataFrame({"day": DAYS}).with_columns(week_idx=(pl.col("day").cast(pl.Int32) + 3) // 7)
    tagged = tag_texts(read_texts(comments, NOWHERE), load_shipped_rules())
    frames = (responses, tagged, pl.DataFrame(schema=money), calendar)
    return feedback_themes(*(frame.lazy() for frame in frames), as_of=AS_OF)


def test_the_planted_theme_emerges_in_its_week_and_nothing_does_without_it(company):
    truth = pl.read_csv(company / "truth" / "app_feedback.csv", try_parse_dates=True)
    planted = truth.filter("is_planted")
    assert len(planted) == PLANTED_COMMENTS
    found = mart_of(company, NOWHERE).filter("is_emerging").select("week_start", "theme").unique().rows()
    assert found == [(planted["week_start"][0], PLANTED_THEME)]
    assert mart_of(company, planted["feedback_id"]).filter("is_emerging").is_empty()


def test_the_planted_theme_is_written_about_in_three_languages(company):
    truth = pl.read_csv(company / "truth" / "app_feedback.csv").filter("is_planted")
    written = pl.read_csv(company / "exports" / "app_feedback.csv")
    languages = written.join(truth, left_on="feedback", right_on="feedback_id")["language"].value_counts()
    assert sorted(languages["language"]) == ["de", "en", "pl"]
    assert languages["count"].min() == 5
