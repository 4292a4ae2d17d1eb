"""Which version of a document is used when it was delivered more than once."""

import duckdb
import pytest

from regulars.pipelines.contracts.quarantine.quarantine_step import SourceFacts, run_quarantine_step
from tests.contracts.deliveries import delivered, left_out, loaded, quarantined, raw_contracts, run_step, superseded

BAD = {"ordered_at": "2024-02-30 10:00:00"}  # a day that does not exist


def test_a_newer_delivery_replaces_an_older_one():
    con, _ = run_step(orders=[{"gross_sales": "1"}, {"gross_sales": "2", "delivery": 2}])
    assert loaded(con, "orders", "gross_sales") == ["2"]
    assert superseded(con) == [("orders", 1, 1)]


def test_a_correction_heals_a_bad_row():
    con, _ = run_step(orders=[BAD, {"delivery": 2}])
    assert loaded(con, "orders", "_delivery") == [2]
    assert quarantined(con) == []
    assert superseded(con) == [("orders", 1, 1)]


def test_a_garbled_newest_version_falls_back_on_the_newest_good_one():
    con, _ = run_step(
        orders=[
            {"gross_sales": "1"},
            {"gross_sales": "2", "delivery": 2},
            {"gross_sales": "3", "delivery": 3} | BAD,
            {"gross_sales": "4", "delivery": 4} | BAD,
        ]
    )
    assert loaded(con, "orders", "gross_sales") == ["2"]
    assert [(delivery, row) for _, delivery, row, _ in quarantined(con)] == [(3, 1), (4, 1)]
    assert superseded(con) == [("orders", 1, 1)]


def test_without_a_good_version_only_the_newest_is_quarantined():
    con, _ = run_step(orders=[BAD, {"delivery": 2} | BAD])
    assert loaded(con, "orders", "order_id") == []
    assert [(delivery, row) for _, delivery, row, _ in quarantined(con)] == [(2, 1)]
    assert superseded(con) == [("orders", 1, 1)]


def test_identical_lines_of_one_delivery_are_real():
    con, _ = run_step(orders=[{}], order_lines=[{}, {}])
    assert loaded(con, "order_lines", "_row") == [1, 2]


def test_a_later_delivery_of_an_order_replaces_all_its_lines():
    con, _ = run_step(orders=[{}], order_lines=[{}, {}, {"delivery": 2}])
    assert loaded(con, "order_lines", "_delivery") == [2]
    assert superseded(con) == [("order_lines", 1, 1), ("order_lines", 1, 2)]


def test_the_same_id_in_two_systems_is_two_documents():
    con, _ = run_step(orders=[{"source": "shop"}, {"source": "till", "delivery": 2}])
    assert loaded(con, "orders", "_source") == ["shop", "till"]


def test_a_document_key_of_two_columns_is_one_key():
    con, _ = run_step(fx_rates=[{"rate": "0.9"}, {"rate": "0.8", "delivery": 2}, {"currency": "GBP", "delivery": 2}])
    assert loaded(con, "fx_rates", "currency, rate") == [("USD", "0.8"), ("GBP", "0.9")]


def test_rows_without_a_key_are_documents_of_their_own():
    con, _ = run_step(orders=[{"order_id": None}, {"order_id": None, "delivery": 2}, {}])
    assert loaded(con, "orders", "order_id") == ["o1"]
    assert [rules for *_, rules in quarantined(con)] == ["orders.order_id.required"] * 2
    assert superseded(con) == []


# the version column


MONDAY, TUESDAY = "2026-03-02 10:00:00", "2026-03-03 10:00:00"


@pytest.fixture(scope="module")
def dated():
    """Orders of which each is about another way to tell versions apart."""
    versions = {
        "late older file": [(1, TUESDAY), (2, MONDAY)],
        "newer file": [(1, MONDAY), (2, TUESDAY)],
        "equal moments": [(1, MONDAY), (2, MONDAY)],
        "a moment is lost": [(1, MONDAY), (2, None)],
        "a moment is garbled": [(1, MONDAY), (2, "soon")],
        "an old version after a lost moment": [(1, TUESDAY), (2, None), (3, MONDAY)],
        "a moment comes first late": [(1, None), (2, MONDAY)],
    }
    rows = [
        {"order_id": order, "delivery": delivery, "updated_at": moment}
        for order, deliveries in versions.items()
        for delivery, moment in deliveries
    ]
    return run_step(orders=rows)


def test_the_version_that_changed_last_is_used_whatever_came_last(dated):
    con, _ = dated
    assert dict(loaded(con, "orders", "order_id, _delivery")) == {
        "late older file": 1,
        "newer file": 2,
        "equal moments": 2,
        "a moment is lost": 2,
        "a moment is garbled": 2,
        "an old version after a lost moment": 2,
        "a moment comes first late": 2,
    }


def test_it_is_said_where_the_version_column_and_the_order_of_deliveries_disagree(dated):
    _, result = dated
    (finding,) = [each for each in result.findings if each.name == "version_column_disagrees"]
    assert (finding.kind, finding.count) == ("orders", 2)


def test_an_order_and_its_lines_from_one_file_are_of_one_version_though_only_the_order_says_when_it_changed():
    con, _ = run_step(
        orders=[{"updated_at": TUESDAY}, {"updated_at": MONDAY, "delivery": 2}],
        order_lines=[{"unit_price": "1"}, {"unit_price": "2", "delivery": 2}],
    )
    assert loaded(con, "orders", "_delivery") == [1]
    assert loaded(con, "order_lines", "_delivery") == [1]


# sources that append


@pytest.fixture(scope="module")
def appended():
    """Lines and payments of sources that append: each document is about one question."""
    lines = [
        {"order_id": "sale and refund", "unit_price": "100"},
        {"order_id": "sale and refund", "line_type": "refund", "unit_price": "-10", "delivery": 2},
        {"order_id": "overlapping exports", "unit_price": "5"},
        {"order_id": "overlapping exports", "unit_price": "5"},
        {"order_id": "overlapping exports", "unit_price": "5", "delivery": 2},
        {"order_id": "overlapping exports", "unit_price": "5", "delivery": 2},
        {"order_id": "overlapping exports", "unit_price": "5", "delivery": 2},
        {"order_id": "corrected line", "line_id": "1", "unit_price": "7"},
        {"order_id": "corrected line", "line_id": "2", "unit_price": "8"},
        {"order_id": "corrected line", "line_id": "1", "unit_price": "9", "delivery": 2},
        {"order_id": "bad line", "line_id": "1", "unit_price": "7"},
        {"order_id": "bad line", "line_id": "2", "unit_price": "x", "delivery": 2},
        {"order_id": "healed line", "line_id": "1", "unit_price": "x"},
        {"order_id": "healed line", "line_id": "1", "unit_price": "7", "delivery": 2},
    ]
    payments = [{"amount": "60"}, {"amount": "40", "delivery": 2}]
    day = {"ordered_at": "2026-03-01 10:00:00"}
    facts = {"shop": SourceFacts(appends=True)}
    return run_step(facts, order_lines=[line | day for line in lines], payments=payments)


def prices(con, order):
    return [price for found, price in loaded(con, "order_lines", "order_id, unit_price") if found == order]


def test_a_refund_line_of_tuesday_never_swallows_the_sale_of_monday(appended):
    assert prices(appended[0], "sale and refund") == ["100", "-10"]


def test_payments_of_60_and_40_are_100(appended):
    assert loaded(appended[0], "payments", "amount") == ["60", "40"]


def test_equal_records_of_overlapping_exports_count_as_often_as_in_the_export_that_has_most(appended):
    con, _ = appended
    assert prices(con, "overlapping exports") == ["5", "5", "5"]
    assert [row for kind, delivery, row in left_out(con, "duplicate") if delivery == 1] == [2, 3]


def test_a_record_with_an_id_replaces_its_own_older_version_only(appended):
    assert prices(appended[0], "corrected line") == ["8", "9"]


def test_a_bad_record_quarantines_its_whole_document_unless_a_later_version_heals_it(appended):
    con, _ = appended
    assert prices(con, "bad line") == []
    assert [rules for document, rules in quarantined(con, "document, rules") if document == "bad line"] == [
        "document",
        "order_lines.unit_price.reads_as",
    ]
    assert prices(con, "healed line") == ["7"]


def test_refund_lines_that_replace_the_sale_lines_of_an_order_are_said():
    line = {"ordered_at": "2026-03-01 10:00:00"}
    refund = line | {"line_type": "refund", "unit_price": "-10", "delivery": 2}
    _, result = run_step(order_lines=[line, refund, line | {"order_id": "o2"}, refund | {"order_id": "o3"}])
    (finding,) = result.findings
    assert (finding.name, finding.source, finding.count) == ("refund_replaces_sale", "shop", 1)
    assert "set `delivery: append`" in finding.advice


def test_it_is_said_when_equal_file_times_decided():
    con = delivered(duckdb.connect(), orders=[{}, {"delivery": 2}, {"order_id": "o2"}, {"delivery": 3}])
    con.execute(
        """
        create table landed.files as
        from (values
            (1, 'shop', 'a.csv', timestamp '2026-03-05', timestamp '2026-03-04'),
            (2, 'shop', 'b.csv', timestamp '2026-03-06', timestamp '2026-03-04'),
            (3, 'shop', 'c.csv', timestamp '2026-03-06', timestamp '2026-03-04')
        ) as files(delivery, source, path, landed_at, modified_at)
        """
    )
    result = run_quarantine_step(con, {kind: raw_contracts()[kind] for kind in ("orders", "order_lines")})
    (finding,) = result.findings
    assert (finding.name, finding.source, finding.count) == ("file_times_are_equal", "shop", 1)
