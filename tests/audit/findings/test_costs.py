"""Products that are sold for less than they cost are said, and a single clearance is not."""

from typing import Any

import pytest

from regulars.pipelines.audit.findings.costs import find_product_costs_not_converted, find_products_sold_below_cost
from tests.builders import build

AS_OF = "2026-03-31"


def found(*products: tuple[str, int, str, str], as_of: str = AS_OF, **more: Any) -> list[tuple[int | None, str]]:
    """Count and sentence, for products with so many lines of 2 pieces at a price in all, less 1, and a cost."""
    lines: list[dict[str, Any]] = []
    for product, count, price, cost in products:
        lines += [
            {
                **{"order_id": f"{product}{price}{cost}{n}", "ordered_at": "2026-03-10 10:00:00", "currency": "EUR"},
                **{"product_id": product, "product_name": f"Box {product}", "quantity": "2", "gross_sales": price},
                **{"discounts": "1", "cost": cost},
                **more,
            }
            for n in range(count)
        ]
    with build(raw__company=[{"as_of": as_of}], raw__order_lines=lines) as con:
        return [(each.count, each.sentence) for each in find_products_sold_below_cost(con)]


def test_products_with_many_lines_below_their_cost_are_named_with_what_was_lost():
    ((count, sentence),) = found(("a", 30, "6", "6"), ("b", 20, "6", "7"), ("b", 40, "9", "7"), ("c", 20, "9", "8"))
    assert count == 50
    assert sentence == (
        "In the last 12 months 50 lines were sold for less, after discounts, than their goods cost, of products that "
        "have 20 such lines or more, at least 5% of theirs. "
        "a Box a: 30 of 30 lines, 30.00 EUR below cost; b Box b: 20 of 60 lines, 40.00 EUR below cost."
    )


def test_only_the_first_products_are_named():
    ((count, sentence),) = found(*((name, 20, "6", "7") for name in "abcde"))
    assert count == 100
    assert "c Box c" in sentence
    assert sentence.endswith("; and 2 more products.")


@pytest.mark.parametrize(
    ("products", "more"),
    [
        ([("a", 19, "6", "7")], {}),
        ([("a", 20, "6", "7"), ("a", 381, "9", "7")], {}),
        ([("a", 20, "6", "5")], {}),
        ([("a", 20, "0", "7")], {"discounts": None}),
        ([("a", 20, "6", "")], {"cost": None}),
        ([("a", 20, "6", "7")], {"is_test": "true"}),
        ([("a", 20, "6", "7")], {"ordered_at": "2026-04-01 10:00:00"}),
        ([("a", 20, "6", "7")], {"ordered_at": "2025-03-31 10:00:00"}),
    ],
    ids=["few", "a small part", "at its cost", "free", "no cost", "tests", "after as_of", "long ago"],
)
def test_what_is_no_habit_is_no_finding(products, more):
    assert found(*products, **more) == []


@pytest.mark.parametrize("day", ["2025-04-01", "2026-03-31"])
def test_the_last_12_months_are_looked_at(day: str):
    assert len(found(("a", 20, "6", "7"), ("a", 380, "9", "7"), ordered_at=f"{day} 10:00:00")) == 1


def test_costs_of_a_product_list_without_a_rate_are_counted_by_currency():
    costs = ("SEK", "SEK", "NOK", "USD", "GBP", None)
    listed = [
        {"product_id": str(n), "cost": "4", "cost_currency": currency, "_source": "list", "_row": n}
        for n, currency in enumerate(costs)
    ]
    listed += [
        {"product_id": "large", "cost": "9" * 14, "cost_currency": "GBP", "_source": "list", "_row": 8},
        {"product_id": "none", "cost": None, "cost_currency": "SEK", "_source": "list", "_row": 9},
    ]
    rates = [
        {"rate_date": AS_OF, "currency": "GBP", "rate": "1.2", "_source": "rates", "_row": 1},
        {"rate_date": "2026-04-01", "currency": "USD", "rate": "0.9", "_source": "rates", "_row": 2},
    ]
    with build(raw__company=[{"as_of": AS_OF}], raw__products=listed, raw__fx_rates=rates) as con:
        (found,) = find_product_costs_not_converted(con)
    assert (found.source, found.count) == ("list", 5)
    assert found.sentence == (
        "list: the costs of 5 products are not known in the company's currency: 2 in SEK, 1 in GBP, 1 in NOK, 1 in "
        "USD. There is no rate of the currency on or before 2026-03-31, or the cost has more than 14 digits at it."
    )


def test_a_product_list_whose_costs_are_all_converted_is_no_finding():
    listed = [{"product_id": "a", "cost": "4"}, {"product_id": "b"}]
    with build(raw__company=[{"as_of": AS_OF}], raw__products=listed) as con:
        assert list(find_product_costs_not_converted(con)) == []
