"""Measures whether offers are better than what needs no model.

Put here: the comparison. Keep out: the grades themselves (`pipelines/transforms/products/offer_evaluation.py`).
"""

from collections.abc import Iterator

import duckdb
from scipy.special import betainc  # type: ignore[import-untyped]

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEWEST_CUSTOMERS = 100
"""Of fewer customers a few purchases decide, and the better way changes from night to night."""
CHANCE = 0.01
"""What is found every night by chance, though both ways are as good: one night in a hundred."""
_GRADES = """
    select offers.tested_customers, offers.customers_hit_5, sellers.customers_hit_5
    from meta.offer_evaluation as offers
    join meta.offer_evaluation as sellers using (scope)
    where scope = 'any_product' and offers.method = 'offers' and sellers.method = 'best_sellers'
        and offers.is_complete
"""


def find_beaten_offers(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Customers to whom best sellers would have been better offers in the last 28 days, by more than chance."""
    for customers, offers, sellers in con.execute(_GRADES).fetchall():
        if customers < FEWEST_CUSTOMERS or compute_chance_of_lead(customers, offers, sellers) > CHANCE:
            continue
        yield make_finding(
            "offers_below_best_sellers",
            f"Of {customers:,} customers who bought again in the last 28 days, five best sellers would have held what "
            f"{sellers / customers:.0%} bought, and the five offers of each customer's own what "
            f"{offers / customers:.0%} did.",
            "With few products best sellers are hard to beat: offer those, or only what is `due` in "
            "marts.next_best_offers.",
            table="marts.next_best_offers",
            count=customers,
        )


def compute_chance_of_lead(customers: int, hits: int, other_hits: int) -> float:
    """The chance, 0 to 1, that `other_hits` leads `hits` by as much though both ways are as good.

    McNemar's exact test, one-sided, of two ways tried on the same customers. How many customers only one of the two
    hit is not known: taken is the largest number that the counts allow, which makes the chance the largest one too.

    Args:
        customers: On whom both ways were tried.
        hits: Customers hit by the one.
        other_hits: Customers hit by the other.
    """
    if other_hits <= hits:
        return 1.0
    together = hits + other_hits
    differing = min(together, 2 * customers - together)
    other_alone = (differing + other_hits - hits) // 2
    return float(betainc(other_alone, differing - other_alone + 1, 0.5))  # of so many throws of a coin and more
