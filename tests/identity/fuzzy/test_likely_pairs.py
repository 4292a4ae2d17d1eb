"""Likely pairs: found in spite of typing errors, never across clearly different names, the same on every run."""

import importlib.util
import random
from collections import Counter

import polars as pl
import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.identity.fuzzy import likely_pairs
from regulars.pipelines.identity.fuzzy.links import FuzzyRules
from regulars.pipelines.identity.output import People
from regulars.pipelines.identity.people import Rules
from tests.builders import people_of
from tests.identity.fuzzy.mixed_company import MixedCompany, make_mixed_company

PHONES = "with_equal_names"
needs_splink = pytest.mark.skipif(
    importlib.util.find_spec("splink") is None, reason="install the extra: pip install 'regulars[fuzzy]'"
)


@pytest.fixture(scope="module")
def company() -> MixedCompany:
    return make_mixed_company(seed=2026)


def find(company: MixedCompany, fuzzy: FuzzyRules | None, never: tuple[tuple[str, str], ...] = ()) -> People:
    rules = Rules(match_phones=PHONES, fuzzy=fuzzy, never_match=never)
    return people_of(customers=company.customers, orders=company.orders, rules=rules)


@pytest.fixture(scope="module")
def exact(company: MixedCompany) -> People:
    return find(company, None)


@pytest.fixture(scope="module")
def joined(company: MixedCompany) -> People:
    return find(company, FuzzyRules(joins=True))


def measure(people: People, company: MixedCompany) -> tuple[float, float]:
    """Pairwise precision and recall."""
    contact = dict(people.records.select("record_key", "contact_id").rows())
    assert contact.keys() == company.owners.keys()
    found = Counter((contact[record], person) for record, person in company.owners.items())
    together, said, true = (
        sum(size * (size - 1) // 2 for size in counts.values())
        for counts in (found, Counter(contact.values()), Counter(company.owners.values()))
    )
    return together / said, together / true


def test_exact_keys_alone_join_nobody_wrongly_and_find_nearly_all(exact, company):
    precision, recall = measure(exact, company)
    assert precision >= 0.999  # one pair: a father and a son of one name and one number
    assert recall >= 0.95
    assert exact.likely_pairs.is_empty()


@needs_splink
def test_likeness_finds_more_and_joins_nobody_wrongly(exact, joined, company):
    precision, recall = measure(joined, company)
    assert precision >= measure(exact, company)[0]
    assert recall >= measure(exact, company)[1] + 0.02
    pairs = joined.likely_pairs
    assert pairs["probability"].is_between(0.9, 1).all()
    keys = pairs.select("record_key", "other_record_key").rows()
    assert all(company.owners[one] == company.owners[other] for one, other in keys)


@needs_splink
def test_each_link_is_written_down_with_what_made_it(joined):
    linked = joined.likely_pairs.filter("is_linked").select("record_key", "other_record_key")
    evidence = joined.evidence.filter(pl.col("matched_by") == "fuzzy")
    assert len(linked) > 5
    assert sorted(map(sorted, linked.rows())) == sorted(
        map(sorted, evidence.select("record_key", "other_record_key").rows())
    )
    assert evidence["key"].null_count() == len(evidence)


@needs_splink
def test_without_join_pairs_are_proposed_and_nothing_is_linked(exact, joined, company):
    proposed = find(company, FuzzyRules())
    assert proposed.records.sort("record_key").equals(exact.records.sort("record_key"))
    assert proposed.likely_pairs.drop("is_linked").equals(joined.likely_pairs.drop("is_linked"))
    assert not proposed.likely_pairs["is_linked"].any()


@needs_splink
@pytest.mark.slow
def test_the_order_of_rows_changes_nothing(joined, company):
    rows = list(company.customers)
    random.Random(3).shuffle(rows)
    again = find(MixedCompany(rows, company.orders), FuzzyRules(joins=True)).likely_pairs
    assert again.equals(joined.likely_pairs)


@needs_splink
@pytest.mark.slow
def test_a_pair_of_the_settings_that_never_match_is_not_even_proposed(joined, company):
    one, other = joined.likely_pairs.select("record_key", "other_record_key").row(0)
    sides = tuple(key.removeprefix("customer/").replace("/", ":", 1) for key in (one, other))
    left = find(company, FuzzyRules(), never=((sides[0], sides[1]),)).likely_pairs
    assert len(left) == len(joined.likely_pairs) - 1


@needs_splink
def test_nothing_to_compare_is_no_error():
    assert people_of(customers=[], rules=Rules(fuzzy=FuzzyRules())).likely_pairs.is_empty()


def test_a_missing_extra_is_named(company, monkeypatch):
    monkeypatch.setattr(likely_pairs.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SettingsWrong, match=r"pip install 'regulars\[fuzzy\]'"):
        find(company, FuzzyRules())
