"""Measures whether offers are better than what needs no model.

Put here: the comparison. Keep out: the grades themselves (`pipelines/transforms/products/offer_evaluation.py`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_BEATEN_BY_BEST_SELLERS = """
    select offers.tested_customers, offers.hit_rate_5, sellers.hit_rate_5
    from meta.offer_evaluation as offers
    join meta.offer_evaluation as sellers using (scope)
    where scope = 'any_product' and offers.method = 'offers' and sellers.method = 'best_sellers'
        and sellers.hit_rate_5 > offers.hit_rate_5
"""


def find_beaten_offers(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Customers to whom best sellers would have been better offers in the last 28 days."""
    for customers, offers, sellers in con.execute(_BEATEN_BY_BEST_SELLERS).fetchall():
        yield make_finding(
            "offers_below_best_sellers",
            f"Of {customers:,} customers who bought again in the last 28 days, five best sellers would have held what "
            f"{sellers:.0%} bought, and the five offers of each customer's own what {offers:.0%} did.",
            "With few products best sellers are hard to beat: offer those, or only what is `due` in "
            "marts.next_best_offers.",
            table="marts.next_best_offers",
            count=customers,
        )
