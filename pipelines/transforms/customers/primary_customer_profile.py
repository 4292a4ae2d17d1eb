"""The mart `primary_customer_profile`: the attributes of customers, and which are frequent among the most valuable.

Put here: which customers are the most valuable, the counts per value, and the comparison with the target customer. Keep
out: the maths of lift (`models/comparisons/lift.py`), the sentences (`profile_sentences.py`), how much more customers
are worth (`profile_values.py`), the value of a customer (`customer_clv.py`).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import narwhals as nw
import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import OTHER, PROFILE_ATTRIBUTES, TARGET_CUSTOMER, UNKNOWN
from regulars.pipelines.models.comparisons.lift import compute_exact_p, compute_lift
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.cohorts.customer_dimensions import split_customers
from regulars.pipelines.transforms.customers.profile_sentences import describe_row, give_reason
from regulars.pipelines.transforms.customers.profile_values import (
    DIFFERENCE,
    IS_SIGNIFICANT,
    OFF,
    compare_annual_value,
    sum_off,
)
from regulars.pipelines.transforms.false_discovery import is_significant
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

COLUMNS: dict[str, PolarsDataType] = {
    "attribute": pl.String,
    "attribute_value": pl.String,
    "is_target": pl.Boolean,
    "profiled_customers": pl.Int64,
    "customers_share": pl.Float64,
    "annual_value": MONEY,
    "annual_value_share": pl.Float64,
    **dict.fromkeys(DIFFERENCE, pl.Float64),
    IS_SIGNIFICANT: pl.Boolean,
    "top_customers": pl.Int64,
    "top_customers_known": pl.Int64,
    "other_customers": pl.Int64,
    "other_customers_known": pl.Int64,
    "top_share": pl.Float64,
    "other_share": pl.Float64,
    "lift": pl.Float64,
    "lift_low": pl.Float64,
    "lift_high": pl.Float64,
    "p_value": pl.Float64,
    "compared_values": pl.Int64,
    "stands_out": pl.Boolean,
    "description": pl.String,
    "reason": pl.String,
    "as_of": pl.Date,
}
TOP_SHARE = 5
"""One customer in this many is among the most valuable of a first-order year."""
DAYS_KNOWN = 365
"""Customers whose first order is younger are left out: their first year is not over."""
CUSTOMERS_NEEDED, OTHERS_NEEDED = 20, 5
"""The fewest customers with a value, and the fewest of them outside the most valuable, for a comparison."""
MATCHES = "matches"
ATTRIBUTES = tuple(PROFILE_ATTRIBUTES)


class TargetSettings(Protocol):
    """The customers that a company wants."""

    @property
    def wanted(self) -> Mapping[str, Sequence[str]]:
        """Attribute -> its wanted values; only attributes that are set."""


def primary_customer_profile(
    orders: IntoFrame,
    customers: IntoFrame,
    customer_dimensions: IntoFrame,
    customer_clv: IntoFrame,
    *,
    as_of: dt.date,
    target_customer: TargetSettings,
) -> pl.DataFrame:
    """Compare the most valuable fifth of the customers with the others, value by value of each attribute.

    Args:
        orders: `core.orders`; the first order's country and region.
        customers: `core.customers`; the region of customers whose orders name none.
        customer_dimensions: `marts.customer_dimensions`.
        customer_clv: `marts.customer_clv`; `avg_annual_value_total`.
        as_of: Last day that counts.
        target_customer: The customers that the company wants.

    Returns:
        The columns of `COLUMNS`, one row per attribute and value and one of the whole target customer, sorted by
        attribute in the order of `PROFILE_ATTRIBUTES`, then by customers; empty without a customer of a year or more.
    """
    known = _list_customers(orders, customers, customer_dimensions, customer_clv, as_of)
    if known.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    wanted = target_customer.wanted
    counted = [_count_values(known, name, wanted.get(name, ())) for name in ATTRIBUTES]
    if wanted:
        counted.append(_count_target(known, wanted))
    rows = (
        _compare(compare_annual_value(pl.concat(counted), known))
        .with_columns(
            compared_values=pl.when(pl.col("p_value").is_not_null()).then(pl.col("p_value").count()),
            stands_out=is_significant("p_value"),
        )
        .to_dicts()
    )
    texts = [
        {"description": describe_row(row, tuple(wanted)), "reason": give_reason(row), "as_of": as_of} for row in rows
    ]
    joined = [row | text for row, text in zip(rows, texts, strict=True)]
    return pl.DataFrame(joined, schema_overrides=COLUMNS).select(
        pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    )


def _list_customers(
    orders: IntoFrame, customers: IntoFrame, customer_dimensions: IntoFrame, customer_clv: IntoFrame, as_of: dt.date
) -> pl.DataFrame:
    """List customers whose first order is a year old: attributes, `annual_value`, and whether they are `is_top`."""
    names = [name for name in ATTRIBUTES if name != "region"]
    own = read_into_polars(select_columns(customer_dimensions, "customer_idx", "first_order_date", *names))
    value = read_into_polars(select_columns(customer_clv, "customer_idx", "customer_id", "avg_annual_value_total"))
    regions = read_into_polars(select_columns(customers, "customer_idx", "region"))
    first = (
        nw.from_native(orders)
        .lazy()
        .filter(nw.col("is_first_order") & nw.col("is_countable"))
        .select("customer_idx", first_country="country", first_region="region")
        .to_native()
    )
    joined = (
        own.filter(pl.col("first_order_date") <= as_of - dt.timedelta(days=DAYS_KNOWN))
        .join(value, on="customer_idx")
        .join(regions, on="customer_idx", how="left")
        .join(read_into_polars(first).unique("customer_idx"), on="customer_idx", how="left")
        .with_columns(
            country=pl.coalesce("first_country", "country"),
            region=pl.coalesce("first_region", "region"),
            annual_value=pl.col("avg_annual_value_total"),
        )
    )
    split = split_customers(joined, ATTRIBUTES).with_columns(pl.exclude("customer_idx").cast(pl.String))
    exact = joined.select("customer_idx", *(pl.col(name).alias(f"exact_{name}") for name in ATTRIBUTES))
    ranked = joined.sort("annual_value", "customer_id", descending=[True, False])
    year = pl.col("first_order_date").dt.year()
    rank = pl.int_range(1, pl.len() + 1).over(year)
    is_top = rank * TOP_SHARE <= pl.len().over(year)
    return (
        ranked.select("customer_idx", "annual_value", is_top=is_top)
        .join(split, on="customer_idx")
        .join(exact, on="customer_idx")
        .sort("customer_idx")  # the last digit of a sum depends on the order of its rows
        .with_columns(off=OFF)
    )


def _count_values(known: pl.DataFrame, attribute: str, wanted: Sequence[str]) -> pl.DataFrame:
    """Count the customers of each value of an attribute; wanted values without a customer are rows too."""
    has_value = known.filter(pl.col(attribute) != UNKNOWN)
    is_wanted = pl.col(f"exact_{attribute}").is_in(list(wanted)).fill_null(value=False)
    value = pl.when(is_wanted).then(f"exact_{attribute}").otherwise(attribute)  # also where few customers have it
    found = known.group_by(attribute_value=value).agg(*_SUMS)
    absent = sorted(set(wanted) - {*found["attribute_value"]})
    nobody = pl.DataFrame({"attribute_value": absent}, schema={"attribute_value": pl.String})
    is_target = pl.col("attribute_value").is_in(list(wanted)) if wanted else pl.lit(None, pl.Boolean)
    return (
        pl.concat([found, nobody], how="diagonal")
        .with_columns(pl.col("profiled_customers", "top_customers", "annual_value").fill_null(0))
        .sort("profiled_customers", "attribute_value", descending=[True, False])
        .select(
            pl.lit(attribute).alias("attribute"),
            "attribute_value",
            is_target.alias("is_target"),
            *_COUNTED,
            **_count_whole(known, has_value),
        )
    )


def _count_target(known: pl.DataFrame, wanted: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Count the customers who match every wanted attribute."""
    matches = pl.all_horizontal(
        pl.col(f"exact_{name}").is_in(list(values)).fill_null(value=False) for name, values in wanted.items()
    )
    return (
        known.filter(matches)
        .select(*_SUMS)
        .with_columns(pl.col("annual_value").fill_null(0))
        .select(
            pl.lit(TARGET_CUSTOMER).alias("attribute"),
            pl.lit(MATCHES).alias("attribute_value"),
            pl.lit(True).alias("is_target"),
            *_COUNTED,
            **_count_whole(known, known),
        )
    )


_SUMS = (
    pl.len().cast(pl.Int64).alias("profiled_customers"),
    pl.col("is_top").sum().cast(pl.Int64).alias("top_customers"),
    pl.col("annual_value").cast(pl.Decimal(38, 4)).sum().alias("annual_value"),
    *sum_off(),
)
_COUNTED = ("profiled_customers", "top_customers", "annual_value", *(each.meta.output_name() for each in sum_off()))


def _count_whole(known: pl.DataFrame, has_value: pl.DataFrame) -> dict[str, pl.Expr]:
    """Count all customers, and those of whom the attribute is known."""
    top = has_value["is_top"].sum()
    sums = has_value.select(sum_off("known_"))
    return {
        "top_customers_known": pl.lit(top, pl.Int64),
        "other_customers_known": pl.lit(has_value.height - top, pl.Int64),
        **{name: pl.lit(sums[name][0], pl.Float64) for name in sums.columns},
        "whole_customers": pl.lit(known.height, pl.Int64),
        "whole_value": pl.lit(float(known["annual_value"].cast(pl.Float64).sum()), pl.Float64),
    }


def _compare(counted: pl.DataFrame) -> pl.DataFrame:
    """Add shares, and lift, interval and p-value of the values that enough customers have."""
    rows = counted.with_columns(
        other_customers=pl.col("profiled_customers") - pl.col("top_customers"),
        customers_share=pl.col("profiled_customers") / pl.col("whole_customers"),
        annual_value_share=pl.when(pl.col("whole_value") > 0).then(
            pl.col("annual_value").cast(pl.Float64) / pl.col("whole_value")
        ),
    ).with_columns(
        is_compared=~pl.col("attribute_value").is_in([OTHER, UNKNOWN])
        & (pl.col("profiled_customers") >= CUSTOMERS_NEEDED)
        & (pl.col("other_customers") >= OTHERS_NEEDED)
        & (pl.col("top_customers_known") > 0),
    )
    a, n_1, b, n_0 = (
        rows[name].to_numpy()
        for name in ("top_customers", "top_customers_known", "other_customers", "other_customers_known")
    )
    is_compared = rows["is_compared"]
    safe = [np.where(is_compared.to_numpy(), each, 1) for each in (a, n_1, b, n_0)]
    lift, low, high = compute_lift(*safe)
    p = [compute_exact_p(*(int(each[place]) for each in safe)) for place in range(rows.height)]
    found: dict[str, Any] = {"lift": lift, "lift_low": low, "lift_high": high, "p_value": p}
    shown = rows.with_columns(pl.Series(name, values) for name, values in found.items())
    return shown.with_columns(
        *(pl.when("is_compared").then(pl.col(name)).alias(name) for name in found),
        top_share=_share("top_customers", "top_customers_known"),
        other_share=_share("other_customers", "other_customers_known"),
    )


def _share(part: str, whole: str) -> pl.Expr:
    is_known = (pl.col("attribute_value") != UNKNOWN) & (pl.col(whole) > 0)
    return pl.when(is_known).then(pl.col(part) / pl.col(whole))
