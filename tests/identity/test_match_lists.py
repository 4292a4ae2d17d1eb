"""Pairs that the settings list: always one person, or never, whatever links them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.identity.people import Rules
from tests.builders import people_of
from tests.identity.test_people import linked, together

ADA = [
    {"customer_record_id": "1", "email": "ada@example.com"},
    {"customer_record_id": "2", "email": "ada@example.com"},
    {"customer_record_id": "7", "email": "eve@example.com", "_system": "crm"},
]


def test_records_of_a_listed_pair_are_one_person():
    rules = Rules(always_match=[("crm:7", "shop:1")])
    assert together(people_of(customers=ADA, rules=rules)) == [{"customer/crm/7", "customer/shop/1", "customer/shop/2"}]


def test_a_side_may_be_an_address_even_of_a_guest():
    people = people_of(
        customers=ADA,
        orders=[{"order_id": "o", "email": "old@example.com"}, {"order_id": "p", "email": "older@example.com"}],
        rules=Rules(always_match=[("crm:7", " Old@Example.com "), ("old@example.com", "older@example.com")]),
    )
    assert together(people)[0] == {"customer/crm/7", "order/shop/o", "order/shop/p"}
    links = {(row["matched_by"], row["record_key"], row["other_record_key"]) for row in people.evidence.to_dicts()}
    assert ("always_match", "order/shop/o", "customer/crm/7") in links


def test_a_pair_that_names_nobody_does_nothing_and_is_counted():
    people = people_of(
        customers=ADA, rules=Rules(always_match=[("crm:8", "shop:1")], never_match=[("a@b.example", "crm:7")])
    )
    assert len(together(people)) == 2
    counted = people.match_lists.to_dicts()[0]
    assert (counted["unknown_pair_count"], counted["cut_count"], counted["named_apart_count"]) == (2, 0, 0)


def test_a_pair_that_must_stay_apart_does_although_it_shares_an_address():
    people = people_of(
        customers=ADA,
        orders=[{"order_id": "guest", "email": "ada@example.com"}],
        rules=Rules(never_match=[("shop:2", "shop:1")]),
    )
    assert together(people) == [{"customer/crm/7"}, {"customer/shop/1", "order/shop/guest"}, {"customer/shop/2"}]
    assert people.match_lists["cut_count"].to_list() == [1]
    cut = [row for row in people.evidence.to_dicts() if row["cut_by"] == "never_match"]
    assert [(row["record_key"], row["other_record_key"]) for row in cut] == [("customer/shop/2", "customer/shop/1")]


def test_never_wins_over_always_and_over_a_merge_of_the_tool():
    rows = [{"customer_record_id": "1", "merged_record_ids": "2"}, {"customer_record_id": "2"}]
    rules = Rules(always_match=[("shop:1", "shop:2")], never_match=[("shop:1", "shop:2")])
    assert len(together(people_of(customers=rows, rules=rules))) == 2


def test_the_stronger_link_is_kept_where_a_path_must_be_cut():
    # 3 shares an address with 1, and the tool merged it into 2: the merge is stronger
    rows: list[dict[str, Any]] = [
        {"customer_record_id": "1", "email": "x@example.com"},
        {"customer_record_id": "2", "merged_record_ids": "3"},
        {"customer_record_id": "3", "email": "x@example.com"},
    ]
    rules = Rules(never_match=[("shop:1", "shop:2")])
    assert together(people_of(customers=rows, rules=rules)) == [
        {"customer/shop/1"},
        {"customer/shop/2", "customer/shop/3"},
    ]


def test_ids_stay_and_come_back_when_a_pair_is_listed_and_taken_back():
    one = people_of(customers=ADA)
    apart = people_of(one.person_map, generation=2, customers=ADA, rules=Rules(never_match=[("shop:1", "shop:2")]))
    again = people_of(apart.person_map, generation=3, customers=ADA)
    assert linked(apart, "customer_record", "1")["customer_id"] == linked(one, "customer_record", "1")["customer_id"]
    assert again.records.sort("record_key").equals(one.records.sort("record_key"))


records = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([None, "0", "1", "2"])), min_size=2, max_size=7)
pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] != pair[1]), max_size=4)


@settings(max_examples=30, deadline=None)
@given(records, pairs, st.randoms(use_true_random=False))
def test_no_listed_pair_is_joined_nothing_else_is_parted_and_the_order_of_rows_is_nothing(drawn, apart, order):
    rows = [
        {"customer_record_id": str(n), "email": f"{who}@example.com", "merged_record_ids": merged}
        for n, (who, merged) in enumerate(drawn)
    ]
    rules = Rules(never_match=[(f"shop:{one}", f"shop:{other}") for one, other in apart])
    groups = together(people_of(customers=rows, rules=rules))
    place = {key.rpartition("/")[2]: number for number, keys in enumerate(groups) for key in keys}
    for one, other in apart:
        assert place.get(str(one)) != place.get(str(other)) or str(one) not in place
    free = together(people_of(customers=rows))
    for keys in free:
        if not any({f"customer/shop/{one}", f"customer/shop/{other}"} <= keys for one, other in apart):
            assert keys in groups
    shuffled = [{**row, "_row_id": n} for n, row in enumerate(rows)]
    order.shuffle(shuffled)
    assert together(people_of(customers=shuffled, rules=rules)) == groups
