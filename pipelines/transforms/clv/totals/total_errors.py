"""How far off predicted totals may be, as the test tells: intervals of what many customers together will bring.

The errors of single customers average out in a total; what all customers share, such as a good year, does not. So a
total of T has two uncertainties: chance, whose variance is in proportion to T, and the shared error, in proportion to T
itself. Chance is measured by the customers of the test. Of the shared error one test shows a single draw, which holds
chance too; less that, it is taken together with what is typical, which counts as two draws, and read at Student's t
with the three degrees of freedom that three draws leave. Two is the largest weight with which intervals held what they
declare on every set of histories that lacks one of those measured (`benchmarks/README.md`).

Put here: both measures, and the interval of a total. Keep out: intervals of single customers (`intervals.py`), the
tables that show totals.
"""

import math
from dataclasses import dataclass

import polars as pl

from regulars.pipelines.definitions.windows import HOLDOUT_DAYS
from regulars.pipelines.models.fitting.fitting import FloatArray

NOMINAL_COVERAGE = 0.8
"""The probability that an interval of a total declares."""

TYPICAL_ERROR = 0.12
"""The typical relative error of a year's total."""

TYPICAL_DRAWS = 2
"""As so many draws it counts beside that of the company's own test."""

T_OF_THREE_DRAWS = 1.6377
"""Student's t with three degrees of freedom at 90 %: between it and its negative lie 80 %."""

NORMAL = 1.2816
"""The same of a normal distribution."""

TOO_MANY_TIMES = 10.0


@dataclass(frozen=True)
class TotalErrors:
    """What a test tells of totals of a year.

    Attributes:
        margin_rate: The shared error at 80 %: a total of very many customers lies between what is predicted divided by
            1 + margin_rate and multiplied by it.
        dispersion: Variance of what customers bring, over what is predicted of them: in the unit of the amounts.
    """

    margin_rate: float
    dispersion: float

    def extend_to(self, years: int) -> "TotalErrors":
        """Of totals of several years: both grow as the days that nobody tested, as they do after a short test."""
        return TotalErrors(self.margin_rate * math.sqrt(years), self.dispersion * years)


def measure_total_errors(
    predicted: FloatArray, actual: FloatArray, *, calibration: float, horizon_days: int
) -> TotalErrors | None:
    """Measure both on a test; None where nothing was predicted or nothing came.

    A test of fewer days than a year has seen less: both grow as the days that nobody tested.

    Args:
        predicted: What was predicted of each customer, (n,), before calibration.
        actual: What each of them brought.
        calibration: What predictions are multiplied by.
        horizon_days: The days of the test.
    """
    expected, came = math.fsum(predicted), math.fsum(actual)
    if expected <= 0 or came <= 0:
        return None
    untested = max(1.0, HOLDOUT_DAYS / horizon_days)
    misses = math.fsum((actual - predicted * (came / expected)) ** 2)
    error = min(abs(math.log(came / expected)), math.log(TOO_MANY_TIMES))
    # what chance did to the total of the test is no error that its customers share
    of_test = max(0.0, error**2 - misses / came**2)
    shared = math.sqrt((TYPICAL_DRAWS * TYPICAL_ERROR**2 + of_test) / (TYPICAL_DRAWS + 1) * untested)
    dispersion = misses / (expected * calibration) * untested
    return TotalErrors(T_OF_THREE_DRAWS * shared, dispersion)


def bound_total(total: pl.Expr, errors: TotalErrors | None) -> tuple[pl.Expr, pl.Expr]:
    """The ends of the interval of a total, Float64; NULL without a test, except of a total of 0, which is certain.

    Args:
        total: What is predicted of some customers together, 0 or more.
        errors: What the test tells.
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
    """Read what the test of the chosen method tells, of `all` orders or of `subscribers`; None without a test.

    Args:
        evaluation: `meta.clv_evaluation`.
        scope: The scope of the row.
    """
    chosen = evaluation.filter("is_chosen", pl.col("scope") == scope)
    rows = chosen.select("value_total_margin_rate", "value_dispersion").drop_nulls().rows()
    return TotalErrors(*rows[0]) if rows else None
