"""Owners of customers and of tickets are numbered, and keep their numbers."""

import polars as pl

from regulars.pipelines.identity.owners import OWNERS, number_owners


def numbered(*names: str | None, previous: pl.DataFrame | None = None) -> dict[str, str]:
    """The owners of records delivered in this order: {name: id}."""
    rows = {"owner": list(names), "_row_id": list(range(len(names)))}
    found = number_owners([pl.LazyFrame(rows, schema={"owner": pl.String, "_row_id": pl.Int64})], previous)
    assert dict(found.schema) == OWNERS
    return dict(found.rows())


def test_owners_are_numbered_in_the_order_of_their_first_records():
    assert numbered("Zoe", None, "Al", "Zoe") == {"Zoe": "owner_1", "Al": "owner_2"}


def test_an_owner_keeps_the_number_when_others_come_before_or_leave():
    first = pl.DataFrame({"owner": ["Zoe", "Al"], "owner_id": ["owner_1", "owner_2"]})
    assert numbered("Bo", "Al", previous=first) == {"Zoe": "owner_1", "Al": "owner_2", "Bo": "owner_3"}
    assert numbered("Al", previous=first) == dict(first.rows())
    again = pl.DataFrame(list(numbered("Bo", "Al", previous=first).items()), schema=OWNERS, orient="row")
    assert numbered("Bo", "Al", previous=again) == dict(again.rows())


def test_who_is_named_by_the_crm_and_the_helpdesk_has_one_number():
    schema = {"owner": pl.String, "_row_id": pl.Int64}
    customers = pl.LazyFrame({"owner": ["Zoe", "Al"], "_row_id": [1, 5]}, schema=schema)
    tickets = pl.LazyFrame({"owner": ["Bo", "Zoe"], "_row_id": [3, 7]}, schema=schema)
    assert dict(number_owners([customers, tickets], None).rows()) == {
        "Zoe": "owner_1",
        "Bo": "owner_2",
        "Al": "owner_3",
    }


def test_without_owners_nobody_is_numbered():
    assert numbered() == {}
    assert numbered(None) == {}
