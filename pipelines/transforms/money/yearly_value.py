"""Sales, margin and contribution of a group's customers in the last 12 months.

Put here: these sums, shared by `retention_economics` and `acquisition_economics`. Keep out: counts of active and lost
customers (`churn/churn.py`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.purchases.costs import sum_costs_by_customer
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, sum_purchases_by_customer

BY_SETTINGS, MEASURED = "settings", "measured"
"""Where the margin of a row comes from."""


class EconomicsSettings(Protocol):
    """What a company sets about money."""

    @property
    def contribution_margin(self) -> float | None:
        """The share of sales left after the cost of the goods; None: it is measured."""

    @property
    def retention_points(self) -> Sequence[int]:
        """By how many percentage points retention is raised."""

    @property
    def horizon_years(self) -> int:
        """Over how many years a higher retention is counted."""

    @property
    def margin_to_keep(self) -> float:
        """The share of lifetime value that must be left after the cost of winning the customer."""

    @property
    def clv_to_cost(self) -> float:
        """The wanted ratio of lifetime value to cost."""

    @property
    def payback_months(self) -> int:
        """The months within which the cost must come back."""

    @property
    def least_sales_with_cost(self) -> float:
        """The least share of sales with a known cost for a measured margin."""


def sum_year_by_customer(
    orders: IntoFrame, refunds: IntoFrame, order_lines: IntoFrame, *, month_end: dt.date
) -> pl.DataFrame:
    """Sum the 12 months to a month-end: one row per known customer with an order or refund in them.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        order_lines: `core.order_lines`; uses `customer_idx`, `order_date`, `gross_sales`, `discounts`, `cost`,
            `is_countable`.
        month_end: Last day of a month.

    Returns:
        `customer_idx`, `net_sales_12m`, `sales_with_cost_12m` (of lines whose cost is known) and `cost_12m`, Float64.
    """
    start = _find_month_end_a_year_before(month_end)
    bought = nw.from_native(orders).lazy().filter(nw.col("order_date") > start).to_native()
    returned = nw.from_native(refunds).lazy().filter(nw.col("refund_date") > start).to_native()
    sums = read_into_polars(sum_purchases_by_customer(bought, returned, as_of=month_end))
    lines = nw.from_native(order_lines).lazy().filter(nw.col("order_date") > start).to_native()
    costs = sum_costs_by_customer(lines, as_of=month_end)
    return (
        sums.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        .select("customer_idx", net_sales_12m=pl.col("net_sales_to_date").cast(pl.Float64))
        .join(costs, on="customer_idx", how="left")
        .select(
            "customer_idx",
            "net_sales_12m",
            sales_with_cost_12m=pl.col("sales_with_cost").fill_null(0.0),
            cost_12m=pl.col("cost").fill_null(0.0),
        )
        .sort("customer_idx")
    )


def add_contribution(groups: pl.DataFrame, economics: EconomicsSettings) -> pl.DataFrame:
    """Add the margin, and the contribution per customer in a year.

    Args:
        groups: `net_sales_12m`, `sales_with_cost_12m`, `cost_12m`, `average_customers_12m`, Float64.
        economics: Which margin to use.

    Returns:
        The same with `net_sales_per_customer_12m`, `contribution_margin_rate` (NULL: no cost is known), `margin_basis`
        and `contribution_per_customer_12m`.
    """
    set_margin = economics.contribution_margin
    with_cost = pl.col("sales_with_cost_12m")
    measured = pl.when(with_cost > 0).then((with_cost - pl.col("cost_12m")) / with_cost)
    margin = measured if set_margin is None else pl.lit(set_margin)
    has_margin = pl.col("contribution_margin_rate").is_not_null()
    each = pl.when(pl.col("average_customers_12m") > 0).then(pl.col("net_sales_12m") / pl.col("average_customers_12m"))
    return groups.with_columns(contribution_margin_rate=margin, net_sales_per_customer_12m=each).with_columns(
        margin_basis=pl.when(has_margin).then(pl.lit(MEASURED if set_margin is None else BY_SETTINGS)),
        contribution_per_customer_12m=pl.col("net_sales_per_customer_12m") * pl.col("contribution_margin_rate"),
    )


def _find_month_end_a_year_before(month_end: dt.date) -> dt.date:
    next_day = month_end + dt.timedelta(days=1)
    return next_day.replace(year=next_day.year - 1) - dt.timedelta(days=1)
