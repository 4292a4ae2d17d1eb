"""An order's own discounts are spread over its lines, to the cent."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import pick, run_sql

Row = dict[str, Any]


def discounts(order: Row, *lines: Row, **tables: Any) -> list[float]:
    """The discounts of the lines of one order."""
    staged = [{"order_id": "1", **line} for line in lines]
    found = run_sql(
        "core/order_lines", staging__orders=[{"order_id": "1", **order}], staging__order_lines=staged, **tables
    )
    return [float(each) for (each,) in pick(found, "discounts")]


TEN = {"unit_price": "10"}


@pytest.mark.parametrize(
    ("order", "lines", "expected"),
    [
        ("10", [TEN, TEN, TEN], [3.34, 3.33, 3.33]),
        ("3", [TEN, {"unit_price": "20"}], [1, 2]),
        ("10", [{**TEN, "discounts": "3"}, {"unit_price": "20"}], [4.81, 5.19]),
        ("4", [{**TEN, "discounts": "3"}, {**TEN, "discounts": "1"}], [3, 1]),
        ("1", [{**TEN, "discounts": "3"}, {**TEN, "discounts": "1"}], [0.75, 0.25]),
        ("0", [{**TEN, "discounts": "3"}], [0]),
        ("5", [{"unit_price": "0"}, {"unit_price": "0"}], [2.5, 2.5]),
        ("0.0001", [TEN, TEN], [0.0001, 0]),
        (None, [{**TEN, "discounts": "3"}, TEN], [3, 0]),
    ],
)
def test_lines_have_the_discounts_of_their_order(order, lines, expected):
    assert discounts({"discounts": order}, *lines) == expected


def test_converted_lines_add_up_to_their_order():
    rates = [{"rate_date": "2026-01-01", "currency": "USD", "rate": "0.33333333"}]
    order = {"discounts": "10", "currency": "USD"}
    assert discounts(order, TEN, TEN, TEN, staging__fx_rates=rates) == [1.1133, 1.11, 1.11]


def spread(order: int, lines: list[tuple[int, int]]) -> list[int]:
    """Discounts of the lines in cents, by largest remainder; a slow second opinion. A line is (gross, discount)."""
    rest = order - sum(discount for _, discount in lines)
    weights = [discount if rest < 0 else max(gross - discount, 0) for gross, discount in lines]
    if not any(weights):
        weights = [1] * len(lines)
    exact = [Fraction(abs(rest) * weight, sum(weights)) for weight in weights]
    shares = [int(each) for each in exact]
    by_remainder = sorted(range(len(lines)), key=lambda n: (shares[n] - exact[n], n))
    for n in by_remainder[: abs(rest) - sum(shares)]:
        shares[n] += 1
    return [discount + (share if rest > 0 else -share) for (_, discount), share in zip(lines, shares, strict=True)]


LINE = st.tuples(st.integers(0, 5_000), st.integers(0, 300))


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9_000), st.lists(LINE, min_size=1, max_size=7)), min_size=8, max_size=8))
def test_discounts_are_spread_as_a_naive_computation_does(cases):
    def money(cents: int) -> str:
        return str(Decimal(cents).scaleb(-2))

    found = run_sql(
        "core/order_lines",
        staging__orders=[{"order_id": f"{n}", "discounts": money(order)} for n, (order, _) in enumerate(cases)],
        staging__order_lines=[
            {"order_id": f"{n}", "gross_sales": money(gross), "discounts": money(discount)}
            for n, (_, lines) in enumerate(cases)
            for gross, discount in lines
        ],
    )
    expected = [each for order, lines in cases for each in spread(order, lines)]
    own = [discount for _, lines in cases for _, discount in lines]
    more = [int(each * 100) for (each,) in pick(found, "spread_discounts_original")]
    assert more == [whole - of_line for whole, of_line in zip(expected, own, strict=True)]
    assert [int(each * 100) for (each,) in pick(found, "discounts_original")] == expected
    assert all(row["discounts"] == row["discounts_original"] for row in found)
