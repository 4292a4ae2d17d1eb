"""The sample company's survey: which of its questions have an effect, and whether the mart finds them."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
import pytest

from regulars.pipelines.sample.sample_company import write_sample_company
from regulars.pipelines.transforms.voice.satisfaction_drivers import satisfaction_drivers


@dataclass(frozen=True)
class Looked:
    driver_days: int = 1500


@pytest.mark.slow
def test_questions_with_an_effect_matter_and_the_one_that_only_goes_along_does_not(tmp_path):
    write_sample_company(tmp_path, customers=2000, seed=3)
    told = pl.read_csv(tmp_path / "truth" / "survey_answers.csv")
    truth = dict(told.select("question", "points_per_point_of_score").rows())
    scores = pl.read_csv(tmp_path / "exports" / "nps_answers.csv", separator=";", infer_schema=False)
    responses = scores.unique("Antwort-ID").select(
        system=pl.lit("nps"),
        response_id="Antwort-ID",
        survey_type=pl.lit("nps"),
        score=pl.col("Bewertung").cast(pl.Float64, strict=False),
        nps_group=pl.lit("any"),
        answered_date=pl.lit(dt.date(2026, 6, 1)),
        contact_id="Antwort-ID",
        customer_idx=pl.lit(None, pl.Int32),
        order_system=pl.lit(None, pl.String),
        order_id=pl.lit(None, pl.String),
    )
    answers = pl.read_csv(tmp_path / "exports" / "survey_answers.csv").select(
        system=pl.lit("nps"),
        response_id="response",
        question_id="question",
        question="wording",
        score="points",
        scale_min="lowest",
        scale_max="highest",
    )
    moments = dict.fromkeys(("ordered_at", "promised_at", "delivered_at"), pl.Datetime("us"))
    amounts = dict.fromkeys(("line_count", "gross_sales", "discounts", "shipping"), pl.Decimal(18, 4))
    orders = pl.DataFrame(schema={"system": pl.String, "order_id": pl.String} | moments | amounts)
    mart = satisfaction_drivers(
        responses.drop_nulls("score").lazy(),
        answers.lazy(),
        orders.lazy(),
        as_of=dt.date(2026, 6, 30),
        surveys=Looked(),
    )
    found = {row["driver"]: row for row in mart.iter_rows(named=True)}
    strongest_first = sorted(truth, key=lambda question: -truth[question])
    assert strongest_first[:2] == mart["driver"].to_list()[:2] == ["taste", "delivery"]
    assert [found[question]["matters"] for question in ("taste", "delivery", "website")] == [True, True, False]
    assert found["website"]["importance_low"] > 0.03  # it goes along, so it explains, and does not matter
    assert found["website"]["quadrant"] == "good_enough"
