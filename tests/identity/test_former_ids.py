"""Ids that are no longer in use lead to the customer who has their records now."""

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.identity.former_ids import find_former_ids
from regulars.pipelines.identity.output import People
from tests.builders import people_of
from tests.identity.test_people import together

Groups = dict[str, str]
"""Record -> whose address it carries."""


def nights(*groups: Groups) -> list[People]:
    """The people of each run, one run after the other."""
    made: list[People] = []
    for generation, group in enumerate(groups, 1):
        rows: list[dict[str, Any]] = [
            {"customer_record_id": record, "email": f"{who}@example.com"} for record, who in group.items()
        ]
        previous = made[-1].person_map if made else None
        made.append(people_of(previous, generation=generation, customers=rows))
    return made


def id_of(people: People, record: str) -> str:
    return people.records.filter(pl.col("source_record_id") == record)["customer_id"].item()


def former(people: People) -> dict[str, tuple[str | None, int | None, float | None]]:
    return {row[0]: row[1:] for row in people.former_ids.rows()}


def test_a_merged_customer_leads_to_the_one_that_took_it_over_even_in_several_steps():
    many = dict.fromkeys("6789", "c")
    one, two, three = nights(
        {"1": "a", "3": "b", "4": "b"} | many,
        {"1": "b", "3": "b", "4": "b"} | many,
        {"1": "c", "3": "c", "4": "c"} | many,
    )
    assert former(one) == {}
    assert former(two) == {id_of(one, "1"): (id_of(one, "3"), 2, 1.0)}
    assert former(three) == {
        id_of(one, "1"): (id_of(one, "6"), 2, 1.0),
        id_of(one, "3"): (id_of(one, "6"), 3, 1.0),
    }


def test_a_merge_that_is_taken_back_leaves_no_former_id():
    apart = {"1": "a", "2": "b", "3": "b"}
    *_, last = nights(apart, {"1": "b", "2": "b", "3": "b"}, apart)
    assert former(last) == {}


def test_an_id_whose_records_are_gone_leads_to_nobody():
    one, two = nights({"1": "a", "2": "b"}, {"1": "a"})
    assert former(two) == {id_of(one, "2"): (None, None, None)}


def test_an_id_leads_on_although_the_records_that_bore_it_are_gone():
    one, _, three = nights({"1": "a", "2": "b", "3": "b"}, {"1": "b", "2": "b", "3": "b"}, {"2": "b", "3": "b"})
    assert former(three) == {id_of(one, "1"): (id_of(one, "2"), 2, 1.0)}


def test_an_id_whose_records_disperse_leads_to_where_most_of_them_went():
    one, two = nights(
        {"1": "a", "2": "a", "3": "a", **{str(n): "b" for n in range(10, 20)}, **{str(n): "c" for n in range(20, 30)}},
        {"1": "c", "2": "b", "3": "b", **{str(n): "b" for n in range(10, 20)}, **{str(n): "c" for n in range(20, 30)}},
    )
    found = former(two)[id_of(one, "1")]
    assert found[:2] == (id_of(one, "10"), 2)
    assert round(found[2] or 0, 4) == 0.6667


def test_ids_that_lead_to_each_other_lead_to_nobody():
    person_map = pl.DataFrame(
        {
            "record_key": ["r1", "r1", "r2", "r2", "r3"],
            "customer_id": ["A", "B", "B", "A", "C"],
            "since_generation": [1, 2, 1, 2, 1],
        },
        schema_overrides={"since_generation": pl.Int32},
    )
    found = find_former_ids(person_map, pl.Series(["C"]))
    assert found.rows() == [("A", None, 2, None), ("B", None, 2, None)]


def test_a_long_chain_of_merges_is_followed_to_its_end():
    ids = [f"id{number:02}" for number in range(20)]
    keys = [f"r{number:02}" for number in range(20)]
    # the record of each id moves to the next id, a generation after the one before it
    rows = [(key, ids[at], 1) for at, key in enumerate(keys)]
    rows += [(key, ids[at + 1], at + 2) for at, key in enumerate(keys[:-1])]
    person_map = pl.DataFrame(rows, ["record_key", "customer_id", "since_generation"], orient="row")
    found = find_former_ids(person_map, pl.Series(["id19"]))
    assert found["former_customer_id"].to_list() == ids[:-1]
    assert set(found["customer_id"]) == {"id19"}


histories = st.lists(st.dictionaries(st.sampled_from("1234567"), st.sampled_from("abcd")), min_size=1, max_size=4)


@settings(max_examples=15, deadline=None)
@given(histories)
def test_every_id_ever_used_is_in_use_or_former_and_leads_to_one_in_use_or_nowhere(drawn):
    made = nights(*drawn)
    ever = {id for people in made for id in people.records["customer_id"].drop_nulls()}
    in_use = set(made[-1].records["customer_id"].drop_nulls())
    found = former(made[-1])
    assert set(found) == ever - in_use
    assert {current for current, *_ in found.values()} <= in_use | {None}
    assert len(in_use) == len(together(made[-1]))
