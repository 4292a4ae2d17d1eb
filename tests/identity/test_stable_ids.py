import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.identity.people import People
from regulars.pipelines.identity.stable_ids import _make_uuid5
from tests.builders import people_of

ADA = {"customer_record_id": "1", "email": "ada@example.com"}
BOB = {"customer_record_id": "2", "email": "bob@example.com"}
BRIDGE = {"customer_record_id": "3", "merged_record_ids": "1;2"}


def ids(people: People) -> dict[str, str]:
    return {row["record_key"].rpartition("/")[2]: row["customer_id"] for row in people.records.to_dicts()}


def groups(people: People) -> list[set[str]]:
    """The records of each customer."""
    borne = ids(people)
    return sorted(({key for key in borne if borne[key] == name} for name in set(borne.values())), key=sorted)


def events(people: People) -> set[tuple[str, str, str | None, int]]:
    return {
        (row["event"], row["customer_id"], row["other_customer_id"], row["record_count"])
        for row in people.events.to_dicts()
    }


def runs(*deliveries: list[dict]) -> list[People]:
    """One run after the other on the customer records given."""
    made: list[People] = []
    for number, rows in enumerate(deliveries, 1):
        previous = made[-1].person_map if made else None
        made.append(people_of(previous, generation=number, customers=rows))
    return made


def test_an_id_is_the_uuid_that_the_standard_makes():
    import uuid

    namespace = uuid.uuid4()
    names = [
        *(f"customer/shop/{number}" for number in range(200)),
        "customer/läden/\N{SNOWMAN}",
        "customer/shop/1\0001",
    ]
    made = _make_uuid5(pl.Series(names), namespace)
    assert made.to_list() == [str(uuid.uuid5(namespace, name)) for name in names]


def test_the_same_records_twice_change_nothing():
    first, second = runs([ADA, BOB], [ADA, BOB])
    assert ids(first) == ids(second)
    assert {event for event, *_ in events(first)} == {"created"}
    assert events(second) == set()
    assert second.person_map.sort("record_key").equals(first.person_map.sort("record_key"))


def test_a_customer_keeps_the_id_when_the_first_record_is_gone():
    twin = {"customer_record_id": "9", "email": "ada@example.com"}
    first, second, third = runs([ADA, twin], [twin], [twin, ADA])
    assert ids(second)["9"] == ids(first)["1"]
    assert ids(third)["1"] == ids(first)["1"]


def test_when_two_customers_become_one_the_larger_keeps_its_id():
    twin = {"customer_record_id": "4", "email": "bob@example.com"}
    first, second = runs([ADA, BOB, twin], [ADA, BOB, twin, BRIDGE])
    ada, bob = ids(first)["1"], ids(first)["2"]
    assert set(ids(second).values()) == {bob}
    assert events(second) == {("merged", bob, ada, 1)}


def test_of_two_equal_customers_the_older_keeps_its_id():
    first, second, third = runs([BOB], [ADA, BOB], [ADA, BOB, BRIDGE])
    assert set(ids(third).values()) == {ids(first)["2"]}
    assert {event for event, *_ in events(second)} == {"created"}


def test_when_they_part_again_the_one_that_leaves_gets_its_id_back():
    first, _, third = runs([ADA, BOB], [ADA, BOB, BRIDGE], [ADA, BOB])
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
    first, second = runs(rows, [alone, *rows[1:]])
    assert ids(second)["2"] == ids(second)["3"] == ids(first)["1"]
    assert ids(second)["1"] not in {*ids(first).values(), ids(second)["2"]}
    assert events(second) == {("split", ids(second)["1"], ids(first)["1"], 1)}


def test_a_record_that_moves_from_one_customer_to_another_is_a_split():
    mover = {"customer_record_id": "5", "email": "ada@example.com"}
    moved = {"customer_record_id": "5", "email": "bob@example.com"}
    first, second = runs([ADA, BOB, mover], [ADA, BOB, moved])
    assert ids(second) == {"1": ids(first)["1"], "2": ids(first)["2"], "5": ids(first)["2"]}
    assert events(second) == {("split", ids(first)["2"], ids(first)["1"], 1)}


def test_a_correction_taken_back_gives_everybody_the_id_they_bore_first():
    # 7's order shares an address with 3 for one run: half of the first customer moves there, and comes back
    customers = {"2": (None, "1"), "3": ("a@x.example", None)}
    orders = {"A": ("a@x.example", "1"), "B": (None, "7"), "C": ("a@x.example", None)}
    first = run_of(None, 1, customers, orders)
    second = run_of(first.person_map, 2, customers, {**orders, "A": ("a@x.example", "7")})
    third = run_of(second.person_map, 3, customers, orders)
    assert groups(first) == [{"1", "2", "3", "C"}, {"7"}]
    assert groups(second) == [{"1", "2"}, {"3", "7", "C"}]
    assert ids(third) == ids(first)


def test_an_order_that_came_during_a_false_merge_leaves_with_its_own_customer():
    order = {"customer_record_id": "8", "email": "bob@example.com"}
    late = {"customer_record_id": "9", "email": "bob@example.com"}
    first, second, third = runs([ADA, BOB], [ADA, BOB, BRIDGE, order, late], [ADA, BOB, order, late])
    ada, bob = ids(first)["1"], ids(first)["2"]
    assert set(ids(second).values()) == {ada}
    assert ids(third) == {"1": ada, "2": bob, "8": bob, "9": bob}


def test_of_a_customer_that_grew_the_larger_part_keeps_the_id_when_its_first_record_leaves():
    later = [{"customer_record_id": str(number), "email": "ada@example.com"} for number in (5, 6)]
    first, _, third, fourth = runs(
        [ADA], [ADA, *later], [{**ADA, "email": "typo@example.com"}, *later], [{**ADA, "email": "typo@example.com"}]
    )
    assert ids(third)["5"] == ids(third)["6"] == ids(first)["1"] != ids(third)["1"]
    # the others are gone: all is as it was at first
    assert ids(fourth) == ids(first)


def test_records_that_are_gone_keep_their_id_from_those_that_left_them():
    rows = [{"customer_record_id": str(number), "email": "ada@example.com"} for number in range(1, 6)]
    left = [{**row, "email": "bob@example.com"} for row in rows[:2]]
    _, second, third, fourth = runs(rows, [*left, *rows[2:]], left, [*left, *rows[2:]])
    assert ids(third) == {number: ids(second)[number] for number in "12"}
    assert ids(fourth) == ids(second)


def test_a_part_keeps_its_id_when_the_customer_it_was_merged_into_takes_another():
    # 3 stays behind alone: its id goes on with it although most of its old companions now bear the larger one's
    bob = [{"customer_record_id": str(number), "email": "bob@example.com"} for number in (4, 5, 6, 7)]
    ada = [{"customer_record_id": str(number), "email": "ada@example.com"} for number in (1, 2, 3)]
    moved = [{**row, "email": "bob@example.com"} for row in ada[:2]]
    first, second = runs([*ada, *bob], [*moved, ada[2], *bob])
    assert ids(second) == {**dict.fromkeys("124567", ids(first)["4"]), "3": ids(first)["3"]}


def test_a_merge_made_again_has_the_id_it_had():
    late = {"customer_record_id": "5", "email": "ada@example.com"}
    merged, parted = [ADA, BOB, late, BRIDGE], [{**ADA, "email": "a@example.com"}, BOB, late]
    first, second, third, fourth, fifth = runs([ADA, BOB], merged, parted, merged, parted)
    assert ids(fourth) == ids(second)
    assert ids(fifth) == ids(third)
    assert ids(second)["1"] == ids(first)["1"]


def test_an_id_is_never_given_to_a_stranger():
    first, second, third = runs([ADA], [BOB], [ADA, BOB])
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


def run_of(previous: pl.DataFrame | None, generation: int, customers: dict, orders: dict, shuffle: int = 0) -> People:
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
        one = run_of(straight, generation, customers, orders, 0)
        two = run_of(shuffled, generation, customers, orders, shuffle)
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
        # the same run again changes nothing
        again = run_of(straight, generation + 1, customers, orders, 0)
        assert ids(again) == ids(one)
        assert again.events.is_empty()


def assert_that_ids_come_back(customers: dict, orders: dict, corrections: list[tuple[dict, dict]]) -> None:
    """Run, correct again and again, take everything back: everybody has the first id."""
    people = first = run_of(None, 1, customers, orders)
    for generation, (other_customers, other_orders) in enumerate(corrections, 2):
        corrected = {**customers, **other_customers}, {**orders, **other_orders}
        people = run_of(people.person_map, generation, *corrected)
    assert ids(run_of(people.person_map, len(corrections) + 2, customers, orders)) == ids(first)


one_correction = st.lists(st.tuples(customer_rows, order_rows), min_size=1, max_size=1)
some_corrections = st.lists(st.tuples(customer_rows, order_rows), min_size=1, max_size=4)


@settings(max_examples=15, deadline=None)
@given(customer_rows, order_rows, one_correction)
def test_going_back_to_the_last_runs_records_brings_the_last_runs_ids_back(customers, orders, corrections):
    assert_that_ids_come_back(customers, orders, corrections)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(customer_rows, order_rows, some_corrections)
def test_going_back_through_hundreds_of_histories_brings_the_first_ids_back(customers, orders, corrections):
    assert_that_ids_come_back(customers, orders, corrections)
