"""The sample company's planted open tickets: who waits for an answer is on a list, ordered since or not."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

OPEN_TICKETS = """
    with
        open as (
            select "Ticket" as ticket_id, "First reply" as reply
            from read_csv($exports, all_varchar = true)
            where "Solved" is null and coalesce("No reply due", '') = '' and "Ticket" not like 'T-9%'
        ),
        last_orders as (
            select person_id, max(ordered_at[:10]) as last_day
            from read_csv($orders, all_varchar = true)
            group by person_id
        )
    select
        tickets.customer_id,
        last_day > truth.opened_at[:10] as has_ordered_since,
        if(reply is null, 'unanswered_ticket', 'open_complaint') as reason,
    from open
    join read_csv($truth, all_varchar = true) as truth using (ticket_id)
    join last_orders using (person_id)
    join core.tickets as tickets using (ticket_id)
    order by all
"""


@pytest.fixture(scope="module")
def con(published_demo: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as connection:
        yield connection


def test_who_waits_for_an_answer_is_on_a_list_whether_or_not_they_have_ordered_since(
    con: duckdb.DuckDBPyConnection, published_demo: Path
):
    places = {
        "exports": str(published_demo / "exports/tickets.csv"),
        "truth": str(published_demo / "truth/tickets.csv"),
        "orders": str(published_demo / "truth/orders.csv"),
    }
    planted = con.execute(OPEN_TICKETS, places).fetchall()
    assert {has_ordered_since for _, has_ordered_since, _ in planted} == {False, True}
    listed = dict(con.execute("select customer_id, call_reason from marts.owner_worklists").fetchall())
    for customer, _, reason in planted:
        assert listed.get(customer) in (reason, "service_risk")
