"""The core tables beside orders: what becomes of each kind of row."""

import datetime as dt

import pytest

from tests.builders import UNKNOWN, build, money, only, pick, rows_of, run_sql

C1 = {
    "link_type": "customer_record",
    "system": "shop",
    "source_record_id": "c1",
    "customer_id": "ada",
    "customer_idx": 1,
}
C2 = C1 | {"source_record_id": "c2", "customer_id": "bob", "customer_idx": 2}


def test_lines_are_numbered_within_their_order_as_delivered_and_identical_ones_kept():
    lines = run_sql(
        "core/order_lines",
        staging__orders=[{"order_id": "1", "gross_sales": "4"}],
        staging__order_lines=[
            {"order_id": "1", "product_id": "b", "unit_price": "2"},
            {"order_id": "1", "product_id": "a", "unit_price": "1"},
            {"order_id": "1", "product_id": "a", "unit_price": "1"},
            {"order_id": "1", "line_type": "refund", "unit_price": "-1"},
        ],
    )
    assert list(pick(lines, "line_number", "product_id", "gross_sales")) == [(1, "b", 2), (2, "a", 1), (3, "a", 1)]


def test_a_line_says_whether_its_order_is_the_customers_first():
    lines = run_sql(
        "core/order_lines",
        staging__orders=[
            {"order_id": "1", "ordered_at": "2026-01-02", "customer_record_id": "c1", "gross_sales": "4"},
            {"order_id": "2", "ordered_at": "2026-01-01", "customer_record_id": "c1", "gross_sales": "4"},
        ],
        staging__order_lines=[{"order_id": "1"}, {"order_id": "2"}],
        identity__customer_links=[C1],
    )
    assert set(pick(lines, "order_id", "is_first_order")) == {("1", False), ("2", True)}


def test_a_line_is_in_its_orders_currency():
    line = only(
        run_sql(
            "core/order_lines",
            staging__fx_rates=[{"rate_date": "2026-01-01", "currency": "USD", "rate": "0.5"}],
            staging__orders=[{"order_id": "1", "currency": "USD"}],
            staging__order_lines=[{"order_id": "1", "unit_price": "10", "discounts": "1", "cost": "4"}],
        )
    )
    assert (line["currency"], line["gross_sales"], line["discounts"], line["cost"]) == ("USD", 5, money("0.5"), 2)


def test_refund_lines_of_one_document_are_one_refund_of_its_customer_and_day():
    refund = only(
        run_sql(
            "core/refunds",
            staging__order_lines=[
                {"order_id": "C1", "line_type": "refund", "quantity": "-2", "unit_price": "1.005", **line}
                for line in (
                    {"ordered_at": "2026-01-09 12:00:00"},
                    {"ordered_at": "2026-01-09 12:00:00", "customer_record_id": "c1"},
                )
            ],
            identity__customer_links=[C1],
        )
    )
    assert (refund["refund_id"], refund["order_id"], refund["customer_id"]) == ("C1", None, "ada")
    assert (refund["amount"], refund["refund_date"]) == (money("4.02"), dt.date(2026, 1, 9))
    assert refund["date_is_estimated"] is False


def test_the_record_that_a_first_refund_line_names_is_of_that_lines_own_system():
    line = {"order_id": "1", "line_type": "refund", "gross_sales": "-5", "ordered_at": "2025-03-10"}
    refund = only(
        run_sql(
            "core/refunds",
            staging__order_lines=[
                {**line, "customer_record_id": "c1"},
                {**line, "customer_record_id": "c2", "customer_system": "crm"},
            ],
            identity__customer_links=[
                {"link_type": "customer_record", "system": system, "source_record_id": "c1", "customer_id": who}
                for system, who in (("shop", "ada"), ("crm", "bob"))
            ],
        )
    )
    assert refund["customer_id"] == "ada"


def test_refund_lines_without_a_day_take_their_orders_day_and_say_so():
    refund = only(
        run_sql(
            "core/refunds",
            staging__orders=[{"order_id": "1", "ordered_at": "2026-01-02", "customer_record_id": "c1"}],
            staging__order_lines=[{"order_id": "1", "line_type": "refund", "gross_sales": "-3"}],
            identity__customer_links=[C1],
        )
    )
    assert (refund["refund_date"], refund["date_is_estimated"]) == (dt.date(2026, 1, 2), True)
    assert (refund["order_id"], refund["customer_id"], refund["amount"]) == ("1", "ada", 3)


def test_a_refund_belongs_to_whom_it_names_else_to_its_orders_customer():
    refunds = run_sql(
        "core/refunds",
        staging__orders=[{"order_id": "1", "customer_record_id": "c1"}],
        staging__refunds=[
            {"refund_id": "a", "order_id": "1", "reason": "damaged"},
            {"refund_id": "b", "order_id": "1", "customer_record_id": "c2"},
            {"refund_id": "c", "order_id": "not delivered"},
            {"refund_id": "d"},
        ],
        identity__customer_links=[C1, C2, C2 | {"link_type": "refund", "source_record_id": "d"}],
    )
    assert list(pick(refunds, "refund_id", "order_id", "customer_id", "reason")) == [
        ("a", "1", "ada", "damaged"),
        ("b", "1", "bob", None),
        ("c", None, UNKNOWN, None),
        ("d", None, "bob", None),
    ]


def test_a_refund_is_converted_at_the_rate_of_its_own_day():
    refund = only(
        run_sql(
            "core/refunds",
            staging__fx_rates=[
                {"rate_date": "2026-01-01", "currency": "USD", "rate": "0.5"},
                {"rate_date": "2026-01-20", "currency": "USD", "rate": "0.25"},
            ],
            staging__orders=[{"order_id": "1", "currency": "USD"}],
            staging__refunds=[{"refund_id": "a", "order_id": "1", "currency": "USD", "amount": "8"}],
        )
    )
    assert (refund["amount_original"], refund["amount"]) == (8, 2)


def test_adjustment_lines_are_no_sale_and_keep_their_sign():
    lines = [{"order_id": "A1", "line_type": "adjustment", "unit_price": "-11062.06", "ordered_at": "2026-01-03"}]
    assert run_sql("core/orders", staging__order_lines=lines) == []
    adjustment = only(run_sql("core/adjustments", staging__order_lines=lines))
    assert (adjustment["adjustment_id"], adjustment["amount"]) == ("A1", money("-11062.06"))


def test_an_adjustment_without_a_day_has_that_of_its_order_in_its_own_system():
    line = {"order_id": "1", "line_type": "adjustment", "unit_price": "-3", "ordered_at": None, "_system": "till"}
    days = {"till": "2026-01-03", "shop": "2026-01-09"}
    orders = [{"order_id": "1", "ordered_at": day, "_system": system} for system, day in days.items()]
    adjustment = only(run_sql("core/adjustments", staging__orders=orders, staging__order_lines=[line]))
    assert (adjustment["system"], adjustment["adjustment_date"]) == ("till", dt.date(2026, 1, 3))


def test_payments_are_numbered_and_converted_on_their_day_else_their_orders():
    payments = run_sql(
        "core/payments",
        staging__fx_rates=[
            {"rate_date": "2026-01-01", "currency": "USD", "rate": "0.5"},
            {"rate_date": "2026-01-20", "currency": "USD", "rate": "0.25"},
        ],
        staging__orders=[{"order_id": "1", "currency": "USD"}],
        staging__payments=[
            {"order_id": "1", "amount": "4", "currency": "USD"},
            {"order_id": "1", "amount": "4", "currency": "USD", "paid_at": "2026-01-21"},
        ],
    )
    assert list(pick(payments, "payment_number", "amount")) == [(1, 2), (2, 1)]


def test_products_without_a_name_or_category_of_their_own_have_the_newest_on_a_line():
    products = run_sql(
        "core/products",
        staging__products=[
            {"product_id": "a", "product_name": "Apple", "cost": "1", "in_stock": "false"},
            {"product_id": "c", "category": "fruit"},
            {"product_id": "d"},
        ],
        staging__order_lines=[
            {"order_id": "1", "product_id": "a", "product_name": "apple!", "category": "old word"},
            {"order_id": "2", "product_id": "a", "category": "fruit"},
            {"order_id": "2", "product_id": "a"},
            {"order_id": "2", "product_id": "c", "product_name": "Cherry", "category": "sour"},
            {"order_id": "1", "product_id": "b", "product_name": "Bear", "category": "toys"},
            {"order_id": "2", "product_id": "b", "product_name": "Big bear"},
            {"order_id": "2", "product_id": "b"},
        ],
    )
    assert list(pick(products, "product_id", "product_name", "category", "in_stock")) == [
        ("a", "Apple", "fruit", False),
        ("b", "Big bear", "toys", None),
        ("c", "Cherry", "fruit", None),
        ("d", None, None, None),
    ]


@pytest.mark.parametrize(
    ("answer", "group", "reason"),
    [
        ({"score": "10"}, "promoter", None),
        ({"score": "9"}, "promoter", None),
        ({"score": "8"}, "passive", None),
        ({"score": "7"}, "passive", None),
        ({"score": "6"}, "detractor", None),
        ({"score": "0"}, "detractor", None),
        ({"score": "8.5"}, None, "fraction"),
        ({"score": "5", "scale_min": "1", "scale_max": "5"}, None, "other_scale"),
        ({"score": "9", "scale_min": "1"}, None, "other_scale"),
        ({"score": "9", "survey_type": "csat"}, None, None),
    ],
)
def test_only_whole_points_of_a_0_to_10_scale_make_an_nps_and_the_rest_has_a_reason(answer, group, reason):
    row = only(run_sql("core/survey_responses", staging__survey_responses=[{"response_id": "1", **answer}]))
    assert (row["nps_group"], row["nps_left_out_reason"]) == (group, reason)


def test_an_anonymous_answer_belongs_to_no_customer_not_to_the_unknown_customer():
    answer = only(run_sql("core/survey_responses", staging__survey_responses=[{"response_id": "1", "comment": "Hm."}]))
    assert (answer["contact_id"], answer["customer_id"], answer["customer_idx"]) == (None, None, None)
    assert answer["has_comment"] is True


def customers(**tables) -> list[dict]:
    with build(**tables) as con:
        return [row for row in rows_of(con, "core.customers") if not row["is_unknown"]]


def test_an_owner_is_a_number_unless_the_settings_show_names():
    records = [{"customer_record_id": f"{name} {each}", "owner": name} for each in (1, 2) for name in ("Kim", "Al")]
    records.append({"customer_record_id": "x"})
    numbered = sorted(str(row["owner"]) for row in customers(raw__customers=records))
    assert numbered == ["None", "owner_1", "owner_1", "owner_2", "owner_2"]
    named = customers(raw__customers=records, raw__company=[{"show_owner_names": True}])
    assert sorted(str(row["owner"]) for row in named) == ["Al", "Al", "Kim", "Kim", "None"]


def test_of_two_records_of_one_customer_the_newest_value_that_is_not_empty_holds():
    customer = only(
        customers(
            raw__customers=[
                {
                    "customer_record_id": "1",
                    "email": "ada@example.com",
                    "updated_at": "2026-01-02",
                    "created_at": "2025-01-01",
                    "owner": "Kim",
                    "country": "DE",
                    "email_opt_in": "false",
                    "is_deleted": "true",
                },
                {
                    "customer_record_id": "2",
                    "email": "ada@example.com",
                    "updated_at": "2026-01-01",
                    "owner": "Lee",
                    "city": "Paris",
                    "customer_type": "office",
                    "email_opt_in": "true",
                },
            ]
        )
    )
    assert (customer["owner"], customer["customer_type"], customer["email_opt_in"]) == ("owner_1", "office", False)
    assert (customer["country"], customer["city"]) == ("DE", None)  # never Paris in Germany
    assert customer["is_deleted"] is False
    assert customer["first_seen_at"].date() == dt.date(2025, 1, 1)


def test_a_customer_without_an_address_in_the_crm_has_that_of_the_newest_order():
    customer = only(
        customers(
            raw__customers=[{"customer_record_id": "1"}],
            raw__orders=[
                {"order_id": "a", "customer_record_id": "1", "country": "FR", "ordered_at": "2026-01-02"},
                {"order_id": "b", "customer_record_id": "1", "country": "ES", "ordered_at": "2026-01-01"},
                {"order_id": "c", "customer_record_id": "1", "ordered_at": "2026-01-03"},
            ],
        )
    )
    assert customer["country"] == "FR"
    assert customer["first_seen_at"].date() == dt.date(2026, 1, 1)


@pytest.mark.parametrize(
    ("record", "default", "cost", "method"),
    [
        ({"acquisition_cost": "7", "acquisition_channel": "ads"}, "5", 7, "crm"),
        ({"acquisition_channel": "ads"}, "5", 12, "channel"),
        ({"acquisition_channel": "friends"}, "5", 5, "default"),
        ({}, None, None, None),
        ({"acquisition_cost": "0"}, "5", 0, "crm"),
    ],
)
def test_acquisition_cost_comes_from_the_crm_else_the_channel_else_the_default(record, default, cost, method):
    customer = only(
        customers(
            raw__company=[{"default_acquisition_cost": default}],
            raw__acquisition_costs=[{"channel": "ads", "cost": "12"}],
            raw__customers=[{"customer_record_id": "1", **record}],
        )
    )
    assert (customer["acquisition_cost"], customer["acquisition_cost_method"]) == (cost, method)


def test_a_referrer_is_named_by_the_id_it_has_this_run_and_no_customer_refers_themselves():
    rows = customers(
        raw__company=[{"show_owner_names": True}],
        raw__customers=[
            {"customer_record_id": "1", "owner": "ada"},
            {"customer_record_id": "2", "owner": "bob", "referred_by_record_id": "1"},
            {"customer_record_id": "3", "owner": "cyd", "referred_by_record_id": "3"},
            {"customer_record_id": "4", "owner": "dee", "referred_by_record_id": "gone"},
        ],
    )
    ids = dict(pick(rows, "owner", "customer_id"))
    assert dict(pick(rows, "owner", "referred_by_customer_id")) == {
        "ada": None,
        "bob": ids["ada"],
        "cyd": None,
        "dee": None,
    }
    assert [owner for owner, itself in pick(rows, "owner", "is_own_referrer") if itself] == ["cyd"]


def test_there_is_one_unknown_customer_and_orders_without_a_name_are_theirs():
    with build(raw__orders=[{"order_id": "1", "gross_sales": "3"}]) as con:
        customer = only(rows_of(con, "core.customers"))
        order = only(rows_of(con, "core.orders"))
    assert (customer["customer_id"], customer["customer_idx"], customer["is_unknown"]) == (UNKNOWN, 0, True)
    assert customer["acquisition_cost_method"] is None
    assert order["customer_id"] == UNKNOWN


def test_a_contact_is_deleted_when_every_record_of_it_is():
    with build(
        raw__customers=[
            {"customer_record_id": "1", "email": "ada@example.com", "is_deleted": "true"},
            {"customer_record_id": "2", "email": "ada@example.com", "is_deleted": "true"},
            {"customer_record_id": "3", "is_deleted": "false"},
        ],
        raw__survey_responses=[{"response_id": "1", "email": "nobody@example.com"}],
    ) as con:
        contacts = rows_of(con, "core.contacts")
    assert sorted(pick(contacts, "is_deleted")) == [(False,), (False,), (True,)]
    assert [row["customer_id"] for row in contacts].count(None) == 1


def test_who_is_deleted_in_one_system_is_not_who_has_that_number_in_another():
    with build(
        raw__customers=[
            {"customer_record_id": "1", "email": "ada@example.com", "_system": "crm", "is_deleted": "true"},
            {"customer_record_id": "1", "email": "bob@example.com", "_system": "shop"},
        ],
    ) as con:
        found = con.execute(
            "select system, is_deleted from core.contacts join identity.customer_links using (contact_id) order by 1"
        ).fetchall()
    assert found == [("crm", True), ("shop", False)]


def test_a_list_of_customers_goes_back_into_the_tools_it_came_from():
    with build(
        raw__customers=[{"customer_record_id": "1", "email": "ada@example.com", "_system": "crm"}],
        raw__orders=[{"order_id": "9", "email": "ada@example.com"}],
    ) as con:
        rows = rows_of(con, "core.customer_source_ids")
    assert list(pick(rows, "system", "source_record_id", "record_type")) == [
        ("crm", "1", "customer"),
        ("shop", "9", "order"),
    ]
    assert len(set(pick(rows, "customer_id"))) == 1


def test_a_record_says_by_what_it_is_one_customer_with_others():
    with build(
        raw__customers=[
            {"customer_record_id": "1", "email": "ada@example.com", "merged_into_record_id": None},
            {"customer_record_id": "2", "email": "ada@work.example", "merged_into_record_id": "1"},
            {"customer_record_id": "3", "email": "bob@example.com", "merged_into_record_id": None},
        ],
        raw__orders=[{"order_id": "9", "email": "ada@example.com"}],
    ) as con:
        rows = rows_of(con, "core.customer_source_ids")
    linked_by = {"1": "email, merged_record", "2": "merged_record", "3": None, "9": "email"}
    assert dict(pick(rows, "source_record_id", "linked_by")) == linked_by
