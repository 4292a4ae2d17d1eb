"""The mart `lapse_proposal`: after how many days without an order a customer of this company is really gone.

Whoever waits too short a time calls customers lost who are only slow; whoever waits too long hears of it too late. The
company's own gaps between purchases say where the balance is: the proposal is the number of days within which 90 % of
those came back who ever come back. Purchases whose next one may still be ahead are neither dropped (only short gaps
would be left) nor counted as lost: see `survival.py`.

Put here: the gaps and what they propose. Keep out: who has lapsed (`churn.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.churn.survival import estimate_survival_curves
from regulars.pipelines.transforms.purchases.purchases import list_purchase_days, read_into_polars

COLUMNS: dict[str, PolarsDataType] = {
    "as_of": pl.Date,
    "lapse_days": pl.Int32,
    "proposed_lapse_days": pl.Int32,
    "purchases": pl.Int64,
    "returns": pl.Int64,
    "return_rate": pl.Float64,
    "days_to_return_50": pl.Int32,
    "days_to_return_75": pl.Int32,
    "days_to_return_90": pl.Int32,
    "days_to_return_95": pl.Int32,
    "returns_in_time_rate": pl.Float64,
    "observed_days": pl.Int32,
    "reason": pl.String,
}
SHARES = (50, 75, 90, 95)
PROPOSED_SHARE = 90
"""In percent: of ten customers who come back, at most one is called lost before."""

ENOUGH = 100
"""Returns needed for a proposal; and purchases that must still be observed for the longest gap looked at."""


def lapse_proposal(orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date, lapse_days: int) -> pl.DataFrame:
    """One row: the proposal, what it rests on, and how the present setting does.

    Args:
        orders: `core.orders`; `customer_idx`, `order_date`, `is_countable`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.
        lapse_days: The present setting.

    Returns:
        The columns of `COLUMNS`; what is not known is NULL, and `reason` says why.
    """
    gaps = list_gaps(read_into_polars(list_purchase_days(orders, calendar, as_of=as_of)), as_of)
    returns = int(gaps["is_event"].sum())
    facts = {"as_of": as_of, "lapse_days": lapse_days, "purchases": gaps.height, "returns": returns}
    if returns < ENOUGH:
        facts["reason"] = f"fewer than {ENOUGH} purchases were followed by another one"
    else:
        facts |= _propose_lapse_days(gaps, lapse_days)
    return pl.DataFrame([facts], schema=COLUMNS)


def list_gaps(purchase_days: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """The days from each purchase to the customer's next, or to `as_of` where there is none yet.

    Args:
        purchase_days: `customer_idx`, `day_idx`: one row per customer and day with an order, up to `as_of`.
        as_of: Last day that counts.

    Returns:
        `days` Int32, `is_event` (there was a next purchase); without the unknown customer.
    """
    known = purchase_days.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
    last_day = pl.lit(as_of).cast(pl.Int32)
    return (
        known.sort(pl.col("customer_idx").cast(pl.Int64) * 2**32 + pl.col("day_idx"))
        .with_columns(is_event=(pl.col("customer_idx") == pl.col("customer_idx").shift(-1)).fill_null(False))
        .select(
            "is_event",
            days=pl.when("is_event").then(pl.col("day_idx").shift(-1)).otherwise(last_day) - pl.col("day_idx"),
        )
    )


def _propose_lapse_days(gaps: pl.DataFrame, lapse_days: int) -> dict[str, object]:
    curve = estimate_survival_curves(gaps.with_columns(group=0), ["group"]).filter(pl.col("at_risk") >= ENOUGH)
    returned = curve.select("days", share=1 - pl.col("survival"))
    observed, ever = int(curve["days"].max()), float(returned["share"].max())  # type: ignore[arg-type]
    within = {share: _find_first_day(returned, ever * share / 100) for share in SHARES}
    in_time = returned.filter(pl.col("days") <= lapse_days).select(pl.col("share").max().fill_null(0.0)).item()
    proposed = within[PROPOSED_SHARE]
    is_cut_off = 2 * proposed > observed
    return {
        "proposed_lapse_days": proposed,
        "return_rate": ever,
        **{f"days_to_return_{share}": days for share, days in within.items()},
        "returns_in_time_rate": in_time / ever if lapse_days <= observed else None,
        "observed_days": observed,
        "reason": f"gaps of more than {observed} days cannot be seen yet: the proposal may grow"
        if is_cut_off
        else None,
    }


def _find_first_day(returned: pl.DataFrame, share: float) -> int:
    """The first day by which so many have returned; rounding may not push it one day on."""
    return int(returned.filter(pl.col("share") >= share - 1e-12)["days"].min())  # type: ignore[arg-type]
