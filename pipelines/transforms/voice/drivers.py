"""What may drive the score of a survey: the answers to its other questions, and the order that it is about.

Put here: the outcome and the drivers of each response. Keep out: how much they explain (`satisfaction_drivers.py`).
"""

import datetime as dt

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_into_polars
from regulars.pipelines.transforms.voice.votes import add_person, count_days_between

KEY = ["system", "response_id"]
QUESTION, OPERATION = "question", "operation"
ORDER_COLUMNS = (
    "ordered_at",
    "promised_at",
    "delivered_at",
    "line_count",
    "gross_sales",
    "discounts",
    "shipping",
)
"""What the operational drivers are computed from, of `core.orders`."""
SURVEY = ["system", "survey_type"]
USUAL = 0.99
"""What an order tells counts at most as this quantile: a parcel lost for half a year hides what a day's delay does."""
VALUES = {
    "system": pl.String,
    "response_id": pl.String,
    "survey_type": pl.String,
    "driver": pl.String,
    "driver_kind": pl.String,
    "question": pl.String,
    "value": pl.Float64,
    "scale_min": pl.Float64,
    "scale_max": pl.Float64,
}


def _list_operations() -> dict[str, tuple[pl.Expr, str]]:
    """Driver -> its value by `ORDER_COLUMNS`, and what it is in words."""
    paid_for_goods = (pl.col("gross_sales") - pl.col("discounts")).cast(pl.Float64)
    paid = paid_for_goods + pl.col("shipping").cast(pl.Float64)
    return {
        "days_late": (
            count_days_between(pl.col("promised_at"), pl.col("delivered_at")).clip(lower_bound=0),
            "How many days after the promised moment the order was delivered; 0 in time.",
        ),
        "days_to_deliver": (
            count_days_between(pl.col("ordered_at"), pl.col("delivered_at")).clip(lower_bound=0),
            "How many days passed between order and delivery.",
        ),
        "lines_in_order": (
            pl.when(pl.col("line_count") > 0).then(pl.col("line_count").cast(pl.Float64)),
            "How many lines the order had.",
        ),
        "order_value": (paid_for_goods, "What the goods of the order cost, after discounts."),
        "shipping_share": (
            pl.when(paid > 0).then(pl.col("shipping").cast(pl.Float64) / paid),
            "Which share of what was paid was shipping, 0 to 1.",
        ),
    }


def list_outcomes(survey_responses: IntoFrame, *, first: dt.date, last: dt.date) -> pl.DataFrame:
    """List the responses of some days with the score that is to be explained.

    Args:
        survey_responses: `core.survey_responses`; of the type nps only those with an `nps_group`.
        first: First day.
        last: Last day.

    Returns:
        `system`, `response_id`, `survey_type`, `person`, `score` Float64, `order_system`, `order_id`.
    """
    is_outcome = (nw.col("survey_type") != "nps") | ~nw.col("nps_group").is_null()
    rows = make_lazy(survey_responses).filter(
        is_outcome, nw.col("answered_date") >= first, nw.col("answered_date") <= last
    )
    chosen = add_person(rows, "response_id").select(
        *KEY, "survey_type", "person", nw.col("score").cast(nw.Float64), "order_system", "order_id"
    )
    return read_into_polars(chosen.to_native())


def list_driver_values(outcomes: pl.DataFrame, survey_answers: IntoFrame, orders: IntoFrame) -> pl.DataFrame:
    """List the drivers of each response, one row per response and driver.

    Args:
        outcomes: As `list_outcomes` returns them.
        survey_answers: `core.survey_answers`; those with a score.
        orders: `core.orders`; `system`, `order_id` and `ORDER_COLUMNS`.

    Returns:
        The columns of `VALUES`; what comes from the order has no scale.
    """
    asked = outcomes.select(*KEY, "survey_type")
    answers = make_lazy(survey_answers).filter(~nw.col("score").is_null())
    scored = read_into_polars(
        answers.select(*KEY, "question_id", "question", "score", "scale_min", "scale_max").to_native()
    ).join(asked, on=KEY)
    questions = scored.with_columns(
        driver=pl.col("question_id"), driver_kind=pl.lit(QUESTION), value=pl.col("score")
    ).select(pl.col(name).cast(kind) for name, kind in VALUES.items())
    facts = read_into_polars(make_lazy(orders).select("system", "order_id", *ORDER_COLUMNS).to_native())
    about = outcomes.select(*KEY, "survey_type", "order_system", "order_id").join(
        facts, left_on=["order_system", "order_id"], right_on=["system", "order_id"]
    )
    operations = [
        about.with_columns(
            driver=pl.lit(name),
            driver_kind=pl.lit(OPERATION),
            question=pl.lit(words),
            value=value,
            scale_min=None,
            scale_max=None,
        )
        .select(pl.col(column).cast(kind) for column, kind in VALUES.items())
        .drop_nulls("value")
        .with_columns(pl.col("value").clip(upper_bound=pl.col("value").quantile(USUAL, "higher").over(SURVEY)))
        for name, (value, words) in _list_operations().items()
    ]
    return pl.concat([questions, *operations]).sort("driver", *KEY)
