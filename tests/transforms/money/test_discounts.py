"""The mart `discounts`: orders with and without a discount, what is given back of them and who buys again."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from regulars.pipelines.transforms.money.discounts import COLUMNS, discounts
from tests.transforms import oracle
from tests.transforms.core_tables import ENGINES, Row, companies, core, frames, order
from tests.transforms.mart_rules import broken_rules, contract_of

AS_OF = dt.date(2026, 3, 31)
REFUNDS = {
    "system": pl.String,
    "order_id": pl.String,
    "refund_date": pl.Date,
    "goods": pl.Decimal(18, 4),
    "is_countable": pl.Boolean,
    "date_is_estimated": pl.Boolean,
}
BY_HAND = (
    *("month", "all_orders", "discounted_orders", "full_price_orders", "gross_sales", "discounts"),
    *("sales_discounted", "sales_full_price"),
    *("refunded_goods_discounted", "refunded_goods_full_price", "new_customers_discounted", "new_customers_full_price"),
    *("repeat_customers_90d_discounted", "repeat_customers_90d_full_price"),
)


def back(number: int, day: str, goods: str, *, countable: bool = True) -> Row:
    """A refund of the order with that number."""
    day_of = dt.date.fromisoformat(day)
    named = {"system": "shop", "order_id": f"o{number:04}", "refund_date": day_of, "goods": Decimal(goods)}
    return named | {"is_countable": countable, "date_is_estimated": False}


def mart(*orders: Row, refunds: list[Row] | None = None, as_of: dt.date = AS_OF) -> dict[str, Row]:
    """{month: row}."""
    tables = core(*orders)
    found = discounts(tables["orders"], pl.DataFrame(refunds or [], schema=REFUNDS), tables["calendar"], as_of=as_of)
    assert broken_rules("discounts", found, {"orders": tables["orders"]}) == set()
    return {f"{row['month']:%Y-%m}": row for row in found.to_dicts()}


def test_orders_with_and_without_a_discount_stand_beside_each_other():
    found = mart(order("ada", "2026-01-05", "80", "20"), order("bob", "2026-01-06", "120"), order("bob", "2026-03-01"))
    january = found["2026-01"]
    assert (january["all_orders"], january["discounted_orders"], january["discounted_order_rate"]) == (2, 1, 0.5)
    assert (january["gross_sales"], january["discounts"], january["discount_rate"]) == (200, 20, 0.1)
    assert (january["sales_discounted"], january["sales_full_price"]) == (60, 120)
    assert (found["2026-02"]["all_orders"], found["2026-02"]["discounted_order_rate"]) == (0, None)


def test_what_comes_back_is_of_the_month_and_the_discount_of_the_order():
    orders = [order("ada", "2025-01-05", "100", "20"), order("bob", "2025-01-06", "100")]
    refunds = [back(0, "2025-02-10", "40"), back(1, "2025-01-10", "10"), back(1, "2025-01-11", "9", countable=False)]
    many = [back(1, "2025-01-07", "0") for _ in range(20)]
    january = mart(*orders, refunds=refunds + many)["2025-01"]
    assert (january["refunded_goods_discounted"], january["refunded_goods_full_price"]) == (40, 10)
    assert (january["refunded_share_discounted"], january["refunded_share_full_price"]) == (0.5, 0.1)
    assert mart(*orders, refunds=refunds)["2025-01"]["refunded_share_discounted"] is None  # too few to know the wait


def test_a_share_of_refunds_is_unknown_until_they_have_come():
    orders = [order("ada", "2026-01-31", "100", "20")]
    refunds = [back(0, "2026-02-05", "1") for _ in range(30)]  # five days after the order
    found = {day: mart(*orders, refunds=refunds, as_of=dt.date(2026, 2, day))["2026-01"] for day in (5, 6)}
    assert found[5]["is_refunded_share_complete"]
    assert found[5]["refunded_share_discounted"] == pytest.approx(30 / 80)
    late = [back(0, "2026-02-05", "1") for _ in range(29)] + [back(0, "2026-02-06", "1") for _ in range(5)]
    waited = {day: mart(*orders, refunds=late, as_of=dt.date(2026, 2, day)) for day in (6, 28)}
    assert waited[28]["2026-01"]["refunded_share_discounted"] == pytest.approx(34 / 80)
    assert waited[28]["2026-02"]["refunded_share_discounted"] is None


def test_a_system_with_few_refunds_does_not_hide_those_of_another():
    tables = core(*(order("ada", f"2026-01-{day:02}", "100", "20") for day in (5, 6, 7)))
    systems = {"o0000": "shop", "o0001": "till", "o0002": "market"}
    orders = tables["orders"].with_columns(system=pl.col("order_id").replace(systems))

    def taken(number: int, day: str, count: int) -> list[Row]:
        return [back(number, day, "1") | {"system": systems[f"o{number:04}"]} for _ in range(count)]

    def january(*refunds: list[Row], as_of: dt.date = AS_OF) -> Row:
        given = pl.DataFrame([row for each in refunds for row in each], schema=REFUNDS)
        found = discounts(orders, given, tables["calendar"], as_of=as_of)
        return found.row(by_predicate=pl.col("month") == dt.date(2026, 1, 1), named=True)

    of_shop, of_till = taken(0, "2026-01-07", 20), taken(1, "2026-02-15", 20)  # after 2 and 40 days
    few = taken(2, "2026-01-08", 1)
    assert january(of_shop, few, as_of=dt.date(2026, 2, 2))["refunded_share_discounted"] == pytest.approx(21 / 240)
    assert january(of_shop, few, as_of=dt.date(2026, 2, 1))["refunded_share_discounted"] is None
    assert january(of_shop, of_till, few, as_of=dt.date(2026, 3, 11))["refunded_share_discounted"] is None
    assert january(of_shop, of_till, few, as_of=dt.date(2026, 3, 12))["is_refunded_share_complete"]
    assert january(few)["refunded_share_discounted"] is None  # known of no system


@pytest.mark.parametrize("group", ["discounted", "full_price"])
def test_metrics_of_refunds_wait_until_they_have_come_and_say_how_many_orders(group: str):
    metrics = {metric.name: metric for metric in contract_of("discounts").metrics}
    assert metrics[f"refunded_goods_{group}"].known == "is_refunded_share_complete"
    assert metrics[f"refunded_share_{group}"].n == f"{group}_orders"


def test_who_buys_again_is_counted_by_the_discount_of_the_first_order():
    orders = [
        order("ada", "2025-01-05", "100", "20"),
        order("ada", "2025-04-05"),  # day 90
        order("bob", "2025-01-05", "100", "20"),
        order("cem", "2025-01-05"),
        order("cem", "2025-04-06", "100", "20"),  # day 91
        order("unknown", "2025-01-05"),
    ]
    january = mart(*orders)["2025-01"]
    assert (january["new_customers_discounted"], january["repeat_customers_90d_discounted"]) == (2, 1)
    assert (january["new_customers_full_price"], january["repeat_rate_90d_full_price"]) == (1, 0.0)
    assert january["repeat_rate_90d_discounted_low"] < 0.5 < january["repeat_rate_90d_discounted_high"]


def test_a_repeat_rate_is_unknown_until_the_days_of_all_are_over():
    first = [order("ada", "2026-01-01", "100", "20"), order("ada", "2026-01-05")]
    assert mart(*first, as_of=dt.date(2026, 4, 30))["2026-01"]["repeat_rate_90d_discounted"] is None
    assert mart(*first, as_of=dt.date(2026, 5, 1))["2026-01"]["repeat_rate_90d_discounted"] == 1.0


def test_without_orders_the_table_is_empty_with_all_columns():
    assert mart() == {}


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=20, deadline=None)
@given(company=companies(), taken=st.lists(st.tuples(st.integers(0, 30), st.integers(-5, 90), st.integers(1, 50))))
def test_drawn_companies_have_what_counting_by_hand_finds(engine: str, company: Any, taken: list[tuple[int, int, int]]):
    orders, _, as_of = company
    chosen = [(orders[place], days, goods) for place, days, goods in taken if place < len(orders)]
    refunds = [
        back(0, f"{min(row['order_date'] + days * oracle.DAY, LAST)}", str(goods)) | {"order_id": row["order_id"]}
        for row, days, goods in chosen
    ]
    inputs = frames(orders, []) | {"refunds": pl.DataFrame(refunds, schema=REFUNDS)}
    with ENGINES[engine](inputs) as tables:
        found = discounts(tables["orders"], tables["refunds"], tables["calendar"], as_of=as_of)
    by_hand = pl.DataFrame(count_by_hand(orders, refunds, as_of), schema={name: COLUMNS[name] for name in BY_HAND})
    assert_frame_equal(found.select(BY_HAND), by_hand)


LAST = dt.date(2026, 12, 31)
"""The last day of the calendar of these tests."""


def count_by_hand(orders: list[Row], refunds: list[Row], as_of: dt.date) -> list[Row]:
    bought = oracle.countable(orders, as_of)
    month = min((row["order_date"] for row in bought), default=as_of + oracle.DAY).replace(day=1)
    rows = []
    while bought and month <= as_of:
        mine = [row for row in bought if row["order_date"].replace(day=1) == month]
        groups = {
            "discounted": [row for row in mine if row["discounts"] > 0],
            "full_price": [row for row in mine if row["discounts"] <= 0],
        }
        row: Row = {
            "month": month,
            "all_orders": len(mine),
            "discounted_orders": len(groups["discounted"]),
            "gross_sales": sum((each["gross_sales"] for each in mine), Decimal(0)),
            "discounts": sum((each["discounts"] for each in mine), Decimal(0)),
        }
        for name, part in groups.items():
            row[f"{name}_orders"] = len(part)
            row |= {f"{column}_{name}": value for column, value in count_group(part, orders, refunds, as_of).items()}
        rows.append(row)
        month = oracle.end_of_month(month) + oracle.DAY
    return rows


def count_group(part: list[Row], orders: list[Row], refunds: list[Row], as_of: dt.date) -> Row:
    days = oracle.purchase_days(orders, as_of)
    ids = {row["order_id"] for row in part}
    came_back = [row["goods"] for row in refunds if row["order_id"] in ids and row["refund_date"] <= as_of]
    new = [days[row["customer_idx"]] for row in part if row["is_first_order"]]
    return {
        "sales": sum((row["gross_sales"] - row["discounts"] for row in part), Decimal(0)),
        "refunded_goods": sum(came_back, Decimal(0)),
        "new_customers": len(new),
        "repeat_customers_90d": sum(len(each) > 1 and (each[1] - each[0]).days <= 90 for each in new),
    }
