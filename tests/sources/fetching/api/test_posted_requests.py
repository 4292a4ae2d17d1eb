"""Shopify by GraphQL and HubSpot by search: pages and changes are asked for in the body of a POST, all to the cent."""

import json
from decimal import Decimal

import pytest
import yaml
from pydantic import ValidationError

from regulars.pipelines.settings.settings_file import parse_settings
from regulars.pipelines.settings.sources.json_path import has_path, list_at_path, put_at_path, read_path
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.fetching.api.graphql_errors import read_errors
from tests.sources.fetching.api import tool_answers as tools
from tests.sources.fetching.api.api_server import Reply
from tests.sources.fetching.api.posted_answers import (
    GraphqlShop,
    HubspotDeals,
    HubspotSearch,
    graphql_order,
    graphql_refund,
    graphql_refund_line,
    shop_money,
)

LONG_ORDER = graphql_order(3, *[(1, "1.00")] * 41, subtotal="41.00")
ORDERS = [
    graphql_order(1, (2, "10.00"), (1, "5.50"), subtotal="23.50"),
    graphql_order(
        2,
        (1, "20.00"),
        subtotal="20.00",
        refunds=[
            graphql_refund(90, ("REFUND", "SUCCESS", "7.50"), ("REFUND", "FAILURE", "3.00")),
            graphql_refund(91),
        ],
    ),
    LONG_ORDER,
    *(graphql_order(number, (1, "9.00"), subtotal="9.00") for number in (4, 5, 6)),
    graphql_order(7, (1, "50.00"), subtotal="50.00", displayFinancialStatus="VOIDED", email=None, customer=None),
]
ORDERS[5]["lineItems"][0]["isGiftCard"] = True


@pytest.fixture
def name_source(shop, api):
    """Let the shop read a resource of a tool from the server on this machine."""

    def name_source(tool, resource, **more):
        way = {"api": tool, "resource": resource, "token": "${SECRET}", "base_url": api.url}
        way |= {"allow_unencrypted": True, **({"shop": "x"} if tool.startswith("shopify") else {}), **more}
        rest = {"delivery": "incremental"} if "cursor" in more else {}
        company = {"name": "Shop", "timezone": "UTC", "currency": "EUR"}
        text = yaml.safe_dump({"company": company, "sources": {"shop": {"from": way, **rest}}})
        settings = parse_settings(text, name="regulars.yaml", environment={"SECRET": tools.SECRET})
        shop.sources = {"shop": settings.sources["shop"]}
        return shop

    return name_source


def read(shop, landed, kind, columns):
    assert not landed["shop"].refusals, landed["shop"].refusals[0].sentence
    with shop.delivered(landed) as con:
        assert con.execute("select count(*) from landed.malformed").fetchall() == [(0,)]
        return con.execute(f"select {columns} from landed.{kind} order by all").fetchall()


def test_orders_of_shopify_come_by_graphql_with_all_lines_and_refunds_within_the_cost(name_source, api):
    server = GraphqlShop(ORDERS, bucket=150.0)
    api.answer = server.answer
    shop = name_source("shopify_graphql", "orders")
    landed = shop.land(pause=server.pause)
    orders = read(
        shop,
        landed,
        "orders",
        "order_id, customer_record_id, email, currency, discounts::decimal(9, 2), shipping::decimal(9, 2), "
        "is_cancelled",
    )
    assert orders[0] == ("#1", "71", "buyer1@example.com", "EUR", Decimal("2.00"), Decimal("4.90"), "false")
    assert [row[4] for row in orders] == [Decimal("2.00"), *[Decimal("0.00")] * 6]
    assert orders[6][:3] == ("#7", None, None)
    assert orders[6][6] == "true"
    lines = read(shop, landed, "order_lines", "order_id, line_id, line_type, product_id, quantity, unit_price")
    assert lines[:2] == [("#1", "1001", "sale", "P1", "2", "10.00"), ("#1", "1002", "sale", "P2", "1", "5.50")]
    assert len([line for line in lines if line[0] == "#3"]) == 41
    assert ("#6", "6001", "adjustment", "P1", "1", "9.00") in lines
    refunds = read(shop, landed, "refunds", "refund_id, order_id, refunded_at, amount::decimal(9, 2)")
    assert refunds == [("90", "#2", "2026-02-03 09:00:00", Decimal("7.50"))]
    # orders 1 to 4 with 30 lines are asked for, order 3 has more: order 1 alone with 250, then 2 to 5, 2 alone …
    asked = [json.loads(seen.body)["variables"] for seen in api.requests]
    whole = [(each["after"], each["first"], each["lines"]) for each in asked]
    assert list(dict.fromkeys(whole)) == [
        *((after, first, lines) for after in (None, "1", "2") for first, lines in ((4, 30), (1, 250))),
        ("3", 4, 30),
    ]
    assert max(server.costs) <= 1000
    assert len(whole) > len(set(whole))  # the bucket was empty, and the same was asked for again


def test_refunds_of_shopify_name_by_graphql_the_products_that_came_back(name_source, api):
    paid = ("REFUND", "SUCCESS", "20.00")
    card = graphql_refund_line(33, "CARD", "5.00", "0", is_gift_card=True)
    refunds = [
        graphql_refund(90, paid, lines=[graphql_refund_line(31, "MUG", "9.22", "1.47"), card]),
        graphql_refund(91, paid, lines=[graphql_refund_line(each, "MUG", "1.00", "0") for each in range(40, 51)]),
        graphql_refund(92, paid),
        graphql_refund(93, lines=[graphql_refund_line(32, "TEA", "5.07", "0.81")]),
    ]
    beside = graphql_refund(94, paid, lines=[graphql_refund_line(34, "TEA", "4.26", "0.81")])
    orders = [
        graphql_order(1, (2, "10.00"), subtotal="20.00", refunds=refunds),
        graphql_order(2, (2, "10.00"), subtotal="20.00", refunds=[beside], taxesIncluded=False),
    ]
    server = GraphqlShop(orders)
    api.answer = server.answer
    shop = name_source("shopify_graphql", "orders")
    landed = shop.land(pause=server.pause)
    columns = "refund_id, line_id, product_id, product_name, quantity, goods::decimal(9, 2)"
    assert read(shop, landed, "refund_lines", columns) == [
        ("90", "31", "MUG", "Mug", "1", Decimal("7.75")),
        ("94", "34", "TEA", "Tea", "1", Decimal("4.26")),
    ]
    assert [row[0] for row in read(shop, landed, "refunds", "refund_id")] == ["90", "91", "92", "94"]
    with shop.delivered(landed) as con:
        excluded = con.execute("select rule, count(*) from landed.excluded group by all").fetchall()
    assert dict(excluded) == {"refund_without_money": 2, "refunded_gift_card": 1, "told_by_the_refund": 10}


def test_orders_of_shopify_are_asked_for_by_what_has_changed(name_source, api):
    server = GraphqlShop([graphql_order(1, (1, "5.00"), subtotal="5.00")])
    api.answer = server.answer
    shop = name_source("shopify_graphql", "orders", cursor={"column": "updatedAt"})
    assert shop.land(pause=server.pause)["shop"].landed == [1]
    server.records.append(graphql_order(2, (1, "6.00"), subtotal="6.00"))
    landed = shop.land(pause=server.pause)
    assert landed["shop"].landed == [2]
    assert json.loads(api.requests[-1].body)["variables"]["changed"] == "updated_at:>='2026-01-01T22:31:00Z'"
    assert len(read(shop, landed, "orders", "distinct order_id")) == 2


@pytest.mark.slow
def test_customers_of_shopify_come_by_graphql(name_source, api):
    customer = {
        **{"id": "gid://shopify/Customer/71", "legacyResourceId": "71", "firstName": "Ann", "lastName": "Lee"},
        **{"createdAt": "2025-05-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"},
        "defaultEmailAddress": {"emailAddress": "a@example.com", "marketingState": "SUBSCRIBED"},
        "defaultPhoneNumber": {"phoneNumber": "+4930123"},
        "defaultAddress": {"company": None, "countryCodeV2": "DE", "province": None, "city": "Berlin", "zip": "01234"},
    }
    bare = {**customer, "id": "gid://shopify/Customer/72", "legacyResourceId": "72"}
    bare |= dict.fromkeys(("defaultEmailAddress", "defaultPhoneNumber", "defaultAddress"))
    server = GraphqlShop([customer, bare], kind="customers")
    api.answer = server.answer
    shop = name_source("shopify_graphql", "customers")
    columns = "customer_record_id, email, phone, country, postal_code, email_opt_in"
    assert read(shop, shop.land(), "customers", columns) == [
        ("71", "a@example.com", "+4930123", "DE", "01234", "true"),
        ("72", None, None, None, None, None),
    ]


def test_an_order_with_more_lines_than_shopify_sends_at_once_is_refused_and_not_cut(name_source, api):
    server = GraphqlShop([graphql_order(1, *[(1, "1.00")] * 251, subtotal="251.00")])
    api.answer = server.answer
    refusal = name_source("shopify_graphql", "orders").refusal(pause=server.pause)
    assert "of 1 record of a page not all came: ask for more at once" in refusal.sentence


def test_a_refund_of_more_payments_than_shopify_sends_at_once_is_refused_and_not_cut(name_source, api):
    refund = graphql_refund(71, *[("REFUND", "SUCCESS", "1.00")] * 11)
    server = GraphqlShop([graphql_order(1, (1, "11.00"), subtotal="11.00", refunds=[graphql_refund(70), refund])])
    api.answer = server.answer
    refusal = name_source("shopify_graphql", "orders").refusal(pause=server.pause)
    assert "of 1 record of a page not all came: ask for more at once" in refusal.sentence


@pytest.mark.parametrize(
    ("errors", "sentence"),
    [
        ([{"message": "x sec-7d2e91", "extensions": {"code": "ACCESS_DENIED"}}], "the answer says `ACCESS_DENIED`;"),
        ([{"message": "no field ann@example.com"}], "the answer says that something is wrong, without a code;"),
        ({"base": ["odd"]}, "the answer says that something is wrong, without a code;"),
    ],
)
def test_errors_with_status_200_are_refused_in_words_that_show_nothing_of_the_answer(
    name_source, api, errors, sentence
):
    api.answer = lambda seen: {"data": {"orders": {"nodes": []}}, "errors": errors}
    refusal = name_source("shopify_graphql", "orders").refusal()
    assert sentence in refusal.sentence
    assert "@" not in refusal.sentence
    assert tools.SECRET not in refusal.sentence


def test_a_post_that_is_redirected_is_refused_and_not_sent_elsewhere(name_source, api):
    api.answer = lambda seen: Reply("", 307, {"Location": f"{api.url}/elsewhere"})
    assert "the server redirects a POST" in name_source("shopify_graphql", "orders").refusal().sentence
    assert {seen.path for seen in api.requests} == {"/graphql.json"}


def test_a_throttled_query_waits_until_the_bucket_holds_its_cost():
    status = {"maximumAvailable": "1000", "currentlyAvailable": "150.5", "restoreRate": "100"}
    cost = {"requestedQueryCost": "500", "actualQueryCost": None, "throttleStatus": status}
    body = {"errors": [{"extensions": {"code": "THROTTLED"}}], "extensions": {"cost": cost}}
    assert read_errors(body).seconds == pytest.approx(3.495)
    assert read_errors({**body, "extensions": {}}).seconds is None
    assert read_errors({"data": {}}) is None


def hubspot_contact(number, changed, **properties):
    contact = tools.hubspot_object(number, lastmodifieddate=changed, email=f"c{number}@example.com", **properties)
    return {**contact, "id": str(number)}


def test_contacts_of_hubspot_that_have_changed_are_searched_for_beyond_what_one_search_shows(name_source, api):
    contacts = [hubspot_contact(number, "2026-01-05T03:04:05.500Z") for number in (9, 10, 11, 70, 80, 90, 100)]
    server = HubspotSearch(contacts, "lastmodifieddate")
    api.answer = server.answer
    shop = name_source("hubspot", "contacts", cursor={"column": "properties.lastmodifieddate"})
    landed = shop.land()
    assert len(read(shop, landed, "customers", "customer_record_id")) == 7
    assert {seen.path for seen in api.requests} == {"/objects/contacts/search"}
    server.records[0] = hubspot_contact(9, "2026-01-06T00:00:00Z", firstname="Ann")
    api.requests.clear()
    landed = shop.land()
    assert landed["shop"].landed == [2]
    [_, changed] = json.loads(api.requests[0].body)["filterGroups"][0]["filters"]
    assert changed["value"] == "1767578645500"  # 2026-01-05T02:04:05.5Z: an hour before the newest
    assert ("9", "Ann") in read(shop, landed, "customers", "customer_record_id, first_name")


def hubspot_deal(number, changed, contacts=(), companies=(), **properties):
    won = {"dealname": "Mugs", "dealstage": "closedwon", "hs_is_closed_won": "true", "amount": "10.50"}
    won |= {"closedate": "2026-01-04T10:00:00Z", "hs_lastmodifieddate": changed, **properties}
    together = tools.associate(contacts=list(contacts), companies=list(companies))
    return {**tools.hubspot_object(number, together, **won), "id": str(number)}


DEALS = "order_id, customer_record_id, gross_sales::decimal(9, 2)"


@pytest.fixture
def deals(name_source, api):
    """HubSpot's deals, of which some belong to contacts or companies and one to nobody."""
    moment = "2026-01-05T03:04:05.500Z"
    records = [hubspot_deal(8, moment, [51, 52], [61]), hubspot_deal(9, moment, [], [61]), hubspot_deal(100, moment)]
    server = HubspotDeals(records, "hs_lastmodifieddate")
    api.answer = server.answer
    shop = name_source("hubspot", "deals", cursor={"column": "properties.hs_lastmodifieddate"})
    return shop, server


def test_deals_of_hubspot_that_have_changed_come_with_whom_they_belong_to(deals, api):
    shop, server = deals
    landed = shop.land()
    assert read(shop, landed, "orders", DEALS) == [
        ("100", None, Decimal("10.50")),
        ("8", "51", Decimal("10.50")),
        ("9", "company-61", Decimal("10.50")),
    ]
    server.records[1] = hubspot_deal(9, "2026-01-06T00:00:00Z", [53], [61], amount="20.00")
    server.records.append(hubspot_deal(101, "2026-01-06T00:00:00Z", [51]))
    api.requests.clear()
    landed = shop.land()
    [_, changed] = json.loads(api.requests[0].body)["filterGroups"][0]["filters"]
    assert changed["value"] == "1767578645500"  # an hour before the newest
    assert [each.record_count for each in landed["shop"].deliveries] == [3, 4]
    assert set(read(shop, landed, "orders", DEALS)) >= {("9", "53", Decimal("20.00")), ("101", "51", Decimal("10.50"))}
    server.records[3] = hubspot_deal(101, "2026-01-06T00:00:00Z", [52])
    assert shop.land()["shop"].landed == [3]  # what belongs to a deal counts as a change of it, within the lag


def test_a_fetch_of_deals_that_breaks_between_two_requests_does_not_move_on(deals, api):
    shop, server = deals
    shop.land()
    server.records.append(hubspot_deal(101, "2026-01-06T00:00:00Z", [51]))
    works = api.answer

    def refuse(status, body):
        api.answer = lambda seen: Reply(body, status) if "associations" in seen.path else works(seen)

    refuse(207, {"results": [], "errors": [{"subCategory": "crm.associations.NO_PERMISSION", "message": "Ann Lee"}]})
    sentence = shop.refusal().sentence
    assert "associations/deals/contacts/batch/read answers crm.associations.NO_PERMISSION" in sentence
    assert "Ann Lee" not in sentence
    refuse(403, {"category": "MISSING_SCOPES"})
    assert "the server answers 403" in shop.refusal().sentence
    refuse(200, {"status": "COMPLETE"})
    assert "without what was asked for" in shop.refusal().sentence
    refuse(500, {})
    assert "the server answers 500, after 6 attempts" in shop.refusal().sentence
    failed = []

    def fail_once(seen):
        if "associations" in seen.path and not failed:
            failed.append(seen)
            return Reply({"category": "RATE_LIMITS"}, 429)
        return works(seen)

    api.answer = fail_once
    landed = shop.land()
    assert failed
    assert ("101", "51", Decimal("10.50")) in read(shop, landed, "orders", DEALS)


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        (
            {"lookups": [{"path": "a", "id_path": "id", "value_path": "to", "put_at": "b"}]},
            "`lookups` need `primary_key`",
        ),
        ({"json": {"a": 1}}, "`json` is sent by `method: POST`"),
        (
            {"method": "POST", "json": {"a": 1}, "cursor_body_path": "b.c"},
            "`cursor_body_path` is `b.c`, which `json` does not have",
        ),
        (
            {"method": "POST", "paginator": {"type": "cursor", "cursor_path": "next", "cursor_body_path": "after"}},
            "`paginator.cursor_body_path` is `after`, which `json` does not have",
        ),
    ],
)
def test_what_a_body_lacks_is_said_before_anything_is_sent(way, sentence):
    where = {"base_url": "https://a.example.com", "path": "orders", **way}
    with pytest.raises(ValidationError, match=sentence):
        Source.model_validate({"from": where, "kind": "orders", "columns": {"order_id": "id"}})


def test_a_path_reaches_into_objects_and_arrays_and_keeps_what_it_does_not_touch():
    body = {"filters": [{"value": 0}, {"value": "x"}], "rest": shop_money("1")}
    changed = put_at_path(body, "filters[0].value", "7")
    assert changed == {"filters": [{"value": 7}, {"value": "x"}], "rest": shop_money("1")}
    assert put_at_path(body, "filters[-1].value", "7")["filters"][1] == {"value": "7"}
    assert body["filters"][0] == {"value": 0}
    assert read_path(body, "filters[1].value") == "x"
    assert not has_path(body, "filters[2].value")
    assert has_path({"after": None}, "after")
    refunds = {"refunds": [{"parts": [{"more": True}, {"more": False}]}, {"parts": []}, {}]}
    assert list_at_path(refunds, "refunds[*].parts[*].more") == [True, False]
    assert list_at_path(body, "filters[1].value") == ["x"]
