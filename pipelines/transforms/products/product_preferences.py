"""The mart `product_preferences`: which products the best customers order more often than others of their type.

Who is best is known from net sales up to a year before as_of, what they order from the year since: of sales to date, an
expensive product would make its buyers best. Compared are shares of orders, since good customers order more often and
so are buyers of almost everything; and customers of one type, since the best are mostly of one.

Put here: tiers, orders and their sums by product and category. Keep out: the comparison itself
(`models/comparisons/order_shares.py`), what to offer whom (`next_best_offers.py`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, UNKNOWN, UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.value_tiers import TierSettings
from regulars.pipelines.definitions.windows import LAST_YEAR_DAYS
from regulars.pipelines.models.comparisons.order_shares import OrderSums, compare_order_shares
from regulars.pipelines.transforms.cohorts.customer_dimensions import split_customers
from regulars.pipelines.transforms.false_discovery import is_significant
from regulars.pipelines.transforms.purchases.purchases import (
    make_lazy,
    read_into_polars,
    read_lazy,
    select_columns,
    sum_purchases_by_customer,
)
from regulars.pipelines.transforms.value_tier import USUAL_TIERS, assign_value_tier, is_top_tier

TOP, LOWER = "top_tier", "lower_tier"
GROUPS = (TOP, LOWER)
"""The two groups: the beginning of the names of their columns."""
COUNTS = ("customers", "orders", "buyers", "orders_with_it")
MEASURED = (
    "top_tier_order_share",
    "expected_order_share",
    "preference_ratio",
    "preference_ratio_low",
    "preference_ratio_high",
    "p_value",
)
COLUMNS: dict[str, PolarsDataType] = {
    "dimension": pl.String,
    "system": pl.String,
    "product_id": pl.String,
    "product_name": pl.String,
    "category": pl.String,
    **{f"{group}_{name}": pl.Int64 for group in GROUPS for name in COUNTS},
    "compared_buyers": pl.Int64,
    **dict.fromkeys(MEASURED, pl.Float64),
    "preference_ratio_verdict": pl.String,
    "reason": pl.String,
    "as_of": pl.Date,
}
KEY = ["dimension", "system", "product_id", "category"]
PRODUCT, TYPE = ["system", "product_id"], "customer_type"
DIMENSIONS = {"category": ["category"], "product": PRODUCT}
"""What orders are looked through for -> the columns that tell its values apart."""
MORE, SAME, LESS = "more_often", "no_difference_shown", "less_often"
ENOUGH = 30
"""The fewest customers of the top tier, of the lower tiers within a type, and of both together who bought a product."""
FEWEST_ORDERS = 5
"""The fewest orders of either group that would hold a product if both ordered alike: fewer give false alarms."""


def product_preferences(
    order_lines: IntoFrame,
    orders: IntoFrame,
    refunds: IntoFrame,
    products: IntoFrame,
    customer_dimensions: IntoFrame,
    *,
    as_of: dt.date,
    value_tiers: TierSettings = USUAL_TIERS,
) -> pl.DataFrame:
    """Compare orders of the last year: those of the top value tier of a year ago, and those of all other tiers.

    Args:
        order_lines: `core.order_lines`; uses `system`, `order_id`, `customer_idx`, `order_date`, `product_id`,
            `is_countable`.
        orders: `core.orders`.
        refunds: `core.refunds`.
        products: `core.products`; `system`, `product_id`, `product_name`, `category`.
        customer_dimensions: `marts.customer_dimensions`; `customer_idx`, `customer_type`.
        as_of: Last day that counts.
        value_tiers: The shares of customers in the tiers.

    Returns:
        The columns of `COLUMNS`, one row per product and per category ordered in the last year, sorted by `KEY`.
    """
    start = as_of - dt.timedelta(days=LAST_YEAR_DAYS)
    lines = _select_lines(order_lines, products, start, as_of)
    tiers = _assign_tiers(orders, refunds, start, value_tiers)
    types = split_customers(customer_dimensions, [TYPE]).with_columns(pl.col(TYPE).cast(pl.String))
    ordered = _count_orders(lines).rename({"found": "orders"})
    customers = _choose_compared(ordered.join(tiers, on="customer_idx").join(types, on="customer_idx"))
    compared = [
        _compare(_count_orders(lines, *key), key, customers).with_columns(dimension=pl.lit(dimension))
        for dimension, key in DIMENSIONS.items()
    ]
    named = read_into_polars(select_columns(products, *PRODUCT, "product_name", "category")).rename(
        {"category": "of_product"}
    )
    return (
        pl.concat(compared, how="diagonal_relaxed")
        .join(named, on=PRODUCT, how="left")
        .with_columns(
            pl.coalesce("category", "of_product").fill_null(UNKNOWN).alias("category"),
            pl.col(PRODUCT).fill_null(ALL),
            preference_ratio_verdict=_judge(),
            reason=_explain(start, has_tiers=not tiers.is_empty()),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(KEY)
    )


def _select_lines(order_lines: IntoFrame, products: IntoFrame, start: dt.date, as_of: dt.date) -> "nw.LazyFrame[Any]":
    """The lines of known customers after `start` that count and name a product, with the product's category."""
    day = nw.col("order_date")
    is_in = nw.col("is_countable") & (day > start) & (day <= as_of) & (nw.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    return (
        make_lazy(order_lines)
        .filter(is_in & ~nw.col("product_id").is_null())
        .select("customer_idx", "order_id", *PRODUCT)
        .join(make_lazy(products).select(*PRODUCT, "category"), on=PRODUCT, how="left")
        .with_columns(nw.col("category").fill_null(UNKNOWN))
    )


def _count_orders(lines: "nw.LazyFrame[Any]", *key: str) -> pl.DataFrame:
    """Count the orders of each customer, with each value of `key`: `customer_idx`, the key and `found`."""
    order = dict.fromkeys(("customer_idx", "system", "order_id", *key))
    counted = lines.select(*order).unique().group_by("customer_idx", *key).agg(found=nw.len())
    return read_lazy(counted.with_columns(nw.col("found").cast(nw.Int64)))


def _assign_tiers(orders: IntoFrame, refunds: IntoFrame, start: dt.date, value_tiers: TierSettings) -> pl.DataFrame:
    """Say of each known customer with an order by `start` whether they were in the top tier then: `is_top`."""
    sums = read_into_polars(sum_purchases_by_customer(orders, refunds, as_of=start))
    buyers = sums.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX, pl.col("first_order_date").is_not_null())
    tiered = buyers.with_columns(value_tier=assign_value_tier(pl.col("net_sales_to_date"), value_tiers))
    return tiered.select("customer_idx", is_top=is_top_tier())


def _choose_compared(customers: pl.DataFrame) -> pl.DataFrame:
    """Keep the types that have customers of the top tier and enough of the lower ones to say what such types order."""
    is_top = pl.col("is_top")
    return customers.filter(((~is_top).sum().over(TYPE) >= ENOUGH) & is_top.any().over(TYPE))


def _compare(found: pl.DataFrame, key: Sequence[str], customers: pl.DataFrame) -> pl.DataFrame:
    """Count and compare the orders of both groups: one row per value of `key` in `found`.

    Args:
        found: Orders of each customer with each value, as `_count_orders` returns them.
        key: The columns that tell values apart.
        customers: Those who are compared: `customer_idx`, `customer_type`, `is_top` and `orders`.

    Returns:
        The key, the counts of both groups, and `MEASURED`; NULL where too few tell.
    """
    values = found.select(key).unique().sort(key).with_row_index("place")
    types = customers.select(TYPE).unique().sort(TYPE).with_row_index("type_place")
    bought = found.join(values, on=key).join(customers, on="customer_idx").join(types, on=TYPE)
    placed = customers.join(types, on=TYPE)
    groups = {group: [rows.filter(pl.col("is_top") == (group == TOP)) for rows in (placed, bought)] for group in GROUPS}
    rows = values
    for group, (members, buyers) in groups.items():
        counts = buyers.group_by("place").agg(
            pl.len().alias(f"{group}_buyers"), pl.col("found").sum().alias(f"{group}_orders_with_it")
        )
        rows = rows.join(counts, on="place", how="left", maintain_order="left").with_columns(
            pl.lit(len(members)).alias(f"{group}_customers"), pl.lit(members["orders"].sum()).alias(f"{group}_orders")
        )
    rows = rows.with_columns(pl.col(f"{group}_{name}" for group in GROUPS for name in COUNTS).fill_null(0))
    rows = rows.with_columns(compared_buyers=pl.sum_horizontal(f"{group}_buyers" for group in GROUPS))
    if types.is_empty():
        return rows.with_columns(pl.lit(None, pl.Float64).alias(name) for name in MEASURED)
    measured = compare_order_shares(
        *(_sum_orders(members, buyers, (len(values), len(types))) for members, buyers in groups.values())
    )
    numbers = (measured.share, measured.expected_share, measured.ratio, measured.low, measured.high, measured.p_value)
    is_often = np.minimum(measured.if_alike, measured.others_if_alike) >= FEWEST_ORDERS
    return rows.with_columns(
        pl.when(_is_enough() & pl.Series(is_often)).then(pl.Series(name, each).fill_nan(None)).alias(name)
        for name, each in zip(MEASURED, numbers, strict=True)
    )


def _sum_orders(members: pl.DataFrame, buyers: pl.DataFrame, shape: tuple[int, int]) -> OrderSums:
    """Sum the orders of a group by type, and by value and type."""
    by_type, by_cell = np.zeros((3, shape[1])), np.zeros((3, *shape))
    types, cells = members["type_place"].to_numpy(), (buyers["place"].to_numpy(), buyers["type_place"].to_numpy())
    orders, found, all_orders = (
        each.cast(pl.Float64).to_numpy() for each in (members["orders"], buyers["found"], buyers["orders"])
    )
    for sums, each in zip(by_type, (np.ones_like(orders), orders, orders**2), strict=True):
        np.add.at(sums, types, each)
    for sums, each in zip(by_cell, (found, found**2, found * all_orders), strict=True):
        np.add.at(sums, cells, each)
    return OrderSums(*by_type, *by_cell)


def _is_enough() -> pl.Expr:
    """Whether there are enough customers of the top tier, and enough buyers; of the lower tiers there are."""
    return (pl.col(f"{TOP}_customers") >= ENOUGH) & (pl.col("compared_buyers") >= ENOUGH)


def _judge() -> pl.Expr:
    """More or less often, where the difference stands among all of its dimension; NULL where nothing is compared."""
    is_less = pl.col("preference_ratio") < 1
    stands = is_significant("p_value", "dimension")
    return (
        pl.when(stands & is_less.fill_null(value=False))
        .then(pl.lit(LESS))
        .when(stands)
        .then(pl.lit(MORE))
        .when(stands.is_not_null())
        .then(pl.lit(SAME))
    )


def _explain(start: dt.date, *, has_tiers: bool) -> pl.Expr:
    """Say why there is no ratio; NULL where there is one."""
    young = f"history too short: nobody had ordered by {start}, so that nobody was in a tier then"
    few = f"fewer than {ENOUGH} customers of the top tier ordered, of types with {ENOUGH} others: too few to tell"
    rare = f"fewer than {FEWEST_ORDERS} orders of a group would hold it if both ordered alike: too few to tell"
    return (
        pl.when(pl.lit(not has_tiers))
        .then(pl.lit(young))
        .when(pl.col(f"{TOP}_customers") < ENOUGH)
        .then(pl.lit(few))
        .when(~_is_enough())
        .then(pl.lit(f"fewer than {ENOUGH} of the compared customers ordered it: too few to tell"))
        .when(pl.col("p_value").is_null())
        .then(pl.lit(rare))
        .when(pl.col("preference_ratio").is_null())
        .then(pl.lit("no compared customer of the lower tiers ordered it: there is an interval, and no ratio"))
    )
