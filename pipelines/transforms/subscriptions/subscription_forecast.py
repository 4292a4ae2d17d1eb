"""Predicted revenue of the subscriptions that are live on a day, from how long the company's subscriptions last.

Every live subscription continues at its price of the day, and is renewed month by month with the probability of the
survival curve (`subscription_survival.py`) at its age. A subscription cancelled by the day is charged until its known
end. A paused or free one has no revenue until it is charged again; new subscriptions and changes of price are not
predicted. Only what was known on the day counts, so that predictions for a past day can be tested.

Put here: live subscriptions and their future revenue, by customer. Keep out: the maths
(`pipelines/models/renewal/months_ahead.py`), its use in customer value (`clv/values/subscription_value.py`).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.geometric_renewal import GeometricRenewalModel
from regulars.pipelines.models.renewal.months_ahead import MonthsAhead, expect_months, find_months_interval
from regulars.pipelines.models.shifted_beta_geo import ShiftedBetaGeoModel
from regulars.pipelines.transforms.day_numbers import DAYS_PER_YEAR, MONTHS_PER_YEAR
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_runs
from regulars.pipelines.transforms.subscriptions.subscription_survival import (
    MODELS,
    count_whole_months,
    fit_lifetimes,
    list_lifetimes,
)

DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR

SurvivalModel = ShiftedBetaGeoModel | GeometricRenewalModel


@dataclass(frozen=True)
class FittedSurvival:
    """How long subscriptions last, from what is known on a day.

    Attributes:
        model: None where there are too few subscriptions.
        reason: Why there is no model, or not the usual one; None for the usual one.
    """

    model: SurvivalModel | None
    reason: str | None

    @property
    def name(self) -> str | None:
        """The name of the model in tables."""
        return None if self.model is None else MODELS[type(self.model)]

    def find_chances(self, renewals: FloatArray, ahead: int) -> FloatArray:
        """The probabilities (n, ahead + 1) of at least 0, 1, 2 … more renewals, after (n,) renewals."""
        times = np.arange(ahead + 1, dtype=np.float64)
        if isinstance(self.model, ShiftedBetaGeoModel):
            return self.model.survival(times[None, :], renewals[:, None])
        if self.model is None:
            raise ValueError("there is no model of survival")
        return np.broadcast_to(self.model.survival(times), (renewals.size, ahead + 1))


def fit_survival(periods: pl.DataFrame, day: dt.date) -> FittedSurvival:
    """Fit how long subscriptions last, from what had begun and ended by `day`.

    Args:
        periods: As `subscription_periods.list_live_periods` returns them; later ones are ignored.
        day: Last day that counts.
    """
    return FittedSurvival(*fit_lifetimes(list_lifetimes(list_runs(periods, day), day)))


def list_live_subscriptions(periods: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """List the subscriptions of known customers that are live on `day`, as far as they were known by then.

    Args:
        periods: As `subscription_periods.list_live_periods` returns them.
        day: The day.

    Returns:
        `customer_idx` Int32; `monthly_amount` Float64, what is charged on the day (0 while paused or free); `renewals`
        (whole months since the start) Int64; `elapsed` Float64 (the share of the current month that is over, 0 to below
        1); `months_to_end` Float64 (NULL unless it was cancelled by the day). Sorted by customer_idx.
    """
    is_on = (pl.col("active_from") <= day) & (pl.col("active_until").is_null() | (pl.col("active_until") > day))
    amounts = (
        periods.filter(is_on)
        .group_by("subscription")
        .agg(pl.col("monthly_amount").filter("is_charged").sum().cast(pl.Float64))
    )
    is_live = pl.col("end").is_null() | (pl.col("end") > day)
    # an end after the day was known only if it was cancelled by then; a term that ends may be renewed
    is_known_end = pl.col("end").is_not_null() & pl.col("is_cancelled") & (pl.col("cancel_date") <= day)
    renewals = count_whole_months(pl.col("start"), pl.lit(day))
    began, next_begins = (pl.col("start").dt.offset_by(pl.format("{}mo", pl.col("renewals") + more)) for more in (0, 1))
    tomorrow = pl.lit(day + dt.timedelta(days=1))
    return (
        list_runs(periods, day)
        .filter(is_live, pl.col("subscriber") > 0)
        .drop("monthly_amount")
        .join(amounts, on="subscription")
        .with_columns(renewals=renewals)
        .with_columns(
            # `day` is over, so that a month that begins on it has lasted one day
            elapsed=((tomorrow - began).dt.total_days() / (next_begins - began).dt.total_days()).clip(0.0, 1 - 1e-9),
            months_to_end=pl.when(is_known_end).then(
                (pl.col("end") - tomorrow).dt.total_days().clip(lower_bound=0) / DAYS_PER_MONTH
            ),
        )
        .select(
            pl.col("subscriber").cast(pl.Int32).alias("customer_idx"),
            "monthly_amount",
            "renewals",
            "elapsed",
            "months_to_end",
        )
        .sort("customer_idx", "renewals", "elapsed", "monthly_amount", "months_to_end")
    )


def predict_revenue(live: pl.DataFrame, survival: FittedSurvival, ahead: Sequence[MonthsAhead]) -> list[pl.DataFrame]:
    """Predict the revenue of live subscriptions: one frame per length of time, with one row per customer.

    Args:
        live: As `list_live_subscriptions` returns them.
        survival: As `fit_survival` returns it.
        ahead: The lengths of time.

    Returns:
        `customer_idx`, `expected`, `low`, `high` and `nominal_coverage`, Float64, sorted by customer_idx. The intervals
        of several subscriptions of one customer are added up, as if they ended together, so they are never too narrow.
        NULL without a model, unless every subscription of the customer has a known end.
    """
    return [_add_up(live.hstack(_predict(live, survival, each))) for each in ahead]


def _predict(live: pl.DataFrame, survival: FittedSurvival, ahead: MonthsAhead) -> pl.DataFrame:
    """Predict every subscription: `expected`, `low`, `high`, `nominal_coverage`."""
    amount = live["monthly_amount"].to_numpy()
    is_known = live["months_to_end"].is_not_null().to_numpy()
    until_end = ahead.discount(live["months_to_end"].fill_null(0).to_numpy())
    expected, low, high = (np.where(is_known, until_end, np.nan) for _ in range(3))
    coverage = np.where(is_known, 1.0, np.nan)
    if survival.model is not None:
        renewals, elapsed = live["renewals"].to_numpy(), live["elapsed"].to_numpy()
        # one age at a time, so that memory does not grow with subscriptions × months
        for age in np.unique(renewals[~is_known]):
            mine = np.flatnonzero(~is_known & (renewals == age))
            chances = survival.find_chances(np.array([float(age)]), ahead.chances)
            curves = np.broadcast_to(chances, (mine.size, chances.shape[1]))
            expected[mine] = expect_months(curves, elapsed[mine], ahead)
            found = find_months_interval(curves, elapsed[mine], ahead)
            low[mine], high[mine], coverage[mine] = found.low, found.high, found.probability
    columns = {"expected": amount * expected, "low": amount * low, "high": amount * high, "nominal_coverage": coverage}
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))


def _add_up(predicted: pl.DataFrame) -> pl.DataFrame:
    """Add up the subscriptions of each customer; NULL where one of them is."""
    amounts = ("expected", "low", "high")
    return (
        predicted.group_by("customer_idx", maintain_order=True)
        .agg(
            *(
                pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sort().sum()).alias(name)
                for name in amounts
            ),
            pl.when(pl.col("nominal_coverage").is_not_null().all())
            .then(pl.col("nominal_coverage").min())
            .alias("nominal_coverage"),
        )
        .sort("customer_idx")
    )
