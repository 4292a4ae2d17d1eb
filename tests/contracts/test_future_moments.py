"""A record of a customer that claims to have changed in the future does not win for ever over the other records."""

from typing import Any

import duckdb

from regulars.pipelines.contracts.quarantine.quarantine_step import run_quarantine_step
from tests.contracts.deliveries import delivered, raw_contracts

FILES = "create table landed.files (source varchar, delivery integer, landed_at timestamp, modified_at timestamp)"


def moments(*records: tuple[str, str | None, int], system: str = "crm") -> tuple[dict[str, str | None], list[Any]]:
    """Record -> its `updated_at` in `raw.customers`, and the findings; of each its delivery of the 1st, 2nd … April."""
    con = delivered(
        duckdb.connect(),
        customers=[
            {"customer_record_id": name, "updated_at": changed, "delivery": delivery, "source": system}
            for name, changed, delivery in records
        ],
    )
    con.execute(FILES)
    for delivery in {delivery for _, _, delivery in records}:
        con.execute(f"insert into landed.files values ('{system}', {delivery}, '2026-04-0{delivery}', null)")
    result = run_quarantine_step(con, {"customers": raw_contracts()["customers"]})
    rows = con.execute("select customer_record_id, updated_at from raw.customers order by all").fetchall()
    return dict(rows), [(each.name, each.source, each.count) for each in result.findings]


def test_it_is_as_new_as_the_newest_record_that_came_before_it():
    found, said = moments(
        ("a", "2026-03-01 00:00:00", 1),
        ("b", "2026-03-20 00:00:00", 1),
        ("wrong", "2099-01-01 00:00:00", 2),
        ("c", "2026-03-25 00:00:00", 2),
        ("d", "2026-04-02 00:00:00", 3),
    )
    assert found["wrong"] == "2026-03-20 00:00:00"
    assert (found["a"], found["b"], found["c"], found["d"]) == (
        "2026-03-01 00:00:00",
        "2026-03-20 00:00:00",
        "2026-03-25 00:00:00",
        "2026-04-02 00:00:00",
    )
    assert said == [("changed_in_future", "crm", 1)]


def test_where_nothing_came_before_it_has_no_moment_and_loses_to_all_that_have_one():
    found, said = moments(
        ("a", "2026-03-01 00:00:00", 1), ("wrong", "2026-04-03 00:00:01", 1), ("fine", "2026-04-03 00:00:00", 1)
    )
    assert found == {"a": "2026-03-01 00:00:00", "wrong": None, "fine": "2026-04-03 00:00:00"}
    assert said == [("changed_in_future", "crm", 1)]


def test_a_record_without_a_moment_stays_without_one():
    found, said = moments(("a", "2026-03-01 00:00:00", 1), ("b", None, 2))
    assert found == {"a": "2026-03-01 00:00:00", "b": None}
    assert said == []


def test_of_several_versions_of_the_record_it_is_counted_once():
    found, said = moments(("a", "2099-01-01 00:00:00", 1), ("a", "2026-03-20 00:00:00", 2))
    assert found == {"a": "2026-03-20 00:00:00"}
    assert ("changed_in_future", "crm", 1) in said
    assert [each for each in said if each[0] == "changed_in_future"] == [("changed_in_future", "crm", 1)]
