"""Whether offers of a kind did better than best sellers in the last test, by more than chance.

One offer and five are two questions: with few products five best sellers are hard to beat, also where a customer's own
first product is the better single offer.
Put here: the kinds of offers, the verdicts of each, and the sentence with their numbers. Keep out: the test itself
(`offer_evaluation.py`), the rule by which a lead is more than chance (`models/comparisons/paired_hits.py`).
"""

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.models.comparisons.paired_hits import FEWEST_CUSTOMERS, leads
from regulars.pipelines.transforms.products.offer_evaluation import (
    ANY,
    BASKETS,
    BEST_SELLERS,
    NEVER_BOUGHT,
    OFFERS,
)
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

DUE, HABIT, NEW = "due", "habit", "new"
"""The kinds of offers: of a regular rhythm, bought before, never bought."""
BETTER, NO_DIFFERENCE, WORSE, NOT_TESTED = "better", "no_difference_shown", "worse", "not_tested"
VERDICTS = {
    "first_offer_verdict": ("the first alone", "customers_hit_1"),
    "five_offers_verdict": ("five", "customers_hit_5"),
}
"""Column -> how many offers are shown, and the column of `meta.offer_evaluation` with the customers whom they hit."""
TESTS = {
    DUE: (ANY, OFFERS, "bought again"),
    HABIT: (ANY, OFFERS, "bought again"),
    NEW: (NEVER_BOUGHT, BASKETS, "bought what they had never bought"),
}
"""Kind of offer -> scope and method of the row of `meta.offer_evaluation` that tests it, and what its customers did."""
_WORDS = {BETTER: "better than best sellers", NO_DIFFERENCE: "not shown to differ", WORSE: "worse than best sellers"}
_SCHEMA = dict.fromkeys(["offer_kind", *VERDICTS, "reason"], pl.String)


def find_offer_verdicts(offer_evaluation: IntoFrame) -> pl.DataFrame:
    """Find the verdicts of each kind of offer: `offer_kind`, the columns of `VERDICTS`, and `reason`.

    Args:
        offer_evaluation: `meta.offer_evaluation`.

    Returns:
        A row per kind; `reason` is NULL where both verdicts are `better`, else it tells them in numbers.
    """
    tested = {(row["scope"], row["method"]): row for row in read_into_polars(offer_evaluation).to_dicts()}
    found = []
    for kind, (scope, method, did) in TESTS.items():
        offers, sellers = tested.get((scope, method)), tested.get((scope, BEST_SELLERS))
        customers = offers["tested_customers"] if offers and sellers else 0
        hits = {
            name: (offers[hit], sellers[hit]) if offers and sellers else (0, 0) for name, (_, hit) in VERDICTS.items()
        }
        verdicts = {name: _decide(customers, *pair) for name, pair in hits.items()}
        reason = _explain(customers, did, verdicts, hits)
        found.append({"offer_kind": kind, **verdicts, "reason": reason})
    return pl.DataFrame(found, schema=_SCHEMA)


def _decide(customers: int, hit: int, hit_by_sellers: int) -> str:
    """The verdict on customers hit by offers, beside those hit by as many best sellers."""
    if customers < FEWEST_CUSTOMERS:
        return NOT_TESTED
    if leads(customers, hit, hit_by_sellers):
        return WORSE
    return BETTER if leads(customers, hit_by_sellers, hit) else NO_DIFFERENCE


def _explain(customers: int, did: str, verdicts: dict[str, str], hits: dict[str, tuple[int, int]]) -> str | None:
    """Say what the test showed, in numbers; None where one offer and five are better than best sellers."""
    if NOT_TESTED in verdicts.values():
        return f"not tested: {customers} customers {did} in the test, fewer than {FEWEST_CUSTOMERS}"
    if set(verdicts.values()) == {BETTER}:
        return None
    shares = {name: " beside ".join(f"{hit / customers:.1%}" for hit in pair) for name, pair in hits.items()}
    told = ", ".join(f"{VERDICTS[name][0]} {_WORDS[verdicts[name]]} ({shares[name]})" for name in VERDICTS)
    return f"offers like this, by the {customers} customers who {did} in the test: {told}"
