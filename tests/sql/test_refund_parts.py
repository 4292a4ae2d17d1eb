"""Which part of a refund is goods: told by the source, else derived from the order's goods, shipping and tax."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import money, only, pick, run_sql

Row = dict[str, Any]
ORDER = {"order_id": "S1", "gross_sales": "100", "shipping": "10", "tax": "20.90"}
PARTS = ("goods", "shipping", "tax", "other")


def refunds(*given_back: Row, order: Row = ORDER, **tables: Any) -> list[Row]:
    """`core.refunds` of refunds of one order, in time order as given."""
    staged = [
        {"refund_id": f"F{n}", "order_id": "S1", "refunded_at": f"2026-01-20 10:{n:02}:00", "amount": None, **row}
        for n, row in enumerate(given_back)
    ]
    return run_sql("core/refunds", staging__orders=[order], staging__refunds=staged, **tables)


def parts(*given_back: Row, **more: Any) -> list[tuple[float, ...]]:
    """Goods, shipping, tax and what is neither, of each refund."""
    return [tuple(map(float, row)) for row in pick(refunds(*given_back, **more), *PARTS)]


def test_a_full_refund_gives_back_the_orders_goods_shipping_and_tax():
    assert parts({"amount": "130.90"}) == [(100, 10, 20.9, 0)]


def test_half_of_an_order_is_half_of_its_goods():
    assert parts({"amount": "65.45"}) == [(50, 5, 10.45, 0)]


def test_refunds_of_an_order_share_its_goods_and_the_last_cent_ties():
    found = parts({"amount": "33.33"}, {"amount": "33.33"}, {"amount": "64.24"})
    assert found == [(25.46, 2.55, 5.32, 0), (25.46, 2.54, 5.33, 0), (49.08, 4.91, 10.25, 0)]


def test_more_than_is_left_of_an_order_is_neither_goods_nor_shipping_nor_tax():
    found = refunds({"amount": "130.90"}, {"amount": "25"})
    assert list(pick(found, *PARTS, "is_capped")) == [(100, 10, money("20.9"), 0, False), (0, 0, 0, 25, True)]


def test_parts_that_are_told_are_taken_as_told():
    found = refunds({"amount": "60", "goods": "40", "tax": "8"}, {"goods": "5", "shipping": "10"})
    assert list(pick(found, "amount", *PARTS, "goods_basis")) == [(60, 40, 0, 8, 12, "told"), (15, 5, 10, 0, 0, "told")]


def test_a_refund_that_tells_only_shipping_or_tax_gives_back_the_rest_as_goods():
    assert parts({"amount": "60", "tax": "10"}) == [(50, 0, 10, 0)]


def test_told_goods_are_at_most_what_is_left_of_the_orders():
    found = refunds({"goods": "70"}, {"goods": "70"})
    assert list(pick(found, "goods", "other", "is_capped")) == [(70, 0, False), (30, 40, True)]


def test_refunds_without_parts_share_what_refunds_with_parts_leave():
    assert parts({"goods": "0", "shipping": "10"}, {"amount": "120.90"}) == [(0, 10, 0, 0), (100, 0, 20.9, 0)]


def test_an_order_without_shipping_and_tax_gives_back_goods_only_up_to_its_own():
    order = {"order_id": "S1", "gross_sales": "100", "discounts": "10"}
    found = refunds({"amount": "50"}, {"amount": "50"}, order=order)
    assert list(pick(found, "goods", "other", "goods_basis", "is_capped")) == [
        (50, 0, "order_has_no_parts", False),
        (40, 10, "order_has_no_parts", True),
    ]


def test_a_refund_of_an_unknown_order_is_all_goods():
    row = only(refunds({"amount": "130.90", "order_id": "gone"}))
    assert tuple(row[name] for name in ("order_id", "goods_basis", "is_capped", "is_countable")) == (
        None,
        "no_order",
        False,
        True,
    )
    assert (row["goods"], row["shipping"], row["tax"], row["other"]) == (money("130.90"), 0, 0, 0)


@pytest.mark.parametrize(
    ("more", "counts"),
    [({}, True), ({"is_test": "true"}, False), ({"is_cancelled": "true"}, False), ({"gross_sales": "0"}, False)],
)
def test_a_refund_counts_where_its_order_does(more, counts):
    assert only(refunds({"amount": "10"}, order=ORDER | more))["is_countable"] is counts


def test_a_refund_without_a_day_counts_on_the_day_of_its_order():
    row = only(refunds({"amount": "10", "refunded_at": None}, order=ORDER | {"ordered_at": "2026-01-03 10:00:00"}))
    assert (str(row["refund_date"]), row["date_is_estimated"]) == ("2026-01-03", True)


def test_a_refund_in_another_currency_has_the_proportions_of_its_order():
    rates = [{"rate_date": "2026-01-01", "currency": "USD", "rate": "0.5"}]
    row = only(refunds({"amount": "261.80", "currency": "USD"}, staging__fx_rates=rates))
    assert [row[f"{part}_original"] for part in PARTS] == [200, 20, money("41.80"), 0]
    assert [row[part] for part in PARTS] == [100, 10, money("20.90"), 0]


def test_each_part_stands_as_it_was_given_back_beside_the_converted_one():
    rates = [{"rate_date": "2026-01-01", "currency": "USD", "rate": "0.5"}]
    told = {"amount": "100", "goods": "60", "shipping": "8", "tax": "20", "currency": "USD"}
    row = only(refunds(told, staging__fx_rates=rates))
    assert [row[f"{part}_original"] for part in ("amount", *PARTS)] == [100, 60, 8, 20, 12]
    assert [row[part] for part in ("amount", *PARTS)] == [50, 30, 4, 10, 6]


def test_refund_lines_are_goods_and_at_most_those_of_their_order():
    lines = [
        {"order_id": "1", "unit_price": "20"},
        {"order_id": "1", "line_type": "refund", "gross_sales": "-25"},
    ]
    order = {"order_id": "1", "shipping": "5"}
    row = only(run_sql("core/refunds", staging__orders=[order], staging__order_lines=lines))
    assert tuple(row[name] for name in ("amount", "goods", "other", "goods_basis")) == (25, 20, 5, "told")


def share(
    order: dict[str, Decimal], given_back: Iterable[tuple[Decimal, Row]], step: Decimal
) -> list[dict[str, Decimal]]:
    """The parts of refunds of one order, one refund after the other; a slow second opinion.

    Each is (amount, told parts); an empty dictionary tells none.
    """
    given_back = list(given_back)
    left = dict(order)
    for _, told in given_back:
        for part in told:
            left[part] = max(left[part] - told[part], Decimal(0))
    whole, found, spent = dict(left), [], Decimal(0)
    total, goods_left = sum(whole.values()), order["goods"]
    for amount, told in given_back:
        if told:
            goods = min(told["goods"], goods_left)
            goods_left -= goods
            found.append({**told, "goods": goods, "other": amount - goods - told["shipping"] - told["tax"]})
            continue
        before, after = min(spent, total), min(spent + amount, total)
        spent += amount

        def goods_up_to(paid: Decimal) -> Decimal:
            return (paid * whole["goods"] / total / step).quantize(Decimal(1), ROUND_HALF_UP) * step if total else paid

        def shipping_up_to(paid: Decimal) -> Decimal:
            rest = whole["shipping"] + whole["tax"]
            share = (paid - goods_up_to(paid)) * whole["shipping"] / rest if rest else Decimal(0)
            return (share / step).quantize(Decimal(1), ROUND_HALF_UP) * step

        goods = goods_up_to(after) - goods_up_to(before)
        shipping = shipping_up_to(after) - shipping_up_to(before)
        tax = after - before - goods - shipping
        found.append({"goods": goods, "shipping": shipping, "tax": tax, "other": amount - (after - before)})
    return found


def cents(most: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, most).map(lambda n: Decimal(n).scaleb(-2))


PART = {"goods": cents(20_000), "shipping": cents(2_000), "tax": cents(4_000)}
TOLD = st.one_of(st.just({}), st.just({}), st.fixed_dictionaries({part: cents(9_000) for part in PART}))
GIVEN = st.lists(st.tuples(cents(15_000), TOLD), min_size=1, max_size=6)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.fixed_dictionaries(PART), GIVEN), min_size=8, max_size=8))
def test_parts_are_those_of_a_naive_computation(cases):
    orders, staged, expected = [], [], []
    for number, (order, given_back) in enumerate(cases):
        orders.append(
            {
                "order_id": f"{number}",
                "gross_sales": str(order["goods"] + 5),
                "discounts": "5",
                "shipping": str(order["shipping"]),
                "tax": str(order["tax"]),
            }
        )
        with_amounts = [(amount + sum(told.values(), Decimal(0)), told) for amount, told in given_back]
        expected += share(order, with_amounts, Decimal("0.01"))
        staged += [
            {
                "refund_id": f"{number} {n}",
                "order_id": f"{number}",
                "refunded_at": f"2026-01-20 10:{n:02}:00",
                "amount": str(amount),
                **{part: str(told[part]) for part in told},
            }
            for n, (amount, told) in enumerate(with_amounts)
        ]
    found = run_sql("core/refunds", staging__orders=orders, staging__refunds=staged)
    assert [dict(zip(PARTS, row, strict=True)) for row in pick(found, *PARTS)] == expected
    for row in found:
        assert row["amount"] == row["goods"] + row["shipping"] + row["tax"] + row["other"]
        assert min(row["goods"], row["shipping"], row["tax"]) >= 0


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(cents(90_000), st.integers(1, 10**8)), min_size=5, max_size=20))
def test_converted_parts_make_up_the_converted_amount(cases):
    rates = [
        {"rate_date": "2026-01-01", "currency": f"C{n:02}", "rate": str(Decimal(rate).scaleb(-8))}
        for n, (_, rate) in enumerate(cases)
    ]
    orders = [ORDER | {"order_id": f"{n}", "currency": f"C{n:02}"} for n in range(len(cases))]
    staged = [
        {"refund_id": f"{n}", "order_id": f"{n}", "currency": f"C{n:02}", "amount": str(amount)}
        for n, (amount, _) in enumerate(cases)
    ]
    for row in run_sql("core/refunds", staging__orders=orders, staging__refunds=staged, staging__fx_rates=rates):
        assert row["amount"] == sum(row[part] for part in PARTS)
        assert row["amount_original"] == sum(row[f"{part}_original"] for part in PARTS)
        for part in PARTS:
            assert row[f"{part}_original"] != 0 or row[part] == 0
