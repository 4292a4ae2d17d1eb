"""Ids through drawn histories: records come together, part, vanish and return, whatever the reason.

A partition `{3: 0, 5: 0, 7: 1}` says which records there are in a run, and which of them are one customer.
"""

import random
import uuid

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.identity.stable_ids import keep_ids

Partition = dict[int, int]
History = list[tuple[str, str, int]]

NAMESPACE = uuid.UUID(int=7)

partitions = st.dictionaries(st.integers(0, 7), st.integers(0, 4), max_size=8)
histories = st.lists(partitions, min_size=1, max_size=5)


def run(history: History, partition: Partition, shuffle: int = 0) -> tuple[dict[int, str], History]:
    """The id of each record, and the history that the run leaves behind."""
    generation = 1 + max((since for *_, since in history), default=0)
    last = {key: (name, since) for key, name, since in history}
    old = {record: last.get(f"r{record}", (None, 0))[0] for record in partition}
    labels = random.Random(shuffle).sample(range(10), 10)
    records = [(f"r{record}", labels[label], record, old[record]) for record, label in partition.items()]
    before = [(key, name, since, last[key] == (name, since)) for key, name, since in history]
    random.Random(shuffle).shuffle(records)
    random.Random(shuffle).shuffle(before)
    kept = keep_ids(
        pl.DataFrame(records, ["record_key", "component", "row_id", "old_id"], orient="row").cast(
            {"record_key": pl.String, "component": pl.Int64, "row_id": pl.Int64, "old_id": pl.String}
        ),
        pl.DataFrame(before, ["record_key", "id", "since_generation", "is_last"], orient="row").cast(
            {"record_key": pl.String, "id": pl.String, "since_generation": pl.Int32, "is_last": pl.Boolean}
        ),
        NAMESPACE,
    )
    names = {row["component"]: row["id"] for row in kept.ids.to_dicts()}
    assert len(set(names.values())) == len(kept.ids) == len(set(partition.values()))
    borne = {record: names[labels[label]] for record, label in partition.items()}
    changed = [(f"r{record}", name, generation) for record, name in borne.items() if name != old[record]]
    return borne, history + changed


def replay(*states: Partition, shuffle: int = 0) -> list[dict[int, str]]:
    """The ids of each run, one run after the other."""
    made: list[dict[int, str]] = []
    history: History = []
    for partition in states:
        borne, history = run(history, partition, shuffle)
        made.append(borne)
    return made


def assert_that_the_first_ids_come_back(first: Partition, others: list[Partition]) -> None:
    made = replay(first, *others, first)
    assert made[-1] == made[0]


def assert_that_ids_are_the_same_in_any_order(states: list[Partition], shuffle: int) -> None:
    assert replay(*states, shuffle=shuffle) == replay(*states)


def assert_that_a_second_run_changes_nothing(states: list[Partition]) -> None:
    made = replay(*states, states[-1])
    assert made[-1] == made[-2]


@settings(max_examples=25, deadline=None)
@given(partitions, histories)
def test_the_first_records_bring_the_first_ids_back_after_any_history(first, others):
    assert_that_the_first_ids_come_back(first, others)


@settings(max_examples=15, deadline=None)
@given(histories, st.integers(1, 9))
def test_neither_rows_nor_labels_have_an_order(states, shuffle):
    assert_that_ids_are_the_same_in_any_order(states, shuffle)


@settings(max_examples=15, deadline=None)
@given(histories)
def test_a_run_with_the_records_of_the_last_one_changes_no_id(states):
    assert_that_a_second_run_changes_nothing(states)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None)
@given(partitions, histories)
def test_thousands_of_histories_taken_back_bring_the_first_ids_back(first, others):
    assert_that_the_first_ids_come_back(first, others)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(histories, st.integers(1, 9))
def test_hundreds_of_histories_are_the_same_in_any_order(states, shuffle):
    assert_that_ids_are_the_same_in_any_order(states, shuffle)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(histories)
def test_after_hundreds_of_histories_a_second_run_changes_no_id(states):
    assert_that_a_second_run_changes_nothing(states)


def test_going_back_and_forth_between_two_states_changes_between_two_sets_of_ids():
    one = {1: 0, 2: 0, 3: 0, 7: 1}
    two = {1: 0, 2: 1, 3: 1, 7: 1}
    first, second, *more = replay(one, two, one, two, one, two)
    assert more == [first, second, first, second]


def test_a_merge_that_grew_and_a_split_that_shrank_leave_each_customer_its_own_id():
    apart = {1: 0, 2: 0, 7: 1}
    together = {1: 0, 2: 0, 3: 0, 7: 0, 8: 0}
    shifted = {1: 0, 2: 0, 3: 1, 7: 1, 8: 1}
    made = replay(apart, together, shifted, {1: 0, 7: 1}, apart)
    assert made[2] == {1: made[0][1], 2: made[0][1], 3: made[0][7], 7: made[0][7], 8: made[0][7]}
    assert made[4] == made[0]


def test_a_record_that_was_gone_for_a_run_comes_back_with_its_id():
    made = replay({1: 0, 2: 0, 3: 1}, {2: 0}, {}, {1: 0, 2: 0, 3: 1})
    assert made[3] == made[0]
    assert made[1] == {2: made[0][2]}


def test_orders_that_follow_somebody_else_do_not_leave_a_customer_to_its_first_record_alone():
    # 1 was first, 2, 3 and 4 came later; they move on to 7, which never was a customer with 1
    made = replay({1: 0, 7: 1}, {1: 0, 2: 0, 3: 0, 4: 0, 7: 1}, {1: 0, 2: 1, 3: 1, 4: 1, 7: 1})
    assert {made[2][record] for record in (2, 3, 4, 7)} == {made[0][1]}


def test_a_record_that_returns_to_somebody_else_takes_no_id_from_who_kept_it():
    # 5 stays while 1 is gone; 1 comes back as one customer with 3
    made = replay({1: 0, 5: 0, 3: 1}, {5: 0, 3: 1}, {5: 0, 1: 1, 3: 1})
    assert made[2] == {5: made[0][5], 1: made[0][3], 3: made[0][3]}


def test_orders_older_than_a_merge_keep_their_id_when_they_leave_with_who_was_merged():
    # 7 is merged into the customer of 1 to 4; then 1 alone leaves
    grown = {1: 0, 2: 0, 3: 0, 4: 0, 7: 1}
    made = replay({1: 0, 7: 1}, grown, dict.fromkeys(grown, 0), {**dict.fromkeys(grown, 1), 1: 0})
    assert {made[3][record] for record in (2, 3, 4, 7)} == {made[0][1]}
    assert made[3][1] not in made[0].values()


def test_a_first_record_that_left_takes_no_id_from_a_customer_that_did_not_change():
    parted = {1: 0, 2: 1, 3: 1}
    made = replay({1: 0}, dict.fromkeys(parted, 0), parted, parted)
    assert made[2][2] == made[2][3] == made[0][1]
    assert made[3] == made[2]
