"""Whether offers of a kind did better than best sellers in the last test: by counting all ways the hits may overlap."""

from math import comb

import polars as pl
import pytest

from regulars.pipelines.transforms.products.offer_verdicts import find_offer_verdicts

SCHEMA = {
    "scope": pl.String,
    "method": pl.String,
    "tested_customers": pl.Int64,
    "customers_hit_1": pl.Int64,
    "customers_hit_5": pl.Int64,
}
Hits = tuple[int, int]


def verdicts(own: Hits, sellers: Hits, new: Hits, new_sellers: Hits, customers: int = 200) -> dict[str, list[str]]:
    rows = [
        ("any_product", "offers", customers, *own),
        ("any_product", "personal_frequency", customers, 0, 0),
        ("any_product", "best_sellers", customers, *sellers),
        ("never_bought", "baskets", customers, *new),
        ("never_bought", "best_sellers", customers, *new_sellers),
    ]
    found = find_offer_verdicts(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    return {row[0]: list(row[1:]) for row in found.rows()}


def decide_naively(customers: int, hit: int, other: int) -> str:
    """By adding up throws of a coin, over every overlap that the totals allow."""

    def chance(ours: int, theirs: int) -> float:
        largest = 0.0
        for both in range(max(0, ours + theirs - customers), min(ours, theirs) + 1):
            alone, differing = theirs - both, ours + theirs - 2 * both
            largest = max(largest, sum(comb(differing, k) for k in range(alone, differing + 1)) / 2**differing)
        return largest

    if customers < 100:
        return "not_tested"
    if other > hit and chance(hit, other) <= 0.01:
        return "worse"
    return "better" if hit > other and chance(other, hit) <= 0.01 else "no_difference_shown"


def test_each_kind_has_the_verdict_of_its_own_test_for_one_offer_and_for_five():
    found = verdicts(own=(120, 150), sellers=(60, 195), new=(20, 90), new_sellers=(60, 100))
    assert found["due"][:2] == found["habit"][:2] == ["better", "worse"]
    assert found["new"][:2] == ["worse", "no_difference_shown"]
    assert found["habit"][2] == (
        "offers like this, by the 200 customers who bought again in the test: the first alone better than best sellers "
        "(60.0% beside 30.0%), five worse than best sellers (75.0% beside 97.5%)"
    )
    assert "who bought what they had never bought in the test: the first alone worse" in found["new"][2]
    assert "five not shown to differ (45.0% beside 50.0%)" in found["new"][2]


@pytest.mark.parametrize("customers", [99, 100, 131, 250])
def test_a_verdict_is_that_of_every_overlap_counted(customers):
    for hit in range(0, customers, 7):
        for other in range(0, customers, 11):
            (first, five, _) = verdicts((hit, other), (other, hit), (0, 0), (0, 0), customers)["due"]
            assert first == decide_naively(customers, hit, other)
            assert five == decide_naively(customers, other, hit)


def test_what_is_better_in_both_has_no_reason_and_what_few_customers_tested_says_so():
    assert verdicts((150, 180), (50, 90), (150, 180), (50, 90))["new"] == ["better", "better", None]
    few = verdicts((90, 99), (1, 2), (90, 99), (1, 2), customers=99)
    assert few["due"] == [
        "not_tested",
        "not_tested",
        "not tested: 99 customers bought again in the test, fewer than 100",
    ]
    nothing = find_offer_verdicts(pl.DataFrame(schema=SCHEMA))
    assert nothing["first_offer_verdict"].to_list() == ["not_tested"] * 3
    offers = pl.DataFrame([("any_product", "offers", 200, 90, 99)], schema=SCHEMA, orient="row")
    assert find_offer_verdicts(offers)["first_offer_verdict"].to_list() == ["not_tested"] * 3
