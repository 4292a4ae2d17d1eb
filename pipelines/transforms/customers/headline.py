"""The headline of the report: number of customers, churn or repeat rate, and NPS.

Put here: which published metrics are shown first, and which ones replace those not known yet.
Keep out: their wording, and the marts they are read from (`churn.py`, `nps.py`).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import ALL, UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import REPEAT_DAYS
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchases import list_purchase_days, read_into_polars, select_columns

PROSPECT = "prospect"
"""The lifecycle of a customer who has neither bought nor subscribed."""


@dataclass(frozen=True)
class Headline:
    """The three metrics, each with its basis; None where it is not known.

    Attributes:
        as_of: Last day that counts.
        customers: Known customers who have ever bought or subscribed.
        active_customers: Those of them who are active.
        churn_rate_12m: 12-month churn, 0 to 1, at the last month-end; None while the history is too short for it.
        churn_month_end: That month-end.
        gone_rate_12m: Share of the customers of a year before that month-end, 0 to 1, who are gone at it.
        repeat_rate: Share of customers, 0 to 1, with a second purchase day within `REPEAT_DAYS` of the first.
        repeat_customers: The number of customers behind `repeat_rate`: those whose `REPEAT_DAYS` are over.
        nps: Net promoter score, −100 to 100; None without answers.
        nps_responses: The number of votes behind it.
        nps_start: First day of its window.
        nps_end: Last day of its window.
    """

    as_of: dt.date
    customers: int
    active_customers: int
    churn_rate_12m: float | None
    churn_month_end: dt.date | None
    gone_rate_12m: float | None
    repeat_rate: float | None
    repeat_customers: int
    nps: float | None
    nps_responses: int
    nps_start: dt.date | None
    nps_end: dt.date | None


def find_headline(
    orders: IntoFrame,
    calendar: IntoFrame,
    customer_360: IntoFrame,
    churn: IntoFrame,
    nps: IntoFrame,
    *,
    as_of: dt.date,
) -> Headline:
    """Find the three metrics.

    Args:
        orders: `core.orders`; `customer_idx`, `order_date`, `is_countable`.
        calendar: `core.calendar`; `day`, `day_idx`.
        customer_360: `marts.customer_360`; `is_unknown`, `lifecycle`, `is_active`.
        churn: `marts.churn`.
        nps: `marts.nps`; of the whole base, the rolling window that ends on the day of the last answer.
        as_of: Last day that counts.
    """
    purchase_days = _find_first_purchase_days(orders, calendar, as_of)
    observed = purchase_days.filter(pl.col("first_day") <= count_days_since_epoch(as_of) - REPEAT_DAYS)
    repeated = observed.filter(pl.col("second_day") - pl.col("first_day") <= REPEAT_DAYS).height
    is_known = (pl.col("dimension") == ALL) & pl.col("churn_rate_12m").is_not_null()
    known_churn = read_into_polars(churn).filter(is_known).sort("month_end").tail(1)
    window = _find_last_window(read_into_polars(nps))
    customers = _list_customers(customer_360)
    return Headline(
        as_of=as_of,
        customers=customers.height,
        active_customers=int(customers["is_active"].sum()),
        churn_rate_12m=_read_only_value(known_churn, "churn_rate_12m"),
        churn_month_end=_read_only_value(known_churn, "month_end"),
        gone_rate_12m=_read_only_value(known_churn, "gone_rate_12m"),
        repeat_rate=repeated / observed.height if observed.height else None,
        repeat_customers=observed.height,
        nps=_read_only_value(window, "nps"),
        nps_responses=_read_only_value(window, "responses") or 0,
        nps_start=_read_only_value(window, "period_start"),
        nps_end=_read_only_value(window, "period_end"),
    )


def _list_customers(customer_360: IntoFrame) -> pl.DataFrame:
    """List the known customers who have ever bought or subscribed, each with `is_active`."""
    rows = read_into_polars(select_columns(customer_360, "is_unknown", "lifecycle", "is_active"))
    return rows.filter(~pl.col("is_unknown") & (pl.col("lifecycle") != PROSPECT))


def _find_first_purchase_days(orders: IntoFrame, calendar: IntoFrame, as_of: dt.date) -> pl.DataFrame:
    """Find `first_day` and `second_day` (NULL where there is none), days since 1970, of every known customer."""
    days = read_into_polars(list_purchase_days(orders, calendar, as_of=as_of))
    day = pl.col("day_idx")
    known = days.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    first = known.group_by("customer_idx").agg(first_day=day.min())
    later = known.join(first, on="customer_idx").filter(day > pl.col("first_day"))
    second = later.group_by("customer_idx").agg(second_day=day.min())
    return first.join(second, on="customer_idx", how="left")


def _find_last_window(nps: pl.DataFrame) -> pl.DataFrame:
    """Find the shortest rolling window that ends on the day of the last answer; later windows only lose votes."""
    answered = nps.filter(pl.col("dimension") == ALL, pl.col("responses") > 0)
    last_day = answered.filter(pl.col("grain") == "day").select(pl.col("period_end").max())
    windows = answered.filter(pl.col("grain").str.starts_with("rolling"))
    return windows.join(last_day, on="period_end").sort("period_start").tail(1)


def _read_only_value(rows: pl.DataFrame, column: str) -> Any:
    """Read the value of the only row; None where there is no row."""
    return None if rows.is_empty() else rows[column].item()
