"""A whole company out of four APIs: net sales to the cent, and no secret anywhere, whatever fails."""

import contextlib
from decimal import Decimal
from pathlib import Path

import pytest

from tests.secrets_left import find_secrets
from tests.shop import Shop, run_regulars
from tests.sources.fetching.api import tool_answers as tools
from tests.sources.fetching.api.api_server import Reply, run_api

pytestmark = pytest.mark.slow

RATES = {"EUR": Decimal(1), "JPY": Decimal("0.006"), "KWD": Decimal("3.1")}
SETTINGS = """
company: {{name: Corner Shop, timezone: Europe/Berlin, currency: EUR}}
as_of: 2026-03-31
sources:
  rates:
    path: rates.csv
    kind: fx_rates
    columns: {{rate_date: day, currency: currency, rate: rate}}
  shop:
    from: {{api: shopify, resource: orders, shop: x, token: "${{TOKEN}}", base_url: {shopify},
      allow_unencrypted: true}}
  payments:
    from: {{api: stripe, resource: charges, token: "${{TOKEN}}", base_url: {stripe}, allow_unencrypted: true}}
  store:
    from: {{api: woocommerce, resource: orders, shop: x, key: "${{KEY}}", secret: "${{TOKEN}}", base_url: {store},
      allow_unencrypted: true}}
  crm:
    from: {{api: hubspot, resource: contacts, token: "${{TOKEN}}", base_url: {hubspot}, allow_unencrypted: true}}
"""


def make_shopify_orders():
    lines = [tools.shopify_refund_line(31, "MUG", "8.00", "0"), tools.shopify_refund_line(32, "TEA", "2.00", "0")]
    refund = tools.shopify_refund(90, ("refund", "success", "10.00"), lines=lines)
    untaxed = {"taxes_included": False, "total_tax": "0.00", "shipping_lines": []}
    orders = [tools.shopify_order(number, **untaxed) for number in range(1, 8)]
    orders[1]["refunds"] = [refund]
    orders[2]["cancelled_at"] = "2026-01-04T00:00:00Z"
    orders[3] |= {"currency": "JPY", "total_line_items_price": "25.50"}
    return orders


def make_charges():
    refunds = tools.stripe_refunds("jpy", ("re_1", 1500, "succeeded"), ("re_2", 1, "failed"))
    return [
        *(tools.stripe_charge(number, 1999 + number) for number in range(1, 6)),
        tools.stripe_charge(6, 5000, "jpy", amount_refunded=1500, refunds=refunds),
        tools.stripe_charge(7, 12345, "kwd"),
        tools.stripe_charge(8, 77777, status="failed", captured=False),
    ]


def recompute_net_sales():
    """Source -> what its records sold, from the answers alone."""
    shop = sum(
        (
            Decimal(each["subtotal_price"]) * RATES[each["currency"]]
            for each in make_shopify_orders()
            if not each["cancelled_at"]
        ),
        Decimal("-10.00"),
    )
    cents = sum(2000 + number for number in range(5))
    payments = Decimal(cents) / 100 + (5000 - 1500) * RATES["JPY"] + Decimal("12.345") * RATES["KWD"]
    return {"payments": payments, "shop": shop, "store": 3 * Decimal("27.00")}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    contacts = [tools.hubspot_object(51, email="buyer1@example.com", firstname="Ann", lastname="Lee")]
    answers = {
        "shopify": tools.answer_like_shopify("orders", make_shopify_orders(), 3),
        "stripe": tools.answer_like_stripe(make_charges(), 3),
        "store": tools.answer_like_woocommerce([tools.woocommerce_order(number) for number in (1, 2, 3)]),
        "hubspot": tools.answer_like_hubspot(contacts),
    }
    with contextlib.ExitStack() as running:
        shop = Shop(folder)
        shop.apis = {name: running.enter_context(run_api(answer)) for name, answer in answers.items()}
        shop.environment = {
            "TOKEN": tools.SECRET,
            "KEY": "ck_1",
            "DAGSTER_HOME": str(tmp_path_factory.mktemp("dagster")),
        }
        shop.deliver("rates.csv", ("day", "currency", "rate"), *(("2026-01-01", *each) for each in write_rates()))
        shop.set_up(company=SETTINGS.format(**{name: api.url for name, api in shop.apis.items()}))
        shop.first_code = shop.run()
        yield shop


def write_rates():
    return [(currency, str(rate)) for currency, rate in RATES.items() if currency != "EUR"]


def test_net_sales_of_every_api_are_those_of_its_records(company):
    assert company.first_code == 0, company.said
    sold = company.ask("""
        select source, sum(gross_sales - discounts) from core.orders where not is_test and not is_cancelled group by all
    """)
    back = dict(company.ask("select source, sum(goods) from core.refunds group by all"))
    net = {str(source): amount - back.get(source, 0) for source, amount in sold}
    assert net == recompute_net_sales()


def test_refunds_of_shopify_say_which_products_came_back(company):
    lines = company.ask("select order_id, product_id, quantity, goods from core.refund_lines order by all")
    assert lines == [("#2", "MUG", 1, Decimal("8.0000")), ("#2", "TEA", 1, Decimal("2.0000"))]


def test_what_came_is_fetched_again_and_is_nothing_new(company):
    assert company.run() == 0, company.said
    assert "nothing new" in company.said


def test_doctor_and_preview_look_at_the_first_page(company):
    where = ("--settings", company.folder / "regulars.yaml", "--home", company.home.path)
    doctor = run_regulars("doctor", *where, **company.environment)
    assert "charges of 127.0.0.1" in doctor.stdout
    assert "3 records on the first page" in doctor.stdout
    preview = run_regulars("preview", *where[:2], **company.environment)
    assert preview.code == 0, preview.stderr
    assert "ch_1" in preview.stdout or "19.99" in preview.stdout or "payments" in preview.stdout
    assert tools.SECRET not in f"{doctor}{preview}"


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"error": f"the token {tools.SECRET} is wrong"}, 401),
        Reply(f'{{"data": [{{"id": "{tools.SECRET}", ', 200),
        Reply(tools.SECRET, 429, {"Retry-After": "864000"}),
        Reply("", 302, {"Location": f"http://localhost:1/?token={tools.SECRET}"}),
    ],
)
def test_no_file_no_log_and_no_sentence_holds_the_secret_after_a_failure(company, monkeypatch, reply):
    monkeypatch.setattr("regulars.pipelines.sources.fetching.api.client.PAUSES", (0.01,) * 5)
    before = company.apis["stripe"].answer
    company.apis["stripe"].answer = lambda seen: reply
    try:
        assert company.run() == 4, company.said
    finally:
        company.apis["stripe"].answer = before
    assert "payments: charges of 127.0.0.1" in company.said
    assert tools.SECRET in str(company.apis["stripe"].requests[-1].headers)
    places = (company.folder, Path(company.environment["DAGSTER_HOME"]), company.said)
    assert find_secrets({"the token": tools.SECRET}, *places) == []
