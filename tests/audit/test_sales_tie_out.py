"""The way from orders as delivered to the net sales that are published of a month."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.audit.sales_tie_out import LEFT_OUT, NOT_COUNTED, TABLE, write_sales_tie_out
from regulars.pipelines.transforms.money.sales_new_vs_returning import sales_new_vs_returning
from tests.audit.tie_outs import key_by_month, read_checked_rows, write_marts
from tests.builders import build, money

AS_OF = dt.date(2026, 6, 20)
COMPANY = {"as_of": str(AS_OF), "timezone": "Europe/Berlin"}
RATES = [
    {"rate_date": "2025-01-01", "currency": "USD", "rate": "0.5"},
    {"rate_date": "2026-05-15", "currency": "USD", "rate": "0.25"},
]
AMOUNTS = (
    *("delivered_gross_sales", *LEFT_OUT, "included_tax", *NOT_COUNTED),
    *("gross_sales", "discounts", "refunds", "net_sales"),
)
EXTRAS = {"shipping": "shipping_charged", "tax": "tax_charged"}
"""What is charged beside the goods -> its column."""

Rows = Sequence[dict[str, Any]]


def order(day: str, gross_sales: str | None = "30", **more: Any) -> dict[str, Any]:
    return {"ordered_at": f"{day} 10:00:00", "gross_sales": gross_sales, **more}


def line(order_id: str, unit_price: str | None, **more: Any) -> dict[str, Any]:
    return {"order_id": order_id, "unit_price": unit_price, **more}


def bridge(
    *orders: dict[str, Any], lines: Rows = (), refunds: Rows = (), change: str | None = None, is_kept: bool = True
) -> dict[str, dict[str, Any]]:
    """{month: row} of the table, of a mart made as in a run; `change` is SQL that runs before it is made."""
    numbered = [{"order_id": f"o{number}"} | row for number, row in enumerate(orders)]
    given_back = [{"refund_id": f"r{number}"} | row for number, row in enumerate(refunds)]
    kinds = {"raw__orders": numbered, "raw__order_lines": lines, "raw__refunds": given_back, "raw__fx_rates": RATES}
    with build(raw__company=[COMPANY], **kinds) as con:
        tables = (
            con.sql(f"select * from core.{name}").pl() for name in ("orders", "refunds", "subscriptions", "calendar")
        )
        mart = sales_new_vs_returning(*tables, as_of=AS_OF, subscription_revenue_is_in_orders=False)
        write_marts(con, {"sales_new_vs_returning": mart})
        if change:
            con.execute(change)
        write_sales_tie_out(con)
        return key_by_month(read_checked_rows(con, TABLE, keeps_rules=is_kept))


def parts(row: dict[str, Any]) -> dict[str, Decimal]:
    return {name: row[name] for name in AMOUNTS if row[name]}


def test_delivered_orders_less_discounts_and_the_refunds_of_the_month_are_net_sales():
    rows = bridge(
        order("2026-04-10", "30", discounts="5"),
        order("2026-04-11", "100", currency="USD"),
        refunds=[{"order_id": "o0", "refunded_at": "2026-05-02 10:00:00", "goods": "4", "tax": "1", "amount": None}],
    )
    assert parts(rows["2026-04"]) == {
        "delivered_gross_sales": 80, "gross_sales": 80, "discounts": 5, "net_sales": 75,
    }  # fmt: skip
    assert parts(rows["2026-05"]) == {"refunds": 4, "net_sales": -4}
    assert (rows["2026-05"]["counted_to"], rows["2026-06"]["counted_to"]) == (dt.date(2026, 5, 31), AS_OF)


def test_an_invoice_has_shipping_and_tax_beside_the_goods_and_a_refund_gives_all_of_it_back():
    parcel = {"refund_id": "r", "order_id": "o0", "refunded_at": "2026-05-02 10:00:00"}
    rows = bridge(
        order("2026-04-10", "30", discounts="5", shipping="4.9", tax="2.1"),
        order("2026-04-11", "119", tax="19", prices_include_tax="true", shipping="2", currency="USD"),
        order("2026-04-12", "16", is_cancelled="true", shipping="7", tax="1"),
        order("2026-04-12", "3", is_test="true", shipping="7", tax="1"),
        refunds=[parcel | {"goods": "4", "shipping": "2", "tax": "1", "amount": None}],
    )
    names = ("tax_charged", "invoice_total", "refund_total")
    # 2.1 + 19 / 2 of tax, and 30 − 5 + 4.9 + 2.1 + (119 + 2) / 2 in all, tax within or beside
    assert [rows["2026-04"][name] for name in names] == [money("11.6"), money("92.5"), 0]
    assert [rows["2026-05"][name] for name in (*names, "refunds")] == [0, 0, 7, 4]


def test_each_order_that_does_not_count_stands_in_one_column():
    row = bridge(
        order("2026-04-10"),
        order("2026-04-10", "1", fate="quarantined"),
        order("2026-04-10", "2", fate="superseded", currency="USD"),
        order("2026-04-10", "4", fate="duplicate"),
        order("2026-04-10", "8", is_test="true", is_cancelled="true", discounts="3"),
        order("2026-04-10", "16", is_cancelled="true"),
        order("2026-04-10", "-32"),
        refunds=[{"order_id": "o5", "refunded_at": "2026-04-12 10:00:00", "goods": "16", "amount": None}],
    )["2026-04"]
    assert parts(row) == {
        "delivered_gross_sales": 28,
        **{"quarantined_gross_sales": 1, "superseded_gross_sales": 1, "duplicate_gross_sales": 4},
        **{"test_gross_sales": 8, "cancelled_gross_sales": 16, "negative_gross_sales": -32},
        **{"gross_sales": 30, "net_sales": 30},
    }
    assert row["reason"] is None


def test_an_order_that_does_not_say_its_amount_is_worth_what_its_lines_say_on_its_own_day():
    lines = [line("o0", "7"), line("o0", "2.5", quantity="2"), line("o0", None), line("o1", "99")]
    row = bridge(order("2026-04-10", None), order("2026-04-10", "20"), lines=lines)["2026-04"]
    assert parts(row) == {"delivered_gross_sales": 32, "gross_sales": 32, "net_sales": 32}


def test_orders_that_only_lines_tell_of_are_added_up_by_their_lines():
    lines = [
        line("x", "7", ordered_at="2026-04-30 10:00:00"),
        line("x", "5", ordered_at="2026-05-20 10:00:00"),  # an exchange: an order of its own and day
        line("x", "3", ordered_at="2026-04-30 10:00:00", fate="superseded"),
        line("y", "9", ordered_at="2026-04-30 22:30:00", fate="quarantined"),  # in May in Berlin
        line("z", "6", ordered_at="2026-05-02 10:00:00", currency="USD", is_test="true"),
        line("x", "-2", line_type="refund", ordered_at="2026-05-21 10:00:00"),
    ]
    rows = bridge(lines=lines)
    assert parts(rows["2026-04"]) == {
        "delivered_gross_sales": 10, "superseded_gross_sales": 3, "gross_sales": 7, "net_sales": 7,
    }  # fmt: skip
    assert parts(rows["2026-05"]) == {
        "delivered_gross_sales": 17,
        **{"quarantined_gross_sales": 9, "test_gross_sales": 3, "gross_sales": 5, "refunds": 2, "net_sales": 3},
    }


def test_an_order_left_out_with_its_lines_is_delivered_once():
    orders = [order("2026-04-10", "20", fate="quarantined"), order("2026-04-11", None, fate="quarantined")]
    lines = [line("o0", "20", fate="quarantined"), line("o1", "5", fate="quarantined")]
    row = bridge(*orders, lines=lines)["2026-04"]
    assert parts(row) == {"delivered_gross_sales": 25, "quarantined_gross_sales": 25}


def test_tax_that_prices_include_is_taken_off_to_the_last_decimal():
    taxed = order("2026-05-20", "119.01", tax="19.01", prices_include_tax="true", currency="USD")
    row = bridge(taxed)["2026-05"]
    assert parts(row) == {
        "delivered_gross_sales": money("29.7525"),
        **{"included_tax": money("4.7525"), "gross_sales": 25, "net_sales": 25},
    }


def test_rows_without_a_number_or_a_rate_are_counted_and_the_reason_says_so():
    odd = [order("2026-04-01", "much", fate="quarantined"), order("2026-04-02", fate="quarantined", currency="CHF")]
    row = bridge(order("2026-04-01"), *odd)["2026-04"]
    assert (row["delivered_gross_sales"], row["order_rows_without_amount"]) == (30, 2)
    assert row["reason"] == "2 rows are in no amount: theirs is no number, or no rate of their currency is known"


def test_a_row_that_was_left_out_has_the_rate_of_its_day_although_no_row_of_that_day_was_kept():
    left = order("2026-04-10", fate="quarantined", currency="USD")
    row = bridge(left, order("2026-05-20", currency="USD"))["2026-04"]
    assert parts(row) == {"delivered_gross_sales": 15, "quarantined_gross_sales": 15}


def test_what_comes_after_the_last_day_is_not_here_and_without_orders_there_is_nothing():
    assert parts(bridge(order("2026-06-01"), order("2026-06-21", "99"))["2026-06"])["delivered_gross_sales"] == 30
    assert bridge() == {}


@pytest.mark.parametrize(
    "change",
    [
        "update core.orders set gross_sales = gross_sales + 0.0001 where order_id = 'o0'",
        "update core.orders set is_countable = false where order_id = 'o0'",
        "delete from core.orders where order_id = 'o1'",
        "update core.orders set discounts = 1 where order_id = 'o0'",
        "delete from core.refunds",
        "update marts.sales_new_vs_returning set net_sales = net_sales - 0.0001 where month = date '2026-05-01'",
        "delete from marts.sales_new_vs_returning where month = date '2026-05-01'",
    ],
)
def test_a_penny_that_is_lost_on_the_way_is_seen(change):
    refund = {"order_id": "o0", "refunded_at": "2026-05-02 10:00:00", "goods": "4", "amount": None}
    orders = [order("2026-04-01"), order("2026-05-01", is_cancelled="true"), order("2026-05-03")]
    rows = bridge(*orders, refunds=[refund], change=change, is_kept=False)
    assert any(row["gross_sales_difference"] or row["net_sales_difference"] for row in rows.values())


days = st.dates(dt.date(2026, 4, 1), dt.date(2026, 6, 30))
prices = st.sampled_from(["0", "9.99", "30", "-17.01"])
an_order = st.fixed_dictionaries(
    {"day": days, "price": prices, "is_line": st.booleans()},
    optional={
        "currency": st.just("USD"),
        "fate": st.sampled_from(["quarantined", "superseded", "duplicate"]),
        "is_test": st.just("true"),
        "is_cancelled": st.just("true"),
        "discounts": st.sampled_from(["0.5", "3"]),
        "shipping": st.sampled_from(["4.9", "8"]),
        "tax": st.sampled_from(["1.9", "2"]),
    },
)
a_refund = st.tuples(st.integers(0, 5), days, st.sampled_from(["1", "2.5"]))


def add_up_naively(drawn: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """{month: {column: amount}} of what is delivered, order by order."""
    sums: dict[str, Counter[str]] = {}
    for row in drawn:
        day, rate = row["day"], Decimal(1)
        if "currency" in row:
            rate = Decimal("0.25") if day >= dt.date(2026, 5, 15) else Decimal("0.5")
        amount, month = Decimal(row["price"]) * rate, sums.setdefault(f"{day:%Y-%m}", Counter())
        if day <= AS_OF:
            month["delivered_gross_sales"] += amount  # type: ignore[assignment]
            month[describe(row)] += amount  # type: ignore[assignment]
            if describe(row) == "gross_sales":
                month["discounts"] += Decimal(row.get("discounts", 0)) * rate  # type: ignore[assignment]
                for name, column in EXTRAS.items() if not row["is_line"] else ():
                    month[column] += Decimal(row.get(name, 0)) * rate  # type: ignore[assignment]
    return sums


def describe(row: dict[str, Any]) -> str:
    """The column in which an order ends."""
    if "fate" in row:
        return f"{row['fate']}_gross_sales"
    if "is_test" in row:
        return "test_gross_sales"
    if "is_cancelled" in row and not row["is_line"]:
        return "cancelled_gross_sales"
    return "negative_gross_sales" if row["price"].startswith("-") else "gross_sales" if float(row["price"]) else "none"


@given(st.lists(an_order, max_size=6), st.lists(a_refund, max_size=3))
@settings(max_examples=25, deadline=None)
def test_whatever_is_delivered_ties_out(drawn, given_back):
    orders, lines = [], []
    for number, row in enumerate(drawn):
        rest = {name: row[name] for name in row if name not in {"day", "price", "is_line"}}
        named = {"order_id": f"o{number}", "ordered_at": f"{row['day']} 10:00:00", "gross_sales": row["price"]} | rest
        for name in ("is_cancelled", *EXTRAS) if row["is_line"] else ():
            named.pop(name, None)
        (lines if row["is_line"] else orders).append(named)
    refunds = [
        {"order_id": f"o{number}", "refunded_at": f"{day} 10:00:00", "goods": goods, "amount": None}
        for number, day, goods in given_back
    ]
    rows, naive = bridge(*orders, lines=lines, refunds=refunds), add_up_naively(drawn)
    for month, row in rows.items():
        assert (row["gross_sales_difference"], row["net_sales_difference"]) == (0, 0)
        columns = [name for name in AMOUNTS if name not in {"included_tax", "refunds", "net_sales"}]
        columns += EXTRAS.values()
        assert (
            row["invoice_total"] == row["gross_sales"] - row["discounts"] + row["shipping_charged"] + row["tax_charged"]
        )
        assert row["refund_total"] == row["refunds"]  # goods alone
        assert {name: row[name] for name in columns} == {name: naive.get(month, Counter())[name] for name in columns}
    assert sum(row["delivered_gross_sales"] for row in rows.values()) == sum(
        month["delivered_gross_sales"] for month in naive.values()
    )
