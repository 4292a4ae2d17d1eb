"""The mart `subscription_survival`: how many subscriptions are left after each month, and how many will be.

Observed survival multiplies, month by month, the share of those who could have renewed and did (Kaplan and Meier 1958):
subscriptions of every age count as far as they have come. Expected survival is the shifted-beta-geometric model's
(Fader and Hardie 2007), fitted on the same subscriptions, with its standard error; it goes on where nobody has been.
Where subscribers do not seem to differ it is the geometric model's, to which the other one runs.

Put here: months survived, and both curves. Keep out: the model (`pipelines/models/shifted_beta_geo.py`).
"""

import datetime as dt

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.models.geometric_renewal import GeometricRenewalModel
from regulars.pipelines.models.names import GEOMETRIC, SHIFTED_BETA_GEOMETRIC
from regulars.pipelines.models.shifted_beta_geo import ShiftedBetaGeoModel
from regulars.pipelines.transforms.subscriptions.subscription_periods import begins, list_paid_periods, list_runs

COLUMNS: dict[str, PolarsDataType] = {
    "dimension": pl.String,
    "dimension_value": pl.String,
    "months_since_start": pl.Int64,
    "at_risk": pl.Int64,
    "survivors": pl.Int64,
    "observed_retention_rate": pl.Float64,
    "observed_survival": pl.Float64,
    "expected_retention_rate": pl.Float64,
    "expected_survival": pl.Float64,
    "expected_survival_error": pl.Float64,
    "is_projected": pl.Boolean,
    "model": pl.String,
    "reason": pl.String,
    "as_of": pl.Date,
}
MONTHS_AHEAD = 24
"""How far the model is carried beyond the last month that anybody has come to."""

FEWEST_SUBSCRIPTIONS = 30
FEWEST_ENDS = 10
"""With fewer subscriptions that could renew, or fewer that did not, there is no model."""

SAME = 0.01
"""Log-likelihoods that differ by less tell two models not apart."""

MODELS: dict[type, str] = {ShiftedBetaGeoModel: SHIFTED_BETA_GEOMETRIC, GeometricRenewalModel: GEOMETRIC}
ROW = ["dimension", "dimension_value"]


def subscription_survival(subscriptions: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """One row per dimension value and month since the start, some of them still to come.

    Args:
        subscriptions: `core.subscriptions`. Of each the first run counts, until its first end.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by dimension, value and month; month 0 is the start. Empty without
        subscriptions.
    """
    lifetimes = list_lifetimes(list_runs(list_paid_periods(subscriptions), as_of), as_of)
    if lifetimes.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    split = split_by_dimension(lifetimes)
    expected = pl.concat([_expected_survival(key, each) for key, each in split.group_by(ROW)])
    return (
        count_survivors(split)
        .join(expected, on=[*ROW, "months_since_start"], how="right", maintain_order="right")
        .with_columns(pl.col("at_risk", "survivors").fill_null(0), as_of=pl.lit(as_of))
        .sort(*ROW, "months_since_start")
        .with_columns(**_observed_survival())
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    )


def list_lifetimes(runs: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """One row per subscription: how many months it survived, and how many it could have.

    A month is survived when the subscription is charged on the day the next one begins: the same day of the next
    calendar month, or its last. Only months that are over by `as_of` count, so that those who left early in a month do
    not count before those who stay can.

    Args:
        runs: As `subscription_periods.list_runs` gives them; the first of each subscription is used.
        as_of: Last day that counts.

    Returns:
        `plan`, `start_year`, `observed` (whole months from the start to `as_of`), `survived` (of these), `churned`
        (whether it ended in the month after the survived ones, and that month is over).
    """
    first = runs.filter(begins("subscription"))
    last_day = pl.min_horizontal(pl.col("end").dt.offset_by("-1d"), pl.lit(as_of))
    return first.select(
        "plan",
        start_year=pl.col("start").dt.year().cast(pl.String),
        observed=whole_months(pl.col("start"), pl.lit(as_of)),
        survived=whole_months(pl.col("start"), last_day),
    ).with_columns(churned=pl.col("survived") < pl.col("observed"))


def whole_months(start: pl.Expr, day: pl.Expr) -> pl.Expr:
    """How many whole months have passed on `day`; from the 31st a month is over on the last day of a shorter one."""
    months = (day.dt.year() - start.dt.year()) * 12 + day.dt.month().cast(pl.Int32) - start.dt.month().cast(pl.Int32)
    is_short = start.dt.offset_by(pl.format("{}mo", months)) > day
    return (months - is_short.cast(pl.Int32)).cast(pl.Int64)


def split_by_dimension(lifetimes: pl.DataFrame) -> pl.DataFrame:
    """Every lifetime once per dimension."""
    of = {"all": pl.lit("all"), "plan": pl.col("plan"), "start_year": pl.col("start_year")}
    return pl.concat(
        lifetimes.select("observed", "survived", "churned", dimension=pl.lit(name, pl.String), dimension_value=value)
        for name, value in of.items()
    )


def count_survivors(split: pl.DataFrame) -> pl.DataFrame:
    """Per dimension value and month: `at_risk`, who was there before it and whose month is over; and `survivors`."""
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


def _observed_survival() -> dict[str, pl.Expr]:
    """What was seen; NULL from the month on that nobody has come to."""
    is_seen = pl.col("at_risk") > 0
    rate = pl.when(is_seen).then(pl.col("survivors") / pl.col("at_risk"))
    return {
        "observed_retention_rate": rate,
        "observed_survival": rate.cum_prod().over(ROW),
        "is_projected": ~is_seen,
    }


def _expected_survival(key: tuple[object, ...], lifetimes: pl.DataFrame) -> pl.DataFrame:
    """One row per month of one dimension value; the model's columns are NULL where there is none."""
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
    """The sBG of some lifetimes; where subscribers do not seem to differ, what it runs to: one chance for all.

    Args:
        lifetimes: `observed`, `survived`, `churned`, as `list_lifetimes` gives them.

    Returns:
        The model, and in plain words why it is no sBG, or why there is none.
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
        return alike, "subscribers do not seem to differ in how easily they leave: one chance for all and every month"
    return None, f"the model does not fit: {model.message}"
