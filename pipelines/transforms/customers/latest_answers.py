"""The latest answer of each customer to each kind of survey.

Put here: which answer is the latest. Keep out: scores of many answers (`transforms/voice`).
"""

import datetime as dt

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.voice.nps import select_nps_answers

EFFORT_AND_SATISFACTION = ("csat", "ces")
"""Kinds of surveys beside NPS; each answer has a scale of its own."""

LONGEST_PATH = 5
"""The most NPS groups that a path shows."""


def find_latest_nps(survey_responses: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Scan all answers for the number of NPS answers of each customer, and the latest of them.

    Args:
        survey_responses: `core.survey_responses`.
        as_of: Last day that counts.

    Returns:
        `customer_idx`, `nps_response_count`, `latest_nps_group`, `latest_nps_score`, `latest_nps_at`. Answers without a
        known customer are counted for the unknown customer, who has no latest answer.
    """
    answers = select_nps_answers(survey_responses, as_of=as_of).with_columns(
        customer_idx=nw.col("customer_idx").fill_null(UNKNOWN_CUSTOMER_IDX).cast(nw.Int32)
    )
    latest = (
        answers.filter(nw.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        .unique("customer_idx", keep="last", order_by=["answered_at", "response_id", "system"])
        .select(
            "customer_idx",
            latest_nps_group=nw.col("nps_group"),
            latest_nps_score=nw.col("score").cast(nw.Float64),
            latest_nps_at=nw.col("answered_at"),
            latest_nps_date=nw.col("answered_date"),
        )
    )
    counted = read_into_polars(
        answers.group_by("customer_idx").agg(nps_response_count=nw.len().cast(nw.Int64)).to_native()
    )
    return counted.join(read_into_polars(latest.to_native()), on="customer_idx", how="left")


def list_nps_group_paths(survey_responses: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """List the NPS groups that each known customer went through: one row each, `customer_idx` and `nps_group_path`.

    Equal groups in a row are one step; a path has at most the last `LONGEST_PATH`, such as `detractor, promoter`.

    Args:
        survey_responses: `core.survey_responses`.
        as_of: Last day that counts.
    """
    names = ("customer_idx", "answered_at", "response_id", "system", "nps_group")
    answers = read_into_polars(select_nps_answers(survey_responses, as_of=as_of).select(*names).to_native())
    is_same = pl.col("nps_group") == pl.col("nps_group").shift(1).over("customer_idx")
    return (
        answers.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        .sort("customer_idx", "answered_at", "response_id", "system")
        .filter(~is_same.fill_null(value=False))
        .group_by("customer_idx", maintain_order=True)
        .agg(nps_group_path=pl.col("nps_group").tail(LONGEST_PATH).str.join(", "))
        .with_columns(pl.col("customer_idx").cast(pl.Int32))
    )


def find_latest_answers(survey_responses: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Find each customer's latest CSAT and CES answer up to `as_of`, on the scale it was given on.

    Args:
        survey_responses: `core.survey_responses`.
        as_of: Last day that counts.

    Returns:
        One row per known customer with such an answer: `customer_idx`, and per kind `latest_csat_score`,
        `latest_csat_scale_min`, `latest_csat_scale_max` (Float64) and `latest_csat_at`; NULL without one.
    """
    names = ("customer_idx", "survey_type", "score", "scale_min", "scale_max", "answered_at", "answered_date")
    answers = (
        read_into_polars(select_columns(survey_responses, *names, "response_id", "system"))
        .filter(
            pl.col("survey_type").is_in(EFFORT_AND_SATISFACTION),
            pl.col("answered_date") <= as_of,
            pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX,
        )
        .sort("customer_idx", "answered_at", "response_id", "system")
        .unique(["customer_idx", "survey_type"], keep="last", maintain_order=True)
    )
    found = answers.select("customer_idx").unique(maintain_order=True)
    for kind in EFFORT_AND_SATISFACTION:
        latest = answers.filter(pl.col("survey_type") == kind).select(
            "customer_idx",
            pl.col("score", "scale_min", "scale_max").cast(pl.Float64).name.prefix(f"latest_{kind}_"),
            pl.col("answered_at").alias(f"latest_{kind}_at"),
        )
        found = found.join(latest, on="customer_idx", how="left", maintain_order="left")
    return found
