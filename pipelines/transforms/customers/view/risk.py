"""The risk of losing a customer, and the next step for customers without a reason to call.

Put here: the rules for both. Keep out: the facts that they read (`standing.py`), the signs that segments read too
(`signs.py`), and the next step for customers with a reason to call (`worklists/calls.py`).
"""

import datetime as dt

import polars as pl

from regulars.pipelines.definitions.windows import DETRACTOR_DAYS
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.signs import find_signs_of_leaving, is_lapse_by_subscription
from regulars.pipelines.transforms.value_tier import is_top_tier


def find_signs(*, as_of: dt.date, lapse_days: int) -> dict[str, pl.Expr]:
    """Find the signs of each customer: `is_recent_detractor`, `is_promoter`, `is_overdue`, `is_near_lapse`, never NULL.

    A promoter's answer counts for `lapse_days`, a detractor's for `DETRACTOR_DAYS` and until the next order. A customer
    is overdue or near lapse only while active, and not while a subscription without a known end is paid.
    """
    answer_days = (pl.lit(as_of) - pl.col("latest_nps_date")).dt.total_days()
    has_ordered_since = (pl.col("last_order_date") > pl.col("latest_nps_date")).fill_null(value=False)
    is_detractor = (pl.col("latest_nps_group") == "detractor") & (answer_days <= DETRACTOR_DAYS) & ~has_ordered_since
    is_promoter = (pl.col("latest_nps_group") == "promoter") & (answer_days < lapse_days)
    return {
        "is_recent_detractor": is_detractor.fill_null(value=False),
        "is_promoter": is_promoter.fill_null(value=False),
        **find_signs_of_leaving(
            may_leave=may_lapse(),
            lapses_on="lapses_on",
            since="days_since_last_order",
            as_of=as_of,
            lapse_days=lapse_days,
        ),
    }


def may_lapse() -> pl.Expr:
    """Whether the customer is active, and not kept so by a subscription without a known end."""
    return pl.col("is_active") & pl.col("lapses_on").is_not_null()


def find_next_order_day() -> pl.Expr:
    """Find the day on which the next order is, or was, due by the customer's own rhythm; NULL unless `may_lapse`."""
    gap = pl.duration(days=pl.col("typical_days_between_orders").ceil().cast(pl.Int64))
    return pl.when(may_lapse()).then(pl.col("last_order_date") + gap)


def find_overdue_ratio() -> pl.Expr:
    """Find how many typical gaps have passed since the last order of a customer who is overdue; NULL for all others."""
    return pl.when("is_overdue").then(pl.col("days_since_last_order") / pl.col("typical_days_between_orders"))


def assess_risk() -> pl.Expr:
    """Assess the risk of losing an active customer: `high`, `watch` or `none`.

    `high` for a detractor or a customer who is both overdue and near lapse; `watch` for a customer who is only one of
    these two.
    """
    staying_away = pl.col("is_overdue").cast(pl.Int8) + pl.col("is_near_lapse").cast(pl.Int8)
    return (
        pl.when(~pl.col("is_active"))
        .then(pl.lit("none"))
        .when(pl.col("is_recent_detractor") | (staying_away == 2))
        .then(pl.lit("high"))
        .when(staying_away == 1)
        .then(pl.lit("watch"))
        .otherwise(pl.lit("none"))
    )


def explain_risk(*, lapse_days: int) -> pl.Expr:
    """Say which signs are behind `risk`; NULL where there is none.

    Args:
        lapse_days: Days without an order after which a customer has lapsed.
    """
    end = pl.when(is_lapse_by_subscription(lapse_days)).then(pl.lit("with the end of the subscription"))
    typical = pl.col("typical_days_between_orders").round(0, mode="half_away_from_zero").cast(pl.Int64)
    reasons = [
        pl.when("is_recent_detractor").then(
            pl.format("scored {} of 10 on {}", pl.col("latest_nps_score").cast(pl.Int64), pl.col("latest_nps_date"))
        ),
        pl.when("is_overdue").then(
            pl.format("{} days since the last order, typically {}", "days_since_last_order", typical)
        ),
        pl.when("is_near_lapse").then(
            pl.format("lapses on {} {}", "lapses_on", end.otherwise(pl.lit("without an order")))
        ),
    ]
    words = pl.concat_str(reasons, separator="; ", ignore_nulls=True)
    return pl.when(pl.col("is_active"), words != "").then(words)


def join_risks() -> pl.Expr:
    """Say why a customer is at risk, each customer once: signs of leaving, too many bad experiences, or both."""
    is_leaving = pl.col("risk") != "none"
    return (
        pl.when(is_leaving & pl.col("is_service_risk"))
        .then(pl.lit("both"))
        .when(is_leaving)
        .then(pl.lit("leaving"))
        .when("is_service_risk")
        .then(pl.lit("bad_experiences"))
        .otherwise(pl.lit("none"))
    )


def find_value_at_risk(risk: pl.Expr) -> pl.Expr:
    """Find the predicted yearly value of a customer with a risk: 0 where it is `none`, NULL where it is not known.

    Args:
        risk: A column that is `none` for customers without that risk.
    """
    return pl.when(risk == "none").then(pl.lit(0, MONEY)).otherwise("predicted_total_value_12m")


def choose_other_step() -> pl.Expr:
    """Choose the next step for a customer without a reason to call: the first rule that applies."""
    return (
        pl.when(pl.col("is_unknown") | pl.col("is_deleted"))
        .then(pl.lit("none"))
        .when(pl.col("lifecycle") == "lapsed")
        .then(pl.lit("win_back"))
        .when(pl.col("is_overdue") | pl.col("is_near_lapse"))
        .then(pl.lit("remind"))
        .when(pl.col("lifecycle") == "prospect")
        .then(pl.lit("first_order"))
        .when(pl.col("lifecycle") == "new")
        .then(pl.lit("second_order"))
        .when(pl.col("is_promoter") | is_top_tier())
        .then(pl.lit("thank"))
        .otherwise(pl.lit("none"))
    )
