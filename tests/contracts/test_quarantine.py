"""Every row is accounted for, and no source may lose more rows than its budget."""

import datetime as dt

import duckdb
import pytest

from regulars.pipelines.contracts.quarantine.file_counts import FileCount
from regulars.pipelines.contracts.quarantine.quarantine_step import SourceFacts, run_quarantine_step
from regulars.pipelines.errors import TooManyBadRows
from tests.contracts.deliveries import delivered, quarantined, raw_contracts, run_step

BAD = {"ordered_at": "yesterday"}
CANARY = "ada.canary@example.org"


def with_malformed_lines(con: duckdb.DuckDBPyConnection, *lines: tuple[str, int, str]) -> duckdb.DuckDBPyConnection:
    con.execute(
        "create table landed.malformed (source varchar, system varchar, delivery integer, file_sha256 varchar, "
        "line bigint, text varchar, rule varchar, reason varchar)"
    )
    for source, line, text in lines:
        con.execute(
            "insert into landed.malformed values (?, ?, 1, 'file1', ?, ?, 'malformed', 'has 3 fields, not 4')",
            [source, source, line, text],
        )
    return con


def budgets(**shares: float) -> dict[str, SourceFacts]:
    return {source: SourceFacts(share) for source, share in shares.items()}


def test_every_row_read_is_counted_once_per_source_kind_and_file():
    _, result = run_step(
        orders=[{}, {"order_id": "o2"} | BAD, {"delivery": 2}, {"source": "till", "delivery": 3}],
        customers=[{}, {}],
    )
    assert result.files == [
        FileCount("shop", "customers", "file1", 2, 1, 0, 0, 1),
        FileCount("shop", "orders", "file1", 2, 0, 1, 1),
        FileCount("shop", "orders", "file2", 1, 1, 0, 0),
        FileCount("till", "orders", "file3", 1, 1, 0, 0),
    ]


def test_lines_that_are_no_records_are_kept_verbatim_and_counted():
    con = with_malformed_lines(delivered(duckdb.connect(), orders=[{}]), ("shop", 7, 'o2;"unclosed'))
    result = run_quarantine_step(con, raw_contracts())
    assert quarantined(con, "kind, row, rules, reasons, content") == [
        ("malformed", 7, "malformed", "has 3 fields, not 4", '{"text":"o2;\\"unclosed"}')
    ]
    assert FileCount("shop", "malformed", "file1", 1, 0, 1, 0) in result.files


def orders(count: int, bad: int) -> list[dict[str, object]]:
    return [{"order_id": f"o{number}", "email": CANARY} | (BAD if number < bad else {}) for number in range(count)]


@pytest.mark.parametrize(("bad", "budget"), [(0, 0), (1, 0.1), (10, 1)])
def test_a_source_within_its_budget_passes(bad, budget):
    con = delivered(duckdb.connect(), orders=orders(10, bad))
    assert (
        sum(file.rows_quarantined for file in run_quarantine_step(con, raw_contracts(), budgets(shop=budget)).files)
        == bad
    )


def test_a_source_over_its_budget_is_refused_with_what_a_person_needs():
    con = delivered(duckdb.connect(), orders=[*orders(10, 2), {"order_id": "x", "currency": "?"}])
    con.execute(
        "create table landed.files as select 'orders.csv' as file_name, 'file1' as file_sha256, 1 as delivery, "
        "timestamp '2026-03-01' as landed_at"
    )
    with pytest.raises(TooManyBadRows) as caught:
        run_quarantine_step(con, raw_contracts(), budgets(shop=0.01, till=0.01))
    message = str(caught.value)
    assert message.startswith(
        "shop: 3 of 11 rows (27.3%) would be quarantined, and at most 1.0% may be. The commonest reason is "
        "`orders.ordered_at.reads_as` (ordered_at is a real moment in UTC, written 2026-03-31 17:05:09), in 2 rows; "
        "the first is row 1 of orders.csv."
    )
    assert "--allow quarantined=REASON" in message
    assert CANARY not in message
    assert "till" not in message
    assert caught.value.exit_code == 65


def test_the_budget_of_one_source_is_not_spent_by_another():
    con = delivered(duckdb.connect(), orders=[*orders(10, 10), {"source": "till", "delivery": 2}])
    with pytest.raises(TooManyBadRows, match="shop"):
        run_quarantine_step(con, raw_contracts(), budgets(shop=0.5, till=0))


def test_lines_that_are_no_records_spend_the_budget_too():
    con = with_malformed_lines(delivered(duckdb.connect(), orders=[{}]), ("shop", 3, "x"), ("shop", 2, "y"))
    with pytest.raises(
        TooManyBadRows, match=r"2 of 3 rows .* `malformed`, in 2 rows; the first is line 2 of the file file1"
    ):
        run_quarantine_step(con, raw_contracts(), budgets(shop=0.5))


def test_a_run_with_a_reason_may_pass_its_budget():
    con = delivered(duckdb.connect(), orders=orders(10, 10))
    result = run_quarantine_step(
        con, raw_contracts(), budgets(shop=0.01), override="the old shop's last export is known to be broken"
    )
    assert result.files[0].rows_quarantined == 10


def night_after(bad: int, of: int) -> duckdb.DuckDBPyConnection:
    """A thousand good orders of before, and a file of today of which some are bad."""
    old = [{"order_id": f"old{number}"} for number in range(1000)]
    new = [{"order_id": f"n{number}", "delivery": 2} | (BAD if number < bad else {}) for number in range(of)]
    con = delivered(duckdb.connect(), orders=[*old, *new])
    con.execute(
        """
        create table landed.files as
        select source, delivery, 'file' || delivery as file_sha256, delivery || '.csv' as file_name,
            timestamp '2026-03-01' + to_days(delivery) as landed_at, timestamp '2026-03-01' as modified_at
        from (values ('shop', 1), ('shop', 2)) as files (source, delivery)
        """
    )
    return con


def run_since(con: duckdb.DuckDBPyConnection, day: int) -> int:
    since = dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC)
    files = run_quarantine_step(con, raw_contracts(), budgets(shop=0.3), new_since=since).files
    return sum(file.rows_quarantined for file in files)


def test_new_records_have_the_budget_for_themselves():
    with pytest.raises(TooManyBadRows, match="53 of 53 new rows"):
        run_since(night_after(53, 53), day=2)


@pytest.mark.parametrize(("bad", "of", "day"), [(53, 53, 3), (9, 9, 2), (10, 40, 2)])
def test_records_of_before_few_of_them_and_a_small_share_stop_nothing(bad, of, day):
    assert run_since(night_after(bad, of), day) == bad
