"""Numbers in place of values: the same answers as comparing the values themselves."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.pipelines.identity.dense import look_up, number_rows, sort_places

ROWS = pl.DataFrame({"system": ["crm", "shop", "crm", None, "crm", None], "record_id": ["1", "1", "1", "2", "2", "2"]})


def test_equal_rows_have_one_number_in_the_order_in_which_they_come_first():
    distinct, numbers = number_rows(ROWS)
    assert distinct.rows() == [("crm", "1"), ("shop", "1"), (None, "2"), ("crm", "2")]
    assert numbers.tolist() == [0, 1, 0, 2, 3, 2]


def test_rows_that_share_their_hash_are_told_apart(monkeypatch):
    expected = number_rows(ROWS)
    monkeypatch.setattr(pl.DataFrame, "hash_rows", lambda rows: pl.zeros(len(rows), pl.UInt64, eager=True))
    distinct, numbers = number_rows(ROWS)
    assert distinct.equals(expected[0])
    assert numbers.tolist() == expected[1].tolist()


def test_no_rows_have_no_numbers():
    distinct, numbers = number_rows(ROWS.clear())
    assert distinct.is_empty()
    assert not len(numbers)


@given(st.lists(st.text(alphabet="ab-\N{SNOWMAN}", max_size=12)))
def test_texts_are_sorted_as_texts_whether_their_beginnings_differ_or_not(texts):
    places = sort_places(pl.Series(texts, dtype=pl.String))
    assert [texts[place] for place in places] == sorted(texts)


@pytest.mark.parametrize("wanted", [[2, None, 0, 7], [], [None]])
def test_a_number_that_nobody_has_is_looked_up_as_null(wanted):
    known = pl.DataFrame({"number": [0, 2], "name": ["zero", "two"]})
    names = {0: "zero", 2: "two"}
    found = look_up(known, "number", pl.Series(wanted, dtype=pl.Int64))
    assert found["name"].to_list() == [names.get(number) for number in wanted]
