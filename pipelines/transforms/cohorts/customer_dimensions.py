"""The mart `customer_dimensions`: what customers are split by, one row each; and the split itself.

Put here: where each attribute comes from, and how its many values become few. Keep out: what is counted of the groups
(`cohorts.py`, `churn.py`, `behaviour.py`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.enumerations import OTHER, UNKNOWN, UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_paid_periods

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "first_order_date": pl.Date,
    "is_left_censored": pl.Boolean,
    "first_category": pl.String,
    "first_channel": pl.String,
    "first_store": pl.String,
    "first_discount": pl.String,
    "country": pl.String,
    "customer_type": pl.String,
    "acquisition_channel": pl.String,
    "acquisition_cost": MONEY,
    "as_of": pl.Date,
}
NAMED_VALUES = 20
"""A dimension keeps this many values under their own names: those with the most customers."""

LINE = ["system", "product_id"]


class CohortSettings(Protocol):
    """What a company sets about cohorts."""

    @property
    def grains(self) -> Sequence[str]:
        """How long the periods of cohorts are: week, month, quarter, year."""

    @property
    def dimensions(self) -> Sequence[str]:
        """Columns of `customer_dimensions` that customers are split by."""


def customer_dimensions(
    orders: IntoFrame,
    order_lines: IntoFrame,
    products: IntoFrame,
    subscriptions: IntoFrame,
    customers: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
) -> pl.DataFrame:
    """One row per known customer with a countable order or a paid subscription.

    Args:
        orders: `core.orders`.
        order_lines: `core.order_lines`.
        products: `core.products`; `system`, `product_id`, `category`.
        subscriptions: `core.subscriptions`.
        customers: `core.customers`; `customer_id`, `customer_idx`, `country`, `customer_type`, `acquisition_channel`,
            `acquisition_cost`.
        as_of: Last day that counts; who ordered or subscribed first after it is left out.
        lapse_days: Who came within so many days after the first order of all may be an older customer.

    Returns:
        The columns of `COLUMNS`, sorted by customer_id; nothing of a first order where there is none.
    """
    firsts = read_into_polars(_select_first_orders(orders, as_of))
    attributes = read_into_polars(
        select_columns(
            customers,
            "customer_id",
            "customer_idx",
            "country",
            "customer_type",
            "acquisition_channel",
            "acquisition_cost",
        )
    )
    begun = pl.col("first_order_date") - pl.col("first_order_date").min()
    return (
        firsts.join(_list_subscribers(subscriptions, as_of), on="customer_idx", how="full", coalesce=True)
        .join(attributes, on="customer_idx")
        .join(
            _choose_main_categories(read_into_polars(_sum_first_orders_by_category(order_lines, products))),
            on="customer_idx",
            how="left",
        )
        .with_columns(
            is_left_censored=(begun < dt.timedelta(days=lapse_days)).fill_null(False),
            first_discount=pl.when(pl.col("discounts") > 0)
            .then(pl.lit("discounted"))
            .when(pl.col("first_order_date").is_not_null())
            .then(pl.lit("full price")),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_id")
    )


def _select_first_orders(orders: IntoFrame, as_of: dt.date) -> Any:
    """The scan over all orders: each known customer's first one."""
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
    """`customer_idx` of everybody known who has paid for a subscription by a day, each once."""
    paid = list_paid_periods(subscriptions).filter(pl.col("subscriber") > 0, pl.col("active_from") <= as_of)
    return paid.select(pl.col("subscriber").cast(pl.Int32).unique().alias("customer_idx"))


def _sum_first_orders_by_category(order_lines: IntoFrame, products: IntoFrame) -> Any:
    """The scan over all lines: what each customer spent per category in the first order."""
    kept = nw.from_native(products).lazy().select(*LINE, of_product=nw.col("category"))
    return (
        nw.from_native(order_lines)
        .lazy()
        .filter(nw.col("is_first_order"))
        .select("customer_idx", *LINE, "category", "gross_sales")
        .join(kept, on=LINE, how="left")
        .with_columns(category=nw.coalesce("category", "of_product"))
        .filter(~nw.col("category").is_null())
        .group_by("customer_idx", "category")
        .agg(nw.col("gross_sales").sum())
        .to_native()
    )


def _choose_main_categories(spent: pl.DataFrame) -> pl.DataFrame:
    """`customer_idx`, `first_category`: the one most was spent on; of equal ones the first in the alphabet."""
    ranked = spent.sort("customer_idx", "gross_sales", "category", descending=[False, True, False])
    return ranked.unique("customer_idx", keep="first", maintain_order=True).select(
        "customer_idx", first_category="category"
    )


def split_customers(customer_dimensions: IntoFrame, names: Sequence[str]) -> pl.DataFrame:
    """Which value of each dimension a customer belongs to, with few values to each.

    The `NAMED_VALUES` values with the most customers keep their names (of equally large ones the first in the
    alphabet), all others are `other`, and customers without a value are `unknown`: so every dimension holds everybody.

    Args:
        customer_dimensions: `marts.customer_dimensions`.
        names: Which of its columns.

    Returns:
        `customer_idx` Int32, and a column per name (Enum of its values, in the alphabet's order).
    """
    table = read_into_polars(select_columns(customer_dimensions, "customer_idx", *names))
    return table.select("customer_idx", *(_group_rare_values(table[name]) for name in names))


def _group_rare_values(values: pl.Series) -> pl.Series:
    name = values.name
    by_size = values.drop_nulls().value_counts().sort("count", name, descending=[True, False])
    named = by_size[name].head(NAMED_VALUES)
    few = pl.when(pl.col(name).is_null()).then(pl.lit(UNKNOWN)).when(pl.col(name).is_in(named.implode())).then(name)
    kinds = pl.Enum(sorted({*named, OTHER, UNKNOWN}))
    return values.to_frame().select(few.otherwise(pl.lit(OTHER)).cast(kinds).alias(name)).to_series()
