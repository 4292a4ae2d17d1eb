"""The state of customers at past month-ends, and whether they came back in the year after.

Only customers who stay long can collect three bad experiences, so a comparison over all history would make these
customers look loyal. Instead, each customer is observed on a past day, the landmark, with what was known on that day.

Put here: whose days and experiences are looked at, landmarks, what is known on them, and what is said where there are
none. Keep out: the comparison (`models/matched_rates.py`), what is published (`lapse_after_experiences.py`,
`orders_after_experiences.py`).
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR, count_days_since_epoch, find_last_month_end
from regulars.pipelines.transforms.history_start import find_first_day
from regulars.pipelines.transforms.purchases.purchases import list_purchase_days, read_into_polars, select_columns
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods

MOST_PURCHASES = 12
"""Customers with more purchase days before the landmark are in one class."""
SINCE_LAST_DAYS = (30, 60, 120, 240)
"""Upper ends of the classes of days since the last purchase; a last class holds the rest."""
CELLS = MOST_PURCHASES * (len(SINCE_LAST_DAYS) + 1)
"""How many classes of customers there are."""


@dataclass(frozen=True)
class Landmarks:
    """Which past days are observed, and how far back and ahead.

    Attributes:
        days: The landmarks, month-ends from the first to the last.
        lapse_days: Days without an order after which a customer has lapsed: customers who ordered in this many days up
            to the landmark are observed, and those who ordered in this many days after it have come back.
        window_days: The days up to the landmark in which bad experiences are counted.
        threshold: The highest level of experiences: this many or more.
    """

    days: tuple[dt.date, ...]
    lapse_days: int
    window_days: int
    threshold: int


def list_days_of_buyers(
    orders: IntoFrame, subscriptions: IntoFrame, calendar: IntoFrame, as_of: dt.date
) -> pl.DataFrame:
    """List purchase days of known customers who never had a subscription: `customer_idx`, `day_idx`."""
    days = read_into_polars(list_purchase_days(orders, calendar, as_of=as_of))
    subscribers = list_live_periods(subscriptions)["subscriber"].unique()
    return days.filter(
        pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX, ~pl.col("customer_idx").is_in(subscribers.to_list())
    )


def list_known_experiences(bad_experiences: IntoFrame, *flags: str) -> pl.DataFrame:
    """List bad experiences of known customers: `customer_idx`, `experienced_on` and the columns of `flags`."""
    experiences = read_into_polars(select_columns(bad_experiences, "customer_idx", "experienced_on", *flags))
    return experiences.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)


def choose_landmarks(
    purchase_days: pl.DataFrame,
    experiences: pl.DataFrame,
    *,
    until: dt.date,
    lapse_days: int,
    window_days: int,
    threshold: int,
) -> Landmarks:
    """Choose the month-ends up to a day that have enough history of orders and of bad experiences.

    Args:
        purchase_days: `customer_idx`, `day_idx`, of known customers.
        experiences: `customer_idx`, `experienced_on`, of known customers.
        until: The last day after which enough is known to see what followed.
        lapse_days: See `Landmarks`.
        window_days: See `Landmarks`.
        threshold: See `Landmarks`.
    """
    bought = _find_start(purchase_days, pl.col("day_idx").cast(pl.Date))
    suffered = _find_start(experiences, pl.col("experienced_on"))
    days: list[dt.date] = []
    if bought is not None and suffered is not None:
        first = max(bought + dt.timedelta(days=lapse_days), suffered + dt.timedelta(days=window_days))
        day = find_last_month_end(until)
        while day >= first - dt.timedelta(days=1):
            days.insert(0, day)
            day = day.replace(day=1) - dt.timedelta(days=1)
    return Landmarks(tuple(days), lapse_days, window_days, threshold)


def publish_landmarks(landmarks: Landmarks) -> dict[str, pl.Expr]:
    """The first and the last landmark, as the marts publish them; NULL without any."""
    return {
        "first_landmark": pl.lit(min(landmarks.days, default=None), pl.Date),
        "last_landmark": pl.lit(max(landmarks.days, default=None), pl.Date),
    }


def explain_no_landmark(landmarks: Landmarks, outcome_days: int) -> str | None:
    """Why no month-end can be looked at, if none can.

    Args:
        landmarks: Which were chosen.
        outcome_days: Days after a landmark in which something is looked for.
    """
    if landmarks.days:
        return None
    return (
        f"needs {landmarks.lapse_days} days of orders and {landmarks.window_days} days of bad experiences before a "
        f"month-end, and {outcome_days} days after it"
    )


def _find_start(rows: pl.DataFrame, day: pl.Expr) -> dt.date | None:
    return find_first_day(rows.group_by("customer_idx").agg(day.min().alias("day"))["day"])


def observe_customers(purchase_days: pl.DataFrame, experiences: pl.DataFrame, landmarks: Landmarks) -> pl.DataFrame:
    """Observe each customer on one landmark a year; the customer's number decides the month.

    Args:
        purchase_days: `customer_idx`, `day_idx`, of the customers to observe; one row per customer and day.
        experiences: `customer_idx`, `experienced_on`.
        landmarks: The days to observe.

    Returns:
        As `describe_customers`, with `is_lapsed`; a row per customer and landmark at which the customer was active.
    """
    month = pl.col("customer_idx") % MONTHS_PER_YEAR
    parts = purchase_days.with_columns(month=month).partition_by("month", as_dict=True)
    found = []
    for day in landmarks.days:
        if (days := parts.get((day.month % MONTHS_PER_YEAR,))) is None:
            continue
        ahead = pl.col("day_idx").is_between(
            count_days_since_epoch(day) + 1, count_days_since_epoch(day) + landmarks.lapse_days
        )
        back = days.filter(ahead).select("customer_idx", is_lapsed=pl.lit(value=False)).unique("customer_idx")
        found.append(
            describe_customers(days, experiences, landmarks, day)
            .join(back, on="customer_idx", how="left")
            .with_columns(pl.col("is_lapsed").fill_null(value=True))
        )
    empty = describe_customers(purchase_days.clear(), experiences.clear(), landmarks, dt.date.min)
    return pl.concat([empty.with_columns(is_lapsed=pl.lit(value=True)), *found])


def describe_customers(
    purchase_days: pl.DataFrame, experiences: pl.DataFrame, landmarks: Landmarks, day: dt.date
) -> pl.DataFrame:
    """Describe every customer who bought in the `lapse_days` that end with a day.

    Returns:
        `customer_idx`; `cell` Int64 (a number from 0 for each class of purchase days and of days since the last one);
        `level` Int64 (bad experiences in the window, at most `threshold`). Sorted by customer_idx.
    """
    last = count_days_since_epoch(day)
    since = last - pl.col("day_idx").max()
    place = pl.sum_horizontal((since > end).cast(pl.Int64) for end in SINCE_LAST_DAYS)
    purchases = pl.len().cast(pl.Int64).clip(upper_bound=MOST_PURCHASES) - 1
    suffered = (
        experiences.filter(_is_within(pl.col("experienced_on").cast(pl.Int32), last, landmarks.window_days))
        .group_by("customer_idx")
        .agg(level=pl.len().cast(pl.Int64).clip(upper_bound=landmarks.threshold))
    )
    return (
        purchase_days.filter(_is_within(pl.col("day_idx"), last, landmarks.lapse_days))
        .group_by("customer_idx")
        .agg(cell=purchases * (len(SINCE_LAST_DAYS) + 1) + place)
        .join(suffered, on="customer_idx", how="left")
        .with_columns(pl.col("level").fill_null(0))
        .sort("customer_idx")
    )


def _is_within(day_idx: pl.Expr, last: int, days: int) -> pl.Expr:
    return day_idx.is_between(last - days + 1, last)
