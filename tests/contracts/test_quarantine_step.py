"""The quarantine step loads whole good documents, the newest version of each; what it quarantines has a reason."""

import duckdb
import pytest

from regulars.pipelines.contracts.quarantine import quarantine_step
from regulars.pipelines.contracts.quarantine.quarantine_step import CountsDisagree, run_quarantine_step
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


# a document delivered more than once


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


def test_the_last_row_of_a_repeated_document_wins_within_a_delivery():
    con, _ = run_step(customers=[{"city": "Bonn"}, {"city": "Ulm"}, {"customer_record_id": "c2"}])
    assert loaded(con, "customers", "city") == ["Ulm", None]
    assert superseded(con) == [("customers", 1, 1)]


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


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"ended_at": "2026-02-28 10:00:00"}, "ends_after_its_start"),
        ({"cancelled_at": "2026-02-28 10:00:00"}, "ends_after_its_start"),
        ({"monthly_amount": None}, "monthly_amount_is_known"),
        ({"monthly_amount": None, "amount": "5", "billing_interval": "fortnight"}, "billing_interval.one_of"),
        ({"monthly_amount": None, "amount": "9" * 14, "quantity": "9" * 14}, "monthly_amount_is_known"),
        ({"monthly_amount": "-1"}, "monthly_amount.range"),
        ({"started_at": "soon"}, "started_at.reads_as"),
    ],
)
def test_a_bad_period_quarantines_its_whole_subscription(row, rule):
    con, _ = run_step(subscriptions=[{}, row, {"subscription_id": "u2"}])
    assert loaded(con, "subscriptions", "subscription_id") == ["u2"]
    assert {each for rules in quarantined(con, "rules") for each in rules.split(",")} == {
        "document",
        f"subscriptions.{rule}",
    }


@pytest.mark.parametrize(
    "row",
    [
        {"cancelled_at": "2026-02-20 10:00:00", "ended_at": "2026-03-20 10:00:00"},
        {"ended_at": "2026-03-01 10:00:00"},
        {"started_at": "2027-01-01 00:00:00", "ended_at": "2028-01-01 00:00:00"},
        {"monthly_amount": None, "amount": "120", "billing_interval": "year"},
        {"monthly_amount": "0"},
    ],
)
def test_a_subscription_may_be_free_lie_ahead_or_be_cancelled_before_its_paid_time_begins(row):
    con, _ = run_step(subscriptions=[row])
    assert loaded(con, "subscriptions", "subscription_id") == ["u1"]


def test_a_later_delivery_of_a_subscription_replaces_all_its_periods():
    periods = [{"started_at": f"2026-0{month}-01 00:00:00"} for month in (3, 4, 5)]
    con, _ = run_step(subscriptions=[*periods, {"delivery": 2}, {"delivery": 2, "started_at": "2026-04-02 00:00:00"}])
    assert loaded(con, "subscriptions", "_delivery, started_at") == [
        (2, "2026-03-01 10:00:00"),
        (2, "2026-04-02 00:00:00"),
    ]


def too_large(**kinds):
    """Every kind is settled; (kind, row, rules) of what is quarantined."""
    con = delivered(duckdb.connect(), **kinds)
    run_quarantine_step(con, raw_contracts())
    return quarantined(con, "kind, row, rules")


YEN = {"rate_date": "2026-01-01", "currency": "JPY", "rate": "0.006"}
DINAR = {"rate_date": "2026-01-01", "currency": "KWD", "rate": "3"}
LARGEST = "99999999999999.9999"


def test_amounts_of_fourteen_digits_are_loaded():
    large = {"amount": LARGEST}
    assert (
        too_large(
            orders=[{"gross_sales": LARGEST, "currency": "JPY"}, {"order_id": "o2", "gross_sales": "-" + LARGEST}],
            order_lines=[{"gross_sales": LARGEST, "currency": "JPY"}],
            payments=[large, large],
            refunds=[large],
            subscriptions=[{"monthly_amount": LARGEST}],
            fx_rates=[YEN],
        )
        == []
    )


def test_a_barcode_in_quantity_quarantines_its_order_with_all_its_lines():
    barcode = {"quantity": "4006381333931", "unit_price": "25.5"}
    assert too_large(orders=[{}, {"order_id": "o2"}], order_lines=[{}, barcode, {"order_id": "o2"}]) == [
        ("order_lines", 1, "document"),
        ("order_lines", 2, "order_lines.line_amount_fits"),
        ("orders", 1, "document"),
    ]


def test_an_order_whose_lines_sum_up_to_too_much_is_quarantined():
    lines = [{"unit_price": "60000000000000"}] * 2
    assert too_large(order_lines=[{**line, "ordered_at": "2026-03-01 10:00:00"} for line in lines]) == [
        ("order_lines", 1, "order_lines.fits_the_company_currency"),
        ("order_lines", 2, "order_lines.fits_the_company_currency"),
    ]
    assert too_large(orders=[{"gross_sales": "3"}], order_lines=lines) == []  # the order's own total counts


def test_many_small_lines_that_sum_up_to_too_much_quarantine_their_order():
    line = {"unit_price": "1000000000000", "ordered_at": "2026-03-01 10:00:00"}
    assert len(too_large(order_lines=[line] * 100)) == 100
    assert too_large(order_lines=[line] * 99) == []


def test_a_sum_that_is_too_long_in_its_own_currency_is_quarantined_though_it_fits_after_conversion():
    line = {"unit_price": "60000000000000", "currency": "JPY", "ordered_at": "2026-03-01 10:00:00"}
    assert [row for _, row, _ in too_large(order_lines=[line, line], fx_rates=[YEN])] == [1, 2]
    assert too_large(order_lines=[line], fx_rates=[YEN]) == []


def test_an_amount_that_does_not_fit_after_conversion_quarantines_its_order_with_all_its_lines():
    order = {"currency": "KWD", "gross_sales": "33333333333333.3334"}
    assert too_large(orders=[order, {"order_id": "o2"}], order_lines=[{}, {"order_id": "o2"}], fx_rates=[DINAR]) == [
        ("order_lines", 1, "order_lines.fits_the_company_currency"),
        ("orders", 1, "orders.fits_the_company_currency"),
    ]
    assert too_large(orders=[order | {"gross_sales": "33333333333333.3333"}], fx_rates=[DINAR]) == []


def test_the_rate_of_the_day_decides():
    later = {"rate_date": "2026-03-02", "currency": "KWD", "rate": "4"}
    order = {"currency": "KWD", "gross_sales": "30000000000000"}
    days = {"o1": "2026-03-01 23:59:59", "o2": "2026-03-02 00:00:00"}
    orders = [{**order, "order_id": order_id, "ordered_at": moment} for order_id, moment in days.items()]
    assert [row for _, row, _ in too_large(orders=orders, fx_rates=[DINAR, later])] == [2]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("refunds", {"amount": "50000000000000"}),
        ("payments", {"amount": "-50000000000000"}),
        ("payments", {"amount": "50000000000000", "paid_at": "2026-02-01 10:00:00"}),
        ("payments", {"amount": "50000000000000", "order_id": "unknown"}),
        ("subscriptions", {"monthly_amount": "50000000000000"}),
        ("subscriptions", {"monthly_amount": None, "amount": "20000000000000", "quantity": "2"}),
        ("order_lines", {"line_type": "refund", "gross_sales": "-50000000000000"}),
        ("order_lines", {"line_type": "adjustment", "gross_sales": "50000000000000"}),
        ("order_lines", {"cost": "50000000000000"}),
        ("order_lines", {"discounts": "50000000000000"}),
        ("order_lines", {"shipping": "50000000000000"}),
        ("orders", {"tax": "50000000000000"}),
        ("orders", {"shipping": "50000000000000"}),
        ("orders", {"discounts": "50000000000000"}),
    ],
)
def test_every_kind_of_money_must_fit_after_conversion(kind, row):
    order = {"ordered_at": "2026-02-01 10:00:00", "currency": "KWD"}
    row = ({} if kind in {"refunds", "payments", "subscriptions"} else order) | {"currency": "KWD"} | row
    quarantined = too_large(**{kind: [row]}, fx_rates=[DINAR])
    assert quarantined == [(kind, 1, f"{kind}.fits_the_company_currency")]
    assert too_large(**{kind: [row | {"currency": "EUR"}]}, fx_rates=[DINAR]) == []


def test_a_monthly_amount_made_of_too_much_quarantines_its_subscription():
    seats = {"monthly_amount": None, "amount": LARGEST, "quantity": LARGEST, "billing_interval": "day"}
    assert too_large(subscriptions=[seats]) == [("subscriptions", 1, "subscriptions.monthly_amount_is_known")]


def test_a_payment_without_a_day_must_fit_on_its_orders_day_and_on_the_last_day_that_counts():
    rates = [DINAR, {"rate_date": "2026-03-20", "currency": "KWD", "rate": "0.5"}]
    payment = {"currency": "KWD", "amount": "50000000000000"}
    assert [kind for kind, _, _ in too_large(orders=[{}], payments=[payment], fx_rates=rates)] == ["payments"]
    assert too_large(payments=[payment], fx_rates=rates) == []


def test_a_refund_line_is_in_its_orders_currency_and_takes_its_day():
    line = {"line_type": "refund", "gross_sales": "-50000000000000", "currency": "EUR"}
    order = {"currency": "KWD"}
    assert {kind for kind, _, _ in too_large(orders=[order], order_lines=[line], fx_rates=[DINAR])} == {
        "orders",
        "order_lines",
    }
    assert too_large(orders=[order | {"currency": "EUR"}], order_lines=[line], fx_rates=[DINAR]) == []


def test_the_day_of_a_rate_is_the_companys_day():
    later = {"rate_date": "2026-03-02", "currency": "KWD", "rate": "4"}
    refund = {"refunded_at": "2026-03-01 20:00:00", "currency": "KWD", "amount": "30000000000000"}
    con = delivered(duckdb.connect(), refunds=[refund], fx_rates=[DINAR, later])
    con.execute("update raw.company set timezone = 'Asia/Jakarta'")
    run_quarantine_step(con, raw_contracts())
    assert quarantined(con, "kind, row") == [("refunds", 1)]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Jakarta"])
def test_a_kind_that_is_dated_by_days_is_converted_on_the_day_it_names(zone):
    dearer = {"rate_date": "2026-03-01", "currency": "KWD", "rate": "4"}
    spend = {"month": "2026-02-28", "currency": "KWD", "amount": "30000000000000"}
    con = delivered(
        duckdb.connect(), acquisition_spend=[spend, spend | {"month": "2026-03-01"}], fx_rates=[DINAR, dearer]
    )
    con.execute(f"update raw.company set timezone = '{zone}'")
    run_quarantine_step(con, raw_contracts())
    assert quarantined(con, "kind, row, rules") == [
        ("acquisition_spend", 2, "acquisition_spend.fits_the_company_currency")
    ]
