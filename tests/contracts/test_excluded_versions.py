"""An excluded version takes the older ones with it; another record under the same id, such as a refund, does not."""

from typing import Any

import duckdb
import pytest

from regulars.pipelines.contracts.quarantine.quarantine_step import QuarantineResult, run_quarantine_step
from tests.contracts.deliveries import delivered, loaded, raw_contracts

AT = "2026-03-02 10:00:00"
EXCLUDED = "(kind varchar, source varchar, system varchar, delivery integer, document varchar, moment timestamp, "
EXCLUDED += "happened_at timestamp, amount decimal(38, 4))"


def leave_out(
    gone: tuple[Any, ...], kind: str = "orders", **kinds: list[dict[str, Any]]
) -> tuple[duckdb.DuckDBPyConnection, QuarantineResult]:
    """Deliver rows; the second delivery held a record of `o1` too that is left out: its moment and amount."""
    con = delivered(duckdb.connect(), **kinds)
    con.execute(f"create table landed.excluded_versions {EXCLUDED}")
    con.execute("insert into landed.excluded_versions values (?, 'shop', 'shop', 2, 'o1', null, ?, ?)", [kind, *gone])
    contracts = {name: raw_contracts()[name] for name in ("orders", "order_lines", "refunds")}
    return con, run_quarantine_step(con, contracts)


def names(result: QuarantineResult) -> list[tuple[str, int | None]]:
    return [(each.name, each.count) for each in result.findings]


@pytest.mark.parametrize(
    ("at", "amount", "is_version"),
    [
        (AT, 10, True),
        (AT, 0, True),  # what is cancelled may be worth nothing
        (AT, None, True),
        (None, 10, True),
        ("2026-03-02 10:01:00", 10, True),  # a tool may round to the minute
        ("2026-03-02 10:01:01", 10, False),
        ("2026-03-02 09:58:59", 10, False),
        (AT, -10, False),
    ],
)
def test_a_record_that_is_left_out_is_a_version_of_an_order_of_its_moment_and_sign(at, amount, is_version):
    order = {"ordered_at": AT, "gross_sales": "10"}
    con, result = leave_out((at, amount), orders=[order])
    assert loaded(con, "orders", "order_id") == ([] if is_version else ["o1"])
    said = "excluded_version_is_newest" if is_version else "excluded_records_share_ids"
    assert names(result) == [(said, 1)]


def test_of_several_earlier_versions_one_of_the_same_moment_is_enough():
    moved = [{"ordered_at": "2026-02-01 10:00:00"}, {"ordered_at": AT, "delivery": 3}]
    con, result = leave_out((AT, 10), orders=moved)
    assert loaded(con, "orders", "_delivery") == [3]  # it came later than the one that is left out
    assert names(result) == []


def test_a_refund_that_is_left_out_and_has_the_id_of_an_order_is_no_version_of_it():
    con, result = leave_out((AT, -10), kind="refunds", orders=[{"ordered_at": AT}])
    assert loaded(con, "orders", "order_id") == ["o1"]
    assert names(result) == []


@pytest.mark.parametrize(("at", "is_version"), [(AT, True), ("2026-03-09 10:00:00", False)])
def test_lines_follow_what_is_left_out_of_their_order(at, is_version):
    con, _ = leave_out((at, 10), orders=[{"ordered_at": AT}], order_lines=[{"ordered_at": AT}])
    assert len(loaded(con, "order_lines", "order_id")) == (0 if is_version else 1)


@pytest.mark.parametrize(("changed", "used"), [("2026-04-03", 1), ("2026-04-04", 1), ("2026-04-04 00:00:01", 2)])
def test_a_version_that_changed_after_its_delivery_is_as_new_as_the_one_before(changed, used):
    con = delivered(
        duckdb.connect(),
        orders=[{"updated_at": changed}, {"updated_at": "2026-03-20", "delivery": 2}],
    )
    con.execute(
        "create table landed.files (source varchar, delivery integer, landed_at timestamp, modified_at timestamp)"
    )
    con.execute("insert into landed.files values ('shop', 1, '2026-04-02', null), ('shop', 2, '2026-04-02', null)")
    result = run_quarantine_step(con, {name: raw_contracts()[name] for name in ("orders", "order_lines")})
    assert loaded(con, "orders", "_delivery") == [used]
    assert names(result) == [("version_column_disagrees", 1) if used == 1 else ("changed_in_future", 1)]
