"""The mart `lapse_after_experiences`: how many customers lapsed by number of bad experiences, beside matched customers.

Put here: what is published per number of experiences. Keep out: which customers are observed when (`landmarks.py`), the
comparison (`models/matched_rates.py`).
"""

import datetime as dt

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.models.matched_rates import Bootstrap, Observations, compare_matched
from regulars.pipelines.transforms.amounts import divide_columns
from regulars.pipelines.transforms.care.bad_signs import RiskSettings
from regulars.pipelines.transforms.care.landmarks import (
    Landmarks,
    choose_landmarks,
    describe_customers,
    explain_no_landmark,
    list_days_of_buyers,
    list_known_experiences,
    observe_customers,
    publish_landmarks,
)

FEWEST_MATCHED = 50
"""With fewer matched customers, no ratio is published."""
FEWEST_UNEXPOSED = 20
"""A cell with fewer customers without experiences is not matched."""
DRAWS, SEED = 400, 20260630

COLUMNS: dict[str, PolarsDataType] = {
    "experience_count": pl.Int32,
    "is_or_more": pl.Boolean,
    "active_without_subscription": pl.Int64,
    "observed_customer_years": pl.Int64,
    "lapsed_customer_years": pl.Int64,
    "lapse_rate_unmatched": pl.Float64,
    "matched_customers": pl.Int64,
    "matched_customer_years": pl.Int64,
    "observed_lapse_rate": pl.Float64,
    "expected_lapse_rate": pl.Float64,
    "lapse_ratio": pl.Float64,
    "lapse_ratio_low": pl.Float64,
    "lapse_ratio_high": pl.Float64,
    "first_landmark": pl.Date,
    "last_landmark": pl.Date,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}


def lapse_after_experiences(
    bad_experiences: IntoFrame,
    orders: IntoFrame,
    subscriptions: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    service_risk: RiskSettings,
) -> pl.DataFrame:
    """Compare customers by number of bad experiences with similar customers who had none, by landmark matching.

    Args:
        bad_experiences: `marts.bad_experiences`; `customer_idx`, `experienced_on`.
        orders: `core.orders`.
        subscriptions: `core.subscriptions`; customers who ever had one are left out, since orders do not show whether
        they stay.
        calendar: `core.calendar`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        service_risk: The window, and the highest number of experiences with a row of its own.

    Returns:
        The columns of `COLUMNS`, a row for 0 to `threshold` experiences; the last row holds `threshold` or more.
    """
    known = list_known_experiences(bad_experiences)
    bought = list_days_of_buyers(orders, subscriptions, calendar, as_of)
    landmarks = choose_landmarks(
        bought,
        known,
        until=as_of - dt.timedelta(days=lapse_days),
        lapse_days=lapse_days,
        window_days=service_risk.window_days,
        threshold=service_risk.threshold,
    )
    today = describe_customers(bought, known, landmarks, as_of)
    counted = today.group_by("level").agg(active_without_subscription=pl.len())
    return (
        _compare(observe_customers(bought, known, landmarks), service_risk.threshold)
        .join(counted, left_on="experience_count", right_on="level", how="left", maintain_order="left")
        .with_columns(
            pl.col("active_without_subscription").fill_null(0),
            is_or_more=pl.col("experience_count") == service_risk.threshold,
            **publish_landmarks(landmarks),
            reason=_explain(landmarks, has_experiences=not known.is_empty()),
            as_of=pl.lit(as_of),
        )
        .with_columns(is_complete=pl.col("reason").is_null(), **_hide_where_unknown())
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    )


def _compare(rows: pl.DataFrame, threshold: int) -> pl.DataFrame:
    """Compare the numbers of experiences: a row for each from 0 to `threshold`, rates NaN where nothing is known."""
    observed = Observations(
        subject=rows["customer_idx"].cast(pl.Int64).to_numpy(),
        level=rows["level"].to_numpy(),
        cell=rows["cell"].to_numpy(),
        event=rows["is_lapsed"].to_numpy(),
    )
    rates = compare_matched(
        observed, levels=threshold + 1, least_unexposed=FEWEST_UNEXPOSED, bootstrap=Bootstrap(DRAWS, SEED)
    )
    return pl.DataFrame(
        {
            "experience_count": np.arange(threshold + 1),
            "observed_customer_years": rates.observations,
            "lapsed_customer_years": rates.events,
            "matched_customers": rates.matched_subjects,
            "matched_customer_years": rates.matched,
            "observed_lapse_rate": rates.observed_rate,
            "expected_lapse_rate": rates.expected_rate,
            "lapse_ratio": rates.ratio,
            "lapse_ratio_low": rates.ratio_low,
            "lapse_ratio_high": rates.ratio_high,
        }
    ).with_columns(
        pl.col(pl.Float64).fill_nan(None),
        lapse_rate_unmatched=divide_columns("lapsed_customer_years", "observed_customer_years"),
    )


def _explain(landmarks: Landmarks, *, has_experiences: bool) -> pl.Expr:
    """Say why there is no ratio; NULL where there is one, and of those with whom the others are compared."""
    if not has_experiences:
        return pl.lit("there is no bad experience of a known customer")
    if not landmarks.days:
        return pl.lit(explain_no_landmark(landmarks, landmarks.lapse_days))
    return (
        pl.when(pl.col("experience_count") == 0)
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col("matched_customers") < FEWEST_MATCHED)
        .then(
            pl.format(
                "{} customers can be compared with similar ones, fewer than {}",
                "matched_customers",
                pl.lit(FEWEST_MATCHED),
            )
        )
        .when(pl.col("lapse_ratio").is_null() | pl.col("lapse_ratio_low").is_null())
        .then(pl.lit("no similar customer without a bad experience lapsed"))
    )


def _hide_where_unknown() -> dict[str, pl.Expr]:
    """The columns that depend on matching; NULL where there is a reason, or nothing to compare."""
    is_known = pl.col("reason").is_null() & (pl.col("experience_count") > 0)
    names = ("observed_lapse_rate", "expected_lapse_rate", "lapse_ratio", "lapse_ratio_low", "lapse_ratio_high")
    return {name: pl.when(is_known).then(name) for name in names}
