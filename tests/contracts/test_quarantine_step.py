"""The quarantine step loads whole good documents, the newest version of each; what it quarantines has a reason."""

import duckdb
import pytest

from regulars.pipelines.contracts.quarantine import quarantine_step
from regulars.pipelines.contracts.quarantine.quarantine_step import CountsDisagree, SourceFacts, run_quarantine_step
from regulars.pipelines.errors import ContractBroken
from tests.contracts.deliveries import delivered, loaded, quarantined, raw_contracts, run_step, superseded

BAD = {"ordered_at": "2024-02-30 10:00:00"}  # a day that does not exist
BAD_LINE = {"quantity": "two"}


def test_good_rows_of_every_kind_are_loaded_as_delivered():
    kinds = raw_contracts()
    con, result = run_step(**{kind: [{}] for kind in kinds})
    assert {kind: loaded(con, kind, "_row") for kind in kinds} == {kind: [1] for kind in kinds}
    assert (quarantined(con), superseded(con)) == ([], [])
    assert all(found.passed for results in result.results.values() for found in results)


def test_a_run_without_rows_has_every_table_and_no_complaint():
    con, result = run_step()
    assert {kind: loaded(con, kind, "_row") for kind in raw_contracts()} == {kind: [] for kind in raw_contracts()}
    assert result.files == []
    assert all(found.passed for results in result.results.values() for found in results)


def test_every_rule_of_every_contract_has_a_check():
    _, result = run_step(orders=[{}, {"order_id": "o2"} | BAD], order_lines=[{}])
    for kind in ("orders", "order_lines"):
        contract = raw_contracts()[kind]
        assert [found.rule.id for found in result.results[kind]] == [rule.id for rule in contract.rules]


def test_a_bad_row_is_quarantined_with_every_reason():
    con, _ = run_step(orders=[{}, {"order_id": "o2", "currency": "euro"} | BAD])
    assert loaded(con, "orders", "order_id") == ["o1"]
    assert quarantined(con) == [("orders", 1, 2, "orders.ordered_at.reads_as,orders.currency.pattern")]
    (reasons,) = quarantined(con, "reasons")
    assert reasons == (
        "Not so: ordered_at is a real moment in UTC, written 2026-03-31 17:05:09. "
        "Not so: currency is written like ^[A-Z]{3}$."
    )


def test_a_row_quarantined_is_kept_as_it_was_delivered():
    con, _ = run_step(orders=[{"order_id": "o2", "status": 'he said "ü"', "_rest": '{"note": "x"}'} | BAD])
    content, document = quarantined(con, "content, document")[0]
    assert document == "o2"
    assert con.execute("select json_extract_string($1, '$.status')", [content]).fetchall() == [('he said "ü"',)]
    assert con.execute("select json_keys($1)", [content]).fetchall() == [
        (["order_id", "ordered_at", "status", "currency", "gross_sales", "_rest"],)
    ]


def test_all_rows_may_be_bad():
    con, result = run_step(orders=[{"order_id": str(number)} | BAD for number in range(3)])
    assert loaded(con, "orders", "order_id") == []
    assert len(quarantined(con)) == 3
    assert result.files[0].rows_quarantined == 3


@pytest.mark.parametrize("value", ["NaN", "inf", "1E+15", "0x10", "1_000", "1.23456"])
def test_an_amount_that_is_no_plain_number_is_quarantined(value):
    con, _ = run_step(orders=[{"gross_sales": value}])
    assert quarantined(con, "rules") == ["orders.gross_sales.reads_as"]


def test_tenths_of_a_cent_and_missing_amounts_are_loaded():
    con, _ = run_step(orders=[{"gross_sales": "0.005"}, {"order_id": "o2", "gross_sales": None}])
    assert loaded(con, "orders", "gross_sales") == ["0.005", None]


# an order and its lines are one document


def test_a_bad_line_quarantines_its_whole_order():
    con, _ = run_step(
        orders=[{}, {"order_id": "o2"}],
        order_lines=[{}, {} | BAD_LINE, {"order_id": "o2"}],
    )
    assert (loaded(con, "orders", "order_id"), loaded(con, "order_lines", "order_id")) == (["o2"], ["o2"])
    assert quarantined(con) == [
        ("order_lines", 1, 1, "document"),
        ("order_lines", 1, 2, "order_lines.quantity.reads_as"),
        ("orders", 1, 1, "document"),
    ]
    assert quarantined(con, "reasons")[2] == (
        "Quarantined with its document, of which another row breaks order_lines.quantity.reads_as."
    )


def test_a_bad_header_quarantines_its_lines():
    con, _ = run_step(orders=[BAD], order_lines=[{"delivery": 2}, {"delivery": 2}])
    assert loaded(con, "order_lines", "order_id") == []
    assert [(kind, rules) for kind, _, _, rules in quarantined(con)] == [
        ("order_lines", "document"),
        ("order_lines", "document"),
        ("orders", "orders.ordered_at.reads_as"),
    ]


def test_a_bad_line_in_a_file_of_orders_and_lines_falls_back_to_the_order_of_the_file_before():
    con, _ = run_step(
        orders=[{"gross_sales": "1"}, {"gross_sales": "2", "delivery": 2}],
        order_lines=[{"unit_price": "1"}, {"unit_price": "2", "delivery": 2} | BAD_LINE],
    )
    assert loaded(con, "orders", "gross_sales") == ["1"]
    assert loaded(con, "order_lines", "unit_price") == ["1"]
    assert [(kind, delivery) for kind, delivery, *_ in quarantined(con)] == [("order_lines", 2), ("orders", 2)]


def test_lines_in_their_own_file_fall_back_without_their_header():
    con, _ = run_step(
        orders=[{"gross_sales": "1"}, {"gross_sales": "2", "delivery": 3}],
        order_lines=[{"delivery": 2}, {"delivery": 4} | BAD_LINE],
    )
    assert loaded(con, "orders", "gross_sales") == ["2"]
    assert loaded(con, "order_lines", "_delivery") == [2]
    assert [(kind, delivery) for kind, delivery, *_ in quarantined(con)] == [("order_lines", 4)]
    assert superseded(con) == [("orders", 1, 1)]


def test_an_order_whose_lines_are_all_bad_loses_its_good_header():
    con, _ = run_step(orders=[{}], order_lines=[{"delivery": 2} | BAD_LINE])
    assert loaded(con, "orders", "order_id") == []
    assert [(kind, rules) for kind, _, _, rules in quarantined(con)] == [
        ("order_lines", "order_lines.quantity.reads_as"),
        ("orders", "document"),
    ]


def test_orders_and_lines_of_two_sources_of_one_system_are_one_document():
    con, _ = run_step(
        orders=[{"source": "orders_export", "_system": "erp"} | BAD],
        order_lines=[{"source": "lines_export", "_system": "erp", "delivery": 2}],
    )
    assert loaded(con, "order_lines", "order_id") == []


def test_a_line_without_an_order_and_without_a_moment_is_quarantined():
    con, _ = run_step(orders=[{}], order_lines=[{}, {"order_id": "o9"}, {"order_id": "o9"}])
    assert loaded(con, "order_lines", "order_id") == ["o1"]
    assert [rules for *_, rules in quarantined(con)] == ["order_lines.order_is_known"] * 2


def test_lines_that_carry_their_own_moment_need_no_order():
    con, _ = run_step(order_lines=[{"ordered_at": "2026-03-01 10:00:00"}])
    assert loaded(con, "order_lines", "order_id") == ["o1"]


def test_a_payment_of_an_unknown_order_is_a_warning():
    con, result = run_step(orders=[{}], payments=[{}, {"order_id": "o9"}])
    assert loaded(con, "payments", "order_id") == ["o1", "o9"]
    warned = [found for found in result.results["payments"] if not found.passed]
    assert [(found.rule.id, found.failed_count) for found in warned] == [("payments.order_is_known", 1)]


# warnings


def test_a_warning_stays_a_warning_when_other_rows_are_quarantined():
    con, result = run_step(orders=[{}], payments=[{"order_id": "unknown"}, {"amount": "five"}])
    assert loaded(con, "payments", "order_id") == ["unknown"]
    assert [found.rule.severity for found in result.results["payments"] if not found.passed] == ["warning"]


def test_an_optional_field_that_breaks_its_rule_is_emptied_and_counted():
    con, result = run_step(orders=[{"promised_at": "soon"}, {"order_id": "o2", "promised_at": "2026-03-02 00:00:00"}])
    assert loaded(con, "orders", "promised_at") == [None, "2026-03-02 00:00:00"]
    assert result.emptied == {("orders", "promised_at"): 1}
    warned = [found for found in result.results["orders"] if not found.passed]
    assert [(found.rule.id, found.failed_count) for found in warned] == [("orders.promised_at.reads_as", 1)]


def test_a_field_of_a_row_that_is_not_loaded_is_not_emptied():
    con, result = run_step(orders=[{"promised_at": "soon"} | BAD])
    assert result.emptied == {}
    assert '"promised_at":"soon"' in quarantined(con, "content")[0]


def test_a_warning_alone_does_not_make_a_version_bad():
    con, _ = run_step(orders=[{}, {"promised_at": "soon", "delivery": 2}])
    assert loaded(con, "orders", "_delivery") == [2]


# what must never happen


def test_a_rule_whose_two_counts_differ_stops_the_run(monkeypatch):
    def blind(rule, *_):
        return "false" if rule.id == "orders.ordered_at.reads_as" else write_condition(rule)

    write_condition = quarantine_step.write_condition
    monkeypatch.setattr(quarantine_step, "write_condition", blind)
    with pytest.raises(CountsDisagree, match=r"orders\.ordered_at\.reads_as: Great Expectations counts 1 .* finds 0"):
        run_step(orders=[BAD])


def test_a_row_that_gets_lost_stops_the_run(monkeypatch):
    def forgetful(con, contracts):
        write(con, contracts)
        con.execute("delete from quarantine.rows")

    write = quarantine_step.write_quarantine
    monkeypatch.setattr(quarantine_step, "write_quarantine", forgetful)
    with pytest.raises(CountsDisagree, match="unaccounted for"):
        run_step(orders=[BAD])


def test_a_delivery_with_other_columns_than_its_contract_stops_the_run():
    con = delivered(duckdb.connect())
    con.execute("alter table landed.orders drop column channel")
    with pytest.raises(ContractBroken, match=r"landed\.orders has other columns"):
        run_quarantine_step(con, raw_contracts())


def test_a_row_number_used_twice_stops_the_run():
    con = delivered(duckdb.connect(), payments=[{}, {}])
    con.execute("update landed.payments set _row_id = 7")
    with pytest.raises(ContractBroken, match=r"payments\.unique \(2\)"):
        run_quarantine_step(con, raw_contracts())


def test_a_bad_line_of_a_refund_takes_its_other_lines_along_and_leaves_the_refund():
    lines = [{}, {"quantity": "two"}, {"refund_id": "r2"}]
    con, _ = run_step(orders=[], order_lines=[], refunds=[{}, {"refund_id": "r2"}], refund_lines=lines)
    assert loaded(con, "refund_lines", "refund_id") == ["r2"]
    assert loaded(con, "refunds", "refund_id") == ["r1", "r2"]


def test_lines_whose_refund_is_quarantined_or_has_not_come_are_a_warning():
    refunds = [{}, {"refund_id": "no day", "refunded_at": None}, {"refund_id": "bad day", "refunded_at": "yesterday"}]
    lines = [{"refund_id": name} for name in ("r1", "no day", "bad day", "missing")]
    con, result = run_step(orders=[], order_lines=[], refunds=refunds, refund_lines=lines)
    assert loaded(con, "refund_lines", "refund_id") == ["r1", "no day", "bad day", "missing"]
    warned = [found for found in result.results["refund_lines"] if not found.passed]
    assert [(found.rule.id, found.failed_count) for found in warned] == [("refund_lines.refund_is_known", 3)]


def test_lines_of_refunds_that_come_later_stop_no_run():
    lines = [{"refund_id": f"late {number}"} for number in range(10)]
    shop = {"shop": SourceFacts(max_quarantined=0.01, appends=True)}
    con, _ = run_step(shop, orders=[], order_lines=[], refunds=[{}], refund_lines=lines)
    assert len(loaded(con, "refund_lines", "refund_id")) == 10
