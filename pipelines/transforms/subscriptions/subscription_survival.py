"""The mart `subscription_survival`: the share of subscriptions left after each month, observed and expected.

Observed survival is the product of the monthly renewal rates (Kaplan and Meier 1958); subscriptions of every age count
for the months that they have reached. Expected survival is that of the shifted-beta-geometric model (Fader and Hardie
2007), fitted on the same subscriptions, with its standard error; it continues beyond the oldest subscription. Where
subscribers do not differ detectably, the geometric model, which is its limit, takes its place.

Put here: months survived, and both curves. Keep out: the model (`pipelines/models/shifted_beta_geo.py`).
"""

import datetime as dt

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.models.geometric_renewal import GeometricRenewalModel
from regulars.pipelines.models.names import GEOMETRIC, SHIFTED_BETA_GEOMETRIC
from regulars.pipelines.models.shifted_beta_geo import ShiftedBetaGeoModel
from regulars.pipelines.transforms.day_numbers import number_months
from regulars.pipelines.transforms.purchases.survival import bound_survival
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods, list_runs, starts_key

COLUMNS: dict[str, PolarsDataType] = {
    "dimension": pl.String,
    "dimension_value": pl.String,
    "months_since_start": pl.Int64,
    "at_risk": pl.Int64,
    "survivors": pl.Int64,
    "observed_retention_rate": pl.Float64,
    "observed_survival": pl.Float64,
    "observed_survival_low": pl.Float64,
    "observed_survival_high": pl.Float64,
    "expected_retention_rate": pl.Float64,
    "expected_survival": pl.Float64,
    "expected_survival_error": pl.Float64,
    "is_projected": pl.Boolean,
    "model": pl.String,
    "reason": pl.String,
    "as_of": pl.Date,
}
MONTHS_AHEAD = 24
"""Months that are projected beyond the last observed one."""

FEWEST_SUBSCRIPTIONS = 30
FEWEST_ENDS = 10
"""The fewest subscriptions that could renew, and the fewest ends among them, for a model."""

SAME = 0.01
"""Two models whose log-likelihoods differ by less are not distinguished."""

MODELS: dict[type, str] = {ShiftedBetaGeoModel: SHIFTED_BETA_GEOMETRIC, GeometricRenewalModel: GEOMETRIC}
ROW = ["dimension", "dimension_value"]


def subscription_survival(subscriptions: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Compute observed and expected survival: one row per dimension value and month since the start.

    Args:
        subscriptions: `core.subscriptions`. The first run of each counts, until its first end.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by dimension, value and month; month 0 is the start. Empty without
        subscriptions.
    """
    lifetimes = list_lifetimes(list_runs(list_live_periods(subscriptions), as_of), as_of)
    if lifetimes.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    split = split_by_dimension(lifetimes)
    expected = pl.concat([_compute_expected_survival(key, each) for key, each in split.group_by(ROW)])
    return (
        count_survivors(split)
        .join(expected, on=[*ROW, "months_since_start"], how="right", maintain_order="right")
        .with_columns(pl.col("at_risk", "survivors").fill_null(0), as_of=pl.lit(as_of))
        .sort(*ROW, "months_since_start")
        .with_columns(**_compute_observed_survival())
        .pipe(_bound_observed_survival)
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    )


def list_lifetimes(runs: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """List how many months each subscription survived, and how many it could have; one row per subscription.

    A month is survived when the subscription is charged on the day the next one begins: the same day of the next
    calendar month, or its last. Only months that are over by `as_of` count, for early ends as for the others.

    Args:
        runs: As `subscription_periods.list_runs` returns them; the first of each subscription is used.
        as_of: Last day that counts.

    Returns:
        `plan`, `start_year`, `observed` (whole months from the start to `as_of`), `survived` (of these), `churned`
        (whether it ended in the month after the survived ones, and that month is over).
    """
    first = runs.filter(starts_key("subscription"))
    last_day = pl.min_horizontal(pl.col("end").dt.offset_by("-1d"), pl.lit(as_of))
    return first.select(
        "plan",
        start_year=pl.col("start").dt.year().cast(pl.String),
        observed=count_whole_months(pl.col("start"), pl.lit(as_of)),
        survived=count_whole_months(pl.col("start"), last_day),
    ).with_columns(churned=pl.col("survived") < pl.col("observed"))


def count_whole_months(start: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Count whole months from `start` to `day`; a month from the 31st ends on the last day of a shorter month."""
    months = number_months(day) - number_months(start)
    is_short = start.dt.offset_by(pl.format("{}mo", months)) > day
    return (months - is_short.cast(pl.Int32)).cast(pl.Int64)


def split_by_dimension(lifetimes: pl.DataFrame) -> pl.DataFrame:
    """Repeat every lifetime once per dimension."""
    of = {ALL: pl.lit(ALL), "plan": pl.col("plan"), "start_year": pl.col("start_year")}
    return pl.concat(
        lifetimes.select("observed", "survived", "churned", dimension=pl.lit(name, pl.String), dimension_value=value)
        for name, value in of.items()
    )


def count_survivors(split: pl.DataFrame) -> pl.DataFrame:
    """Count `at_risk` (reached the month, which is over) and `survivors` per dimension value and month."""
    month = pl.col("months_since_start")
    last = pl.min_horizontal("observed", pl.col("survived") + 1)
    counted = split.group_by(*ROW, "survived", last.alias("last")).len("n")
    return (
        counted.with_columns(months_since_start=pl.int_ranges(0, pl.col("last") + 1))
        .explode("months_since_start")
        .group_by(*ROW, "months_since_start")
        .agg(
            at_risk=pl.col("n").sum().cast(pl.Int64),
            survivors=pl.col("n").filter(pl.col("survived") >= month).sum().cast(pl.Int64),
        )
    )


def _compute_observed_survival() -> dict[str, pl.Expr]:
    """Compute the observed columns; NULL from the first month that no subscription has reached."""
    is_seen = pl.col("at_risk") > 0
    rate = pl.when(is_seen).then(pl.col("survivors") / pl.col("at_risk"))
    return {
        "observed_retention_rate": rate,
        "observed_survival": rate.cum_prod().over(ROW),
        "is_projected": ~is_seen,
    }


def _bound_observed_survival(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the interval of the observed survival; NULL where that is not known, 0 or 1: the method has none there."""
    ends = (pl.col("at_risk") - pl.col("survivors")).alias("events")
    curves = rows.select(*ROW, "at_risk", ends, pl.col("observed_survival").alias("survival"))
    bounds = bound_survival(curves, ROW)
    is_bounded = (pl.col("at_risk") > 0) & pl.col("observed_survival").is_between(0, 1, closed="none")
    return rows.with_columns(
        observed_survival_low=pl.when(is_bounded).then(bounds["low"]),
        observed_survival_high=pl.when(is_bounded).then(bounds["high"]),
    )


def _compute_expected_survival(key: tuple[object, ...], lifetimes: pl.DataFrame) -> pl.DataFrame:
    """Compute the expected columns of one dimension value, one row per month; NULL without a model."""
    oldest = int(lifetimes.select(pl.min_horizontal("observed", pl.col("survived") + 1).max()).item())
    months = np.arange(oldest + MONTHS_AHEAD + 1)
    frame = pl.DataFrame({"months_since_start": months}).with_columns(
        pl.lit(key[0], pl.String).alias("dimension"),
        pl.lit(key[1], pl.String).alias("dimension_value"),
    )
    model, reason = fit_lifetimes(lifetimes)
    names = ("expected_retention_rate", "expected_survival", "expected_survival_error")
    frame = frame.with_columns(reason=pl.lit(reason, pl.String), model=pl.lit(MODELS.get(type(model)), pl.String))
    if model is None:
        return frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in names)
    rates = np.append(1.0, model.retention_rate(months[1:]))
    curves = (rates, model.survival(months), model.survival_error(months))
    return frame.with_columns(pl.Series(name, curve) for name, curve in zip(names, curves, strict=True))


def fit_lifetimes(
    lifetimes: pl.DataFrame,
) -> tuple[ShiftedBetaGeoModel | GeometricRenewalModel | None, str | None]:
    """Fit the shifted-beta-geometric model, or the geometric one where subscribers do not differ detectably.

    Args:
        lifetimes: `observed`, `survived`, `churned`, as `list_lifetimes` returns them.

    Returns:
        The model (None where there is none), and the reason unless it is the shifted-beta-geometric model.
    """
    faced = lifetimes.filter(pl.col("observed") > 0)
    ends = int(faced["churned"].sum())
    if len(faced) < FEWEST_SUBSCRIPTIONS or ends < FEWEST_ENDS:
        return None, (
            f"too few to project: {len(faced)} subscriptions could renew and {ends} of them did not; at least "
            f"{FEWEST_SUBSCRIPTIONS} and {FEWEST_ENDS} are needed"
        )
    survived, churned = faced["survived"].to_numpy(), faced["churned"].to_numpy()
    model = ShiftedBetaGeoModel.fit(survived, churned)
    if model.converged and not model.at_boundary:
        return model, None
    alike = GeometricRenewalModel.fit(survived, churned)
    if alike.log_likelihood > model.log_likelihood - SAME:
        return alike, "subscribers do not differ detectably in how easily they leave: one monthly renewal rate for all"
    return None, f"the model does not fit: {model.message}"
