"""The mart `lapse_proposal`: a value for `lapse_days`, proposed from the company's own gaps between purchases.

A `lapse_days` that is too short counts slow customers as lost; one that is too long notices the loss late. The proposal
is the number of days within which 90 % of all returning customers have returned. Purchases without a next one yet are
censored, neither dropped (only short gaps would remain) nor counted as lost: see `survival.py`.

Put here: the gaps and what they propose. Keep out: who has lapsed (`churn.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.purchases.purchases import list_purchase_days, read_into_polars
from regulars.pipelines.transforms.purchases.survival import estimate_survival_curves

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
"""Percent of returning customers who return within the proposal: at most one in ten counts as lost before."""

ENOUGH = 100
"""Returns that a proposal needs, and purchases that must be at risk for a gap to be considered."""


def lapse_proposal(orders: IntoFrame, calendar: IntoFrame, *, as_of: dt.date, lapse_days: int) -> pl.DataFrame:
    """Propose a value for `lapse_days`: one row, with the numbers behind it and those of the current setting.

    Args:
        orders: `core.orders`; `customer_idx`, `order_date`, `is_countable`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.
        lapse_days: The current setting.

    Returns:
        The columns of `COLUMNS`; unknown values are NULL, and `reason` says why.
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
    """List the days from each purchase to the next one of the same customer, or to `as_of` where there is none yet.

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
    in_time_rate = in_time / ever if lapse_days <= observed else None
    return {
        "proposed_lapse_days": proposed,
        "return_rate": ever,
        **{f"days_to_return_{share}": days for share, days in within.items()},
        "returns_in_time_rate": in_time_rate,
        "observed_days": observed,
        "reason": _give_reason(proposed, observed, lapse_days, in_time_rate),
    }


def _give_reason(proposed: int, observed: int, lapse_days: int, in_time_rate: float | None) -> str | None:
    """Say whether the proposal may still grow, and what the setting does where it differs from it."""
    said = []
    if 2 * proposed > observed:
        said.append(f"gaps of more than {observed} days cannot be seen yet: the proposal may grow")
    if lapse_days > proposed:
        share = "" if in_time_rate is None else f"{in_time_rate:.1%} of the returns come in time, but "
        more = lapse_days - proposed
        said.append(f"lapse_days is {lapse_days}, {more} days more than proposed: {share}a loss is noticed later")
    elif lapse_days < proposed and in_time_rate is not None:
        late, less = 1 - in_time_rate, proposed - lapse_days
        said.append(
            f"lapse_days is {lapse_days}, {less} days less than proposed: {late:.1%} of the returns are of customers "
            "who count as lost until then"
        )
    return "; ".join(said) or None


def _find_first_day(returned: pl.DataFrame, share: float) -> int:
    """Find the first day by which this share has returned; the tolerance keeps rounding from adding a day."""
    return int(returned.filter(pl.col("share") >= share - 1e-12)["days"].min())  # type: ignore[arg-type]
