"""Shopify, Stripe, HubSpot and WooCommerce: named in the settings, fetched page by page, mapped to the cent."""

from decimal import Decimal

import pytest

from tests.sources.fetching.api import tool_answers as tools
from tests.sources.fetching.api.ready_api_sources import name_api, parse


@pytest.fixture
def read(shop, api):
    """Fetch a resource from the server on this machine and read columns of a kind, in order."""

    def read(tool, resource, kind, columns, answer, **more):
        api.answer = answer
        settings = parse({"tool": {**name_api(tool, resource, base_url=api.url, allow_unencrypted=True), **more}})
        shop.sources = {"tool": settings.sources["tool"]}
        landed = shop.land()
        assert not landed["tool"].refusals, landed["tool"].refusals[0].sentence
        with shop.delivered(landed) as con:
            read.excluded = dict(con.execute("select rule, count(*) from landed.excluded group by all").fetchall())
            assert con.execute("select count(*) from landed.malformed").fetchall() == [(0,)]
            return con.execute(f"select {columns} from landed.{kind} order by all").fetchall()

    return read


SHOPIFY = [
    tools.shopify_order(1),
    tools.shopify_order(
        2, refunds=[tools.shopify_refund(90, ("refund", "success", "10.00"), ("refund", "failure", "3"))]
    ),
    tools.shopify_order(3, financial_status="voided", refunds=[tools.shopify_refund(91)]),
    tools.shopify_order(
        4,
        currency="JPY",
        test=True,
        subtotal_price="500",
        total_line_items_price="500",
        shipping_lines=[],
        line_items=[{"id": 1, "sku": "", "name": "Card", "quantity": 1, "price": "500", "gift_card": True}],
    ),
    tools.shopify_order(5, customer=None, email=None, contact_email="c@example.com"),
]


def test_orders_of_shopify_come_with_their_lines_and_refunds(read, api):
    answer = tools.answer_like_shopify("orders", SHOPIFY)
    orders = read(
        "shopify",
        "orders",
        "orders",
        "order_id, customer_record_id, email, ordered_at, currency, discounts::decimal(9, 2), shipping::decimal(9, 2), "
        "tax, prices_include_tax, is_cancelled, is_test",
        answer,
    )
    assert orders[0] == (
        *("#1", "71", "buyer1@example.com", "2026-01-02 04:30:00", "EUR"),
        *(Decimal("2.00"), Decimal("4.90"), "4.53", "true", "false", "false"),
    )
    assert [(row[0], row[4], row[9], row[10]) for row in orders[2:4]] == [
        ("#3", "EUR", "true", "false"),
        ("#4", "JPY", "false", "true"),
    ]
    assert orders[4][1:3] == (None, "c@example.com")
    assert read.excluded == {"refund_without_money": 1}
    lines = read("shopify", "orders", "order_lines", "order_id, line_type, product_id, quantity, unit_price", answer)
    assert lines[:2] == [("#1", "sale", "MUG", "2", "10.00"), ("#1", "sale", "TEA", "1", "5.50")]
    assert ("#4", "adjustment", None, "1", "500") in lines
    refunds = read("shopify", "orders", "refunds", "refund_id, order_id, refunded_at, amount::decimal(9, 2)", answer)
    assert refunds == [("90", "#2", "2026-02-03 09:00:00", Decimal("10.00"))]
    assert len(api.requests) == 9
    assert api.requests[0].params["status"] == ["any"]
    assert "line_items" in api.requests[0].params["fields"][0].split(",")
    assert api.requests[1].params["fields"] == api.requests[0].params["fields"]  # Shopify's link leaves them out


def test_refunds_of_shopify_name_the_products_that_came_back(read):
    paid = ("refund", "success", "20.00")
    mug, tea = (
        tools.shopify_refund_line(31, "MUG", "9.22", "1.47"),
        tools.shopify_refund_line(32, "TEA", "5.07", "0.81"),
    )
    card = tools.shopify_refund_line(33, "CARD", "5.00", "0")
    card["line_item"]["gift_card"] = True
    dollars = tools.shopify_refund_line(34, "MUG", "9.22", "1.47", quantity=2, presentment=("10.00", "1.60", "USD"))
    refunds = [
        tools.shopify_refund(90, paid, lines=[mug, tea, card]),
        tools.shopify_refund(91, paid, currency="USD", lines=[dollars]),
        tools.shopify_refund(92, paid),
        tools.shopify_refund(93, lines=[tools.shopify_refund_line(35, "TEA", "5.07", "0.81")]),
    ]
    taxed_beside = tools.shopify_refund(94, paid, lines=[tools.shopify_refund_line(36, "TEA", "4.26", "0.81")])
    orders = [
        tools.shopify_order(1),
        tools.shopify_order(2, refunds=refunds),
        tools.shopify_order(3, taxes_included=False, refunds=[taxed_beside]),
    ]
    answer = tools.answer_like_shopify("orders", orders)
    columns = "refund_id, line_id, product_id, product_name, quantity, goods::decimal(9, 2)"
    assert read("shopify", "orders", "refund_lines", columns, answer) == [
        ("90", "31", "MUG", "Mug", "1", Decimal("7.75")),
        ("90", "32", "TEA", "Tea", "1", Decimal("4.26")),
        ("91", "34", "MUG", "Mug", "2", Decimal("8.40")),
        ("94", "36", "TEA", "Tea", "1", Decimal("4.26")),
    ]
    assert read.excluded == {"refund_without_money": 2, "refunded_gift_card": 1}
    refunds = read("shopify", "orders", "refunds", "refund_id, order_id, currency, amount::decimal(9, 2)", answer)
    assert [row[0] for row in refunds] == ["90", "91", "92", "94"]
    assert len(read("shopify", "orders", "order_lines", "line_id", answer)) == 6
    assert len(read("shopify", "orders", "orders", "order_id", answer)) == 3


@pytest.mark.slow
def test_customers_of_shopify(read):
    customer = {
        "id": 71,
        "email": "a@example.com",
        "first_name": "Ann",
        "last_name": "Lee",
        "phone": "+4930123",
        "created_at": "2025-05-01T00:00:00+02:00",
        "updated_at": "2026-01-01T00:00:00+01:00",
        "default_address": {"country_code": "DE", "city": "Berlin", "zip": "01234", "company": None},
        "email_marketing_consent": {"state": "subscribed"},
    }
    columns = "customer_record_id, email, country, postal_code, email_opt_in, created_at"
    answer = tools.answer_like_shopify("customers", [customer])
    assert read("shopify", "customers", "customers", columns, answer) == [
        ("71", "a@example.com", "DE", "01234", "true", "2025-04-30 22:00:00")
    ]


CHARGES = [
    tools.stripe_charge(1, 1999),
    tools.stripe_charge(2, 5000, "jpy"),
    tools.stripe_charge(3, 12345, "kwd"),
    tools.stripe_charge(4, 700, "isk"),
    tools.stripe_charge(5, 1000, status="failed", captured=False),
    tools.stripe_charge(6, 1000, captured=False),
    tools.stripe_charge(
        7,
        2500,
        amount_refunded=700,
        refunds=tools.stripe_refunds(
            "eur", ("re_1", 500, "succeeded"), ("re_2", 200, "pending"), ("re_3", 9, "failed")
        ),
    ),
    tools.stripe_charge(
        8,
        9000,
        "jpy",
        amount_refunded=1100,
        refunds=tools.stripe_refunds("jpy", ("re_9", 100, "succeeded"), has_more=True),
    ),
    tools.stripe_charge(9, 1000, amount_captured=400, livemode=False),
]


def test_charges_of_stripe_are_whole_yen_cents_and_thousandths_of_a_dinar(read, api):
    answer = tools.answer_like_stripe(CHARGES)
    columns = "order_id, currency, gross_sales::decimal(18, 3), is_test"
    assert read("stripe", "charges", "orders", columns, answer) == [
        ("ch_1", "EUR", Decimal("19.990"), "false"),
        ("ch_2", "JPY", Decimal("5000.000"), "false"),
        ("ch_3", "KWD", Decimal("12.345"), "false"),
        ("ch_4", "ISK", Decimal("7.000"), "false"),
        ("ch_7", "EUR", Decimal("25.000"), "false"),
        ("ch_8", "JPY", Decimal("9000.000"), "false"),
        ("ch_9", "EUR", Decimal("4.000"), "true"),
    ]
    assert api.requests[0].params["expand[]"] == ["data.refunds"]
    assert api.requests[0].headers["stripe-version"] == "2024-06-20"
    assert read.excluded == {"paid": 1, "captured": 1, "refund_failed": 1, "told_by_the_charge": 1}


@pytest.mark.slow
def test_refunds_of_stripe_have_their_own_day_and_more_than_ten_are_one(read):
    columns = "refund_id, order_id, refunded_at, currency, amount::decimal(18, 2)"
    assert read("stripe", "charges", "refunds", columns, tools.answer_like_stripe(CHARGES)) == [
        ("ch_8", "ch_8", None, "JPY", Decimal("1100.00")),
        ("re_1", "ch_7", "2026-02-01 00:00:00", "EUR", Decimal("5.00")),
        ("re_2", "ch_7", "2026-02-01 00:00:00", "EUR", Decimal("2.00")),
    ]


@pytest.mark.slow
def test_paid_invoices_of_stripe_are_sales_without_tax(read):
    invoice = {
        **{"id": "in_1", "object": "invoice", "status": "paid", "currency": "eur", "customer": "cus_1"},
        **{"customer_email": "a@example.com", "created": 1767225600, "amount_due": 10710, "amount_paid": 10710},
        **{
            "subtotal": 10000,
            "subtotal_excluding_tax": 10000,
            "total_excluding_tax": 9000,
            "tax": 1710,
            "total": 10710,
        },
        **{"post_payment_credit_notes_amount": 2380, "livemode": True},
    }
    older = {key: value for key, value in invoice.items() if not key.endswith("excluding_tax")} | {"id": "in_2"}
    answer = tools.answer_like_stripe([invoice, older])
    columns = "order_id, gross_sales::decimal(9, 2), discounts::decimal(9, 2), tax::decimal(9, 2)"
    rows = read("stripe", "invoices", "orders", columns, answer)
    assert rows == [(each, Decimal("100.00"), Decimal("10.00"), Decimal("17.10")) for each in ("in_1", "in_2")]
    refunds = read("stripe", "invoices", "refunds", "order_id, amount::decimal(9, 2)", answer)
    assert refunds[0] == ("in_1", Decimal("23.80"))


@pytest.mark.slow
def test_subscriptions_of_stripe_are_a_row_per_item_and_an_amount_per_month(read):
    def item(number, cents, interval, count=1, quantity=1, **price):
        recurring = {"interval": interval, "interval_count": count}
        price = {"id": f"price_{number}", "unit_amount": cents, "recurring": recurring, "nickname": None, **price}
        return {"id": f"si_{number}", "quantity": quantity, "price": price}

    def subscription(number, *items, **changed):
        return {
            **{"id": f"sub_{number}", "object": "subscription", "customer": "cus_1", "created": 1767225600},
            **{"start_date": 1767225600, "currency": "eur", "status": "active", "canceled_at": None, "ended_at": None},
            **{"cancel_at": None, "cancel_at_period_end": False, "current_period_end": 1769904000, "trial_end": None},
            **{"cancellation_details": {"reason": None}, "items": {"object": "list", "data": list(items)}, **changed},
        }

    answer = tools.answer_like_stripe(
        [
            subscription(1, item(1, 1000, "month", quantity=3), item(2, 12000, "year")),
            subscription(2, item(3, 9000, "month", count=3), cancel_at_period_end=True, canceled_at=1767312000),
            subscription(3, item(4, None, "month", unit_amount_decimal="0.5")),
            subscription(4, item(5, 1000, "week"), currency="jpy"),
            subscription(5, item(6, 1000, "month"), status="incomplete_expired"),
        ]
    )
    columns = "subscription_id, item_id, currency, monthly_amount::decimal(18, 4), ended_at"
    assert read("stripe", "subscriptions", "subscriptions", columns, answer) == [
        ("sub_1", "si_1", "EUR", Decimal("30.0000"), None),
        ("sub_1", "si_2", "EUR", Decimal("10.0000"), None),
        ("sub_2", "si_3", "EUR", Decimal("30.0000"), "2026-02-01 00:00:00"),
        ("sub_3", "si_4", "EUR", Decimal("0.0050"), None),
        ("sub_4", "si_5", "JPY", Decimal("4333.3333"), None),
    ]


def test_deals_of_hubspot_that_are_won_are_orders_of_their_first_contact_or_company(read, api):
    deal = {"dealname": "D", "closedate": "2026-01-05T10:00:00Z", "deal_currency_code": "GBP"}
    won = {"dealstage": "closedwon", "hs_is_closed_won": "true", **deal}
    answer = tools.answer_like_hubspot(
        [
            tools.hubspot_object(1, tools.associate(contacts=[51, 52], companies=[51]), amount="1250.50", **won),
            tools.hubspot_object(2, tools.associate(companies=[51]), amount="", **won),
            tools.hubspot_object(3, amount="9", **{**won, "dealstage": "12", "hs_is_closed_won": "false"}),
            tools.hubspot_object(4, amount="7", **{**won, "dealstage": "34"}),
        ]
    )
    columns = "order_id, customer_record_id, ordered_at, currency, gross_sales"
    assert read("hubspot", "deals", "orders", columns, answer) == [
        ("1", "51", "2026-01-05 10:00:00", "GBP", "1250.50"),
        ("2", "company-51", "2026-01-05 10:00:00", "GBP", "0"),
        ("4", None, "2026-01-05 10:00:00", "GBP", "7"),
    ]
    assert read.excluded == {"won": 1}
    assert api.requests[0].params["associations"] == ["contacts,companies"]
    assert "hs_is_closed_won" in api.requests[0].params["properties"][0]
    assert " " not in api.requests[0].params["properties"][0]


@pytest.mark.slow
def test_contacts_and_companies_of_hubspot_keep_what_was_merged(read):
    contact = tools.hubspot_object(
        51,
        **{"email": "a@example.com", "hs_additional_emails": "b@example.com;c@example.com", "firstname": "Ann"},
        **{"lastname": "Lee", "associatedcompanyid": "9", "hs_merged_object_ids": "48;49", "hs_email_optout": "true"},
        lastmodifieddate="2026-01-05T03:04:05Z",
    )
    columns = "customer_record_id, other_emails, account_id, merged_record_ids, email_opt_in"
    assert read("hubspot", "contacts", "customers", columns, tools.answer_like_hubspot([contact])) == [
        ("51", "b@example.com;c@example.com", "9", "48;49", "false")
    ]
    company = tools.hubspot_object(51, name="Acme", domain="acme.example", hs_merged_object_ids="7;8")
    columns = "customer_record_id, account_id, company_name, merged_record_ids"
    assert read("hubspot", "companies", "customers", columns, tools.answer_like_hubspot([company])) == [
        ("company-51", "51", "Acme", "company-7;company-8")
    ]


WOOCOMMERCE = [
    tools.woocommerce_order(1),
    tools.woocommerce_order(2, customer_id=0, refunds=[{"id": 88, "reason": "broken", "total": "-12.00"}]),
    tools.woocommerce_order(3, status="failed", fee_lines=[]),
]


def test_orders_of_woocommerce_are_without_tax_and_fees_are_shipping(read, api):
    answer = tools.answer_like_woocommerce(WOOCOMMERCE)
    columns = (
        "order_id, customer_record_id, ordered_at, discounts, shipping::decimal(9, 2), tax, country, city, is_cancelled"
    )
    assert read("woocommerce", "orders", "orders", columns, answer) == [
        ("1", "7", "2026-01-01 00:00:00", "3.00", Decimal("6.50"), "6.70", "FI", "Turku", "false"),
        ("2", None, "2026-01-02 00:00:00", "3.00", Decimal("6.50"), "6.70", "FI", "Turku", "false"),
        ("3", "7", "2026-01-03 00:00:00", "3.00", Decimal("5.00"), "6.70", "FI", "Turku", "true"),
    ]
    lines = read("woocommerce", "orders", "order_lines", "order_id, product_id, quantity, gross_sales", answer)
    assert lines[0] == ("1", "4959", "3", "30.00")
    refunds = read(
        "woocommerce", "orders", "refunds", "refund_id, order_id, refunded_at, amount::decimal(9, 2)", answer
    )
    assert refunds == [("88", "2", None, Decimal("12.00"))]
    assert api.requests[0].path == "/orders"


def test_refunds_of_woocommerce_orders_may_be_left_to_their_own_source(read):
    answer = tools.answer_like_woocommerce(WOOCOMMERCE)
    orders = read("woocommerce", "orders", "orders", "order_id", answer, kinds={"refunds": None})
    assert orders == [("1",), ("2",), ("3",)]
    assert read.excluded == {"kind_left_out": 1}


@pytest.mark.slow
def test_refunds_of_woocommerce_come_with_the_products_that_came_back(read):
    refund = {"id": 88, "parent_id": 2, "date_created_gmt": "2026-02-01T05:00:00", "amount": "12.00", "reason": ""}
    line = {"id": 31, "product_id": 4959, "name": "Mug", "quantity": -2, "total": "-10.00", "total_tax": "-2.00"}
    by_hand = {**refund, "id": 89, "refunded_by": 1, "line_items": []}
    answer = tools.answer_like_woocommerce([{**refund, "refunded_by": 1, "line_items": [line]}, by_hand])
    columns = "refund_id, order_id, refunded_at, amount::decimal(9, 2)"
    assert read("woocommerce", "refunds", "refunds", columns, answer) == [
        ("88", "2", "2026-02-01 05:00:00", Decimal("12.00")),
        ("89", "2", "2026-02-01 05:00:00", Decimal("12.00")),
    ]
    columns = "refund_id, line_id, product_id, quantity::decimal(9, 2), goods::decimal(9, 2)"
    assert read("woocommerce", "refunds", "refund_lines", columns, answer) == [
        ("88", "31", "4959", Decimal("2.00"), Decimal("10.00"))
    ]


@pytest.mark.slow
def test_customers_of_woocommerce(read):
    customer = {
        **{"id": 7, "email": "ann@example.com", "first_name": "Ann", "last_name": "Lee", "role": "customer"},
        **{"username": "ann", "date_created_gmt": "2025-01-01T00:00:00", "billing": {"country": "FI"}},
    }
    answer = tools.answer_like_woocommerce([customer])
    columns = "customer_record_id, email, country"
    assert read("woocommerce", "customers", "customers", columns, answer) == [("7", "ann@example.com", "FI")]
