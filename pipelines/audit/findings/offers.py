"""Measures whether offers are better than what needs no model.

Put here: the comparison. Keep out: the grades themselves (`pipelines/transforms/products/offer_evaluation.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.models.comparisons.paired_hits import FEWEST_CUSTOMERS, leads

_GRADES = """
    select
        offers.tested_customers, offers.customers_hit_5, sellers.customers_hit_5,
        offers.customers_hit_1, sellers.customers_hit_1,
    from meta.offer_evaluation as offers
    join meta.offer_evaluation as sellers using (scope)
    where scope = $scope and offers.method = $method and sellers.method = 'best_sellers' and offers.is_complete
"""
OFFERS, NEW_OFFERS = ("any_product", "offers"), ("never_bought", "baskets")
"""Scope and method of the grades of all offers of a customer, and of those of `offer_kind` new."""


@dataclass(frozen=True)
class _Grade:
    """Customers, and how many of them five offers hit, and five best sellers; and the first of each alone."""

    customers: int
    offers: int
    sellers: int
    first_offer: int
    first_seller: int

    @property
    def is_beaten(self) -> bool:
        """Whether best sellers lead among enough customers, by more than chance."""
        return leads(self.customers, self.offers, self.sellers)

    def compare_first(self) -> str:
        """Say how the first offer alone does beside the first best seller, which may be the other way round."""
        offer, seller = (f"{hits / self.customers:.1%}" for hits in (self.first_offer, self.first_seller))
        return f"The first offer alone held it for {offer}, the first best seller for {seller}."


def find_beaten_offers(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Customers to whom best sellers would have been better offers in the last 28 days, by more than chance."""
    of_all, of_new = _read_grade(con, *OFFERS), _read_grade(con, *NEW_OFFERS)
    beaten = [grade for grade in (of_all, of_new) if grade is not None and grade.is_beaten]
    if not beaten:
        return
    sentences = []
    if of_all is not None and of_all.is_beaten:
        sentences.append(
            f"Of {of_all.customers:,} customers who bought again in the last 28 days, five best sellers would have "
            f"held what {of_all.sellers / of_all.customers:.1%} bought, and the five offers of each customer's own "
            f"what {of_all.offers / of_all.customers:.1%} did. {of_all.compare_first()}"
        )
    if of_new is not None and of_new.sellers > of_new.offers and of_new.customers >= FEWEST_CUSTOMERS:
        sentences.append(
            f"Of {of_new.customers:,} who bought in them what they had never bought, five best sellers new to them "
            f"would have held it for {of_new.sellers / of_new.customers:.1%}, and the five new offers for "
            f"{of_new.offers / of_new.customers:.1%}{'' if of_new.is_beaten else ', which may be chance'}. "
            f"{of_new.compare_first()}"
        )
    yield make_finding(
        "offers_below_best_sellers",
        " ".join(sentences),
        "With few products five best sellers are hard to beat: where five are shown, show those, or only what is `due` "
        "in marts.next_best_offers; where one is shown, compare the first ones.",
        table="marts.next_best_offers",
        count=beaten[0].customers,
    )


def _read_grade(con: duckdb.DuckDBPyConnection, scope: str, method: str) -> _Grade | None:
    """The grade of a method beside best sellers; None where it is not known."""
    row = con.execute(_GRADES, {"scope": scope, "method": method}).fetchone()
    return None if row is None else _Grade(*row)
