"""What a customer's value is made of: net sales, or the contribution margin that is left of them.

Methods predict and are graded on net sales. The margin is applied to what they say: each customer's own, so that who
buys goods of high margin is worth more.
Put here: margins of customers, when values may be made of them, and making values of them. Keep out: summing costs
(`purchases/costs.py`), predicting.
"""

import datetime as dt
from dataclasses import dataclass

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX, ValueBasis
from regulars.pipelines.transforms.amounts import round_to_money
from regulars.pipelines.transforms.clv.simple_formula import average_year, value_lifetime
from regulars.pipelines.transforms.money.yearly_value import EconomicsSettings
from regulars.pipelines.transforms.purchases.costs import sum_costs_by_customer
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

NET_SALES: ValueBasis = "net_sales"
CONTRIBUTION_MARGIN: ValueBasis = "contribution_margin"


@dataclass(frozen=True)
class Margins:
    """What is left of sales after the cost of the goods.

    Attributes:
        rates: One row per customer with a countable order: `customer_idx`, `contribution_rate` (NULL: no cost is known
            of anybody) and `sales_with_cost_rate`, the share of the customer's sales whose cost is known.
        known_share: The share of all customers' sales whose cost is known, 0 to 1.
    """

    rates: pl.DataFrame
    known_share: float


def measure_margins(
    orders: IntoFrame, order_lines: IntoFrame, *, as_of: dt.date, economics: EconomicsSettings
) -> Margins:
    """Measure the margin of each customer's sales, over all history.

    Sales whose cost is not known count at the margin of all sales whose cost is known, so that a customer without any
    has the margin of the whole base. Where the settings say the margin, it is everybody's.

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
    of_base = pl.lit(measured if rate is None else rate, pl.Float64)
    contribution = pl.col("sales_with_cost") - pl.col("cost") + (pl.col("sales") - pl.col("sales_with_cost")) * of_base
    has_sales = pl.col("sales") > 0
    own = pl.when(has_sales).then(contribution / pl.col("sales")).otherwise(of_base)
    rates = known.select(
        "customer_idx",
        contribution_rate=own if rate is None else of_base,
        sales_with_cost_rate=pl.when(has_sales).then((pl.col("sales_with_cost") / pl.col("sales")).clip(0, 1)),
    )
    return Margins(rates, min(1.0, whole["sales_with_cost"] / whole["sales"]) if whole["sales"] else 0.0)


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
    """Choose what values are made of, and say why when it is not what the settings want.

    Args:
        wanted: A `ValueBasis`.
        margins: What is known of margins.
        economics: From which share of sales with a known cost on the measured margin is that of the company.
    """
    if wanted == NET_SALES or economics.contribution_margin is not None:
        return wanted, None
    if margins.known_share >= economics.least_sales_with_cost and margins.known_share > 0:
        return CONTRIBUTION_MARGIN, None
    share, least = (f"{100 * each:.0f} %" for each in (margins.known_share, economics.least_sales_with_cost))
    asks = f"economics.least_sales_with_cost asks for {least}"
    return NET_SALES, f"values are net sales: the cost is known of {share} of sales, and {asks}"


def make_values(table: pl.DataFrame, basis: ValueBasis) -> pl.DataFrame:
    """Make the values of net sales those of the basis.

    Args:
        table: `net_sales_to_date`, `total_revenue_to_date`, `contribution_rate`, the columns of the simple formula and
            `predicted_value_…`, all of net sales.
        basis: A `ValueBasis`.

    Returns:
        The same with `contribution_margin_to_date`, `value_to_date` and `clv_predicted…`, which adds the predicted
        lifetime to it and takes the acquisition cost off. Of the contribution margin are then the columns
        of the simple formula (subscription revenue at the same rate) and of predicted values, which a negative margin
        makes 0: nobody goes on selling below cost for years.
    """
    rate = pl.col("contribution_rate")
    table = table.with_columns(
        contribution_margin_to_date=round_to_money(pl.col("net_sales_to_date").cast(pl.Float64) * rate)
    )
    if basis == NET_SALES:
        return table.with_columns(value_to_date="net_sales_to_date").with_columns(*_add_up_clv_predicted())
    average = average_year("value_to_date")
    predicted = pl.col("^predicted_value_.*$")
    return (
        table.with_columns(value_to_date="contribution_margin_to_date")
        .with_columns(
            round_to_money(predicted.cast(pl.Float64) * rate.clip(lower_bound=0)),
            avg_annual_value=round_to_money(average),
            clv_simple=value_lifetime(average),
            clv_simple_total=value_lifetime(average_year("total_revenue_to_date") * rate),
        )
        .with_columns(*_add_up_clv_predicted())
    )


def _add_up_clv_predicted() -> list[pl.Expr]:
    """Add up the value to date and the predicted lifetime value, less the acquisition cost."""
    base = pl.col("value_to_date") - pl.col("acquisition_cost").fill_null(0)
    return [
        (base + pl.col(f"predicted_value_lifetime{end}")).alias(f"clv_predicted{end}") for end in ("", "_low", "_high")
    ]
