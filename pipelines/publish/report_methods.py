"""What predicts, in plain words, and how far off it was.

Put here: the names of the methods of `meta.clv_evaluation`, and errors in words. Keep out: sections and pictures.
"""

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_reading import Row, Rows

METHODS = {
    "simple": "the simple formula",
    "own_average": "each customer's own average",
    "segment_average": "the average of customers alike",
    "last_year": "a repeat of last year",
    "bg_nbd": "the BG/NBD model",
    "bg_nbd_by_cohort": "the BG/NBD model by cohort",
    "mbg_nbd": "the MBG/NBD model",
    "mbg_nbd_by_cohort": "the MBG/NBD model by cohort",
    "pareto_nbd": "the Pareto/NBD model",
    "pareto_nbd_by_cohort": "the Pareto/NBD model by cohort",
    "gamma_gamma": "the Gamma-Gamma model of spend",
}
AS_EXPECTED = 0.0005


def named(method: str) -> str:
    """A method in plain words."""
    return METHODS.get(method, method)


def chosen_rows(tests: Rows, scope: str) -> list[Row]:
    """The rows of the method that is used.

    Args:
        tests: `meta.clv_evaluation`.
        scope: `all`, `decile` or `cohort`.
    """
    return [row for row in tests if row["is_chosen"] and row["scope"] == scope]


def off(error_rate: float | None, less: str = "too few", more: str = "too many") -> str:
    """How far a prediction was off: the error as a share of what came."""
    if error_rate is None:
        return "nobody bought"
    if abs(error_rate) < AS_EXPECTED:
        return "as expected"
    return f"{words.percent(abs(error_rate))} {less if error_rate < 0 else more} expected"
