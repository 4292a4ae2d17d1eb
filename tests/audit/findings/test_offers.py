"""Offers that best sellers would have beaten are said, when chance alone does not do it."""

from math import comb

import duckdb
import pytest

from regulars.pipelines.audit.findings.offers import find_beaten_offers
from regulars.pipelines.models.comparisons.paired_hits import compute_chance_of_lead


def found(
    offers: int, sellers: int, customers: int = 1200, is_complete: bool = True, of_new: tuple[int, int] = (0, 0)
) -> list[str]:
    """The sentences; `of_new` are hits of the same customers by new offers, and by best sellers new to them."""
    with duckdb.connect() as con:
        con.execute("create schema meta")
        con.execute("""
            create table meta.offer_evaluation (
                scope varchar, method varchar, tested_customers bigint, customers_hit_5 bigint, customers_hit_1 bigint,
                is_complete boolean
            )
        """)
        rows = [("any_product", "offers", offers), ("any_product", "best_sellers", sellers)]
        rows += [("any_product", "personal_frequency", customers), ("never_bought", "offers", 0)]
        rows += [("never_bought", "baskets", of_new[0]), ("never_bought", "best_sellers", of_new[1])]
        for scope, method, hits in rows:
            con.execute(
                "insert into meta.offer_evaluation values (?, ?, ?, ?, ?, ?)",
                [scope, method, customers, hits, hits // (3 if method == "best_sellers" else 2), is_complete],
            )
        return [each.sentence for each in find_beaten_offers(con)]


def test_best_sellers_that_hit_more_often_are_said_with_both_rates():
    (sentence,) = found(600, 900)
    assert sentence.startswith("Of 1,200 customers")
    assert "75.0% bought" in sentence
    assert "what 50.0% did" in sentence


def test_the_first_offer_alone_is_said_too_since_it_may_be_the_better_one():
    (sentence,) = found(600, 840)
    assert sentence.endswith("The first offer alone held it for 25.0%, the first best seller for 23.3%.")
    (of_new,) = found(900, 900, of_new=(600, 840))
    assert of_new.endswith("The first offer alone held it for 25.0%, the first best seller for 23.3%.")


def test_new_offers_that_best_sellers_beat_are_said_alone_and_beside_all_offers():
    (alone,) = found(900, 900, of_new=(600, 900))
    assert alone.startswith("Of 1,200 who bought in them what they had never bought")
    assert "for 75.0%, and the five new offers for 50.0%." in alone
    (beside,) = found(600, 900, of_new=(600, 630))
    assert beside.startswith("Of 1,200 customers who bought again")
    assert "for 52.5%, and the five new offers for 50.0%, which may be chance." in beside
    assert found(900, 900, of_new=(600, 630)) == []
    assert found(900, 900, customers=99, of_new=(1, 90)) == []


def test_offers_as_good_or_not_tested_are_no_finding():
    assert found(900, 900) == []
    assert found(960, 900) == []
    assert found(600, 900, is_complete=False) == []


def test_a_lead_that_chance_makes_is_no_finding():
    assert found(600, 605) == []
    assert found(600, 630) == []
    assert len(found(600, 700)) == 1


def test_few_customers_are_no_finding_however_large_the_lead():
    assert found(10, 90, customers=99) == []
    assert len(found(10, 90, customers=100)) == 1


@pytest.mark.parametrize(("customers", "hits", "other_hits"), [(10, 2, 7), (12, 5, 6), (9, 8, 9), (30, 3, 9)])
def test_the_chance_is_the_largest_of_all_ways_in_which_the_hits_may_overlap(customers, hits, other_hits):
    chances = []
    for both in range(max(0, hits + other_hits - customers), hits + 1):
        alone, other_alone = hits - both, other_hits - both
        together = alone + other_alone
        chances.append(sum(comb(together, n) for n in range(other_alone, together + 1)) / 2**together)
    assert compute_chance_of_lead(customers, hits, other_hits) == pytest.approx(max(chances))


def test_no_lead_is_certain_to_be_chance():
    assert compute_chance_of_lead(50, 20, 20) == 1.0
    assert compute_chance_of_lead(50, 21, 20) == 1.0
