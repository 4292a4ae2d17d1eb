"""When a customer is active: what orders and paid subscriptions make last, joined up to active_intervals.

An order keeps its customer active from its day on for `lapse_days`, a subscription for as long as it is paid: each is a
*stretch*. Stretches that overlap or touch are one *active interval*. The customer is active from its first day to the
day before its lapse date, the later one of the two: `lapse_days` after the last order, and the first day that is no
longer paid.

Put here: stretches, active intervals, and since when they can be known. Keep out: what is counted of them (`churn.py`),
who was lost or came back (`churned_customers.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_paid_periods, list_runs

NEVER = count_days_since_epoch(dt.date.max)
"""Where a stretch ends of which no end is known."""

SPAN = 2**23
"""More days than lie between any two dates, so that customer × SPAN + day puts every customer after the one before."""


def list_active_periods(
    purchase_days: pl.DataFrame, subscriptions: IntoFrame, *, as_of: dt.date, lapse_days: int
) -> pl.DataFrame:
    """One row per purchase day of a known customer, and per run of paid periods that began by `as_of`.

    Args:
        purchase_days: `customer_idx`, `day_idx` (days since 1970): one row per customer and day with an order, none
            after `as_of`.
        subscriptions: `core.subscriptions`; trials and free periods keep nobody active.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.

    Returns:
        `customer_idx`, `from_idx`, `until_idx` (first day no longer active; `NEVER` where no end is known), all Int32,
        and `is_order`. In no order.
    """
    day = pl.col("day_idx")
    bought = purchase_days.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX).select(
        "customer_idx",
        from_idx=day,
        until_idx=(day + lapse_days).clip(upper_bound=NEVER),
        is_order=pl.lit(True),
    )
    paid = list_runs(list_paid_periods(subscriptions), as_of).filter(pl.col("subscriber") > 0)
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


def list_active_intervals(stretches: pl.DataFrame) -> pl.DataFrame:
    """One row per active interval.

    Args:
        stretches: As `list_active_periods` gives them. One that begins on the lapse date itself comes in time: there was no
            day on which the customer was not active.

    Returns:
        `customer_idx`; `is_first` (the customer's first active interval, else a return after a lapse); `start` Date;
        `lapse_date` Date, which may lie in the future (NULL: no end is known, a subscription is live); `return_date`
        Date on which the next active interval starts (NULL when there is none yet). Sorted by customer_idx and start.
    """
    own = pl.col("customer_idx").cast(pl.Int64) * SPAN
    rows = (
        stretches.select("customer_idx", begins=own + pl.col("from_idx"), ends=own + pl.col("until_idx"))
        .sort("begins")
        .with_columns(reach=pl.col("ends").cum_max())  # no customer's reach is beyond the next one's first day
    )
    last_reach = rows["reach"].last()
    starts = rows.with_columns(before=pl.col("reach").shift(1)).filter(
        (pl.col("begins") > pl.col("before")).fill_null(True)
    )
    start = pl.col("begins") - own
    # A active interval reaches as far as the row before the next start, whose customer ever that is.
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
    """Each customer's last active interval, in the order and with the columns of the active_intervals."""
    return active_intervals.filter(pl.col("is_first").shift(-1, fill_value=True))


def list_subscribers(stretches: pl.DataFrame, *, as_of: dt.date) -> pl.Series:
    """`customer_idx` of everybody who pays for a subscription on the day that the stretches were listed for."""
    is_live = ~pl.col("is_order") & (pl.col("until_idx") > pl.lit(as_of).cast(pl.Int32))
    return stretches.filter(is_live)["customer_idx"].unique()


def has_lapsed(as_of: dt.date) -> pl.Expr:
    """Whether a last active interval is over by a day, by its `lapse_date`."""
    return (pl.col("lapse_date") <= as_of).fill_null(False)


def find_history_start(stretches: pl.DataFrame, lapse_days: int) -> dt.date | None:
    """The first day with `lapse_days` of orders behind it, on which it is known who is active; None without anybody.

    Where there are no orders at all it is counted from the first paid day.
    """
    first = stretches.select(
        pl.coalesce(pl.col("from_idx").filter("is_order").min(), pl.col("from_idx").min()).cast(pl.Date)
    ).item()
    return None if first is None else first + dt.timedelta(days=lapse_days - 1)


def _cast_to_date(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Int32).cast(pl.Date)
