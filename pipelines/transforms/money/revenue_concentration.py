"""The mart `revenue_concentration`: how much of the sales comes from few customers, over time.

Put here: shares of the largest customers, HHI and Gini, to date and of the last 12 months.
Keep out: the scan over all orders (`purchases.py`), who the largest customers are (`customer_clv.py`).
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
from regulars.pipelines.transforms.purchases.purchases import (
    read_into_polars,
    select_columns,
    sum_purchases_by_customer_day,
)

Ints = NDArray[np.int64]

COLUMNS: dict[str, PolarsDataType] = {
    "scope": pl.String,
    "period_end": pl.Date,
    "customers": pl.Int64,
    "net_sales": MONEY,
    "top_1_percent_share": pl.Float64,
    "top_5_percent_share": pl.Float64,
    "top_10_percent_share": pl.Float64,
    "top_20_percent_share": pl.Float64,
    "largest_customer_share": pl.Float64,
    "hhi": pl.Float64,
    "gini": pl.Float64,
    "customers_left_out": pl.Int64,
    "net_sales_left_out": MONEY,
    "unknown_net_sales": MONEY,
    "is_complete": pl.Boolean,
    "as_of": pl.Date,
}
TO_DATE, LAST_12_MONTHS = "to_date", "last_12_months"
PERCENTS = (1, 5, 10, 20)
MONTH_ENDS = 36


def revenue_concentration(
    orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """Measure concentration: one row per scope and month-end, of the last 36, and one at `as_of`.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by scope and period_end; empty without a countable order of a known customer.
        Measures are NULL without customers, and in `last_12_months` while the data are younger than 12 months.
    """
    sums = sum_purchases_by_customer_day(orders, refunds, calendar, as_of=as_of)
    needed = select_columns(sums, "customer_idx", "day_idx", "order_count", "net_sales")
    days = read_into_polars(needed).sort("day_idx")
    known_order = (pl.col("order_count") > 0) & (pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    firsts = days.filter(known_order).group_by("customer_idx").agg(pl.col("day_idx").min())
    first_day = find_first_day(firsts["day_idx"])
    if first_day is None:
        return pl.DataFrame(schema=COLUMNS)
    rows = [
        row | {"as_of": as_of} for row in _measure_period_ends(days, _list_period_ends(first_day, as_of), first_day)
    ]
    return pl.DataFrame(rows, schema=COLUMNS).sort("scope", "period_end")


def measure_concentration(net_sales: Ints) -> dict[str, float | None]:
    """Measure the shares of the largest customers, HHI and Gini.

    Args:
        net_sales: (n,) one number per customer, all above 0, in ten-thousandths of the currency.

    Returns:
        `top_…_percent_share` (of the n × p customers, rounded up, with the highest net sales),
        `largest_customer_share`, `hhi` (sum of squared shares) and `gini`, each 0 to 1; None without customers.
    """
    names = [*(f"top_{percent}_percent_share" for percent in PERCENTS), "largest_customer_share", "hhi", "gini"]
    n = net_sales.size
    if n == 0:
        return dict.fromkeys(names)
    ordered = np.sort(net_sales)
    total = int(ordered.sum())
    shares = [int(ordered[n - -(-n * percent // 100) :].sum()) / total for percent in PERCENTS]
    parts = ordered / total
    hhi = float(np.square(parts).sum())
    gini = 2 * float((np.arange(1, n + 1) * parts).sum()) / n - (n + 1) / n
    return dict(zip(names, [*shares, int(ordered[-1]) / total, min(hhi, 1.0), min(max(gini, 0.0), 1.0)], strict=True))


@dataclass
class _RunningTotals:
    """What every customer brought from the first day to a day that only moves forward; the index is customer_idx."""

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
    size = int(customer.max()) + 1
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
    known = net_sales[UNKNOWN_CUSTOMER_IDX + 1 :]
    counted = known[known > 0]
    measures = measure_concentration(counted if is_complete else counted[:0])
    return {
        "scope": scope,
        "period_end": end,
        "customers": counted.size,
        "net_sales": _convert_to_decimal(counted.sum()),
        **measures,
        "customers_left_out": int(is_in[UNKNOWN_CUSTOMER_IDX + 1 :].sum()) - counted.size,
        "net_sales_left_out": _convert_to_decimal(known.sum() - counted.sum()),
        "unknown_net_sales": _convert_to_decimal(net_sales[UNKNOWN_CUSTOMER_IDX]),
        "is_complete": is_complete,
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
