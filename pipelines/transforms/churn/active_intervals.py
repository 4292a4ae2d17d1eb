"""When each customer is active, as intervals of days.

An order makes its customer active for `lapse_days`, from its own day on; a subscription does for as long as it is live:
paid, paused, or free for now.
Each of these is an *active period*. Active periods that overlap or touch form one *active interval*. It ends on its
lapse date, the first day on which the customer is no longer active: `lapse_days` after the last order or the first day
that is not paid, whichever is later.

Put here: active periods, active intervals, and since when they can be known. Keep out: what is counted of them
(`churn.py`), who was lost or came back (`churned_customers.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.history_start import find_first_day
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods, list_runs

NEVER = count_days_since_epoch(dt.date.max)
"""`until_idx` of an active period whose end is not known."""

SPAN = 2**23
"""More days than lie between any two dates: customer × SPAN + day sorts by customer, then by day."""


def list_active_periods(
    purchase_days: pl.DataFrame, subscriptions: IntoFrame, *, as_of: dt.date, lapse_days: int
) -> pl.DataFrame:
    """List active periods: one row per purchase day of a known customer and per run of live periods begun by `as_of`.

    Args:
        purchase_days: `customer_idx`, `day_idx` (days since 1970): one row per customer and day with an order, none
            after `as_of`.
        subscriptions: `core.subscriptions`; trials and free plans keep nobody active, pauses and free time do.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.

    Returns:
        `customer_idx`, `from_idx`, `until_idx` (the first day no longer active; `NEVER` where no end is known), all
        Int32, and `is_order` Boolean. The rows are not sorted.
    """
    day = pl.col("day_idx")
    bought = purchase_days.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX).select(
        "customer_idx",
        from_idx=day,
        until_idx=(day + lapse_days).clip(upper_bound=NEVER),
        is_order=pl.lit(True),
    )
    paid = list_runs(list_live_periods(subscriptions), as_of).filter(pl.col("subscriber") > 0)
    return pl.concat(
        [
            bought,
            paid.select(
                customer_idx=pl.col("subscriber").cast(pl.Int32),
                from_idx=pl.col("start").cast(pl.Int32),
                until_idx=pl.col("end").cast(pl.Int32).fill_null(NEVER),
                is_order=pl.lit(False),
            ),
        ]
    )


def list_active_intervals(active_periods: pl.DataFrame) -> pl.DataFrame:
    """Merge active periods into active intervals: one row per active interval.

    Args:
        active_periods: As `list_active_periods` returns them. One that begins on the lapse date itself continues the
            interval, since there was no day on which the customer was not active.

    Returns:
        `customer_idx`; `is_first` (the first active interval of the customer; any other is a return after a lapse);
        `start` Date; `lapse_date` Date, which may lie in the future (NULL: no end is known, a subscription is live);
        `return_date` Date on which the next active interval starts (NULL when there is none yet). Sorted by
        customer_idx and start.
    """
    own = pl.col("customer_idx").cast(pl.Int64) * SPAN
    rows = (
        active_periods.select("customer_idx", begins=own + pl.col("from_idx"), ends=own + pl.col("until_idx"))
        .sort("begins")
        .with_columns(reach=pl.col("ends").cum_max())  # never beyond the first day of the next customer
    )
    last_reach = rows["reach"].last()
    starts = rows.with_columns(before=pl.col("reach").shift(1)).filter(
        (pl.col("begins") > pl.col("before")).fill_null(True)
    )
    start = pl.col("begins") - own
    # An active interval ends where the row before the next start ends, whichever customer that start belongs to.
    until = pl.col("before").shift(-1).fill_null(pl.lit(last_reach, pl.Int64)) - own
    is_followed = (pl.col("customer_idx") == pl.col("customer_idx").shift(-1)).fill_null(False)
    return starts.select(
        "customer_idx",
        is_first=(pl.col("customer_idx") != pl.col("customer_idx").shift(1)).fill_null(True),
        start=_cast_to_date(start),
        lapse_date=_cast_to_date(pl.when(until < NEVER).then(until)),
        return_date=_cast_to_date(pl.when(is_followed).then(start.shift(-1))),
    )


def find_last_active_intervals(active_intervals: pl.DataFrame) -> pl.DataFrame:
    """Select the last active interval of each customer, in the order and with the columns of `active_intervals`."""
    return active_intervals.filter(pl.col("is_first").shift(-1, fill_value=True))


def list_subscribers(active_periods: pl.DataFrame, *, as_of: dt.date) -> pl.Series:
    """List the `customer_idx` of all who have a live subscription on `as_of`, the day of the active periods."""
    is_live = ~pl.col("is_order") & (pl.col("until_idx") > pl.lit(as_of).cast(pl.Int32))
    return active_periods.filter(is_live)["customer_idx"].unique()


def has_lapsed(as_of: dt.date) -> pl.Expr:
    """Whether a customer's last active interval is over on `as_of`, from its `lapse_date`."""
    return (pl.col("lapse_date") <= as_of).fill_null(False)


def find_history_start(active_periods: pl.DataFrame, lapse_days: int) -> dt.date | None:
    """Find the first day on which it is known who is active: the `lapse_days`-th of history; None without customers.

    History begins with the first order or, where there are no orders, with the first paid day; a stray order years
    before all others does not begin it.
    """
    orders = active_periods.filter("is_order")
    begun = active_periods if orders.is_empty() else orders
    first = find_first_day(begun.group_by("customer_idx").agg(pl.col("from_idx").min())["from_idx"])
    return None if first is None else first + dt.timedelta(days=lapse_days - 1)


def _cast_to_date(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Int32).cast(pl.Date)
