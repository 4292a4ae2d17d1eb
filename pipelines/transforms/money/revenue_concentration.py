"""The mart `revenue_concentration`: how much of the sales comes from few customers, over time.

Put here: shares of the largest customers, HHI and Gini, to date and of the last 12 months.
Keep out: the scan over all orders (`purchases.py`), the values of single customers (`customer_clv.py`).
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from numpy.typing import NDArray
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch, find_last_month_end
from regulars.pipelines.transforms.history_start import find_first_day
from regulars.pipelines.transforms.purchases.purchase_days import read_customer_days
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods
from regulars.pipelines.transforms.subscriptions.subscription_revenue import (
    NO_MONEY,
    find_customer,
    sum_revenue_by_month,
)

Ints = NDArray[np.int64]

COLUMNS: dict[str, PolarsDataType] = {
    "scope": pl.String,
    "period_end": pl.Date,
    "customers_in_shares": pl.Int64,
    "net_sales_above_zero": MONEY,
    "top_1_percent_share": pl.Float64,
    "top_5_percent_share": pl.Float64,
    "top_10_percent_share": pl.Float64,
    "top_20_percent_share": pl.Float64,
    "largest_customer_share": pl.Float64,
    "hhi": pl.Float64,
    "gini": pl.Float64,
    "effective_customers": pl.Float64,
    "customers_without_sales": pl.Int64,
    "net_sales_below_zero": MONEY,
    "unknown_net_sales": MONEY,
    "unknown_share": pl.Float64,
    "subscription_revenue": MONEY,
    "total_customers_in_shares": pl.Int64,
    "total_revenue_above_zero": MONEY,
    "total_top_1_percent_share": pl.Float64,
    "total_top_5_percent_share": pl.Float64,
    "total_top_10_percent_share": pl.Float64,
    "total_top_20_percent_share": pl.Float64,
    "total_largest_customer_share": pl.Float64,
    "total_hhi": pl.Float64,
    "total_gini": pl.Float64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
TOO_SHORT = "the data do not reach back to the first day of the 12 months"
TO_DATE, LAST_12_MONTHS = "to_date", "last_12_months"
PERCENTS = (1, 5, 10, 20)
MONTH_ENDS = 36


def revenue_concentration(
    orders: IntoFrame,
    refunds: IntoFrame,
    subscriptions: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    subscription_revenue_is_in_orders: bool,
) -> pl.DataFrame:
    """Measure concentration: one row per scope and month-end, of the last 36, and one at `as_of`.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        subscriptions: `core.subscriptions`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.
        subscription_revenue_is_in_orders: Whether net sales include it already, so that it is not added to the total.

    Returns:
        The columns of `COLUMNS`, sorted by scope and period_end; empty without a countable order or a subscription of a
        known customer.
        Measures are NULL without customers, and in `last_12_months` while the data are younger than 12 months.
    """
    days = read_customer_days(orders, refunds, calendar, as_of=as_of).sort("day_idx")
    periods = list_live_periods(subscriptions)
    first_day = find_first_day(_list_first_days(days, periods, as_of))
    if first_day is None:
        return pl.DataFrame(schema=COLUMNS)
    subscribed = _list_subscription_revenue(periods, as_of)
    rows_of = ("customer_idx", "day_idx", "net_sales")
    parts = [days.select(rows_of), subscribed.select(rows_of)]
    together = parts[:1] if subscription_revenue_is_in_orders else parts
    ends = _list_period_ends(first_day, as_of)
    measured = [
        list(_measure_period_ends(pl.concat(frames).sort("day_idx"), ends, first_day))
        for frames in (parts[:1], parts[1:], together)
    ]
    rows = [_join_parts(*row) | {"as_of": as_of} for row in zip(*measured, strict=True)]
    return pl.DataFrame(rows, schema=COLUMNS).sort("scope", "period_end")


def _list_first_days(days: pl.DataFrame, periods: pl.DataFrame, as_of: dt.date) -> pl.Series:
    """List the first day of each known customer, Int32: of an order or a charged subscription, the earlier one."""
    charged = periods.filter(pl.col("is_charged"), pl.col("active_from") <= as_of)
    both = [
        days.filter(pl.col("order_count") > 0).select("customer_idx", pl.col("day_idx").cast(pl.Int32)),
        charged.select(customer_idx=find_customer(), day_idx=pl.col("active_from").cast(pl.Int32)),
    ]
    known = pl.concat(both, how="vertical_relaxed").filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    return known.group_by("customer_idx").agg(pl.col("day_idx").min())["day_idx"]


def _list_subscription_revenue(periods: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List revenue of subscriptions by customer and month, at the month's last day, or that of `as_of`.

    The month in which the year before `as_of` ends has two rows: revenue up to that day, and the rest.

    Returns:
        `customer_idx` Int32, `day_idx` Int32 and `net_sales` Decimal (the revenue).
    """
    year_before = _find_day_a_year_before(as_of)
    by_month = sum_revenue_by_month(periods, as_of)
    early = sum_revenue_by_month(periods, year_before).filter(pl.col("month") == year_before.replace(day=1))
    last = by_month.join(early, on=["customer_idx", "month"], how="left", suffix="_early").with_columns(
        pl.col("subscription_revenue") - pl.col("subscription_revenue_early").fill_null(NO_MONEY)
    )
    rows = [
        (last, pl.min_horizontal(pl.col("month").dt.month_end(), pl.lit(as_of))),
        (early, pl.lit(year_before)),
    ]
    return pl.concat(
        frame.select(
            "customer_idx",
            day_idx=day.cast(pl.Int32),
            net_sales=pl.col("subscription_revenue").cast(pl.Decimal(38, 4)),
        )
        for frame, day in rows
    )


def _join_parts(of_orders: dict[str, Any], of_subscriptions: dict[str, Any], of_both: dict[str, Any]) -> dict[str, Any]:
    """Join the measures of net sales, of subscription revenue and of both together into one row of the mart."""
    amounts = ("net_sales_above_zero", "net_sales_below_zero", "unknown_net_sales")
    whole = sum(of_orders[name] for name in amounts)
    hhi, unknown = of_orders["hhi"], of_orders["unknown_net_sales"]
    total = {f"total_{name}": of_both[name] for name in COLUMNS if f"total_{name}" in COLUMNS and name in of_both}
    return (
        of_orders
        | total
        | {
            "effective_customers": None if hhi is None else 1 / hhi,
            "unknown_share": float(unknown / whole) if whole > 0 and 0 <= unknown <= whole else None,
            "subscription_revenue": sum(of_subscriptions[name] for name in amounts),
            "total_revenue_above_zero": of_both["net_sales_above_zero"],
        }
    )


def measure_concentration(net_sales: Ints) -> dict[str, float | None]:
    """Measure the shares of the largest customers, HHI and Gini.

    Args:
        net_sales: (n,) one number per customer, in ten-thousandths of the currency; one below 0 counts as 0.

    Returns:
        `top_…_percent_share` (of the n × p customers, rounded up, with the highest net sales),
        `largest_customer_share`, `hhi` (sum of squared shares) and `gini`, each 0 to 1; None where no customer has
        sales above 0.
    """
    names = [*(f"top_{percent}_percent_share" for percent in PERCENTS), "largest_customer_share", "hhi", "gini"]
    n = net_sales.size
    ordered = np.sort(np.maximum(net_sales, 0))
    total = int(ordered.sum())
    if total == 0:
        return dict.fromkeys(names)
    shares = [int(ordered[n - -(-n * percent // 100) :].sum()) / total for percent in PERCENTS]
    parts = ordered / total
    hhi = float(np.square(parts).sum())
    gini = 2 * float((np.arange(1, n + 1) * parts).sum()) / n - (n + 1) / n
    return dict(zip(names, [*shares, int(ordered[-1]) / total, min(hhi, 1.0), min(max(gini, 0.0), 1.0)], strict=True))


@dataclass
class _RunningTotals:
    """Running totals of every customer up to a day that only moves forward; the index is customer_idx."""

    customer: NDArray[np.int32]
    day: NDArray[np.int32]
    amount: Ints
    net_sales: Ints
    last_day: NDArray[np.int32]
    position: int = 0

    def advance(self, until: dt.date) -> None:
        """Add all days up to and including `until`."""
        end = int(np.searchsorted(self.day, np.int32(count_days_since_epoch(until)), side="right"))
        new = slice(self.position, end)
        np.add.at(self.net_sales, self.customer[new], self.amount[new])
        np.maximum.at(self.last_day, self.customer[new], self.day[new])
        self.position = end


def _start_running_totals(days: pl.DataFrame) -> _RunningTotals:
    customer = days["customer_idx"].cast(pl.Int32).to_numpy()
    size = int(customer.max(initial=UNKNOWN_CUSTOMER_IDX)) + 1
    return _RunningTotals(
        customer=customer,
        day=days["day_idx"].cast(pl.Int32).to_numpy(),
        # A Decimal's physical value is the number of its smallest units: exact, and ten times faster.
        amount=days["net_sales"].cast(MONEY).to_physical().cast(pl.Int64).to_numpy(),
        net_sales=np.zeros(size, dtype=np.int64),
        last_day=np.full(size, np.iinfo(np.int32).min, dtype=np.int32),
    )


def _measure_period_ends(
    days: pl.DataFrame, period_ends: list[dt.date], first_day: dt.date
) -> Iterator[dict[str, Any]]:
    """Yield the rows of both scopes at each of the period ends, which must be sorted."""
    to_date, year_before = _start_running_totals(days), _start_running_totals(days)
    for end in period_ends:
        start = _find_day_a_year_before(end)
        to_date.advance(end)
        year_before.advance(start)
        is_in = to_date.last_day > np.iinfo(np.int32).min
        yield _make_row(TO_DATE, end, to_date.net_sales, is_in, is_complete=True)
        is_in = to_date.last_day > count_days_since_epoch(start)
        whole = first_day <= start + dt.timedelta(days=1)
        yield _make_row(LAST_12_MONTHS, end, to_date.net_sales - year_before.net_sales, is_in, is_complete=whole)


def _make_row(
    scope: str, end: dt.date, net_sales: Ints, is_in: NDArray[np.bool_], *, is_complete: bool
) -> dict[str, Any]:
    """Make one row of the mart, without `as_of`; `net_sales` and `is_in` (has an order or refund) by customer_idx."""
    known = net_sales[UNKNOWN_CUSTOMER_IDX + 1 :][is_in[UNKNOWN_CUSTOMER_IDX + 1 :]]
    is_above = known > 0
    measures = measure_concentration(known if is_complete else known[:0])
    return {
        "scope": scope,
        "period_end": end,
        "customers_in_shares": known.size,
        "net_sales_above_zero": _convert_to_decimal(known[is_above].sum()),
        **measures,
        "customers_without_sales": int((~is_above).sum()),
        "net_sales_below_zero": _convert_to_decimal(known[~is_above].sum()),
        "unknown_net_sales": _convert_to_decimal(net_sales[UNKNOWN_CUSTOMER_IDX]),
        "is_complete": is_complete,
        "reason": None if is_complete else TOO_SHORT,
    }


def _convert_to_decimal(ten_thousandths: Any) -> Decimal:
    return Decimal(int(ten_thousandths)).scaleb(-MONEY.scale)


def _list_period_ends(first_day: dt.date, as_of: dt.date) -> list[dt.date]:
    """List the last 36 month-ends between the first order and `as_of`, and `as_of` itself."""
    ends: list[dt.date] = []
    end = find_last_month_end(as_of)
    while end >= first_day and len(ends) < MONTH_ENDS:
        ends.append(end)
        end = end.replace(day=1) - dt.timedelta(days=1)
    return sorted({*ends, as_of})


def _find_day_a_year_before(day: dt.date) -> dt.date:
    """Find the same day a year earlier; a month-end stays a month-end, also in February."""
    next_day = day + dt.timedelta(days=1)
    if next_day.day == 1:
        return next_day.replace(year=next_day.year - 1) - dt.timedelta(days=1)
    return day.replace(year=day.year - 1)
