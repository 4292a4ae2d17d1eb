"""What goods cost, in the company's currency: by lines of orders and by the product list."""

import pytest

from tests.builders import only, pick, run_sql

RATES = [
    {"rate_date": day, "currency": currency, "rate": rate}
    for day, currency, rate in (
        ("2026-01-01", "USD", "0.5"),
        ("2026-01-01", "GBP", "1.25"),
        ("2026-03-01", "GBP", "1.5"),
    )
]


@pytest.mark.parametrize(
    ("order_currency", "cost_currency", "expected"),
    [
        ("USD", None, ("USD", 2)),
        ("USD", "USD", ("USD", 2)),
        ("USD", "EUR", ("EUR", 4)),
        ("USD", "GBP", ("GBP", 5)),
        ("EUR", None, ("EUR", 4)),
        ("EUR", "GBP", ("GBP", 5)),
    ],
)
def test_a_cost_is_in_its_own_currency_else_in_its_orders(order_currency, cost_currency, expected):
    line = only(
        run_sql(
            "core/order_lines",
            staging__fx_rates=RATES,
            staging__orders=[{"order_id": "1", "currency": order_currency, "ordered_at": "2026-02-01"}],
            staging__order_lines=[{"order_id": "1", "unit_price": "10", "cost": "4", "cost_currency": cost_currency}],
        )
    )
    assert (line["cost_currency"], line["cost"]) == expected
    assert line["cost_original"] == 4
    assert line["currency"] == order_currency


def test_a_line_without_a_cost_has_no_currency_of_it_and_a_cost_without_a_rate_is_not_taken_as_1():
    lines = run_sql(
        "core/order_lines",
        staging__orders=[{"order_id": "1", "currency": "EUR"}],
        staging__order_lines=[
            {"order_id": "1", "unit_price": "10", "cost_currency": "USD"},
            {"order_id": "1", "unit_price": "10", "cost": "4", "cost_currency": "USD"},
        ],
    )
    assert list(pick(lines, "cost_original", "cost_currency", "cost")) == [(None, None, None), (4, "USD", None)]


def test_a_cost_of_the_product_list_is_in_the_companys_currency_unless_it_names_another():
    products = run_sql(
        "core/products",
        raw__company=[{"as_of": "2026-03-31"}],
        staging__fx_rates=RATES,
        staging__products=[
            {"product_id": "a", "cost": "4"},
            {"product_id": "b", "cost": "4", "cost_currency": "GBP"},
            {"product_id": "c", "cost": "4", "cost_currency": "SEK"},
            {"product_id": "d", "cost_currency": "GBP"},
        ],
        staging__order_lines=[{"order_id": "1", "product_id": "e", "cost": "4"}],
    )
    assert list(pick(products, "product_id", "unit_cost_original", "cost_currency", "unit_cost")) == [
        ("a", 4, "EUR", 4),
        ("b", 4, "GBP", 6),
        ("c", 4, "SEK", None),
        ("d", None, None, None),
        ("e", None, None, None),
    ]
