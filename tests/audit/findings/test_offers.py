"""Offers that best sellers would have beaten are said."""

import duckdb

from regulars.pipelines.audit.findings.offers import find_beaten_offers


def found(offers: float | None, sellers: float | None) -> list[str]:
    with duckdb.connect() as con:
        con.execute("create schema meta")
        con.execute("""
            create table meta.offer_evaluation
            (scope varchar, method varchar, tested_customers bigint, hit_rate_5 double)
        """)
        rows = [("any_product", "offers", offers), ("any_product", "best_sellers", sellers)]
        rows += [("any_product", "personal_frequency", 1.0), ("never_bought", "best_sellers", 1.0)]
        for scope, method, rate in rows:
            con.execute("insert into meta.offer_evaluation values (?, ?, 1200, ?)", [scope, method, rate])
        return [each.sentence for each in find_beaten_offers(con)]


def test_best_sellers_that_hit_more_often_are_said_with_both_rates():
    (sentence,) = found(0.5, 0.75)
    assert sentence.startswith("Of 1,200 customers")
    assert "75% bought" in sentence
    assert "what 50% did" in sentence


def test_offers_as_good_or_not_tested_are_no_finding():
    assert found(0.75, 0.75) == []
    assert found(0.8, 0.75) == []
    assert found(None, None) == []
