"""The mart `customer_dimensions`: the attributes by which customers are split, one row per customer.

Put here: where each attribute comes from, and how its many values become few. Keep out: what is counted per value
(`retention_cohorts.py`, `churn.py`, `purchase_behaviour.py`).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import (
    ALL,
    UNASSIGNED,
    UNKNOWN_CUSTOMER_IDX,
)
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.history_start import find_first_day
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.rare_values import group_rare_values
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "first_order_date": pl.Date,
    "is_left_censored": pl.Boolean,
    "first_category": pl.String,
    "first_product": pl.String,
    "first_channel": pl.String,
    "first_store": pl.String,
    "first_discount": pl.String,
    "country": pl.String,
    "customer_type": pl.String,
    "acquisition_channel": pl.String,
    "owner": pl.String,
    "acquisition_cost": MONEY,
    "as_of": pl.Date,
}
LINE = ["system", "product_id"]


class CohortSettings(Protocol):
    """What a company sets about cohorts."""

    @property
    def grains(self) -> Sequence[str]:
        """The lengths of periods for which cohorts are counted."""

    @property
    def dimensions(self) -> Sequence[str]:
        """The columns of `customer_dimensions` by which customers are split."""


def customer_dimensions(
    orders: IntoFrame,
    order_lines: IntoFrame,
    products: IntoFrame,
    subscriptions: IntoFrame,
    customers: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    attributes: Sequence[str] = (),
) -> pl.DataFrame:
    """Collect the dimensions of each known customer with a countable order or a paid subscription, one row each.

    Args:
        orders: `core.orders`.
        order_lines: `core.order_lines`.
        products: `core.products`; `system`, `product_id`, `product_name`, `category`.
        subscriptions: `core.subscriptions`.
        customers: `core.customers`; `customer_id`, `customer_idx`, `country`, `customer_type`, `acquisition_channel`,
            `owner`, `acquisition_cost`.
        as_of: Last day that counts; customers who first ordered or subscribed after it are left out.
        lapse_days: Customers who came within this many days of the very first order may be older: `is_left_censored`.
        attributes: Columns of `customers` that are the company's own.

    Returns:
        The columns of `COLUMNS` and the attributes, sorted by customer_id; the `first_…` columns are NULL without an
        order.
    """
    firsts = read_into_polars(_select_first_orders(orders, as_of))
    described = read_into_polars(
        select_columns(
            customers,
            "customer_id",
            "customer_idx",
            "country",
            "customer_type",
            "acquisition_channel",
            "owner",
            "acquisition_cost",
            *attributes,
        )
    )
    begun = pl.col("first_order_date") - pl.lit(find_first_day(firsts["first_order_date"]), pl.Date)
    return (
        firsts.join(_list_subscribers(subscriptions, as_of), on="customer_idx", how="full", coalesce=True)
        .join(described, on="customer_idx")
        .join(_choose_main(_sum_first_orders_by_category, order_lines, products), on="customer_idx", how="left")
        .join(_choose_main(_sum_first_orders_by_product, order_lines, products), on="customer_idx", how="left")
        .with_columns(
            is_left_censored=(begun < dt.timedelta(days=lapse_days)).fill_null(False),
            first_discount=pl.when(pl.col("discounts") > 0)
            .then(pl.lit("discounted"))
            .when(pl.col("first_order_date").is_not_null())
            .then(pl.lit("full price")),
            owner=pl.col("owner").fill_null(UNASSIGNED),
            as_of=pl.lit(as_of),
        )
        .select(*(pl.col(name).cast(kind) for name, kind in COLUMNS.items()), *attributes)
        .sort("customer_id")
    )


def _select_first_orders(orders: IntoFrame, as_of: dt.date) -> Any:
    """Scan all orders for the first one of each known customer."""
    return (
        nw.from_native(orders)
        .lazy()
        .filter(
            nw.col("is_first_order")
            & nw.col("is_countable")
            & (nw.col("order_date") <= as_of)
            & (nw.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        )
        .select(
            "customer_idx",
            "discounts",
            first_order_date=nw.col("order_date"),
            first_channel=nw.col("channel"),
            first_store=nw.col("store_id"),
        )
        .to_native()
    )


def _list_subscribers(subscriptions: IntoFrame, as_of: dt.date) -> pl.DataFrame:
    """List the `customer_idx` of known customers who have paid for a subscription by `as_of`, each once."""
    live = list_live_periods(subscriptions)
    paid = live.filter("is_charged", pl.col("subscriber") > 0, pl.col("active_from") <= as_of)
    return paid.select(pl.col("subscriber").cast(pl.Int32).unique().alias("customer_idx"))


def _sum_first_orders_by_category(order_lines: IntoFrame, products: IntoFrame) -> Any:
    """Scan all lines for what each customer spent per category in the first order, as `first_category`."""
    kept = nw.from_native(products).lazy().select(*LINE, of_product=nw.col("category"))
    return (
        nw.from_native(order_lines)
        .lazy()
        .filter(nw.col("is_first_order"))
        .select("customer_idx", *LINE, "category", "gross_sales")
        .join(kept, on=LINE, how="left")
        .with_columns(first_category=nw.coalesce("category", "of_product"))
        .filter(~nw.col("first_category").is_null())
        .group_by("customer_idx", "first_category")
        .agg(nw.col("gross_sales").sum())
        .to_native()
    )


def _sum_first_orders_by_product(order_lines: IntoFrame, products: IntoFrame) -> Any:
    """Scan all lines for what each customer spent per product in the first order, as `first_product`: name or id."""
    kept = nw.from_native(products).lazy().select(*LINE, "product_name")
    return (
        nw.from_native(order_lines)
        .lazy()
        .filter(nw.col("is_first_order") & ~nw.col("product_id").is_null())
        .select("customer_idx", *LINE, "gross_sales")
        .group_by("customer_idx", *LINE)
        .agg(nw.col("gross_sales").sum())
        .join(kept, on=LINE, how="left")
        .with_columns(first_product=nw.coalesce("product_name", "product_id"))
        .group_by("customer_idx", "first_product")
        .agg(nw.col("gross_sales").sum())
        .to_native()
    )


def _choose_main(
    sum_first_orders: Callable[[IntoFrame, IntoFrame], Any], order_lines: IntoFrame, products: IntoFrame
) -> pl.DataFrame:
    """Choose per `customer_idx` what most was spent on in the first order; of equal ones the first by name."""
    spent = read_into_polars(sum_first_orders(order_lines, products))
    (name,) = set(spent.columns) - {"customer_idx", "gross_sales"}
    ranked = spent.sort("customer_idx", "gross_sales", name, descending=[False, True, False])
    return ranked.unique("customer_idx", keep="first", maintain_order=True).select("customer_idx", name)


def split_customers(customer_dimensions: IntoFrame, names: Sequence[str]) -> pl.DataFrame:
    """Split customers by dimensions of few values.

    The `NAMED_VALUES` values with the most customers keep their names (of equally large ones the first by name), all
    others become `other`, and customers without a value `unknown` or, without an owner, `unassigned`: so every
    dimension holds all customers.

    Args:
        customer_dimensions: `marts.customer_dimensions`.
        names: The columns to split by.

    Returns:
        `customer_idx` Int32, and a column per name (Enum of its values, sorted).
    """
    table = read_into_polars(select_columns(customer_dimensions, "customer_idx", *names))
    return table.select("customer_idx", *(group_rare_values(table[name].cast(pl.String)) for name in names))


def explain_only_value() -> pl.Expr:
    """Say of the only value of a dimension that its row repeats that of `all`; NULL of others.

    Of rows with `dimension` and `dimension_value`.
    """
    is_only = (pl.col("dimension") != ALL) & (pl.col("dimension_value").n_unique().over("dimension") == 1)
    return pl.when(is_only).then(
        pl.format("{} is {} for every customer: the row is that of all", "dimension", "dimension_value")
    )
