"""Malformed lines are replaced by a corrected file of the same name, and by no other."""

import duckdb
import pytest

from regulars.pipelines.contracts.quarantine.file_counts import FileCount
from regulars.pipelines.contracts.quarantine.quarantine_step import run_quarantine_step
from tests.contracts.deliveries import delivered, quarantined, raw_contracts


def settle(first: list[str], second: list[str], *, path: str = "orders.csv"):
    """A file of some orders with a malformed line, then another file."""
    rows = [{"order_id": order, "delivery": number} for number, ids in ((1, first), (2, second)) for order in ids]
    con = delivered(duckdb.connect(), orders=rows)
    con.execute(
        """
        create table landed.malformed as
        select 'shop' as source, 'shop' as system, 1 as delivery, 'file1' as file_sha256, 3::bigint as line,
            'o9;"' as text, 'malformed' as rule, 'quote not closed' as reason
        """
    )
    con.execute(
        "create table landed.files (source varchar, delivery integer, path varchar, landed_at timestamp, "
        "modified_at timestamp)"
    )
    con.execute(
        "insert into landed.files values ('shop', 1, 'orders.csv', null, null), ('shop', 2, $1, null, null)", [path]
    )
    return con, run_quarantine_step(con, {kind: raw_contracts()[kind] for kind in ("orders", "order_lines")})


def test_a_corrected_file_of_the_same_name_replaces_the_malformed_lines():
    con, result = settle(["1", "2", "3"], ["1", "2", "9"])  # one order was taken out by the correction
    assert quarantined(con) == []
    assert FileCount("shop", "malformed", "file1", rows_read=1, rows_superseded=1) in result.files


@pytest.mark.parametrize(
    ("second", "path"),
    [(["4", "5"], "orders.csv"), (["1", "5"], "orders.csv"), (["1", "2"], "orders-2.csv")],
    ids=["the next orders under the same name", "half of the orders", "another name"],
)
def test_any_other_file_leaves_them_quarantined(second, path):
    con, _ = settle(["1", "2"], second, path=path)
    assert quarantined(con) == [("malformed", 1, 3, "malformed")]


def test_a_file_that_was_malformed_throughout_is_replaced_by_the_next_of_its_name():
    con, _ = settle([], ["1"])
    assert quarantined(con) == []
