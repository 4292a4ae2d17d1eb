"""The table `meta.clv_models`: the parameters of every lifetime model, with their uncertainty.

Every model is fitted twice: on the history before the holdout, to be evaluated on the holdout, and on all history up to
`as_of`, to predict.

Put here: which models are fitted, on which customers, and the conversion of fits to rows and back.
Keep out: the maths (`pipelines/models`), predictions (`forecasts.py`), which method is chosen (`clv_evaluation.py`).
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.fitting.fitting import Fit
from regulars.pipelines.models.gamma_gamma import GammaGammaModel, spend_frequency_correlation
from regulars.pipelines.models.names import BY_COHORT, GAMMA_GAMMA, PURCHASE_MODELS
from regulars.pipelines.transforms.clv.purchase_history import (
    choose_calibration_end,
    list_customer_days,
    summarise_history,
)

COLUMNS: dict[str, PolarsDataType] = {
    "model": pl.String,
    "segment": pl.String,
    "segment_from": pl.Date,
    "parameter": pl.String,
    "estimate": pl.Float64,
    "standard_error": pl.Float64,
    "correlations": pl.String,
    "log_likelihood": pl.Float64,
    "converged": pl.Boolean,
    "at_boundary": pl.Boolean,
    "fitted_customers": pl.Int64,
    "trained_through": pl.Date,
    "reason": pl.String,
    "as_of": pl.Date,
}
CUSTOMERS_FOR_A_MODEL, REPEATERS_FOR_A_MODEL = 100, 30
"""The fewest customers, and repeat customers among them, for the four parameters of a model."""

CUSTOMERS_FOR_A_COHORT, REPEATERS_FOR_A_COHORT, COHORTS_AT_MOST = 300, 100, 6
TOO_MUCH_CORRELATION = 0.3
"""Gamma-Gamma assumes that spend and frequency are independent; above this correlation the assumption is too wrong."""

CUSTOMERS_TO_FIT_AT_MOST = 100_000
"""A model is fitted on at most this many customers, every n-th of a larger base: the parameters are then known to about
1 %, well below the error of any model, and a run of a million customers is minutes shorter. Predictions cover all
customers."""


@dataclass(frozen=True)
class TrainedModels:
    """The models of `meta.clv_models` that were trained through one day.

    Attributes:
        dropout: Name -> (first day of the segment or None for the whole base, model), in the order of the days.
        spend: The Gamma-Gamma model; None where too few customers bought again.
    """

    dropout: Mapping[str, list[tuple[dt.date | None, DropoutModel]]]
    spend: GammaGammaModel | None


def clv_models(orders: IntoFrame, refunds: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Fit every model: one row per model, segment, parameter and last day of training.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted; empty where there are too few customers.
    """
    days = list_customer_days(orders, refunds, calendar, as_of=as_of)
    cut = choose_calibration_end(days, as_of)
    fits = [
        rows
        for until in (cut, as_of)
        if until is not None
        for rows in fit_candidates(summarise_history(days, until=until), trained_through=until)
    ]
    rows = [row | {"as_of": as_of} for fit in fits for row in fit]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row").sort(
        "trained_through", "model", "segment_from", maintain_order=True
    )


def fit_candidates(history: pl.DataFrame, *, trained_through: dt.date) -> Iterator[list[dict[str, object]]]:
    """Yield the rows of each fit: every dropout model on the whole base and by cohort, and the spend model.

    Args:
        history: As `summarise_history` returns it, up to `trained_through`.
        trained_through: The last day that the histories know.
    """
    sample = sample_customers(history, CUSTOMERS_TO_FIT_AT_MOST)
    if not has_enough_customers(sample):
        return
    starts = choose_cohorts(sample)
    cohorts = _split_by_cohort(sample, starts) if len(starts) > 1 else []
    for name, purchase_model in PURCHASE_MODELS.items():
        kind = purchase_model.load()
        for model, segment_from, customers in [
            (name, None, sample),
            *((name + BY_COHORT, start, members) for start, members in cohorts),
        ]:
            fitted = kind.fit(*(customers[column].to_numpy() for column in ("frequency", "recency", "T")))
            yield _list_parameters(model, segment_from, fitted.fitted, customers.height, trained_through)
    yield from _fit_spend(sample, trained_through)


def _fit_spend(sample: pl.DataFrame, trained_through: dt.date) -> Iterator[list[dict[str, object]]]:
    """Fit the spend model, unless too few customers bought again; the message says if its assumption fails."""
    spenders = sample.filter(pl.col("monetary_value") > 0)
    if spenders.height < REPEATERS_FOR_A_MODEL:
        return
    spends = spenders["frequency"].to_numpy(), spenders["monetary_value"].to_numpy()
    fit = GammaGammaModel.fit(*spends).fitted
    correlation = spend_frequency_correlation(*spends)
    if abs(correlation) > TOO_MUCH_CORRELATION:
        words = f"who buys more often spends {'more' if correlation > 0 else 'less'} each time (correlation "
        fit = replace(
            fit, message="; ".join(filter(None, [fit.message, f"{words}{correlation:.2f}): values are rough"]))
        )
    yield _list_parameters(GAMMA_GAMMA, None, fit, spenders.height, trained_through)


def has_enough_customers(history: pl.DataFrame) -> bool:
    """Whether there are enough customers, and repeat customers, to fit a model."""
    return history.height >= CUSTOMERS_FOR_A_MODEL and (history["frequency"] > 0).sum() >= REPEATERS_FOR_A_MODEL


def sample_customers(history: pl.DataFrame, at_most: int) -> pl.DataFrame:
    """Select every n-th customer, so that at most `at_most` remain; the same ones for the same history."""
    return history.gather_every(-(-history.height // at_most)) if history.height > at_most else history


def choose_cohorts(history: pl.DataFrame) -> list[dt.date]:
    """Choose cohorts of quarters with enough customers and repeat customers; returns the first day of each.

    Customers whose first known purchase lies at the beginning of the data are mostly older customers: one set of
    parameters for them and for new customers fits neither. At most `COHORTS_AT_MOST` cohorts are made, so that each can
    be fitted. The last one holds all later quarters.
    """
    quarters = (
        history.group_by(start=pl.col("first_order_date").dt.truncate("1q"))
        .agg(customers=pl.len(), repeaters=(pl.col("frequency") > 0).sum())
        .sort("start")
    )
    wanted = max(CUSTOMERS_FOR_A_COHORT, history.height / COHORTS_AT_MOST)
    starts: list[dt.date] = []
    customers = repeaters = 0
    for start, more_customers, more_repeaters in quarters.iter_rows():
        if not starts or (customers >= wanted and repeaters >= REPEATERS_FOR_A_COHORT):
            starts.append(start)
            customers = repeaters = 0
        customers, repeaters = customers + more_customers, repeaters + more_repeaters
    if len(starts) > 1 and (customers < wanted / 2 or repeaters < REPEATERS_FOR_A_COHORT):
        starts.pop()  # the newest customers are too few, or too new, for a fit of their own
    return starts


def read_models(clv_models: pl.DataFrame, trained_through: dt.date) -> TrainedModels:
    """Read the models trained through a day; a model is left out if any of its segments has not converged."""
    of_day = clv_models.filter(pl.col("trained_through") == trained_through).sort("model", "segment_from")
    dropout: dict[str, list[tuple[dt.date | None, DropoutModel]]] = {}
    broken = set(of_day.filter(~pl.col("converged"))["model"])
    spend = None
    for (model, segment_from), rows in of_day.group_by("model", "segment_from", maintain_order=True):
        if model in broken:
            continue
        if model == GAMMA_GAMMA:
            spend = GammaGammaModel(_read_fit(GammaGammaModel.NAMES, rows))
        else:
            kind = PURCHASE_MODELS[str(model).removesuffix(BY_COHORT)].load()
            start = segment_from if isinstance(segment_from, dt.date) else None
            dropout.setdefault(str(model), []).append((start, kind(_read_fit(kind.NAMES, rows))))
    return TrainedModels(dropout, spend)


def _split_by_cohort(history: pl.DataFrame, starts: list[dt.date]) -> list[tuple[dt.date, pl.DataFrame]]:
    """Split customers by cohort: the first day and the customers of each."""
    ends = [*starts[1:], dt.date.max]
    first = pl.col("first_order_date")
    return [(start, history.filter(first >= start, first < end)) for start, end in zip(starts, ends, strict=True)]


def _list_parameters(
    model: str, segment_from: dt.date | None, fit: Fit, customers: int, trained_through: dt.date
) -> list[dict[str, object]]:
    """List the parameters of a fit as rows."""
    errors = np.sqrt(np.diag(fit.covariance))
    correlations = fit.covariance / np.outer(errors, errors)
    return [
        {
            "model": model,
            "segment": ALL if segment_from is None else f"first bought from {segment_from}",
            "segment_from": segment_from,
            "parameter": name,
            "estimate": fit.estimates[place],
            "standard_error": _replace_nan(errors[place]),
            "correlations": json.dumps(
                {other: _replace_nan(value) for other, value in zip(fit.names, correlations[place], strict=True)}
            ),
            "log_likelihood": fit.log_likelihood,
            "converged": fit.converged,
            "at_boundary": fit.at_boundary,
            "fitted_customers": customers,
            "trained_through": trained_through,
            "reason": fit.message or None,
        }
        for place, name in enumerate(fit.names)
    ]


def _read_fit(names: tuple[str, ...], rows: pl.DataFrame) -> Fit:
    """Read the fit that `_list_parameters` wrote, in the order of `names`; the rows may be in any order."""
    of = {row["parameter"]: row for row in rows.iter_rows(named=True)}
    written = [of[name] for name in names]
    together = [json.loads(row["correlations"]) for row in written]
    errors = np.array([_replace_null(row["standard_error"]) for row in written])
    correlations = np.array([[_replace_null(each[name]) for name in names] for each in together])
    return Fit(
        names=names,
        estimates=np.array([row["estimate"] for row in written]),
        covariance=correlations * np.outer(errors, errors),
        log_likelihood=written[0]["log_likelihood"],
        converged=written[0]["converged"],
        at_boundary=written[0]["at_boundary"],
        message=written[0]["reason"] or "",
    )


def _replace_null(value: float | None) -> float:
    return np.nan if value is None else value


def _replace_nan(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
