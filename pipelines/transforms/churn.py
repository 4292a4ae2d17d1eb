"""The marts `churn` and `churned_customers`: how many customers are lost month by month, and who they are.

A customer's purchase days make *spells*: runs in which no day is more than `lapse_days` after the one before. The
customer is active from the spell's first day until its lapse date, which is its last day + `lapse_days` and no longer
active. So every count at any month-end is a difference of two running counts over spells, and no table of customers ×
months is ever made.

Put here: spells, and what is counted of them. Keep out: the scan over all orders (`purchases.py`), cohorts.
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from pipelines.transforms.purchases import (
    MONEY,
    UNKNOWN_CUSTOMER_IDX,
    list_purchase_days,
    read_into_polars,
    select_lazily,
    sum_purchases_by_customer_day,
)

CHURN_COLUMNS: dict[str, PolarsDataType] = {
    "month_end": pl.Date,
    "churned_customers_12m": pl.Int64,
    "average_customers_12m": pl.Float64,
    "churn_rate_12m": pl.Float64,
    "active_customers": pl.Int64,
    "new_customers": pl.Int64,
    "reactivated_customers": pl.Int64,
    "lapsed_in_month": pl.Int64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
CHURNED_COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "first_order_date": pl.Date,
    "last_order_date": pl.Date,
    "lapsed_on": pl.Date,
    "order_count": pl.Int64,
    "net_sales_to_date": MONEY,
    "net_sales_last_active_year": MONEY,
    "country": pl.String,
    "customer_type": pl.String,
    "owner": pl.String,
    "as_of": pl.Date,
}
MONTHS = 12
LAST_ACTIVE_DAYS = 365
"""The length of a customer's last active year: these many days, the last of them the day of the last order."""


def churn(orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date, lapse_days: int) -> pl.DataFrame:
    """One row per month-end from the first order to `as_of`: active, new, returned, lapsed; and the 12-month churn.

    The churn at month-end E: customers who passed their lapse date in the 12 months to E and have not ordered since by
    E, divided by the average of the active customers at the 13 month-ends E−12 … E. It is the same whichever later
    orders there are, and NULL until each of the 13 month-ends has `lapse_days` of history behind it.

    Args:
        orders: `core.orders`; `customer_idx`, `order_date`, `is_countable`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts; month-ends after it are left out.
        lapse_days: Days without an order after which a customer has lapsed.

    Returns:
        The columns of `CHURN_COLUMNS`, sorted by month_end; without the unknown customer.
    """
    days = read_into_polars(list_purchase_days(orders, calendar, as_of=as_of))
    spells = list_spells(days.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX), lapse_days)
    counts = count_by_month(spells, as_of)
    if counts.is_empty():
        return pl.DataFrame(schema=CHURN_COLUMNS)
    first_day = pl.lit(spells["start"].min())
    history = first_day.dt.offset_by(f"{lapse_days - 1}d")  # the first day with lapse_days of history behind it
    known_from = history.dt.month_start().dt.offset_by(f"{MONTHS}mo").dt.month_end()
    has_history = pl.col("month_end") >= known_from
    average = pl.col("active_customers").rolling_sum(MONTHS + 1) / (MONTHS + 1)
    rate = pl.col("churned_customers_12m") / pl.col("average_customers_12m")
    return (
        counts.with_columns(average_customers_12m=pl.when(has_history).then(average))
        .with_columns(is_complete=(pl.col("average_customers_12m") > 0).fill_null(False))
        .with_columns(
            churn_rate_12m=pl.when("is_complete").then(rate),
            reason=pl.when(~has_history)
            .then(pl.format("history too short: known from {} on", known_from.dt.to_string("iso")))
            .when(~pl.col("is_complete"))
            .then(pl.lit("no active customers in the 12 months")),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in CHURN_COLUMNS.items())
        .sort("month_end")
    )


def list_spells(purchase_days: pl.DataFrame, lapse_days: int) -> pl.DataFrame:
    """One row per spell.

    Args:
        purchase_days: `customer_idx`, `day_idx` (days since 1970): one row per customer and day with an order.
        lapse_days: Days without an order after which a customer has lapsed. An order on the lapse date itself comes in
            time: there was no day on which the customer was not active.

    Returns:
        `start` Date; `is_first` (the customer's first spell, else a return after a lapse); `lapse_date` Date, which may
        lie in the future; `return_date` Date on which the next spell starts (NULL when there is none yet).
    """
    days = purchase_days.sort("customer_idx", "day_idx")
    last_day = days["day_idx"].last()
    gap = pl.col("day_idx") - pl.col("previous_day")
    starts = (
        days.with_columns(
            is_first=(pl.col("customer_idx") != pl.col("customer_idx").shift(1)).fill_null(True),
            previous_day=pl.col("day_idx").shift(1),
        )
        .filter(pl.col("is_first") | (gap > lapse_days))
        .with_columns(is_followed=~pl.col("is_first").shift(-1, fill_value=True))
    )
    # A spell's last day is the row before the next start, whose customer ever that is.
    end = pl.col("previous_day").shift(-1).fill_null(pl.lit(last_day, pl.Int32))
    return starts.select(
        "is_first",
        start=pl.col("day_idx").cast(pl.Date),
        lapse_date=(end + lapse_days).cast(pl.Date),
        return_date=pl.when("is_followed").then(pl.col("day_idx").shift(-1)).cast(pl.Date),
    )


def count_by_month(spells: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """One row per month from the first start to the last month that is over by `as_of`.

    Args:
        spells: As `list_spells` gives them.
        as_of: Last day that counts.

    Returns:
        `month_end`; `new_customers`, `reactivated_customers`, `lapsed_in_month` in the month; at its end
        `active_customers` and `churned_customers_12m`. Sorted.
    """
    lapsed = spells.filter(pl.col("lapse_date") <= as_of)
    lapse_month, return_month = _month(pl.col("lapse_date")), _month(pl.col("return_date"))
    # Churned from the lapse on, until 12 months are over or the customer is back (in the same month: never).
    forgotten = pl.min_horizontal(lapse_month + MONTHS, return_month)
    flows = {
        "new_customers": spells.filter("is_first").select(month=_month(pl.col("start"))),
        "reactivated_customers": spells.filter(~pl.col("is_first")).select(month=_month(pl.col("start"))),
        "lapsed_in_month": lapsed.select(month=lapse_month),
        "no_longer_churned": lapsed.select(month=forgotten),
    }
    months = _months_until(as_of, spells["start"].min())
    for name, events in flows.items():
        counted = events.group_by("month").agg(pl.len().cast(pl.Int64).alias(name))
        months = months.join(counted, on="month", how="left").with_columns(pl.col(name).fill_null(0))
    came = pl.col("new_customers") + pl.col("reactivated_customers")
    return months.sort("month").with_columns(
        active_customers=(came - pl.col("lapsed_in_month")).cum_sum(),
        churned_customers_12m=(pl.col("lapsed_in_month") - pl.col("no_longer_churned")).cum_sum(),
    )


def _month(day: pl.Expr) -> pl.Expr:
    """The number of a day's month."""
    return day.dt.year() * 12 + day.dt.month().cast(pl.Int32) - 1


def _months_until(as_of: dt.date, first: object) -> pl.DataFrame:
    """`month`, `month_end` of the months from `first` on that are over by `as_of`; none without a first day."""
    starts = pl.Series("month_end", [], pl.Date)
    if isinstance(first, dt.date):
        starts = pl.date_range(first.replace(day=1), as_of, "1mo", eager=True).alias("month_end")
    ends = pl.DataFrame({"month_end": starts.dt.month_end()}).filter(pl.col("month_end") <= as_of)
    return ends.with_columns(month=_month(pl.col("month_end")))


def churned_customers(
    orders: IntoFrame,
    refunds: IntoFrame,
    calendar: IntoFrame,
    customers: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
) -> pl.DataFrame:
    """One row per customer who has lapsed and not come back by `as_of`, with the value lost.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`.
        customers: `core.customers`; `customer_idx`, `customer_id`, `country`, `customer_type`, `owner`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.

    Returns:
        The columns of `CHURNED_COLUMNS`, sorted by customer_id; without the unknown customer.
    """
    sums = sum_purchases_by_customer_day(orders, refunds, calendar, as_of=as_of)
    days = read_into_polars(select_lazily(sums, "customer_idx", "day_idx", "order_count", "net_sales")).lazy()
    known = read_into_polars(
        select_lazily(customers, "customer_idx", "customer_id", "country", "customer_type", "owner")
    )
    lapsed = (
        days.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX, pl.col("order_count") > 0)
        .group_by("customer_idx")
        .agg(first_day=pl.col("day_idx").min(), last_day=pl.col("day_idx").max())
        .with_columns(lapsed_on=(pl.col("last_day") + lapse_days).cast(pl.Date))
        .filter(pl.col("lapsed_on") <= as_of)
    )
    # Money given back after the last order is money of that year, so the days to as_of belong to it.
    in_last_year = pl.col("day_idx") > pl.col("last_day") - LAST_ACTIVE_DAYS
    return (
        days.join(lapsed, on="customer_idx")
        .group_by("customer_idx", "lapsed_on", "first_day", "last_day")
        .agg(
            order_count=pl.col("order_count").sum(),
            net_sales_to_date=pl.col("net_sales").sum(),
            net_sales_last_active_year=pl.when(in_last_year).then("net_sales").sum(),
        )
        .join(known.lazy(), on="customer_idx")
        .with_columns(
            first_order_date=pl.col("first_day").cast(pl.Date),
            last_order_date=pl.col("last_day").cast(pl.Date),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in CHURNED_COLUMNS.items())
        .sort("customer_id")
        .collect(engine="streaming")
    )
