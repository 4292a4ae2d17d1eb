"""What a customer's value is made of: net sales, or the contribution margin that is left of them.

Methods predict net sales and are graded on them. Each prediction is then multiplied by the customer's own margin, so
that a customer who buys goods with a high margin is worth more.
Put here: margins of customers, when they may be used, and values made of them. Keep out: summing costs
(`purchases/costs.py`), predicting.
"""

import datetime as dt
from dataclasses import dataclass

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX, ValueBasis
from regulars.pipelines.transforms.amounts import MONEY, round_to_money
from regulars.pipelines.transforms.clv.predictions import SPANS
from regulars.pipelines.transforms.clv.values.simple_formula import average_year, value_lifetime
from regulars.pipelines.transforms.money.yearly_value import EconomicsSettings
from regulars.pipelines.transforms.purchases.costs import sum_costs_by_customer
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

NET_SALES: ValueBasis = "net_sales"
CONTRIBUTION_MARGIN: ValueBasis = "contribution_margin"
HAS_ORDERS = pl.col("order_count") > 0


@dataclass(frozen=True)
class Margins:
    """The contribution margin: the share of sales left after the cost of the goods.

    Attributes:
        rates: One row per customer with a countable order: `customer_idx`, `contribution_rate` (NULL: no cost is known)
            and `sales_with_cost_rate`, the share of the customer's sales whose cost is known.
        rate_of_base: The rate of customers without sales; None where no cost is known.
        known_share: The share of all customers' sales whose cost is known, 0 to 1.
    """

    rates: pl.DataFrame
    rate_of_base: float | None
    known_share: float


def measure_margins(
    orders: IntoFrame, order_lines: IntoFrame, *, as_of: dt.date, economics: EconomicsSettings
) -> Margins:
    """Measure the margin of each customer's sales, over all history.

    Sales whose cost is not known count at the margin of all sales whose cost is known, so that a customer without any
    has the margin of the whole base. A margin from the settings applies to all customers.

    Args:
        orders: `core.orders`.
        order_lines: `core.order_lines`.
        as_of: Last day that counts.
        economics: Which margin to use.
    """
    sales = _sum_sales(orders, as_of)
    costs = sum_costs_by_customer(order_lines, as_of=as_of)
    known = (
        sales.join(costs, on="customer_idx", how="left")
        .with_columns(pl.col("sales_with_cost", "cost").fill_null(0.0))
        .sort("customer_idx")
    )
    whole = known.select(pl.col("sales", "sales_with_cost", "cost").sum()).row(0, named=True)
    rate = economics.contribution_margin
    measured = (
        (whole["sales_with_cost"] - whole["cost"]) / whole["sales_with_cost"] if whole["sales_with_cost"] else None
    )
    rate_of_base = measured if rate is None else rate
    of_base = pl.lit(rate_of_base, pl.Float64)
    contribution = pl.col("sales_with_cost") - pl.col("cost") + (pl.col("sales") - pl.col("sales_with_cost")) * of_base
    has_sales = pl.col("sales") > 0
    own = pl.when(has_sales).then(contribution / pl.col("sales")).otherwise(of_base)
    rates = known.select(
        "customer_idx",
        contribution_rate=own if rate is None else of_base,
        sales_with_cost_rate=pl.when(has_sales).then((pl.col("sales_with_cost") / pl.col("sales")).clip(0, 1)),
    )
    return Margins(rates, rate_of_base, min(1.0, whole["sales_with_cost"] / whole["sales"]) if whole["sales"] else 0.0)


def _sum_sales(orders: IntoFrame, as_of: dt.date) -> pl.DataFrame:
    """Sum gross_sales − discounts of countable orders per known customer, Float64."""
    bought = nw.from_native(orders).lazy().filter(nw.col("is_countable") & (nw.col("order_date") <= as_of))
    sums = (
        bought.filter(nw.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        .select("customer_idx", sales=nw.col("gross_sales") - nw.col("discounts"))
        .group_by("customer_idx")
        .agg(nw.col("sales").sum())
        .to_native()
    )
    return read_into_polars(sums).with_columns(pl.col("sales").cast(pl.Float64))


def choose_value_basis(
    wanted: ValueBasis, margins: Margins, economics: EconomicsSettings
) -> tuple[ValueBasis, str | None]:
    """Choose the basis of values, and say why where it is not the one from the settings.

    Args:
        wanted: A `ValueBasis`.
        margins: What is known of margins.
        economics: The least share of sales with a known cost for the measured margin to be used.
    """
    if wanted == NET_SALES or economics.contribution_margin is not None:
        return wanted, None
    if margins.known_share >= economics.least_sales_with_cost and margins.known_share > 0:
        return CONTRIBUTION_MARGIN, None
    share, least = (f"{100 * each:.0f} %" for each in (margins.known_share, economics.least_sales_with_cost))
    asks = f"economics.least_sales_with_cost asks for {least}"
    return NET_SALES, f"values are net sales: the cost is known of {share} of sales, and {asks}"


def make_values(table: pl.DataFrame, basis: ValueBasis, *, subscription_revenue_is_in_orders: bool) -> pl.DataFrame:
    """Convert values in net sales to the basis, and add subscription revenue.

    Args:
        table: `order_count`, `net_sales_to_date`, `total_revenue_to_date`, `contribution_rate`, `acquisition_cost`, the
            years of the simple formula, and `predicted_value_…` and `predicted_subscription_revenue_…` in revenue.
        basis: A `ValueBasis`.
        subscription_revenue_is_in_orders: Whether predicted orders include it, so that it is not added to the totals.

    Returns:
        The same with `contribution_margin_to_date`; `value_to_date` (without orders, that of subscriptions); the
        simple formula of both, `avg_annual_value…` and `clv_simple…`; `predicted_value_…` of the
        basis, and with subscriptions `predicted_total_value_…`; `clv_predicted…` and `clv_predicted_total`, which add
        the predicted lifetime to the value to date and subtract the acquisition cost. By the contribution margin,
        subscription revenue counts at the same rate, and a negative margin makes predictions 0: no company sells below
        cost for years.
    """
    own_rate = pl.col("contribution_rate")
    rate = pl.lit(1.0) if basis == NET_SALES else own_rate
    margin = round_to_money(pl.col("net_sales_to_date").cast(pl.Float64) * own_rate)
    of_basis = "net_sales_to_date" if basis == NET_SALES else "contribution_margin_to_date"
    total_to_date = round_to_money(pl.col("total_revenue_to_date").cast(pl.Float64) * rate)
    total_to_date = pl.col("total_revenue_to_date") if basis == NET_SALES else total_to_date
    predicted = pl.col("^predicted_value_.*$")
    of_predicted = round_to_money(predicted.cast(pl.Float64) * rate.clip(lower_bound=0))
    average, average_of_total = average_year("value_to_date"), average_year("total_revenue_to_date") * rate
    return (
        table.with_columns(contribution_margin_to_date=margin)
        .with_columns(value_to_date=pl.when(HAS_ORDERS).then(of_basis).otherwise(total_to_date))
        .with_columns(
            predicted if basis == NET_SALES else of_predicted,
            avg_annual_value=round_to_money(average),
            clv_simple=value_lifetime(average),
            avg_annual_value_total=round_to_money(average_of_total),
            clv_simple_total=value_lifetime(average_of_total),
        )
        .with_columns(_add_up_predictions(rate, subscription_revenue_is_in_orders))
        .with_columns(*_add_up_clv_predicted(total_to_date))
    )


def _add_up_predictions(rate: pl.Expr, is_in_orders: bool) -> list[pl.Expr]:
    """Predicted orders plus subscriptions, `predicted_total_value_…`; without an order, subscriptions only."""
    totals = []
    for span in SPANS:
        of_orders = pl.when(HAS_ORDERS).then(f"predicted_value_{span}").otherwise(pl.lit(0).cast(MONEY))
        revenue = pl.col(f"predicted_subscription_revenue_{span}").cast(pl.Float64)
        of_subscriptions = round_to_money(revenue * rate.clip(lower_bound=0))
        total = of_orders if is_in_orders else of_orders + of_subscriptions
        totals.append(total.alias(f"predicted_total_value_{span}"))
    return totals


def _add_up_clv_predicted(total_to_date: pl.Expr) -> list[pl.Expr]:
    """Add up the value to date and the predicted lifetime value, less the acquisition cost."""
    cost = pl.col("acquisition_cost").fill_null(0)
    base = pl.col("value_to_date") - cost
    of_orders = [
        (base + pl.col(f"predicted_value_lifetime{end}")).alias(f"clv_predicted{end}") for end in ("", "_low", "_high")
    ]
    total = total_to_date - cost + pl.col("predicted_total_value_lifetime")
    return [*of_orders, total.alias("clv_predicted_total")]
