"""What predicts, in plain words, and how far off it was.

Put here: the names of the methods of `meta.clv_evaluation`, and errors in words. Keep out: sections and pictures.
"""

from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.words.words import Words

AS_EXPECTED = 0.0005


def method_names(words: Words) -> dict[str, str]:
    """Every method in plain words."""
    return {
        "simple": words.say("the simple formula"),
        "own_average": words.say("each customer's own average"),
        "segment_average": words.say("the average of customers alike"),
        "last_year": words.say("a repeat of last year"),
        "bg_nbd": words.say("the BG/NBD model"),
        "bg_nbd_by_cohort": words.say("the BG/NBD model by cohort"),
        "mbg_nbd": words.say("the MBG/NBD model"),
        "mbg_nbd_by_cohort": words.say("the MBG/NBD model by cohort"),
        "pareto_nbd": words.say("the Pareto/NBD model"),
        "pareto_nbd_by_cohort": words.say("the Pareto/NBD model by cohort"),
        "gamma_gamma": words.say("the Gamma-Gamma model of spend"),
    }


def name_method(method: str, words: Words) -> str:
    """A method in plain words."""
    return method_names(words).get(method, method)


def chosen_rows(tests: Rows, scope: str) -> list[Row]:
    """The rows of the method that is used.

    Args:
        tests: `meta.clv_evaluation`.
        scope: `all`, `decile` or `cohort`.
    """
    return [row for row in tests if row["is_chosen"] and row["scope"] == scope]


def describe_count_error(error_rate: float | None, words: Words) -> str:
    """How far a predicted number was off: the error as a share of what came."""
    if error_rate is not None and abs(error_rate) >= AS_EXPECTED:
        off = words.percent(abs(error_rate))
        few = words.say("{share} too few expected", share=off)
        return few if error_rate < 0 else words.say("{share} too many expected", share=off)
    return _describe_no_error(error_rate, words)


def describe_amount_error(error_rate: float | None, words: Words) -> str:
    """How far a predicted amount was off: the error as a share of what came."""
    if error_rate is not None and abs(error_rate) >= AS_EXPECTED:
        off = words.percent(abs(error_rate))
        little = words.say("{share} too little expected", share=off)
        return little if error_rate < 0 else words.say("{share} too much expected", share=off)
    return _describe_no_error(error_rate, words)


def _describe_no_error(error_rate: float | None, words: Words) -> str:
    return words.say("nobody bought") if error_rate is None else words.say("as expected")
