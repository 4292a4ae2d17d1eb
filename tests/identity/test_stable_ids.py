import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.identity.people import People
from pipelines.identity.stable_ids import _uuid5
from tests.builders import people_of

ADA = {"customer_record_id": "1", "email": "ada@example.com"}
BOB = {"customer_record_id": "2", "email": "bob@example.com"}
BRIDGE = {"customer_record_id": "3", "merged_record_ids": "1;2"}


def ids(people: People) -> dict[str, str]:
    return {row["record_key"].rpartition("/")[2]: row["customer_id"] for row in people.records.to_dicts()}


def events(people: People) -> set[tuple[str, str, str | None, int]]:
    return {
        (row["event"], row["customer_id"], row["other_customer_id"], row["record_count"])
        for row in people.events.to_dicts()
    }


def nights(*deliveries: list[dict]) -> list[People]:
    """One night after the other on the customer records given."""
    told: list[People] = []
    for number, rows in enumerate(deliveries, 1):
        previous = told[-1].person_map if told else None
        told.append(people_of(previous, generation=number, customers=rows))
    return told


def test_an_id_is_the_uuid_that_the_standard_makes():
    import uuid

    namespace = uuid.uuid4()
    assert _uuid5(namespace.bytes, "customer/shop/1") == str(uuid.uuid5(namespace, "customer/shop/1"))


def test_the_same_records_twice_change_nothing():
    first, second = nights([ADA, BOB], [ADA, BOB])
    assert ids(first) == ids(second)
    assert {event for event, *_ in events(first)} == {"created"}
    assert events(second) == set()
    assert second.person_map.sort("record_key").equals(first.person_map.sort("record_key"))


def test_a_customer_keeps_the_id_when_the_first_record_is_gone():
    twin = {"customer_record_id": "9", "email": "ada@example.com"}
    first, second, third = nights([ADA, twin], [twin], [twin, ADA])
    assert ids(second)["9"] == ids(first)["1"]
    assert ids(third)["1"] == ids(first)["1"]


def test_when_two_customers_become_one_the_larger_keeps_its_id():
    twin = {"customer_record_id": "4", "email": "bob@example.com"}
    first, second = nights([ADA, BOB, twin], [ADA, BOB, twin, BRIDGE])
    ada, bob = ids(first)["1"], ids(first)["2"]
    assert set(ids(second).values()) == {bob}
    assert events(second) == {("merged", bob, ada, 1)}


def test_of_two_equal_customers_the_older_keeps_its_id():
    first, second, third = nights([BOB], [ADA, BOB], [ADA, BOB, BRIDGE])
    assert set(ids(third).values()) == {ids(first)["2"]}
    assert {event for event, *_ in events(second)} == {"created"}


def test_when_they_part_again_the_one_that_leaves_gets_its_id_back():
    first, _, third = nights([ADA, BOB], [ADA, BOB, BRIDGE], [ADA, BOB])
    ada, bob = ids(first)["1"], ids(first)["2"]
    assert {ids(third)["1"], ids(third)["2"]} == {ada, bob}
    assert ids(third) == ids(first)
    (event,) = events(third)
    assert event[0] == "split"
    assert event[1] != event[2]


def test_a_part_that_never_had_an_id_of_its_own_gets_a_new_one_that_nobody_bears():
    # the id was made from record 1; when it stays with the larger part, record 1 needs another
    rows = [{"customer_record_id": str(number), "email": "ada@example.com"} for number in (1, 2, 3)]
    alone = {"customer_record_id": "1", "email": "other@example.com"}
    first, second = nights(rows, [alone, *rows[1:]])
    assert ids(second)["2"] == ids(second)["3"] == ids(first)["1"]
    assert ids(second)["1"] not in {*ids(first).values(), ids(second)["2"]}
    assert events(second) == {("split", ids(second)["1"], ids(first)["1"], 1)}


def test_a_record_that_moves_from_one_customer_to_another_is_a_split():
    mover = {"customer_record_id": "5", "email": "ada@example.com"}
    moved = {"customer_record_id": "5", "email": "bob@example.com"}
    first, second = nights([ADA, BOB, mover], [ADA, BOB, moved])
    assert ids(second) == {"1": ids(first)["1"], "2": ids(first)["2"], "5": ids(first)["2"]}
    assert events(second) == {("split", ids(first)["2"], ids(first)["1"], 1)}


def test_an_id_is_never_given_to_a_stranger():
    first, second, third = nights([ADA], [BOB], [ADA, BOB])
    assert ids(second)["2"] != ids(first)["1"]
    assert ids(third)["1"] == ids(first)["1"]


def test_a_respondent_who_becomes_a_customer_stays_the_same_contact():
    first = people_of(survey_responses=[{"response_id": "r", "email": "ada@example.com"}])
    second = people_of(
        first.person_map,
        generation=2,
        survey_responses=[{"response_id": "r", "email": "ada@example.com"}],
        customers=[{**ADA, "_delivery": 2}],
    )
    assert second.records["contact_id"].unique().to_list() == first.records["contact_id"].to_list()
    assert first.records["customer_id"].to_list() == [None]
    assert {event for event, *_ in events(second)} == {"created"}


emails = st.sampled_from([None, "a@x.example", "b@x.example", "c@x.example"])
customer_rows = st.dictionaries(
    st.sampled_from("123456"), st.tuples(emails, st.sampled_from([None, "1", "2;3"])), max_size=6
)
order_rows = st.dictionaries(st.sampled_from("ABCD"), st.tuples(emails, st.sampled_from([None, "1", "7"])), max_size=4)


def night_of(previous: pl.DataFrame | None, generation: int, customers: dict, orders: dict, shuffle: int) -> People:
    rows = [
        {"customer_record_id": key, "email": email, "merged_record_ids": merged, "_row": int(key)}
        for key, (email, merged) in customers.items()
    ]
    sold = [
        {"order_id": key, "email": email, "customer_record_id": record, "_delivery": 2, "_row": ord(key)}
        for key, (email, record) in orders.items()
    ]
    random.Random(shuffle).shuffle(rows)
    random.Random(shuffle).shuffle(sold)
    return people_of(previous, generation=generation, customers=rows, orders=sold)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(customer_rows, order_rows), min_size=1, max_size=3), st.integers(0, 9))
def test_ids_depend_on_what_is_delivered_never_on_the_order_of_rows(deliveries, shuffle):
    straight = shuffled = None
    for generation, (customers, orders) in enumerate(deliveries, 1):
        one = night_of(straight, generation, customers, orders, 0)
        two = night_of(shuffled, generation, customers, orders, shuffle)
        assert ids(one) == ids(two)
        assert events(one) == events(two)
        straight, shuffled = one.person_map, two.person_map
        # every record has one contact; every order's person is a customer; no id is borne by two customers
        rows = one.records.to_dicts()
        assert len({row["record_key"] for row in rows}) == len(rows)
        assert all(row["contact_id"] and row["customer_id"] for row in rows)
        assert len({(row["contact_id"], row["customer_id"]) for row in rows}) == len(
            {row["customer_id"] for row in rows}
        )
        # the same night again changes nothing
        again = night_of(straight, generation + 1, customers, orders, 0)
        assert ids(again) == ids(one)
        assert again.events.is_empty()


@settings(max_examples=15, deadline=None)
@given(customer_rows, order_rows, customer_rows, order_rows)
def test_going_back_to_yesterdays_records_brings_yesterdays_ids_back(customers, orders, other_customers, other_orders):
    first = night_of(None, 1, customers, orders, 0)
    second = night_of(first.person_map, 2, {**customers, **other_customers}, {**orders, **other_orders}, 0)
    third = night_of(second.person_map, 3, customers, orders, 0)
    before, after = ids(first), ids(third)
    assert {frozenset(k for k in before if before[k] == v) for v in before.values()} == {
        frozenset(k for k in after if after[k] == v) for v in after.values()
    }
    assert set(after.values()) <= {*before.values(), *ids(second).values()} | set(first.person_map["customer_id"])
