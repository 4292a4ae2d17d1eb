"""The mart `customer_clv`: what each customer has been worth, and what to expect by the simple formula.

Put here: value to date, years observed and expected, the formula and its reasons; churn by customer type as its input.
Keep out: fitted models (`pipelines/models`), the published churn of the whole base over time (`churn.py`).
"""

import datetime as dt

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from pipelines.transforms.purchases import (
    MONEY,
    UNKNOWN_CUSTOMER_IDX,
    list_purchase_days,
    read_into_polars,
    sum_purchases_by_customer,
)

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "net_sales_to_date": MONEY,
    "order_count": pl.Int64,
    "first_order_date": pl.Date,
    "last_order_date": pl.Date,
    "years_observed": pl.Float64,
    "avg_annual_value": MONEY,
    "expected_lifetime_years": pl.Float64,
    "acquisition_cost": MONEY,
    "clv_simple": MONEY,
    "value_basis": pl.String,
    "method": pl.String,
    "reason": pl.String,
    "as_of": pl.Date,
}
CUSTOMERS_FOR_A_CHURN = 100
"""Average active customers that a customer type needs for a churn of its own; others take the whole base's."""

DAYS_PER_YEAR = 365.25
EPOCH = dt.date(1970, 1, 1)


def customer_clv(
    orders: IntoFrame,
    refunds: IntoFrame,
    customers: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    max_lifetime_years: float,
    value_basis: str,
) -> pl.DataFrame:
    """One row per customer with a countable order: value to date and simple customer lifetime value.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        customers: `core.customers`; `customer_id`, `customer_idx`, `customer_type`, `acquisition_cost`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        max_lifetime_years: Cap of the expected lifetime.
        value_basis: What counts as value, written beside it; only `net_sales` so far.

    Returns:
        The columns of `COLUMNS`, sorted by customer_id; without the unknown customer.
    """
    totals = read_into_polars(sum_purchases_by_customer(orders, refunds, as_of=as_of))
    known = nw.from_native(customers).lazy().select("customer_idx", "customer_id", "customer_type", "acquisition_cost")
    buyers = totals.filter(pl.col("order_count") > 0, pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX).join(
        read_into_polars(known.to_native()), on="customer_idx"
    )
    churn = churn_by_customer_type(
        read_into_polars(list_purchase_days(orders, calendar, as_of=as_of)),
        buyers.select("customer_idx", "customer_type"),
        as_of=as_of,
        lapse_days=lapse_days,
    )
    return (
        value_simply(buyers, churn, as_of=as_of, lapse_days=lapse_days, max_lifetime_years=max_lifetime_years)
        .with_columns(value_basis=pl.lit(value_basis), method=pl.lit("simple"), as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_id")
    )


def value_simply(
    buyers: pl.DataFrame, churn: pl.DataFrame, *, as_of: dt.date, lapse_days: int, max_lifetime_years: float
) -> pl.DataFrame:
    """The formula: average annual value × expected lifetime − acquisition cost.

    Money becomes Float64 for the division and is rounded to four decimals, half to even, when all is done.

    Args:
        buyers: One row per customer: `customer_type`, `first_order_date`, `last_order_date`, `net_sales_to_date`,
            `acquisition_cost` (NULL when unknown).
        churn: `customer_type` (NULL is the whole base), `churn_rate_12m` (0 to 1, NULL when not known yet) and
            `average_customers`, as `churn_by_customer_type` gives it.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        max_lifetime_years: Cap of the expected lifetime, where the customer has not been observed for longer.

    Returns:
        `buyers` with `years_observed`, `avg_annual_value`, `expected_lifetime_years`, `clv_simple`, `reason`.
    """
    of_base = churn.filter(pl.col("customer_type").is_null())["churn_rate_12m"]
    of_type = churn.filter(pl.col("average_customers") >= CUSTOMERS_FOR_A_CHURN).select(
        "customer_type", churn_of_type="churn_rate_12m"
    )
    lapse_date = pl.col("last_order_date") + pl.duration(days=lapse_days)
    observed_until = pl.min_horizontal(pl.lit(as_of), lapse_date)
    years = (observed_until - pl.col("first_order_date")).dt.total_days() / DAYS_PER_YEAR
    average = pl.col("net_sales_to_date").cast(pl.Float64) / pl.max_horizontal(1.0, "years_observed")
    to_come = pl.when(~pl.col("is_lapsed")).then(1 / pl.col("churn")).fill_null(0)
    capped = pl.min_horizontal(pl.lit(max_lifetime_years), pl.col("years_observed") + to_come)
    clv = pl.col("average") * pl.col("expected_lifetime_years")
    return (
        buyers.join(of_type, on="customer_type", how="left")
        .with_columns(
            is_lapsed=lapse_date <= as_of,
            years_observed=years,
            churn=pl.coalesce("churn_of_type", pl.lit(of_base.first(), pl.Float64)),
        )
        .with_columns(
            average=average,
            expected_lifetime_years=pl.max_horizontal("years_observed", capped),
            reason=_reason(max_lifetime_years),
        )
        .with_columns(
            avg_annual_value=_money(pl.col("average")),
            clv_simple=_money(clv - pl.col("acquisition_cost").cast(pl.Float64).fill_null(0)),
        )
    )


def churn_by_customer_type(
    purchase_days: pl.DataFrame, customers: pl.DataFrame, *, as_of: dt.date, lapse_days: int
) -> pl.DataFrame:
    """The 12-month churn at the last month-end up to `as_of`, of the whole base and per customer type.

    Customers who passed their lapse point in the 12 months to the month-end E and are still lapsed at E, divided by the
    average of the active customers at the 13 month-ends E−12 … E; only purchases up to E are used.

    Args:
        purchase_days: `customer_idx`, `day_idx` (days since 1970): one row per customer and day with an order.
        customers: `customer_idx`, `customer_type`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.

    Returns:
        `customer_type` (NULL: the whole base), `churn_rate_12m` Float64 (NULL until every one of the 13 month-ends has
        `lapse_days` of history behind it), `average_customers` Float64.
    """
    ends = [(end - EPOCH).days for end in last_month_ends(as_of, 13)]
    days = purchase_days.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX, pl.col("day_idx") <= ends[-1])
    first_day = days["day_idx"].min()
    has_history = isinstance(first_day, int) and first_day <= ends[0] - lapse_days + 1
    # From a purchase until the next one, or until it is lapse_days old, the customer is active.
    lapses = pl.col("day_idx").cast(pl.Int64) + lapse_days
    spans = (
        days.lazy()
        .sort("customer_idx", "day_idx")
        .select("customer_idx", "day_idx", lapses=lapses, next_day=pl.col("day_idx").shift(-1).over("customer_idx"))
        .with_columns(ends=pl.min_horizontal("lapses", "next_day"), is_last=pl.col("next_day").is_null())
        .filter(pl.col("ends") > ends[0])
        .join(customers.lazy(), on="customer_idx", how="left")
        .collect()
    )
    active = sum(((pl.col("day_idx") <= end) & (pl.col("ends") > end)).sum().cast(pl.Int64) for end in ends)
    churned = pl.col("is_last") & (pl.col("lapses") > ends[0]) & (pl.col("lapses") <= ends[-1])
    counts = {"churned": churned.sum(), "average_customers": active / 13}
    base = spans.select(customer_type=pl.lit(None, pl.String), **counts)
    types = spans.filter(pl.col("customer_type").is_not_null()).group_by("customer_type").agg(**counts)
    rate = pl.when(has_history, pl.col("average_customers") > 0).then(pl.col("churned") / pl.col("average_customers"))
    return pl.concat([base, types]).select("customer_type", churn_rate_12m=rate, average_customers="average_customers")


def last_month_ends(as_of: dt.date, count: int) -> list[dt.date]:
    """The last `count` month-ends up to `as_of`, oldest first."""
    ends = [(as_of + dt.timedelta(days=1)).replace(day=1) - dt.timedelta(days=1)]
    while len(ends) < count:
        ends.append(ends[-1].replace(day=1) - dt.timedelta(days=1))
    return ends[::-1]


def _money(amount: pl.Expr) -> pl.Expr:
    return amount.round(4, mode="half_to_even").cast(MONEY)


def _reason(max_lifetime_years: float) -> pl.Expr:
    """In plain words, what the formula could not know or do; NULL when there is nothing to say."""
    lapsed, unknown_churn = pl.col("is_lapsed"), pl.col("churn").is_null()
    of_base = pl.col("customer_type").is_not_null() & pl.col("churn_of_type").is_null()
    capped = pl.col("years_observed") + 1 / pl.col("churn") > max_lifetime_years
    said = [
        pl.when(lapsed).then(pl.lit("lapsed: no further years are expected")),
        pl.when(~lapsed & unknown_churn).then(pl.lit("12-month churn is not known yet: no further years are added")),
        pl.when(~lapsed & ~unknown_churn & of_base).then(
            pl.lit(f"churn of the whole base: fewer than {CUSTOMERS_FOR_A_CHURN} customers of this type")
        ),
        pl.when(~lapsed & ~unknown_churn & capped).then(
            pl.lit(f"no years beyond the cap of {max_lifetime_years:g} are added")
        ),
        pl.when(pl.col("acquisition_cost").is_null()).then(
            pl.lit("acquisition cost is unknown: nothing is subtracted")
        ),
    ]
    words = pl.concat_str(said, separator="; ", ignore_nulls=True)
    return pl.when(words != "").then(words)
