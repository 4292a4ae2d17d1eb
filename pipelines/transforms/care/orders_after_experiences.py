"""The mart `orders_after_experiences`: what customers did after each kind of bad experience.

`lapse_after_experiences` tells how many experiences of a year weigh how much. Here it is the kind that counts: each bad
experience is looked at once, on the end of its month, beside customers alike who had none in the window.

Put here: who is set beside whom, and what is published per sign. Keep out: landmarks and who is alike (`landmarks.py`),
the comparison (`models/matched_rates.py`).
"""

import datetime as dt
from collections.abc import Sequence

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import BadSign
from regulars.pipelines.models.matched_rates import Bootstrap, Observations, compare_matched
from regulars.pipelines.transforms.care.bad_experiences import FLAGS
from regulars.pipelines.transforms.care.bad_signs import RiskSettings
from regulars.pipelines.transforms.care.landmarks import (
    CELLS,
    Landmarks,
    choose_landmarks,
    describe_customers,
    explain_no_landmark,
    list_days_of_buyers,
    list_known_experiences,
    publish_landmarks,
)
from regulars.pipelines.transforms.care.lapse_after_experiences import DRAWS, FEWEST_MATCHED, FEWEST_UNEXPOSED, SEED
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch

ANY = "any"
LATE_AND_COMPLAINT = "late_and_complaint"
"""An experience of an order that came late and that the customer complained about."""
LATE_AND_COMPLAINT_SIGNS: tuple[BadSign, ...] = ("late_delivery", "complaint")
ORDERED_AGAIN, LAPSED = "ordered_again", "lapsed"
"""What is looked for after the month of an experience."""

ORDERED_AGAIN_DAYS = 90
"""Within so many days after the month a next order is looked for."""

MOST_CUSTOMERS = 100_000
"""Of more customers, so many are enough: every second, third … by number is looked at."""
MONTHS_PER_QUARTER = 3

COLUMNS: dict[str, PolarsDataType] = {
    "sign": pl.String,
    "outcome": pl.String,
    "outcome_days": pl.Int32,
    "observed_customer_months": pl.Int64,
    "compared_customers": pl.Int64,
    "compared_customer_months": pl.Int64,
    "outcome_rate": pl.Float64,
    "expected_outcome_rate": pl.Float64,
    "outcome_ratio": pl.Float64,
    "outcome_ratio_low": pl.Float64,
    "outcome_ratio_high": pl.Float64,
    "first_landmark": pl.Date,
    "last_landmark": pl.Date,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}


def orders_after_experiences(
    bad_experiences: IntoFrame,
    orders: IntoFrame,
    subscriptions: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    service_risk: RiskSettings,
) -> pl.DataFrame:
    """Compare customers in whose month something went wrong with customers alike of whom nothing bad is known.

    Args:
        bad_experiences: `marts.bad_experiences`; `customer_idx`, `experienced_on` and the flags of signs.
        orders: `core.orders`.
        subscriptions: `core.subscriptions`; who ever had one is left out, since orders do not tell whether they stay.
        calendar: `core.calendar`.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        service_risk: Which signs count, and the window without any bad experience of those who are compared with.

    Returns:
        The columns of `COLUMNS`: a row for `any`, for each sign, and for `LATE_AND_COMPLAINT` where both signs count,
        of each outcome.
    """
    flags: dict[str, str] = {sign: FLAGS[sign] for sign in service_risk.signs}
    known = list_known_experiences(bad_experiences, *flags.values())
    together = [flags[sign] for sign in LATE_AND_COMPLAINT_SIGNS if sign in flags]
    if len(together) == len(LATE_AND_COMPLAINT_SIGNS):
        flags[LATE_AND_COMPLAINT] = f"has_{LATE_AND_COMPLAINT}"
        known = known.with_columns(pl.all_horizontal(together).alias(flags[LATE_AND_COMPLAINT]))
    bought = list_days_of_buyers(orders, subscriptions, calendar, as_of)
    bought, known = (_take_some(rows, bought["customer_idx"].n_unique()) for rows in (bought, known))
    found = []
    for outcome, days in ((ORDERED_AGAIN, ORDERED_AGAIN_DAYS), (LAPSED, lapse_days)):
        landmarks = choose_landmarks(
            bought,
            known,
            until=as_of - dt.timedelta(days=days),
            lapse_days=lapse_days,
            window_days=service_risk.window_days,
            threshold=1,
        )
        seen = _look_after_months(bought, known, landmarks, days)
        rows = _compare(seen.with_columns(is_outcome=pl.col("has_ordered") == (outcome == ORDERED_AGAIN)), flags)
        found.append(
            rows.with_columns(
                outcome=pl.lit(outcome),
                outcome_days=pl.lit(days),
                **publish_landmarks(landmarks),
                reason=_explain(landmarks, days, has_experiences=not known.is_empty()),
                as_of=pl.lit(as_of),
            )
        )
    is_known = pl.col("reason").is_null()
    rates = ("outcome_rate", "expected_outcome_rate", "outcome_ratio", "outcome_ratio_low", "outcome_ratio_high")
    return (
        pl.concat(found)
        .with_columns(pl.when(is_known).then(pl.col(rates)), is_complete=is_known)
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    )


def _take_some(rows: pl.DataFrame, customers: int) -> pl.DataFrame:
    """Take the rows of at most `MOST_CUSTOMERS` customers, by their numbers."""
    step = -(-customers // MOST_CUSTOMERS)
    return rows.filter(pl.col("customer_idx") % step == 0) if step > 1 else rows


def _look_after_months(
    bought: pl.DataFrame, experiences: pl.DataFrame, landmarks: Landmarks, days: int
) -> pl.DataFrame:
    """Look at every landmark at those who had something bad in its month, and at those who had nothing in the window.

    A customer alike bought as often and as lately, and is looked at in the same quarter of a year: what comes late in
    December would otherwise be compared with orders of all the year.

    Returns:
        `customer_idx`, `cell`, `has_ordered` (an order in so many days after the landmark), the flags of signs and
        `is_exposed`.
    """
    found = [_look_after_month(bought.clear(), experiences.clear(), landmarks, dt.date.min, days)]
    found += [_look_after_month(bought, experiences, landmarks, day, days) for day in landmarks.days]
    return pl.concat(found)


def _look_after_month(
    bought: pl.DataFrame, experiences: pl.DataFrame, landmarks: Landmarks, day: dt.date, days: int
) -> pl.DataFrame:
    flags = [name for name in experiences.columns if name.startswith("has_")]
    of_month = experiences.filter(pl.col("experienced_on").is_between(day.replace(day=1), day))
    signs = of_month.group_by("customer_idx").agg(pl.col(flags).any(), is_exposed=pl.lit(value=True))
    last = count_days_since_epoch(day)
    ahead = bought.filter(pl.col("day_idx").is_between(last + 1, last + days))
    ordered = ahead.select("customer_idx", has_ordered=pl.lit(value=True)).unique()
    quarter = (day.month - 1) // MONTHS_PER_QUARTER
    return (
        describe_customers(bought, experiences, landmarks, day)
        .join(signs, on="customer_idx", how="left")
        .join(ordered, on="customer_idx", how="left")
        .with_columns(pl.col("is_exposed", "has_ordered", *flags).fill_null(value=False))
        .filter(pl.col("is_exposed") | (pl.col("level") == 0))
        .select("customer_idx", *flags, "is_exposed", "has_ordered", cell=pl.col("cell") + CELLS * quarter)
    )


def _compare(seen: pl.DataFrame, flags: dict[str, str]) -> pl.DataFrame:
    """Compare each sign, and all together, with nothing bad: a row for each, rates NULL where nothing is known."""
    levels: Sequence[tuple[str, pl.Expr]] = [
        (ANY, pl.col("is_exposed")),
        *((sign, pl.col(flag)) for sign, flag in flags.items()),
    ]
    rows = pl.concat(
        seen.filter(condition).select("customer_idx", "cell", "is_outcome", level=pl.lit(level, pl.Int64))
        for level, condition in enumerate((~pl.col("is_exposed"), *(condition for _, condition in levels)))
    )
    observed = Observations(
        subject=rows["customer_idx"].cast(pl.Int64).to_numpy(),
        level=rows["level"].to_numpy(),
        cell=rows["cell"].to_numpy(),
        event=rows["is_outcome"].to_numpy(),
    )
    rates = compare_matched(
        observed, levels=len(levels) + 1, least_unexposed=FEWEST_UNEXPOSED, bootstrap=Bootstrap(DRAWS, SEED)
    )
    return pl.DataFrame(
        {
            "sign": [name for name, _ in levels],
            "observed_customer_months": rates.observations[1:],
            "compared_customers": rates.matched_subjects[1:],
            "compared_customer_months": rates.matched[1:],
            "outcome_rate": rates.observed_rate[1:],
            "expected_outcome_rate": rates.expected_rate[1:],
            "outcome_ratio": rates.ratio[1:],
            "outcome_ratio_low": rates.ratio_low[1:],
            "outcome_ratio_high": rates.ratio_high[1:],
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def _explain(landmarks: Landmarks, days: int, *, has_experiences: bool) -> pl.Expr:
    """Say why nothing is compared; NULL where something is."""
    if not has_experiences:
        return pl.lit("no bad experience of a known customer is known")
    if not landmarks.days:
        return pl.lit(explain_no_landmark(landmarks, days))
    return (
        pl.when(pl.col("compared_customers") < FEWEST_MATCHED)
        .then(
            pl.format(
                "{} customers can be compared with others alike, fewer than {}",
                "compared_customers",
                pl.lit(FEWEST_MATCHED),
            )
        )
        .when(pl.col("outcome_ratio").is_null() | pl.col("outcome_ratio_low").is_null())
        .then(pl.lit("of nobody alike without a bad experience is this known"))
    )
