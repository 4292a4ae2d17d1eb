"""The mart `discounts`: how many orders have a discount, how large it is, what is given back, and who buys again.

Put here: orders of a month with and without a discount. Keep out: customers followed by the discount of their first
order (`first_discount` of `cohorts/customer_dimensions.py`); how long refunds take (`products/refund_days.py`).
"""

import datetime as dt
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import REPEAT_DAYS
from regulars.pipelines.transforms.amounts import MONEY, divide_columns
from regulars.pipelines.transforms.cohorts.second_orders import list_waits
from regulars.pipelines.transforms.products.refund_days import find_refund_days
from regulars.pipelines.transforms.purchases.purchases import Scan, list_purchase_days, make_lazy, read_into_polars
from regulars.pipelines.transforms.rates import name_bounds

GROUPS = {"discounted": pl.col("is_discounted"), "full_price": ~pl.col("is_discounted")}
"""What the names of columns begin or end in, and which orders it means."""
REPEATED, REPEAT_RATE = f"repeat_customers_{REPEAT_DAYS}d", f"repeat_rate_{REPEAT_DAYS}d"
COLUMNS: dict[str, PolarsDataType] = {
    "month": pl.Date,
    "all_orders": pl.Int64,
    **{f"{group}_orders": pl.Int64 for group in GROUPS},
    "discounted_order_rate": pl.Float64,
    "gross_sales": MONEY,
    "discounts": MONEY,
    "discount_rate": pl.Float64,
    **{f"{name}_{group}": MONEY for name in ("sales", "refunded_goods") for group in GROUPS},
    **{f"refunded_share_{group}": pl.Float64 for group in GROUPS},
    "is_refunded_share_complete": pl.Boolean,
    **{f"{name}_{group}": pl.Int64 for name in ("new_customers", REPEATED) for group in GROUPS},
    **{f"{REPEAT_RATE}_{group}{end}": pl.Float64 for group in GROUPS for end in ("", "_low", "_high")},
    "is_complete": pl.Boolean,
    "as_of": pl.Date,
}
COUNTS = [name for name, kind in COLUMNS.items() if kind == pl.Int64]
AMOUNTS = [name for name, kind in COLUMNS.items() if kind == MONEY]
IS_DISCOUNTED = nw.col("discounts") > 0


def discounts(orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Sum the orders of each month, and those with and without a discount.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`: a row for every month from the first order on, sorted.
    """
    sold = read_into_polars(_sum_orders(orders, as_of))
    if sold.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    returned = read_into_polars(_sum_refunds(orders, refunds, as_of))
    begun = sold.select(pl.col("order_date").dt.month_start().min()).item()
    rows = pl.DataFrame({"month": pl.date_range(begun, as_of, "1mo", eager=True)})
    for part in (_sum_sales(sold), _sum_returned(returned), _count_repeats(orders, calendar, as_of)):
        rows = rows.join(part, on="month", how="left")
    no_money = pl.lit(0).cast(MONEY)
    filled = rows.with_columns(pl.col(COUNTS).fill_null(0), pl.col(AMOUNTS).cast(MONEY).fill_null(no_money))
    days = find_refund_days(refunds, orders, calendar, as_of=as_of)["refund_days"].drop_nulls().to_list()
    return (
        _add_rates(filled, as_of, max(days, default=None))
        .with_columns(as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("month")
    )


def _select_orders(orders: IntoFrame, as_of: dt.date) -> "nw.LazyFrame[Any]":
    counted = make_lazy(orders).filter(nw.col("is_countable") & (nw.col("order_date") <= as_of))
    return counted.with_columns(is_discounted=IS_DISCOUNTED)


def _sum_orders(orders: IntoFrame, as_of: dt.date) -> Scan:
    """Scan all orders for the sums of each day, with and without a discount."""
    return (
        _select_orders(orders, as_of)
        .select("order_date", "is_discounted", "gross_sales", "discounts", order_count=nw.lit(1, nw.Int64))
        .group_by("order_date", "is_discounted")
        .agg(nw.col("gross_sales", "discounts", "order_count").sum())
        .to_native()
    )


def _sum_refunds(orders: IntoFrame, refunds: IntoFrame, as_of: dt.date) -> Scan:
    """Scan all refunds for the goods given back of each day's orders, whenever they were given back."""
    order = ["system", "order_id"]
    return (
        make_lazy(refunds)
        .filter(nw.col("is_countable") & (nw.col("refund_date") <= as_of))
        .select(*order, "goods")
        .join(_select_orders(orders, as_of).select(*order, "order_date", "is_discounted"), on=order, how="inner")
        .group_by("order_date", "is_discounted")
        .agg(nw.col("goods").sum())
        .to_native()
    )


def _sum_by_month(days: pl.DataFrame, **sums: pl.Expr) -> pl.DataFrame:
    return days.group_by(month=pl.col("order_date").dt.month_start()).agg(**sums)


def _sum_sales(sold: pl.DataFrame) -> pl.DataFrame:
    sales = pl.col("gross_sales") - pl.col("discounts")
    return _sum_by_month(
        sold,
        all_orders=pl.col("order_count").sum(),
        gross_sales=pl.col("gross_sales").sum(),
        discounts=pl.col("discounts").sum(),
        **{f"{group}_orders": pl.col("order_count").filter(is_meant).sum() for group, is_meant in GROUPS.items()},
        **{f"sales_{group}": sales.filter(is_meant).sum() for group, is_meant in GROUPS.items()},
    )


def _sum_returned(returned: pl.DataFrame) -> pl.DataFrame:
    sums = {f"refunded_goods_{group}": pl.col("goods").filter(is_meant).sum() for group, is_meant in GROUPS.items()}
    return _sum_by_month(returned, **sums)


def _count_repeats(orders: IntoFrame, calendar: IntoFrame, as_of: dt.date) -> pl.DataFrame:
    """Count known customers by the month and discount of their first order, and those who soon bought again."""
    waits = list_waits(read_into_polars(list_purchase_days(orders, calendar, as_of=as_of)), as_of)
    is_known = nw.col("customer_idx") != UNKNOWN_CUSTOMER_IDX
    firsts = _select_orders(orders, as_of).filter(is_known & nw.col("is_first_order"))
    first_orders = read_into_polars(firsts.select("customer_idx", "order_date", "is_discounted").to_native())
    repeats = pl.col("is_event") & (pl.col("days") <= REPEAT_DAYS)
    return _sum_by_month(
        first_orders.join(waits, on="customer_idx"),
        **{f"new_customers_{group}": is_meant.sum() for group, is_meant in GROUPS.items()},
        **{f"{REPEATED}_{group}": (is_meant & repeats).sum() for group, is_meant in GROUPS.items()},
    )


def _add_rates(rows: pl.DataFrame, as_of: dt.date, refund_days: int | None) -> pl.DataFrame:
    """Add shares and rates; NULL until their time is over.

    Args:
        rows: `month`, `COUNTS` and `AMOUNTS`.
        as_of: Last day that counts.
        refund_days: Days after which most refunds have come, of the slowest system; None: known of no system.
    """
    month_end = pl.col("month").dt.month_end()
    is_over, is_watched = (month_end.dt.offset_by(f"{days}d") <= as_of for days in (0, REPEAT_DAYS))
    have_come = pl.lit(value=False) if refund_days is None else month_end.dt.offset_by(f"{refund_days}d") <= as_of
    rated = rows.with_columns(
        discounted_order_rate=pl.when(is_over).then(divide_columns("discounted_orders", "all_orders")),
        discount_rate=pl.when(is_over).then(divide_columns("discounts", "gross_sales")),
        is_refunded_share_complete=have_come,
        is_complete=is_over,
        **{
            f"refunded_share_{group}": pl.when(have_come).then(
                divide_columns(f"refunded_goods_{group}", f"sales_{group}")
            )
            for group in GROUPS
        },
        **{
            f"{REPEAT_RATE}_{group}": pl.when(is_watched).then(
                divide_columns(f"{REPEATED}_{group}", f"new_customers_{group}")
            )
            for group in GROUPS
        },
    )
    bounds = [name_bounds(f"{REPEAT_RATE}_{group}", pl.col(f"new_customers_{group}")) for group in GROUPS]
    return rated.with_columns(**bounds[0], **bounds[1])
