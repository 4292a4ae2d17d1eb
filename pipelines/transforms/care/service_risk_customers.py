"""The mart `service_risk_customers`: who had too many bad experiences, and what is expected of them.

Put here: the list. Keep out: what a bad experience is (`bad_experiences.py`), and how many customers lapse after bad
experiences (`lapse_after_experiences.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNASSIGNED, UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import DETRACTOR_DAYS
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.care.bad_signs import RiskSettings
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

PREDICTED, YEARLY = "predicted", "yearly_average"
"""What the expected value is made of."""

DUE, DELETED, ORDERED_SINCE, TOO_LONG_AGO = "due", "deleted", "ordered_since", "too_long_ago"
"""Whether the customer is to be called for the experiences, or why not."""

FROM_CLV = ("predicted_total_value_12m", "avg_annual_value_total", "last_order_date")
FROM_LAPSES = [
    *("matched_customers", "observed_lapse_rate", "expected_lapse_rate", "lapse_ratio", "lapse_ratio_low"),
    *("lapse_ratio_high", "reason"),
]

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "owner": pl.String,
    "lifecycle": pl.String,
    "bad_experience_count": pl.Int64,
    "first_experience_on": pl.Date,
    "last_experience_on": pl.Date,
    "days_since_last_experience": pl.Int64,
    "last_leading_sign": pl.String,
    "leading_signs": pl.String,
    "call_status": pl.String,
    "service_risk_value_12m": MONEY,
    "service_risk_value_basis": pl.String,
    "matched_customers": pl.Int64,
    "observed_lapse_rate": pl.Float64,
    "expected_lapse_rate": pl.Float64,
    "lapse_ratio": pl.Float64,
    "lapse_ratio_low": pl.Float64,
    "lapse_ratio_high": pl.Float64,
    "reason": pl.String,
    "as_of": pl.Date,
}


def service_risk_customers(
    bad_experiences: IntoFrame,
    lapse_after_experiences: IntoFrame,
    customers: IntoFrame,
    customer_clv: IntoFrame,
    customer_segments: IntoFrame,
    *,
    as_of: dt.date,
    service_risk: RiskSettings,
) -> pl.DataFrame:
    """List known customers with `threshold` bad experiences or more in the window.

    Args:
        bad_experiences: `marts.bad_experiences`.
        lapse_after_experiences: `marts.lapse_after_experiences`.
        customers: `core.customers`; `customer_idx`, `owner`, `is_deleted`.
        customer_clv: `marts.customer_clv`; `customer_idx` and `FROM_CLV`.
        customer_segments: `marts.customer_segments`; `customer_id`, `lifecycle`.
        as_of: Last day that counts.
        service_risk: How many experiences, in how many days.

    Returns:
        The columns of `COLUMNS`, sorted by customer_id.
    """
    counted = _count_experiences(bad_experiences, as_of, service_risk)
    lapses = read_into_polars(select_columns(lapse_after_experiences, "experience_count", *FROM_LAPSES))
    facts = [
        read_into_polars(select_columns(customers, "customer_idx", "owner", "is_deleted")),
        read_into_polars(select_columns(customer_clv, "customer_idx", *FROM_CLV)),
    ]
    for fact in facts:
        counted = counted.join(fact, on="customer_idx", how="left")
    segments = read_into_polars(select_columns(customer_segments, "customer_id", "lifecycle"))
    return (
        counted.join(segments, on="customer_id", how="left")
        .join(lapses.filter(pl.col("experience_count") == service_risk.threshold).drop("experience_count"), how="cross")
        .with_columns(**_find_service_risk_value())
        .with_columns(
            owner=pl.col("owner").fill_null(UNASSIGNED),
            days_since_last_experience=(pl.lit(as_of) - pl.col("last_experience_on")).dt.total_days(),
            as_of=pl.lit(as_of),
        )
        .with_columns(call_status=_find_call_status())
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_id")
    )


def _count_experiences(bad_experiences: IntoFrame, as_of: dt.date, service_risk: RiskSettings) -> pl.DataFrame:
    """Count the experiences of the window: a row per known customer with enough of them."""
    names = ["customer_id", "customer_idx", "experience_number", "experienced_on", "leading_sign"]
    age = (pl.lit(as_of) - pl.col("experienced_on")).dt.total_days()
    return (
        read_into_polars(select_columns(bad_experiences, *names))
        .filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX, age < service_risk.window_days)
        .sort("customer_id", "experience_number")
        .group_by("customer_id", "customer_idx", maintain_order=True)
        .agg(
            bad_experience_count=pl.len().cast(pl.Int64),
            first_experience_on=pl.col("experienced_on").min(),
            last_experience_on=pl.col("experienced_on").max(),
            last_leading_sign=pl.col("leading_sign").last(),
            leading_signs=pl.col("leading_sign").str.join(", "),
        )
        .filter(pl.col("bad_experience_count") >= service_risk.threshold)
    )


def _find_call_status() -> pl.Expr:
    """Whether to call the customer: not if the experiences are long ago, and not if the customer has ordered since."""
    return (
        pl.when("is_deleted")
        .then(pl.lit(DELETED))
        .when(pl.col("last_order_date") > pl.col("last_experience_on"))
        .then(pl.lit(ORDERED_SINCE))
        .when(pl.col("days_since_last_experience") > DETRACTOR_DAYS)
        .then(pl.lit(TOO_LONG_AGO))
        .otherwise(pl.lit(DUE))
    )


def _find_service_risk_value() -> dict[str, pl.Expr]:
    """The value expected of the customer in a year, and what it is made of; NULL where it is not known."""
    predicted, yearly = pl.col("predicted_total_value_12m"), pl.col("avg_annual_value_total")
    return {
        "service_risk_value_12m": pl.coalesce(predicted, yearly),
        "service_risk_value_basis": pl.when(predicted.is_not_null())
        .then(pl.lit(PREDICTED))
        .when(yearly.is_not_null())
        .then(pl.lit(YEARLY)),
    }
