"""The mart `customer_360`: everything about a customer in one row, with the risk of losing them and the next step.

Put here: joining the facts about a customer, and the rules for risk and next step.
Keep out: how segments, values and scores are computed (`customer_segments.py`, `customer_clv.py`, `nps.py`).
"""

import datetime as dt
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import DETRACTOR_DAYS
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.churn.active_intervals import (
    find_last_active_intervals,
    has_lapsed,
    list_active_intervals,
    list_active_periods,
)
from regulars.pipelines.transforms.customers.signs import find_signs_of_leaving
from regulars.pipelines.transforms.purchases.purchases import (
    read_into_polars,
    select_columns,
    sum_purchases_by_customer,
)
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods
from regulars.pipelines.transforms.subscriptions.subscription_revenue import (
    add_subscription_revenue,
    sum_revenue_by_customer,
)
from regulars.pipelines.transforms.voice.nps import select_nps_answers

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "is_unknown": pl.Boolean,
    "is_deleted": pl.Boolean,
    "customer_type": pl.String,
    "country": pl.String,
    "country_name": pl.String,
    "region": pl.String,
    "city": pl.String,
    "acquisition_channel": pl.String,
    "owner": pl.String,
    "referred_by_customer_id": pl.String,
    "first_seen_at": pl.Datetime("us"),
    "first_order_date": pl.Date,
    "last_order_date": pl.Date,
    "order_count": pl.Int64,
    "gross_sales": MONEY,
    "discounts": MONEY,
    "refunds": MONEY,
    "net_sales_to_date": MONEY,
    "average_order_value": MONEY,
    "is_subscriber": pl.Boolean,
    "mrr": MONEY,
    "subscription_revenue_to_date": MONEY,
    "total_revenue_to_date": MONEY,
    "days_since_last_order": pl.Int64,
    "typical_days_between_orders": pl.Float64,
    "is_active": pl.Boolean,
    "lapses_on": pl.Date,
    "lifecycle": pl.String,
    "segment": pl.String,
    "value_tier": pl.String,
    "clv_simple": MONEY,
    "p_alive": pl.Float64,
    "predicted_value_12m": MONEY,
    "clv_predicted": MONEY,
    "contribution_margin_to_date": MONEY,
    "value_basis": pl.String,
    "latest_nps_group": pl.String,
    "latest_nps_score": pl.Int64,
    "latest_nps_at": pl.Datetime("us"),
    "nps_response_count": pl.Int64,
    "contact_count": pl.Int64,
    "source_record_count": pl.Int64,
    "risk": pl.String,
    "risk_reason": pl.String,
    "next_step": pl.String,
    "as_of": pl.Date,
}
FROM_CUSTOMERS = [*list(COLUMNS)[:12], "customer_idx"]
FROM_CLV = (
    *("clv_simple", "p_alive", "predicted_value_12m", "clv_predicted"),
    *("contribution_margin_to_date", "value_basis"),
)
FROM_SEGMENTS = ["segment", "value_tier", "lifecycle", "typical_days_between_orders"]
SUMS = ["gross_sales", "discounts", "refunds", "net_sales_to_date", "mrr", "subscription_revenue_to_date"]
COUNTS = ["order_count", "nps_response_count", "contact_count", "source_record_count"]


def customer_360(
    customers: IntoFrame,
    contacts: IntoFrame,
    customer_source_ids: IntoFrame,
    orders: IntoFrame,
    refunds: IntoFrame,
    subscriptions: IntoFrame,
    survey_responses: IntoFrame,
    customer_clv: IntoFrame,
    customer_segments: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    subscription_revenue_is_in_orders: bool,
) -> pl.DataFrame:
    """Join all facts about each customer, one row each; prospects and the unknown customer included.

    Args:
        customers: `core.customers`.
        contacts: `core.contacts`; `customer_idx`, `is_deleted`.
        customer_source_ids: `core.customer_source_ids`; `customer_id`.
        orders: `core.orders`.
        refunds: `core.refunds`.
        subscriptions: `core.subscriptions`.
        survey_responses: `core.survey_responses`.
        customer_clv: `marts.customer_clv`; `customer_idx` and `FROM_CLV`.
        customer_segments: `marts.customer_segments`; `customer_id`, `segment`, `value_tier`, `lifecycle`,
            `typical_days_between_orders`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        subscription_revenue_is_in_orders: Whether net sales hold it already, so that it is not added to the total.

    Returns:
        The columns of `COLUMNS`, sorted by customer_id; its sums tie out with all countable orders and refunds.
    """
    people = nw.from_native(contacts).lazy().filter(~nw.col("is_deleted"))
    records = nw.from_native(customer_source_ids).lazy()
    purchases = read_into_polars(sum_purchases_by_customer(orders, refunds, as_of=as_of))
    facts = {
        "customer_idx": [
            purchases,
            _find_last_active_intervals(purchases, subscriptions, as_of=as_of, lapse_days=lapse_days),
            sum_revenue_by_customer(list_live_periods(subscriptions), as_of),
            _count_rows(people, "customer_idx", "contact_count"),
            find_latest_nps(survey_responses, as_of=as_of),
            read_into_polars(select_columns(customer_clv, "customer_idx", *FROM_CLV)),
        ],
        "customer_id": [
            _count_rows(records, "customer_id", "source_record_count"),
            read_into_polars(select_columns(customer_segments, "customer_id", *FROM_SEGMENTS)),
        ],
    }
    joined = read_into_polars(select_columns(customers, *FROM_CUSTOMERS)).sort("customer_id").lazy()
    for key, frames in facts.items():
        for frame in frames:
            joined = joined.join(frame.lazy(), on=key, how="left", maintain_order="left")
    spent = (pl.col("gross_sales") - pl.col("discounts")).cast(pl.Float64)
    is_known = ~pl.col("is_unknown")
    return (
        joined.with_columns(
            pl.col(COUNTS).fill_null(0),
            pl.col(SUMS).fill_null(pl.lit(0, MONEY)),
            pl.col("is_subscriber").fill_null(value=False),
        )
        .with_columns(
            total_revenue_to_date=add_subscription_revenue("net_sales_to_date", subscription_revenue_is_in_orders),
            average_order_value=pl.when(pl.col("order_count") > 0).then(
                (spent / pl.col("order_count")).round(4, mode="half_to_even")
            ),
            days_since_last_order=pl.when(is_known).then((pl.lit(as_of) - pl.col("last_order_date")).dt.total_days()),
            is_active=pl.col("start").is_not_null() & ~has_lapsed(as_of),
            lapses_on="lapse_date",
            lifecycle=pl.when(is_known).then(pl.coalesce("lifecycle", _assign_lifecycle_without_orders(as_of))),
        )
        .with_columns(**find_signs(as_of=as_of, lapse_days=lapse_days))
        .with_columns(risk=assess_risk(), risk_reason=explain_risk(), next_step=choose_next_step(), as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .collect()
    )


def _find_last_active_intervals(
    purchases: pl.DataFrame, subscriptions: IntoFrame, *, as_of: dt.date, lapse_days: int
) -> pl.DataFrame:
    """Find `start` and `lapse_date` of each known customer's last active interval, from the last order alone.

    Earlier orders decide whether there was a lapse before (`customer_segments`), not when the next one will be.
    """
    days = purchases.select("customer_idx", day_idx=pl.col("last_order_date").cast(pl.Int32)).drop_nulls()
    active_intervals = list_active_intervals(
        list_active_periods(days, subscriptions, as_of=as_of, lapse_days=lapse_days)
    )
    return find_last_active_intervals(active_intervals).select("customer_idx", "start", "lapse_date")


def _assign_lifecycle_without_orders(as_of: dt.date) -> pl.Expr:
    """Assign the lifecycle of a customer without orders: a prospect, unless there was a subscription."""
    subscribed = pl.when(has_lapsed(as_of)).then(pl.lit("lapsed")).otherwise(pl.lit("active"))
    return pl.when(pl.col("start").is_null()).then(pl.lit("prospect")).otherwise(subscribed)


def find_latest_nps(survey_responses: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Scan all answers for the number of NPS answers of each customer, and the latest of them.

    Args:
        survey_responses: `core.survey_responses`.
        as_of: Last day that counts.

    Returns:
        `customer_idx`, `nps_response_count`, `latest_nps_group`, `latest_nps_score`, `latest_nps_at`. Answers
        that lead to no customer are counted for the unknown customer, who has no latest answer.
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
    counted = _count_rows(answers, "customer_idx", "nps_response_count")
    return counted.join(read_into_polars(latest.to_native()), on="customer_idx", how="left")


def find_signs(*, as_of: dt.date, lapse_days: int) -> dict[str, pl.Expr]:
    """Find the signs of each customer: `is_detractor`, `is_promoter`, `is_overdue`, `is_near_lapse`, never NULL.

    A promoter's answer counts for `lapse_days`, a detractor's for `DETRACTOR_DAYS` and until the next order. A customer
    is overdue or near lapse only while active, and not while a subscription without a known end is paid.
    """
    answer_days = (pl.lit(as_of) - pl.col("latest_nps_date")).dt.total_days()
    has_ordered_since = (pl.col("last_order_date") > pl.col("latest_nps_date")).fill_null(value=False)
    is_detractor = (pl.col("latest_nps_group") == "detractor") & (answer_days <= DETRACTOR_DAYS) & ~has_ordered_since
    is_promoter = (pl.col("latest_nps_group") == "promoter") & (answer_days < lapse_days)
    return {
        "is_detractor": is_detractor.fill_null(value=False),
        "is_promoter": is_promoter.fill_null(value=False),
        **find_signs_of_leaving(
            may_leave=pl.col("is_active") & pl.col("lapses_on").is_not_null(),
            lapses_on="lapses_on",
            since="days_since_last_order",
            as_of=as_of,
            lapse_days=lapse_days,
        ),
    }


def assess_risk() -> pl.Expr:
    """Assess the risk of losing an active customer: `high`, `watch` or `none`.

    `high` for a detractor or a customer who is both overdue and near lapse, `watch` for one of the latter two.
    """
    staying_away = pl.col("is_overdue").cast(pl.Int8) + pl.col("is_near_lapse").cast(pl.Int8)
    return (
        pl.when(~pl.col("is_active"))
        .then(pl.lit("none"))
        .when(pl.col("is_detractor") | (staying_away == 2))
        .then(pl.lit("high"))
        .when(staying_away == 1)
        .then(pl.lit("watch"))
        .otherwise(pl.lit("none"))
    )


def explain_risk() -> pl.Expr:
    """Say which signs are behind `risk`; NULL where there is none."""
    typical = pl.col("typical_days_between_orders").round(0, mode="half_away_from_zero").cast(pl.Int64)
    reasons = [
        pl.when("is_detractor").then(
            pl.format("scored {} of 10 on {}", pl.col("latest_nps_score").cast(pl.Int64), pl.col("latest_nps_date"))
        ),
        pl.when("is_overdue").then(
            pl.format("{} days since the last order, typically {}", "days_since_last_order", typical)
        ),
        pl.when("is_near_lapse").then(pl.format("lapses on {} without an order", "lapses_on")),
    ]
    words = pl.concat_str(reasons, separator="; ", ignore_nulls=True)
    return pl.when(pl.col("is_active"), words != "").then(words)


def choose_next_step() -> pl.Expr:
    """Choose the next step: the first rule that applies."""
    return (
        pl.when(pl.col("is_unknown") | pl.col("is_deleted"))
        .then(pl.lit("none"))
        .when("is_detractor")
        .then(pl.lit("call_detractor"))
        .when(pl.col("lifecycle") == "lapsed")
        .then(pl.lit("win_back"))
        .when(pl.col("is_overdue") | pl.col("is_near_lapse"))
        .then(pl.lit("remind"))
        .when(pl.col("lifecycle") == "prospect")
        .then(pl.lit("first_order"))
        .when(pl.col("lifecycle") == "new")
        .then(pl.lit("second_order"))
        .when(pl.col("is_promoter") | (pl.col("value_tier") == "top_10_percent"))
        .then(pl.lit("thank"))
        .otherwise(pl.lit("none"))
    )


def _count_rows(frame: "nw.LazyFrame[Any]", key: str, name: str) -> pl.DataFrame:
    """Count the rows per `key`."""
    counted = frame.group_by(key).agg(nw.len().alias(name))
    return read_into_polars(counted.to_native()).with_columns(pl.col(name).cast(pl.Int64))
