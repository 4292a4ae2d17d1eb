"""The reasons to call a customer: their weights, what to do, and until when.

Put here: the reasons themselves, and their urgency. Keep out: where the signs are found (`service_signs.py`,
`purchase_signs.py`), and the list (`owner_worklists.py`).
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.amounts import MONEY


@dataclass(frozen=True)
class Reason:
    """Why a customer is to be called.

    Attributes:
        weight: How urgent it is, 0 to 1. A convention, not an estimate.
        step: What to do.
    """

    weight: float
    step: str


SIGN: dict[str, PolarsDataType] = {
    "customer_idx": pl.Int32,
    "reason": pl.String,
    "happened_on": pl.Date,
    "until_date": pl.Date,
    "why": pl.String,
    "at_stake": MONEY,
    "at_stake_basis": pl.String,
    "still_to_keep": MONEY,
    "is_settled_by_order": pl.Boolean,
}
"""A sign that a customer is to be called. `happened_on` is NULL for future events; `until_date` is the last day on
which a call helps; `at_stake` and its basis are NULL where it is the customer's yearly value; `still_to_keep` is the
part of it that a call can keep, where the sign has its own estimate; `is_settled_by_order`: an order after
`happened_on` ends the sign."""

MAY_BE_NULL = ("happened_on", "at_stake", "at_stake_basis", "still_to_keep")

YEAR, SUBSCRIPTION, ORDER, UNPAID = "last_active_year", "subscription_year", "average_order", "unpaid_orders"
BASES = (YEAR, SUBSCRIPTION, ORDER, UNPAID)
"""The values of `at_stake_basis`."""

REASONS: dict[str, Reason] = {
    "unanswered_ticket": Reason(1.0, "answer"),
    "service_risk": Reason(1.0, "call_service_risk"),
    "open_complaint": Reason(0.9, "solve"),
    "detractor": Reason(0.8, "call_detractor"),
    "payment_failed": Reason(0.8, "mend_payment"),
    "subscription_ending": Reason(0.7, "keep_subscription"),
    "staying_away": Reason(0.5, "remind"),
    "lapsed": Reason(0.2, "win_back"),
    "offer_due": Reason(0.3, "offer"),
}
"""Reason -> what follows from it. Among reasons with equal priority the first one here leads."""

SOON_DAYS, LATE_DAYS, LATE_SHARE = 7, 90, 0.5
"""A future event has its full weight with at most this many days left, and `LATE_SHARE` of it with `LATE_DAYS`."""


def compute_urgency(as_of: dt.date) -> pl.Expr:
    """The urgency of a sign, Float64, 0 to 1: a past event has its full weight, a future one less.

    Reads `reason`, `happened_on` and `until_date`.
    """
    days_left = (pl.col("until_date") - pl.lit(as_of)).dt.total_days().clip(SOON_DAYS, LATE_DAYS)
    share = 1 - (1 - LATE_SHARE) * (days_left - SOON_DAYS) / (LATE_DAYS - SOON_DAYS)
    weight = look_up_by_reason({name: reason.weight for name, reason in REASONS.items()}, pl.Float64)
    return pl.when(pl.col("happened_on").is_null()).then(share).otherwise(1.0) * weight


def look_up_by_reason(values: dict[str, float] | dict[str, str], data_type: type[pl.DataType]) -> pl.Expr:
    """Look up the value for the `reason` of a row."""
    return pl.col("reason").replace_strict(values, return_dtype=data_type)


def take_sign(**columns: pl.Expr) -> list[pl.Expr]:
    """The columns of `SIGN`: the given ones, else the frame's own; those of `MAY_BE_NULL` are NULL unless given.

    An order does not settle the sign unless `is_settled_by_order` is given.
    """
    unless_given = {**dict.fromkeys(MAY_BE_NULL, pl.lit(None)), "is_settled_by_order": pl.lit(value=False)}
    known = {**unless_given, **columns}
    return [known.get(name, pl.col(name)).cast(kind).alias(name) for name, kind in SIGN.items()]


def count_days(days: pl.Expr) -> pl.Expr:
    """`1 day`, `12 days`."""
    return pl.when(days == 1).then(pl.lit("1 day")).otherwise(pl.format("{} days", days))


def count_orders(orders: pl.Expr) -> pl.Expr:
    """`1 order`, `12 orders`."""
    return pl.when(orders == 1).then(pl.lit("1 order")).otherwise(pl.format("{} orders", orders))
