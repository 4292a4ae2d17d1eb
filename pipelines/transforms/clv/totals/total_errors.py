"""Intervals of predicted totals over many customers, from the errors of a test.

The errors of single customers average out in a total; an error that all customers share, such as a good year, does not.
So a total of T has two uncertainties: chance, with a variance in proportion to T, and the shared error, in proportion
to T itself. Chance is measured on the customers of the test. A test gives a single draw of the shared error, which
includes chance; after subtracting chance, this draw is pooled with the typical error, which counts as two draws, and
read at Student's t with three degrees of freedom. Two is the largest weight at which intervals reached their nominal
coverage in every leave-one-out set of the measured histories (`benchmarks/README.md`).

Put here: both measures, and the interval of a total. Keep out: intervals of single customers (`intervals.py`), the
tables that show totals.
"""

import math
from dataclasses import dataclass

import polars as pl

from regulars.pipelines.definitions.windows import HOLDOUT_DAYS
from regulars.pipelines.models.fitting.fitting import FloatArray

NOMINAL_COVERAGE = 0.8
"""The nominal coverage of the interval of a total."""

TYPICAL_ERROR = 0.12
"""The typical relative error of a year's total."""

TYPICAL_DRAWS = 2
"""The number of draws that the typical error counts as, beside the one draw of the company's own test."""

T_OF_THREE_DRAWS = 1.6377
"""The 90 % quantile of Student's t with three degrees of freedom: 80 % lie between it and its negative."""

NORMAL = 1.2816
"""The 90 % quantile of the normal distribution."""

TOO_MANY_TIMES = 10.0


@dataclass(frozen=True)
class TotalErrors:
    """The errors of totals of a year, measured in a test.

    Attributes:
        margin_rate: The shared error at 80 %: a total of very many customers lies between predicted ÷ (1 + margin_rate)
            and predicted × (1 + margin_rate).
        dispersion: Variance of the actual amounts ÷ predicted amounts, in the unit of the amounts.
    """

    margin_rate: float
    dispersion: float

    def extend_to(self, years: int) -> "TotalErrors":
        """The errors of totals of several years: both grow with the untested days, as they do after a short test."""
        return TotalErrors(self.margin_rate * math.sqrt(years), self.dispersion * years)


def measure_total_errors(
    predicted: FloatArray, actual: FloatArray, *, calibration: float, horizon_days: int
) -> TotalErrors | None:
    """Measure both errors on a test; None where the predicted or the actual total is 0.

    After a test of less than a year, both grow with the untested days.

    Args:
        predicted: The prediction of each customer, (n,), before calibration.
        actual: The actual amount of each customer, (n,).
        calibration: The factor by which predictions are multiplied.
        horizon_days: The days of the test.
    """
    expected, came = math.fsum(predicted), math.fsum(actual)
    if expected <= 0 or came <= 0:
        return None
    untested = max(1.0, HOLDOUT_DAYS / horizon_days)
    misses = math.fsum((actual - predicted * (came / expected)) ** 2)
    error = min(abs(math.log(came / expected)), math.log(TOO_MANY_TIMES))
    # chance moved the total of the test too: that part is not a shared error
    of_test = max(0.0, error**2 - misses / came**2)
    shared = math.sqrt((TYPICAL_DRAWS * TYPICAL_ERROR**2 + of_test) / (TYPICAL_DRAWS + 1) * untested)
    dispersion = misses / (expected * calibration) * untested
    return TotalErrors(T_OF_THREE_DRAWS * shared, dispersion)


def bound_total(total: pl.Expr, errors: TotalErrors | None) -> tuple[pl.Expr, pl.Expr]:
    """The ends of the interval of a total, Float64; NULL without a test, except of a total of 0, which is certain.

    Args:
        total: The predicted sum over some customers, 0 or more.
        errors: The errors that the test measured.
    """
    amount = total.cast(pl.Float64)
    if errors is None:
        unknown = pl.when(amount == 0).then(0.0)
        return unknown, unknown
    chance = NORMAL**2 * errors.dispersion / amount
    rate = 1 + (errors.margin_rate**2 + chance).sqrt()
    is_something = amount > 0
    return (
        pl.when(is_something).then(amount / rate).otherwise(amount),
        pl.when(is_something).then(amount * rate).otherwise(amount),
    )


def read_total_errors(evaluation: pl.DataFrame, scope: str) -> TotalErrors | None:
    """Read the errors of the chosen method's test, for `all` orders or for `subscribers`; None without a test.

    Args:
        evaluation: `meta.clv_evaluation`.
        scope: The scope of the row.
    """
    chosen = evaluation.filter("is_chosen", pl.col("scope") == scope)
    rows = chosen.select("value_total_margin_rate", "value_dispersion").drop_nulls().rows()
    return TotalErrors(*rows[0]) if rows else None
