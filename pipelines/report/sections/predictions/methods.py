"""What predicts, in plain words, and how far off it was.

Put here: the names of the methods of `meta.clv_evaluation`, and errors in words. Keep out: sections and pictures.
"""

from regulars.pipelines.models.names import BY_COHORT, GAMMA_GAMMA, PURCHASE_MODELS
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.words.words import Words
from regulars.pipelines.transforms.clv.methods import (
    LAST_YEAR,
    OWN_AVERAGE,
    SEGMENT_AVERAGE,
    SIMPLE,
    SUBSCRIPTION_SURVIVAL,
)

AS_EXPECTED = 0.0005


def method_names(words: Words) -> dict[str, str]:
    """Every method in plain words. The label of a model is the same in every language, so a new one needs no word."""
    models = {
        method: said
        for name, model in PURCHASE_MODELS.items()
        for method, said in (
            (name, words.say("the {model} model", model=model.label)),
            (name + BY_COHORT, words.say("the {model} model by cohort", model=model.label)),
        )
    }
    return {
        SIMPLE: words.say("the simple formula"),
        OWN_AVERAGE: words.say("each customer's own average"),
        SEGMENT_AVERAGE: words.say("the average of similar customers"),
        LAST_YEAR: words.say("a repeat of last year"),
        **models,
        SUBSCRIPTION_SURVIVAL: words.say("how long subscriptions last"),
        GAMMA_GAMMA: words.say("the Gamma-Gamma model of spend"),
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
