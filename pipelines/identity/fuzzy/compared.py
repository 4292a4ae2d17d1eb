"""The attributes that are compared, and the levels of each from equal to different.

Put here: the levels of each attribute with the share of true pairs that reach them. Keep out: computing likelihoods
(`likely_pairs.py`), and which records are compared at all (`blocks.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """A step of likeness.

    Attributes:
        condition: SQL over two records, whose columns end with `_l` and `_r`; empty: what no other level takes.
        share: How many pairs of records of one person reach it, 0 to 1. Rough on purpose: what decides is how rare the
            level is among records of different persons, which every run counts in the company's own records.
        words: What both records then have, for people; empty: nothing in common.
    """

    condition: str
    share: float
    words: str


ALIKE = 0.88
"""The Jaro-Winkler similarity of names that may be one with a typing error or two."""

_IS_LIKE = f"jaro_winkler_similarity({{0}}_l, {{0}}_r) >= {ALIKE}"
_BEGINS = "starts_with({0}_l, {0}_r) or starts_with({0}_r, {0}_l)"
_IS_MISTYPED = (
    "digits_l = digits_r and (domain_l = domain_r and local_l <> local_r and damerau_levenshtein(local_l, local_r) <= 1"
    " or local_l = local_r and domain_l <> domain_r and damerau_levenshtein(domain_l, domain_r) <= 1)"
)
"""One letter before the @, or one of the domain. Other digits, or dots, are those of somebody else of the same name."""
_EQUAL = (Level("{0}_l = {0}_r", 0.75, "equal {1}"), Level("", 0.25, ""))

LEVELS: dict[str, tuple[Level, ...]] = {
    "given": (
        Level("{0}_l = {0}_r", 0.80, "equal {1}"),
        Level(f"{_IS_LIKE} or {_BEGINS}", 0.15, "like {1}"),
        Level("", 0.05, ""),
    ),
    "family": (
        Level("{0}_l = {0}_r", 0.85, "equal {1}"),
        Level(_IS_LIKE, 0.10, "like {1}"),
        Level("", 0.05, ""),
    ),
    "email": (
        Level("{0}_l = {0}_r", 0.05, "equal {1}"),
        Level(_IS_MISTYPED, 0.35, "{1} but for a typing error"),
        Level("own_local_l = own_local_r", 0.15, "{1} equal before the @"),
        Level("", 0.45, ""),
    ),
    "phone": (
        Level("{0}_l = {0}_r", 0.65, "equal {1}"),
        Level("damerau_levenshtein({0}_l, {0}_r) <= 1", 0.10, "{1} with one other digit"),
        Level("", 0.25, ""),
    ),
    "city": _EQUAL,
    "company": _EQUAL,
}
"""Column of `blocks.COMPARED` -> its levels, the most alike first; {0} is the column, {1} its name for people."""

NAMES = {
    "given": "given name",
    "family": "family name",
    "email": "address",
    "phone": "number",
    "city": "city",
    "company": "company",
}
"""Column -> its name for people."""
ADJUSTED_BY_FREQUENCY = ("given", "family", "city", "company")
"""Columns in which an equal rare value says more than an equal frequent one."""

SETTING_OF = {"given": "names", "family": "names", "email": "email", "phone": "phone", "city": "city"} | {
    "company": "company_name"
}
"""Column -> the word of the setting `identity.fuzzy.attributes` that has it compared."""


def list_levels(column: str) -> list[Level]:
    """The levels of a column, with the column in their SQL and its name in their words."""
    name = NAMES[column]
    return [
        Level(each.condition.format(column, name), each.share, each.words.format(column, name))
        for each in LEVELS[column]
    ]
