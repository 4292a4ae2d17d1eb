"""A later version that is about another thing, or about other lines, replaces something real: that is said."""

import duckdb
import pytest

from regulars.pipelines.contracts.quarantine.quarantine_step import SourceFacts, run_quarantine_step
from tests.contracts.deliveries import delivered, raw_contracts, run_step

MARCH, MAY = "2026-03-01 10:00:00", "2026-05-01 10:00:00"


def names(result) -> list[tuple[str, int | None]]:
    return [(each.name, each.count) for each in result.findings]


@pytest.mark.parametrize(
    ("first", "second", "is_said"),
    [
        ({"customer_record_id": "c1"}, {"customer_record_id": "c2", "ordered_at": MAY}, True),
        ({"email": "a@x.org"}, {"email": "b@x.org", "ordered_at": MAY}, True),
        ({"gross_sales": "10"}, {"gross_sales": "20", "ordered_at": MAY}, True),
        ({"gross_sales": "10"}, {"gross_sales": "20"}, False),
        ({"customer_record_id": "c1"}, {"customer_record_id": "c2"}, False),
        ({"email": "a@x.org"}, {"email": "A@x.org", "ordered_at": MAY}, False),
    ],
)
def test_an_order_id_that_came_again_for_another_order_is_said(first, second, is_said):
    row = {"ordered_at": MARCH}
    _, result = run_step(orders=[row | first, row | {"delivery": 2} | second])
    assert names(result) == ([("ids_used_again", 1)] if is_said else [])


def test_a_refund_id_that_came_again_for_another_order_is_said():
    refunds = [{"refund_id": "r1", "order_id": "o1"}, {"refund_id": "r1", "order_id": "o2", "delivery": 2}]
    _, result = run_step(refunds=refunds, orders=[{"order_id": "o1"}, {"order_id": "o2"}], order_lines=[])
    assert names(result) == [("ids_used_again", 1)]


def test_an_order_whose_lines_lie_on_two_pages_of_one_run_is_said():
    line = {"ordered_at": MARCH, "product_id": "a"}
    con = delivered(
        duckdb.connect(),
        order_lines=[
            line,
            line | {"product_id": "b", "delivery": 2},
            line | {"order_id": "o2"},
            line | {"order_id": "o2", "delivery": 2},
        ],
    )
    con.execute(
        "create table landed.files (source varchar, delivery integer, landed_at timestamp, modified_at timestamp)"
    )
    con.execute(
        "insert into landed.files "
        "values ('shop', 1, '2026-03-02', '2026-03-01'), ('shop', 2, '2026-03-02', '2026-03-02')"
    )
    contracts = {kind: raw_contracts()[kind] for kind in ("orders", "order_lines")}
    assert names(run_quarantine_step(con, contracts)) == [("orders_split_over_files", 1)]


def test_appended_lines_without_an_id_that_came_again_with_another_price_are_said():
    line = {"ordered_at": MARCH, "product_id": "a", "unit_price": "10"}
    lines = [line, line | {"unit_price": "11", "delivery": 2}, line | {"order_id": "o2"}]
    _, result = run_step({"shop": SourceFacts(None, appends=True)}, order_lines=[*lines, lines[2] | {"delivery": 2}])
    assert names(result) == [("lines_added_again", 1), ("rows_seen_in_two_files", 1)]
