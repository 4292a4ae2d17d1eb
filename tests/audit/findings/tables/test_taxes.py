"""Whether prices include their tax, by what payments, refunds, totals and rates say against the settings."""

import pytest

from regulars.pipelines.audit.findings.tables.taxes import find_taxes_against_settings, find_unknown_included_taxes
from tests.builders import build

ORDER = {"gross_sales": "1000", "shipping": "20", "tax": "70"}
INCLUDED = ORDER | {"prices_include_tax": "true"}
CASES = {
    "refund_without_tax_beside": (ORDER, {"refund": "1020"}, "tax_within_prices"),
    "payment_without_tax_beside": (ORDER, {"payments": ["1020"]}, "tax_within_prices"),
    "payments_without_tax_beside": (ORDER, {"payments": ["1000", "20"]}, "tax_within_prices"),
    "refund_with_tax_beside": (ORDER, {"refund": "1090"}, None),
    "payment_with_tax_beside": (ORDER, {"payments": ["1090"]}, None),
    "refund_in_part": (ORDER, {"refund": "500"}, None),
    "nothing_paid": (ORDER, {}, None),
    "unmapped_total": (ORDER | {"_rest": '{"Total": "1020.00"}'}, {}, "tax_within_prices"),
    "unmapped_total_with_tax_beside": (ORDER | {"_rest": '{"Total": "1090,00"}'}, {}, None),
    "unmapped_part": (ORDER | {"_rest": '{"Subtotal": "1020.00"}'}, {}, None),
    "unmapped_total_and_another": (ORDER | {"_rest": '{"Amount": "1020", "Total": "1090"}'}, {}, None),
    "said_included_and_paid_beside": (INCLUDED, {"payments": ["1090"]}, "tax_beside_prices"),
    "said_included_and_paid_so": (INCLUDED, {"payments": ["1020"]}, None),
    "rate_of_19_within": ({"gross_sales": "119", "tax": "19"}, {}, "tax_within_prices"),
    "rate_of_19_beside": ({"gross_sales": "100", "tax": "19"}, {}, None),
    "rate_with_two_readings": ({"gross_sales": "125", "tax": "25"}, {}, None),
    "rate_of_no_country": ({"gross_sales": "100", "tax": "8.26"}, {}, None),
}
"""Source -> its one order, what was paid or given back, and what is found."""


@pytest.fixture(scope="module")
def found():
    """Source -> what is found about it, of all cases in one build."""
    tables = {"raw__orders": [], "raw__refunds": [], "raw__payments": []}
    for source, (order, money, _) in CASES.items():
        of = {"_source": source, "_system": source, "order_id": "1"}
        tables["raw__orders"].append(of | order)
        if "refund" in money:
            tables["raw__refunds"].append(of | {"refund_id": "r", "amount": money["refund"]})
        tables["raw__payments"] += [of | {"payment_id": each, "amount": each} for each in money.get("payments", [])]
    with build(**tables) as con:
        return {each.source: (each.name, each.count, each.share) for each in find_taxes_against_settings(con)}


@pytest.mark.parametrize("source", CASES)
def test_what_was_paid_says_whether_prices_include_tax(found, source):
    expected = CASES[source][2]
    assert found.get(source) == ((expected, 1, 1.0) if expected else None)


@pytest.mark.parametrize(
    ("taxes", "count"), [([None, None], 2), ([None, "19"], None), (["0", None], None), (["0", "0"], None)]
)
def test_prices_that_include_a_tax_that_no_order_tells(taxes, count):
    orders = [
        {"order_id": str(n), "gross_sales": "100", "tax": tax, "prices_include_tax": "true"}
        for n, tax in enumerate(taxes)
    ]
    with build(raw__orders=[*orders, {"order_id": "beside", "gross_sales": "100"}]) as con:
        assert [each.count for each in find_unknown_included_taxes(con)] == ([count] if count else [])
