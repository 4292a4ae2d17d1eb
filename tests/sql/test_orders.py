import datetime as dt
from decimal import Decimal

import duckdb
import pytest

from tests.builders import UNKNOWN, money, only, pick, run_sql

ADA = {"customer_id": "ada", "customer_idx": 1, "contact_id": "a"}
BOB = {"customer_id": "bob", "customer_idx": 2, "contact_id": "b"}


def record(source_record_id: str, who: dict, system: str = "shop") -> dict:
    return {"link_type": "customer_record", "system": system, "source_record_id": source_record_id, **who}


def test_an_order_keeps_its_own_amounts_beside_its_lines():
    order = only(
        run_sql(
            "core/orders",
            staging__orders=[{"order_id": "1", "gross_sales": "10", "discounts": "1", "shipping": "4", "tax": "2"}],
            staging__order_lines=[{"order_id": "1", "unit_price": "9.99", "discounts": "3"}],
        )
    )
    assert (order["gross_sales"], order["discounts"], order["shipping"], order["tax"]) == (10, 1, 4, 2)
    assert order["line_count"] == 1


def test_an_order_without_amounts_takes_those_of_its_sale_lines():
    order = only(
        run_sql(
            "core/orders",
            staging__orders=[{"order_id": "1"}],
            staging__order_lines=[
                {"order_id": "1", "unit_price": "0.125", "quantity": "3", "discounts": "0.1"},
                {"order_id": "1", "gross_sales": "5", "unit_price": "99"},
                {"order_id": "1", "line_type": "refund", "unit_price": "-7"},
            ],
        )
    )
    assert (order["gross_sales"], order["discounts"], order["line_count"]) == (money("5.375"), money("0.1"), 2)


def test_lines_without_an_order_of_their_own_become_one_order_at_their_earliest_moment():
    orders = run_sql(
        "core/orders",
        staging__order_lines=[
            {"order_id": "7", "unit_price": "2", "ordered_at": "2026-01-02 09:01:00", "country": "FR"},
            {"order_id": "7", "unit_price": "3", "ordered_at": "2026-01-02 09:00:00", "customer_record_id": "c2"},
            {"order_id": "7", "unit_price": "0", "ordered_at": "2026-01-02 09:02:00", "customer_record_id": "c1"},
            {"order_id": "8", "line_type": "refund", "unit_price": "3", "ordered_at": "2026-01-02 09:00:00"},
        ],
        identity__customer_links=[record("c1", ADA), record("c2", BOB)],
    )
    order = only(orders)
    assert order["ordered_at"] == dt.datetime(2026, 1, 2, 9, 0)  # noqa: DTZ001
    assert (order["customer_id"], order["country"], order["gross_sales"]) == ("bob", "FR", 5)


def test_an_order_that_has_its_own_row_is_not_made_again_from_its_lines():
    orders = run_sql(
        "core/orders",
        staging__orders=[{"order_id": "1"}],
        staging__order_lines=[{"order_id": "1"}, {"order_id": "1", "_system": "till", "ordered_at": "2026-01-01"}],
    )
    assert sorted(pick(orders, "system", "order_id")) == [("shop", "1"), ("till", "1")]


def test_the_day_of_an_order_is_the_companys_day():
    order = only(
        run_sql(
            "core/orders",
            raw__company=[{"timezone": "Europe/Berlin"}],
            staging__orders=[{"order_id": "1", "ordered_at": "2026-03-31 22:30:00"}],
        )
    )
    assert order["order_date"] == dt.date(2026, 4, 1)


def test_a_foreign_amount_is_converted_at_the_newest_rate_of_its_day():
    orders = run_sql(
        "core/orders",
        staging__fx_rates=[
            {"rate_date": "2026-01-04", "currency": "USD", "rate": "0.91234567"},
            {"rate_date": "2026-01-06", "currency": "USD", "rate": "0.5"},
        ],
        staging__orders=[
            {"order_id": "1", "currency": "USD", "gross_sales": "10.0001", "ordered_at": "2026-01-05 23:00:00"},
            {"order_id": "2", "currency": "USD", "gross_sales": "10", "ordered_at": "2026-01-06 00:00:00"},
            {"order_id": "3", "currency": "EUR", "gross_sales": "10"},
        ],
    )
    assert [order["gross_sales"] for order in orders] == [money("9.1235"), 5, 10]
    assert orders[0]["gross_sales_original"] == Decimal("10.0001")


def test_all_amounts_of_a_foreign_order_stand_as_told_beside_the_converted_ones():
    amounts = {"gross_sales": "100", "discounts": "10", "shipping": "4", "tax": "18"}
    order = only(
        run_sql(
            "core/orders",
            staging__fx_rates=[{"rate_date": "2026-01-01", "currency": "USD", "rate": "0.5"}],
            staging__orders=[{"order_id": "1", "currency": "USD", **amounts}],
        )
    )
    assert [order[f"{name}_original"] for name in amounts] == [100, 10, 4, 18]
    assert [order[name] for name in amounts] == [50, 5, 2, 9]


def test_without_a_rate_there_is_no_amount():
    orders = run_sql(
        "core/orders",
        staging__fx_rates=[{"rate_date": "2026-01-06", "currency": "USD", "rate": "0.9"}],
        staging__orders=[
            {"order_id": "1", "currency": "USD", "gross_sales": "10", "ordered_at": "2026-01-05"},
            {"order_id": "2", "currency": "CHF", "gross_sales": "10", "ordered_at": "2026-01-07"},
        ],
    )
    assert [order["gross_sales"] for order in orders] == [None, None]


def test_the_companys_own_currency_needs_no_rate_and_heeds_none():
    order = only(
        run_sql(
            "core/orders",
            staging__fx_rates=[{"rate_date": "2026-01-01", "currency": "EUR", "rate": "1.5"}],
            staging__orders=[{"order_id": "1", "gross_sales": "10"}],
        )
    )
    assert order["gross_sales"] == 10


def test_an_amount_too_large_for_its_type_is_an_error_never_a_wrong_number():
    with pytest.raises(duckdb.Error, match=r"[Oo]verflow|out of range|[Cc]ould not cast"):
        run_sql(
            "core/orders",
            staging__orders=[{"order_id": "1"}],
            staging__order_lines=[{"order_id": "1", "quantity": "10000000000", "unit_price": "10000000000"}],
        )


def test_lines_of_one_order_in_two_currencies_leave_it_without_a_currency():
    order = only(
        run_sql(
            "core/orders",
            staging__order_lines=[
                {"order_id": "1", "unit_price": "1", "ordered_at": "2026-01-01"},
                {"order_id": "1", "unit_price": "1", "ordered_at": "2026-01-01", "currency": "USD"},
            ],
        )
    )
    assert (order["currency"], order["gross_sales"]) == (None, None)


@pytest.mark.parametrize(
    ("order", "counts"),
    [
        ({"gross_sales": "1"}, True),
        ({"gross_sales": "0"}, False),
        ({"gross_sales": "-1"}, False),
        ({"gross_sales": "1", "is_test": "true"}, False),
        ({"gross_sales": "1", "is_cancelled": "true"}, False),
        ({"gross_sales": "1", "discounts": "1"}, True),
    ],
)
def test_an_order_counts_when_it_is_no_test_not_cancelled_and_has_sales(order, counts):
    assert only(run_sql("core/orders", staging__orders=[{"order_id": "1", **order}]))["is_countable"] is counts


def test_an_order_belongs_to_its_customer_record_else_to_its_guest_else_to_the_unknown_customer():
    orders = run_sql(
        "core/orders",
        staging__orders=[
            {"order_id": "1", "customer_record_id": "c1", "customer_system": "crm"},
            {"order_id": "2"},
            {"order_id": "3"},
            {"order_id": "4", "customer_record_id": "c1"},
        ],
        identity__customer_links=[
            record("c1", ADA, system="crm"),
            {"link_type": "order", "system": "shop", "source_record_id": "2", **BOB},
        ],
    )
    assert list(pick(orders, "order_id", "customer_id", "customer_idx")) == [
        ("1", "ada", 1),
        ("2", "bob", 2),
        ("3", UNKNOWN, 0),
        ("4", UNKNOWN, 0),
    ]


def first_orders(*orders: dict, links: tuple = (record("c1", ADA),)) -> list[str]:
    rows = run_sql("core/orders", staging__orders=orders, identity__customer_links=links)
    return sorted(f"{row['system']} {row['order_id']}" for row in rows if row["is_first_order"])


def test_the_first_order_is_the_earliest_that_counts():
    ada = {"customer_record_id": "c1", "gross_sales": "5"}
    assert first_orders(
        {**ada, "order_id": "1", "ordered_at": "2025-01-01", "is_cancelled": "true"},
        {**ada, "order_id": "3", "ordered_at": "2025-03-01"},
        {**ada, "order_id": "2", "ordered_at": "2025-02-01"},
    ) == ["shop 2"]


def test_of_two_orders_in_one_moment_the_lower_system_and_id_is_first():
    ada = {"customer_record_id": "c1", "customer_system": "shop", "gross_sales": "5"}
    assert first_orders(
        {**ada, "order_id": "1", "_system": "till"},
        {**ada, "order_id": "9"},
        {**ada, "order_id": "10"},
    ) == ["shop 10"]


def test_the_unknown_customer_has_no_first_order():
    assert first_orders({"order_id": "1", "gross_sales": "5"}) == []


def test_what_an_order_does_not_say_of_itself_its_first_line_that_does_says():
    order = only(
        run_sql(
            "core/orders",
            staging__orders=[{"order_id": "1", "gross_sales": "10", "channel": "web"}],
            staging__order_lines=[
                {"order_id": "1", "unit_price": "5", "region": "North"},
                {
                    "order_id": "1",
                    "unit_price": "5",
                    "store_id": "7",
                    "channel": "phone",
                    "country": "FR",
                    "city": "Lyon",
                },
                {"order_id": "1", "unit_price": "5", "store_id": "8", "region": "South", "is_test": "true"},
            ],
        )
    )
    assert (order["store_id"], order["channel"], order["country"]) == ("7", "web", "FR")
    assert (order["region"], order["city"], order["is_test"]) == ("North", "Lyon", True)


def test_an_order_that_says_it_is_no_test_is_none_whatever_a_line_says():
    order = only(
        run_sql(
            "core/orders",
            staging__orders=[{"order_id": "1", "gross_sales": "10", "is_test": "false"}],
            staging__order_lines=[{"order_id": "1", "unit_price": "10", "is_test": "true"}],
        )
    )
    assert not order["is_test"]


def test_an_order_that_names_nobody_is_of_the_customer_that_its_lines_name():
    orders = run_sql(
        "core/orders",
        staging__orders=[
            {"order_id": "1", "gross_sales": "10"},
            {"order_id": "2", "gross_sales": "10", "customer_record_id": "c2"},
        ],
        staging__order_lines=[
            {"order_id": "1", "unit_price": "10", "customer_record_id": "c1"},
            {"order_id": "2", "unit_price": "10", "customer_record_id": "c1"},
        ],
        identity__customer_links=[record("c1", ADA), record("c2", BOB)],
    )
    assert list(pick(orders, "order_id", "customer_id")) == [("1", "ada"), ("2", "bob")]


def test_the_record_that_a_first_line_names_is_of_that_lines_own_system():
    orders = run_sql(
        "core/orders",
        staging__order_lines=[
            {"order_id": "1", "unit_price": "5"},
            {"order_id": "1", "unit_price": "5", "customer_record_id": "c1"},
            {"order_id": "1", "unit_price": "5", "customer_record_id": "c2", "customer_system": "crm"},
        ],
        identity__customer_links=[record("c1", ADA), record("c1", BOB, system="crm"), record("c2", BOB, system="crm")],
    )
    assert only(orders)["customer_id"] == "ada"
