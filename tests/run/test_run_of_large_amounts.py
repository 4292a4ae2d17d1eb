"""A currency with many digits: the run publishes right totals, and one oversized document stops nothing."""

from decimal import Decimal

import pytest

from regulars.pipelines.home.state_file import read_state
from tests.shop import Shop

pytestmark = pytest.mark.slow
COMPANY = """
company: {name: Toko Sudut, timezone: Asia/Jakarta, currency: IDR}
as_of: 2024-03-31
sources:
"""
ORDERS = """
  till:
    path: orders.csv
    kind: orders
    max_quarantined: 0.5
    columns: {order_id: order, email: email, ordered_at: at, gross_sales: total, currency: currency}
"""
LINES = """
  lines:
    path: lines.csv
    system: till
    kind: order_lines
    max_quarantined: 0.5
    columns: {order_id: order, ordered_at: at, product_id: product, quantity: quantity, unit_price: price}
"""
RATES = """
  rates:
    path: rates.csv
    kind: fx_rates
    columns: {rate_date: day, currency: currency, rate: rate}
"""
LIMIT = "14 digits before the point"


@pytest.fixture(scope="module")
def toko(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("toko"))
    shop.set_up(ORDERS, LINES, RATES, company=COMPANY)
    shop.deliver(
        "orders.csv",
        ("order", "email", "at", "total", "currency"),
        ("o1", "ani@example.org", "2024-01-05 10:00:00", "1250000", "IDR"),
        ("o2", "ani@example.org", "2024-02-10 11:00:00", "90000000000000.25", "IDR"),
        ("o3", "budi@example.org", "2024-02-20 12:00:00", "1000000.0001", "USD"),
        ("o4", "citra@example.org", "2024-03-01 13:00:00", "6400000000", "USD"),
    )
    shop.deliver(
        "lines.csv",
        ("order", "at", "product", "quantity", "price"),
        ("o1", "2024-01-05 10:00:00", "tea", "5", "250000"),
        ("o5", "2024-03-02 10:00:00", "rice", "2", "40000000000.5"),
        ("o6", "2024-03-03 10:00:00", "rice", "4006381333931", "25000"),
    )
    shop.deliver("rates.csv", ("day", "currency", "rate"), ("2024-01-01", "USD", "15678.12345678"))
    assert shop.run() == 0, shop.said
    return shop


def test_a_company_in_rupiah_publishes_its_totals_to_the_last_decimal(toko):
    in_dollars = (Decimal("1000000.0001") * Decimal("15678.12345678")).quantize(Decimal("0.0001"))
    assert toko.ask("select order_id, gross_sales from core.orders order by 1") == [
        ("o1", Decimal("1250000.0000")),
        ("o2", Decimal("90000000000000.2500")),
        ("o3", in_dollars),
        ("o5", Decimal("80000000001.0000")),
    ]
    total = Decimal("90080001250001.2500") + in_dollars
    assert toko.ask("select sum(net_sales) from marts.sales_new_vs_returning") == [(total,)]
    assert toko.ask("select count(*) from meta.tie_out where difference <> 0") == [(0,)]


def test_oversized_documents_are_quarantined_with_a_sentence_that_names_the_rule(toko):
    with read_state(toko.home.current()) as con:
        found = con.execute("select document, rules, reasons from quarantine.rows order by 1").fetchall()
    assert [(document, rules) for document, rules, _ in found] == [
        ("o4", "orders.fits_the_company_currency"),
        ("o6", "order_lines.line_amount_fits"),
    ]
    assert all(LIMIT in reasons for _, _, reasons in found)
