"""How many orders a customer places in a year: the mean over the customers who ordered in it, with its interval.

A customer counts once in a year, however many months have an order; the months of `purchase_behaviour` cannot be added
up for that.
Put here: counting customers and orders of any twelve months. Keep out: the months alone (`purchase_behaviour.py`).
"""

from collections.abc import Sequence

import polars as pl

from regulars.pipelines.models.comparisons.significance import Z_95
from regulars.pipelines.transforms.amounts import divide_columns
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR, number_months

ENOUGH = 30
"""The fewest customers whose mean has an interval: of fewer, the mean of such counts is not near a normal one."""
COUNTS_12M = ("customers_with_orders_12m", "customers_with_one_order_12m", "known_customer_orders_12m")
SQUARES = "squares_12m"
GROUP = ["dimension_value", "month"]
MONTHS_OF_CUSTOMER = 2**17
"""More than the number of any month, so that one number says the customer and the month, and sorts by both."""


def list_changes(purchase_days: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """List by how much each customer changes the counts of the twelve months that end with a month.

    An order enters these counts in its month and leaves them twelve months later, so that nothing has to be repeated
    for each of the twelve. Where both fall in one month, the two changes add up to that of the month.

    Args:
        purchase_days: `customer_idx`, `month`, `order_count`, and the columns of `names`, which never change for a
            customer; the rows of a customer are consecutive.
        names: What customers are split by.

    Returns:
        `month_number`, `names`, and Int64 changes of `COUNTS_12M` and `SQUARES`.
    """
    buying = purchase_days.lazy().filter(pl.col("order_count") > 0)
    month_number = number_months(pl.col("month")).cast(pl.Int64)
    place = pl.col("customer_idx").cast(pl.Int64) * MONTHS_OF_CUSTOMER + month_number
    monthly = buying.group_by(place=place).agg(change=pl.col("order_count").sum().cast(pl.Int64))
    gone = monthly.select(pl.col("place") + MONTHS_PER_YEAR, -pl.col("change"))
    orders, before = pl.col("orders"), pl.col("orders") - pl.col("change")
    is_start = (pl.col("customer_idx") != pl.col("customer_idx").shift(1)).fill_null(True)
    owners = purchase_days.lazy().filter(is_start).select("customer_idx", *names)
    return (
        pl.concat([monthly, gone])
        .sort("place")
        .with_columns(orders=pl.col("change").cum_sum())  # of a customer all orders leave: the next begins with 0
        .select(
            customer_idx=(pl.col("place") // MONTHS_OF_CUSTOMER).cast(pl.Int32),
            month_number=(pl.col("place") % MONTHS_OF_CUSTOMER).cast(pl.Int32),
            customers_with_orders_12m=(orders > 0).cast(pl.Int64) - (before > 0).cast(pl.Int64),
            customers_with_one_order_12m=(orders == 1).cast(pl.Int64) - (before == 1).cast(pl.Int64),
            known_customer_orders_12m="change",
            **{SQUARES: orders**2 - before**2},
        )
        .join(owners, on="customer_idx")
        .drop("customer_idx")
        .collect()
    )


def count_by_year(changes: pl.DataFrame, name: str, grid: pl.LazyFrame) -> pl.LazyFrame:
    """Count the twelve months that end with each month, per value of a dimension.

    Args:
        changes: As `list_changes` returns them.
        name: The dimension.
        grid: `GROUP`: every value and month, from the first with an order on.

    Returns:
        `GROUP`, Int64 `COUNTS_12M` and `SQUARES`.
    """
    sums = changes.lazy().group_by("month_number", dimension_value=pl.col(name)).agg(pl.col(*COUNTS_12M, SQUARES).sum())
    return (
        grid.with_columns(month_number=number_months(pl.col("month")))
        .join(sums, on=["dimension_value", "month_number"], how="left")
        .sort(GROUP)
        .select(*GROUP, pl.col(*COUNTS_12M, SQUARES).fill_null(0).cum_sum().over("dimension_value"))
    )


def average_year(is_known: pl.Expr) -> dict[str, pl.Expr]:
    """The mean orders of a customer in the twelve months, with its 95 % interval, and the share who ordered once.

    Args:
        is_known: Whether the twelve months are over and lie within the data.
    """
    customers, orders = pl.col("customers_with_orders_12m"), pl.col("known_customer_orders_12m")
    mean = orders / customers
    variance = (pl.col(SQUARES) - customers * mean**2) / (customers - 1)
    reach = Z_95 * (pl.max_horizontal(variance, pl.lit(0.0)) / customers).sqrt()
    is_enough = is_known & (customers >= ENOUGH)
    return {
        "orders_per_customer_12m": pl.when(is_known & (customers > 0)).then(mean),
        "orders_per_customer_12m_low": pl.when(is_enough).then(pl.max_horizontal(mean - reach, pl.lit(1.0))),
        "orders_per_customer_12m_high": pl.when(is_enough).then(mean + reach),
        "one_order_rate_12m": pl.when(is_known).then(
            divide_columns("customers_with_one_order_12m", "customers_with_orders_12m")
        ),
    }
