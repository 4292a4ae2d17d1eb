"""Records that stand more than once in one delivery: counted once, told apart, or quarantined."""

import duckdb
import pytest

from regulars.pipelines.contracts.quarantine.quarantine_step import SourceFacts, run_quarantine_step
from regulars.pipelines.errors import TooManyBadRows
from tests.contracts.deliveries import delivered, left_out, loaded, quarantined, raw_contracts, run_step, superseded

MONDAY, TUESDAY = "2026-03-02 10:00:00", "2026-03-03 10:00:00"


@pytest.fixture(scope="module")
def step():
    """Records of several kinds, each about one way to repeat in a delivery."""
    orders = [
        {"order_id": "equal", "_rest": '{"line":"1"}'},
        {"order_id": "equal", "_rest": '{"line":"2"}'},
        {"order_id": "equal"},
        {"order_id": "dated", "updated_at": TUESDAY, "gross_sales": "2"},
        {"order_id": "dated", "updated_at": MONDAY, "gross_sales": "1"},
        {"order_id": "half dated", "updated_at": TUESDAY, "gross_sales": "2"},
        {"order_id": "half dated", "gross_sales": "1"},
        {"order_id": "1001", "gross_sales": "1"},
        {"order_id": "1001", "gross_sales": "2"},
        {"order_id": "1001", "gross_sales": "2"},
        {"order_id": "bad before", "updated_at": MONDAY, "gross_sales": "x"},
        {"order_id": "bad before", "updated_at": TUESDAY, "gross_sales": "2"},
        {"order_id": "good before", "gross_sales": "7"},
        {"order_id": "good before", "gross_sales": "8", "delivery": 2},
        {"order_id": "good before", "gross_sales": "9", "delivery": 2},
    ]
    day = {"ordered_at": MONDAY}
    lines = [
        {"order_id": "till"} | day,
        {"order_id": "till"} | day,
        {"order_id": "numbered", "line_id": "1"} | day,
        {"order_id": "numbered", "line_id": "1"} | day,
        {"order_id": "numbered", "line_id": "2"} | day,
    ]
    customers = [{"customer_record_id": "ada@example.org", "city": city} for city in ("Ulm", "Bonn")]
    con, _ = run_step(orders=orders, order_lines=lines, customers=customers)
    return con


def amounts(con, order):
    return [amount for found, amount in loaded(con, "orders", "order_id, gross_sales") if found == order]


def test_equal_records_with_an_id_count_once_whatever_unmapped_columns_say(step):
    assert amounts(step, "equal") == ["10"]
    assert [row for kind, _, row in left_out(step, "duplicate") if kind == "orders"] == [2, 3]


def test_two_equal_lines_without_an_id_are_two_sales(step):
    assert loaded(step, "order_lines", "order_id").count("till") == 2


def test_a_line_with_an_id_of_its_own_counts_once(step):
    assert [line for _, line in loaded(step, "order_lines", "order_id, line_id") if line] == ["1", "2"]
    assert ("order_lines", 1, 4) in left_out(step, "duplicate")


def test_the_version_column_tells_versions_of_one_delivery_apart(step):
    assert amounts(step, "dated") == ["2"]
    assert ("orders", 1, 5) in superseded(step)


def test_an_older_version_that_is_bad_is_superseded_by_a_good_one_of_the_same_delivery(step):
    assert amounts(step, "bad before") == ["2"]


def test_records_that_differ_under_one_id_are_quarantined_with_a_sentence(step):
    assert amounts(step, "1001") == []
    reasons = [reason for document, reason in quarantined(step, "document, reasons") if document == "1001"]
    assert (
        reasons
        == [
            "order_id 1001 stands 3 times in one file, with different values, and no updated_at says which is the "
            "newest; if each row is a line of an order, feed the kind order_lines too."
        ]
        * 3
    )


def test_a_version_column_that_one_of_them_lacks_tells_nothing(step):
    assert amounts(step, "half dated") == []


def test_a_contradicting_delivery_falls_back_on_the_good_version_before(step):
    assert amounts(step, "good before") == ["7"]


def test_an_id_that_is_an_address_is_not_said(step):
    (reason, _) = [reason for kind, reason in quarantined(step, "kind, reasons") if kind == "customers"]
    assert reason.startswith("One id stands 2 times")


def test_a_file_of_lines_repeats_its_orders_and_the_first_row_of_each_counts():
    orders = [{"gross_sales": "12"}, {"gross_sales": None}, {"order_id": "o2"}]
    facts = {"shop": SourceFacts(repeating=frozenset({"orders"}))}
    con, _ = run_step(facts, orders=orders, order_lines=[{}, {}, {"order_id": "o2"}])
    assert amounts(con, "o1") == ["12"]
    assert left_out(con, "duplicate") == [("orders", 1, 2)]
    assert quarantined(con) == []


def test_a_source_stopped_by_contradictions_is_told_of_the_first():
    rows = [{"gross_sales": str(number)} for number in range(3)]
    con = delivered(duckdb.connect(), orders=rows)
    contracts = {kind: raw_contracts()[kind] for kind in ("orders", "order_lines")}
    with pytest.raises(TooManyBadRows, match=r"`orders\.record\.unique`.* order_id o1 stands 3 times in one file"):
        run_quarantine_step(con, contracts, {"shop": SourceFacts(0.1)})


@pytest.mark.parametrize(
    ("changes", "used"),
    [
        (["2026-04-03", "2026-04-02"], "0"),
        (["2026-04-04", "2026-04-02"], "0"),
        (["2026-04-02", "2026-04-04"], "1"),
        (["2026-04-04 00:00:01", "2026-04-02"], None),
        (["2062-04-02", "2026-04-02"], None),
        (["2026-04-01", "2026-04-02", "2062-04-02"], None),
        (["2062-04-02", "2062-04-03"], None),
    ],
)
def test_a_record_that_changed_after_its_file_landed_is_not_the_newest_of_the_file(changes, used):
    rows = [{"updated_at": changed, "gross_sales": str(number)} for number, changed in enumerate(changes)]
    con = delivered(duckdb.connect(), orders=rows)
    con.execute("create table landed.files (source varchar, delivery integer, landed_at timestamp)")
    con.execute("insert into landed.files values ('shop', 1, '2026-04-02')")
    contracts = {kind: raw_contracts()[kind] for kind in ("orders", "order_lines")}
    run_quarantine_step(con, contracts)
    assert loaded(con, "orders", "gross_sales") == ([used] if used else [])
    assert len(quarantined(con)) == (0 if used else len(rows))
