"""Whether those who do not answer would change the score: late answers, and votes weighted by value tier.

People who answer late are more like those who never answer. Customers of high value answer more often than others, so
an unweighted score is mostly theirs.
Put here: the answering wave, and the weighted score. Keep out: the score itself (`adjusted_wald.py`).
"""

from typing import Any

import narwhals as nw
import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, ANSWERING_WAVE, ANSWERING_WAVES, UNKNOWN
from regulars.pipelines.transforms.voice.adjusted_wald import compute_nps

VOTES_PER_TIER = 10
"""The fewest votes of each tier, so that a single vote has little weight."""
WEIGHTED: dict[str, PolarsDataType] = {
    "nps_weighted": pl.Float64,
    "nps_weighted_low": pl.Float64,
    "nps_weighted_high": pl.Float64,
    "effective_responses": pl.Float64,
}
"""The columns of the weighted score."""
PERIOD = ["grain", "period_end"]


def add_answering_wave(answers: "nw.LazyFrame[Any]", delays: pl.DataFrame) -> "nw.LazyFrame[Any]":
    """Add `answering_wave`: whether an answer is among the sooner or the later half of all answers to invitations.

    Args:
        answers: On polars; `system`, `row_id`.
        delays: `system`, `response_id`, `days`, one row per response to an invitation; others get NULL.
    """
    first, second = ANSWERING_WAVES
    is_late = pl.col("days") > pl.col("days").median()
    waves = delays.lazy().select(
        "system",
        pl.when(is_late).then(pl.lit(second)).otherwise(pl.lit(first)).alias(ANSWERING_WAVE),
        row_id="response_id",
    )
    frame: pl.LazyFrame = answers.to_native()
    return nw.from_native(frame.join(waves, on=["system", "row_id"], how="left"))


def weight_by_tier(periods: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Add the score weighted by the share of each value tier among customers, to the rows of `all`.

    The weight of a vote is w = share of its tier among customers ÷ share among voters. The interval takes
    n_eff = (Σw)² / Σw² votes (Kish, "Survey Sampling", 1965) in place of n. Voters without a tier are left out.

    Args:
        periods: `grain`, `period_end`, `dimension`, `dimension_value`, `responses`, `promoters`, `detractors`.
        customers: `value_tier` and how many `customers` have it.

    Returns:
        The same rows with the columns of `WEIGHTED`: NULL but for `all`, and where a tier has fewer than
        `VOTES_PER_TIER` votes in the period.
    """
    whole = customers["customers"].sum()
    shares = customers.select(dimension_value="value_tier", share=pl.col("customers") / whole)
    votes = (
        periods.lazy()
        .filter(pl.col("dimension") == "value_tier", pl.col("dimension_value") != UNKNOWN)
        .filter(pl.col("responses") >= VOTES_PER_TIER)
        .join(shares.lazy(), on="dimension_value")
        .with_columns(weight=pl.col("share") * pl.col("responses").sum().over(PERIOD) / pl.col("responses"))
        .sort(*PERIOD, "dimension_value")  # the last digit of a sum depends on the order of its rows
        .collect()  # in one lazy query polars would drop the sort, as a group-by has no order
    )
    weighted = pl.col("weight") * pl.col("responses")
    scored = (
        votes.group_by(PERIOD)
        .agg(
            tiers=pl.len(),
            effective_responses=weighted.sum() ** 2 / (pl.col("weight") ** 2 * pl.col("responses")).sum(),
            promoters=(pl.col("weight") * pl.col("promoters")).sum() / weighted.sum(),
            detractors=(pl.col("weight") * pl.col("detractors")).sum() / weighted.sum(),
        )
        .filter(pl.col("tiers") == len(shares))
        .with_columns(pl.col("promoters", "detractors") * pl.col("effective_responses"))
    )
    score = compute_nps(pl.col("promoters"), pl.col("detractors"), pl.col("effective_responses"))
    renamed = {name.replace("nps", "nps_weighted", 1): expression for name, expression in score.items()}
    columns = scored.select(*PERIOD, "effective_responses", **renamed).with_columns(dimension=pl.lit(ALL))
    return periods.join(columns, on=[*PERIOD, "dimension"], how="left")
