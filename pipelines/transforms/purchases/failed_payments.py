"""Orders whose payment failed lately and that have not been paid since.

Put here: finding them. Keep out: what follows from them (`transforms/customers`, `transforms/worklists`), and failed
payments as bad experiences, which count even if the order was paid later (`transforms/care`).
"""

import datetime as dt
from collections.abc import Sequence

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.windows import PAYMENT_DAYS
from regulars.pipelines.transforms.local_days import CompanyZone, find_local_day
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns


def find_failed_payments(
    payments: IntoFrame, orders: IntoFrame, *, as_of: dt.date, company: CompanyZone, statuses: Sequence[str]
) -> pl.DataFrame:
    """Find orders whose payment failed in the last `PAYMENT_DAYS`, and that have not been paid otherwise.

    Args:
        payments: `core.payments`.
        orders: `core.orders`.
        as_of: Last day that counts.
        company: Its zone: a payment's day is the company's, or its order's where it has none.
        statuses: The statuses of failed payments, in upper or lower case.

    Returns:
        One row per customer with such orders: `customer_idx`, `payment_failed_on` (the last failure), `unpaid_orders`
        and `unpaid_sales` (their amounts after discounts).
    """
    is_failed = pl.col("status").str.to_lowercase().is_in([each.lower() for each in statuses]).fill_null(value=False)
    key = ["system", "order_id"]
    paid = read_into_polars(select_columns(payments, *key, "status", "paid_at")).with_columns(failed=is_failed)
    unpaid = paid.filter("failed").join(paid.filter(~pl.col("failed")), on=key, how="anti")
    wanted = nw.from_native(orders).lazy().filter(nw.col("is_countable") & (nw.col("order_date") <= as_of))
    sales = read_into_polars(
        wanted.select(*key, "customer_idx", "order_date", sales=nw.col("gross_sales") - nw.col("discounts")).to_native()
    )
    day = pl.col("day")
    return (
        unpaid.join(sales, on=key)
        .with_columns(day=pl.coalesce(find_local_day(pl.col("paid_at"), company), "order_date"))
        .filter(day.is_between(as_of - dt.timedelta(days=PAYMENT_DAYS - 1), as_of))
        .group_by("customer_idx", *key)
        .agg(day.max(), pl.col("sales").first())
        .group_by("customer_idx")
        .agg(payment_failed_on=day.max(), unpaid_sales=pl.col("sales").sum(), unpaid_orders=pl.len())
    )
