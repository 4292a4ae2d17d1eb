"""What the mart `product_sales` says of refunds: by product, tied out to the refunds, with a rate where it can be."""

import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal

import polars as pl
import pytest

from regulars.pipelines.transforms.products.refund_days import estimate_days
from tests.transforms.core_tables import ENGINES
from tests.transforms.money.test_product_sales import mart
from tests.transforms.products.product_tables import back, item, sale

JANUARY, FEBRUARY, MARCH = (dt.date(2026, month, 1) for month in (1, 2, 3))
COSTED = {"cost": "1"}
PLACE = {"store_id": "S1", "region": "Ost"}


def tea(sales: str, quantity: str = "1"):
    return item("tea", sales, quantity=quantity, **COSTED)


def rows(found, *columns: str) -> dict[tuple, tuple]:
    """(month, product) -> the values of those columns."""
    return {(row["month"], row["product_id"]): tuple(row[name] for name in columns) for row in found.to_dicts()}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_refund_is_of_the_products_of_its_lines_in_its_own_month_and_of_the_sales_of_the_orders_month(engine):
    found = mart(
        sale("2026-01-05", tea("30", "3"), item("cup", "20", **COSTED), **PLACE),
        refunds=[back("2026-02-10", "15", tea("10"), item("cup", "5"), of=0)],
        engine=engine,
    )
    assert rows(found, "refunds", "refunded_sales", "refunded_quantity") == {
        (JANUARY, "cup"): (0, 5, 1),
        (JANUARY, "tea"): (0, 10, 1),
        (FEBRUARY, "cup"): (5, 0, 0),
        (FEBRUARY, "tea"): (10, 0, 0),
    }
    assert set(found["store_id"]) == {"S1"}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_no_line_tells_is_of_the_unknown_product(engine):
    found = mart(
        sale("2026-01-05", tea("30"), **PLACE),
        refunds=[back("2026-01-10", "9", tea("8"), of=0), back("2026-01-11", "4", of=0), back("2026-01-12", "2")],
        engine=engine,
    )
    assert rows(found.filter(store_id="S1"), "refunds", "refunds_beyond_lines", "refunded_sales") == {
        (JANUARY, "tea"): (8, 0, 8),
        (JANUARY, "unknown"): (5, 5, 5),
    }
    # no order is known of the third: it is in no month's sales that came back
    assert rows(found.filter(store_id="unknown"), "refunds", "refunds_beyond_lines", "refunded_sales") == {
        (JANUARY, "unknown"): (2, 2, 0)
    }


def test_the_rate_is_known_once_nearly_all_refunds_would_have_come():
    """19 of 20 refunds came within 20 days, so that February may still come back on 19 March."""
    sales = [sale("2026-01-01", tea("10"), **PLACE) for _ in range(20)]
    sales.append(sale("2026-02-01", tea("10"), **PLACE))
    came = [back("2026-01-21", "1", tea("1"), of=number) for number in range(19)]
    refunds = [*came, back("2026-03-01", "1", tea("1"), of=19), back("2026-02-02", "4", tea("4"), of=20)]
    known = mart(*sales, refunds=refunds, as_of=dt.date(2026, 3, 20))
    early = mart(*sales, refunds=refunds, as_of=dt.date(2026, 3, 19))
    assert known["refund_days"].unique().to_list() == [20]
    assert rows(known.filter(month=FEBRUARY), "refund_rate", "is_refund_rate_complete") == {
        (FEBRUARY, "tea"): (pytest.approx(0.4), True)
    }
    assert rows(early.filter(month=FEBRUARY), "refund_rate", "refunded_sales", "reason") == {
        (FEBRUARY, "tea"): (None, 4, "more refunds of the month's orders may still come")
    }
    assert known.filter(month=JANUARY)["refund_rate"].to_list() == [pytest.approx(0.1)]


def test_the_rate_says_why_it_is_not_known():
    sold = sale("2026-01-05", tea("100"), item("gift", "0", cost="0"), **PLACE)
    assert rows(mart(sold), "refund_rate", "refund_days", "reason")[JANUARY, "tea"] == (
        None,
        None,
        "no refund of an order is known",
    )
    came = [back("2026-01-06", "1", tea("1"), of=0) for _ in range(19)]
    few = "fewer than 20 refunds are too few to know how long refunds take"
    assert rows(mart(sold, refunds=came), "refund_rate", "refund_days", "reason")[JANUARY, "tea"] == (None, None, few)
    # a refund without a day counts on the day of its order, which says nothing of how long refunds take
    guessed = mart(sold, refunds=[*came, back("2026-01-05", "1", tea("1"), of=0, estimated=True)])
    assert guessed["refund_days"].to_list() == [None, None]
    found = mart(sold, refunds=[*came, back("2026-02-06", "1", tea("1"), of=0)])
    assert found.filter(month=FEBRUARY)["reason"].to_list() == ["nothing was sold in the month"]
    gift = found.filter(product_id="gift").row(0, named=True)
    assert (gift["refund_rate"], gift["is_refund_rate_complete"]) == (None, True)
    assert gift["reason"] == "no cost of the sold products is known; the products were sold at a price of 0"


RATE = ("refund_rate", "is_refund_rate_complete", "named_refund_share", "reason")


def test_without_a_refund_that_names_a_product_no_product_has_a_rate():
    """Refunds alone say that much came back, and not what."""
    found = mart(
        sale("2026-01-05", tea("50"), item("cup", "50", **COSTED), **PLACE),
        refunds=[back("2026-01-10", "1", of=0) for _ in range(20)],
    )
    why = "no refund of the system names a product"
    assert found["refund_days"].to_list() == [5, 5, 5]
    assert rows(found.filter(pl.col("product_id") != "unknown"), *RATE) == {
        (JANUARY, "cup"): (None, False, 0, why),
        (JANUARY, "tea"): (None, False, 0, why),
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_each_system_knows_of_its_own_refunds_alone(engine):
    found = mart(
        sale("2026-01-05", tea("50"), **PLACE),
        sale("2026-01-05", tea("50"), system="till", **PLACE),
        sale("2026-01-05", tea("50"), system="kiosk", **PLACE),
        refunds=[
            *(back("2026-01-10", "1", tea("1"), of=0) for _ in range(20)),
            *(back("2026-01-25", "1", of=2, system="kiosk") for _ in range(20)),
        ],
        engine=engine,
    )
    told = found.filter(product_id="tea").select("system", "refund_rate", "refund_days", "reason")
    assert told.rows() == [
        ("kiosk", None, 20, "no refund of the system names a product"),
        ("shop", pytest.approx(0.4), 5, None),
        ("till", None, None, "no refund of an order is known"),
    ]


def test_a_month_whose_refunds_name_no_product_has_no_rate_and_one_without_refunds_has():
    found = mart(
        sale("2025-12-05", tea("50"), **PLACE),
        sale("2026-01-05", tea("50"), **PLACE),
        sale("2026-02-05", tea("50"), **PLACE),
        refunds=[back("2025-12-10", "2", of=0), *(back("2026-01-10", "1", tea("1"), of=1) for _ in range(20))],
    )
    assert rows(found.filter(product_id="tea"), *RATE) == {
        (dt.date(2025, 12, 1), "tea"): (None, False, 0, "no refund of the month's orders names a product"),
        (JANUARY, "tea"): (pytest.approx(0.4), True, 1, None),
        (FEBRUARY, "tea"): (0, True, None, None),
    }


@pytest.mark.parametrize(
    ("unnamed", "share", "said"), [("30", 0.4, "40 %"), ("1", 20 / 21, None), ("2", 20 / 22, "90 %")]
)
def test_a_rate_says_that_it_is_too_low_where_refunds_name_products_in_part(unnamed, share, said):
    found = mart(
        sale("2026-01-05", tea("50"), **PLACE),
        refunds=[back("2026-01-06", unnamed, of=0), *(back("2026-01-06", "1", tea("1"), of=0) for _ in range(20))],
    )
    reason = said and f"refunds name products for {said} of the refunded money, so that rates are too low"
    assert rows(found, *RATE)[JANUARY, "tea"] == (pytest.approx(0.4), True, pytest.approx(share), reason)


def test_lines_that_give_back_no_goods_give_back_no_pieces():
    found = mart(
        sale("2026-01-05", tea("30", "3"), **PLACE),
        refunds=[back("2026-01-06", "10", tea("10", "2"), of=0), back("2026-01-07", "0", tea("0", "2"), of=0)],
    )
    assert rows(found, "refunded_quantity") == {(JANUARY, "tea"): (2,)}


def test_refunds_that_have_had_no_time_to_come_do_not_shorten_the_days():
    """Every sale comes back within 90 days, on each of them as often; half of the sales are younger."""
    start, sales, refunds = dt.date(2025, 10, 1), [], []
    for number in range(1800):
        bought, waits = start + dt.timedelta(days=number // 10), number * 37 % 91
        sales.append(sale(bought, tea("10"), **PLACE))
        refunds.append(back(bought + dt.timedelta(days=waits), "1", tea("1"), of=number))
    for days in (120, 180):
        found = mart(*sales, refunds=refunds, as_of=start + dt.timedelta(days=days))
        assert found["refund_days"].unique().to_list() == [pytest.approx(86, abs=2)]


def test_the_days_are_those_of_the_waits_where_every_order_is_older():
    waits = pl.DataFrame({"waited": [0, 7, 30], "age": [400, 300, 200], "refund_count": [90, 5, 5]})
    assert estimate_days(waits) == 7
    assert estimate_days(waits.with_columns(refund_count=pl.Series([9, 5, 5]))) is None


def test_refunds_that_do_not_count_or_come_later_are_left_out():
    found = mart(
        sale("2026-01-05", tea("10"), **PLACE),
        refunds=[
            back("2026-01-06", "1", tea("1"), of=0),
            back("2026-01-06", "2", tea("2"), of=0, countable=False),
            back("2026-03-31", "4", tea("4"), of=0),
        ],
    )
    assert rows(found, "refunds", "refunded_sales") == {(JANUARY, "tea"): (1, 1)}


def test_drawn_refunds_tie_out_by_product_and_month():
    rng = random.Random(5)
    sales = [
        sale(dt.date(2025, 6, 1) + dt.timedelta(days=rng.randint(0, 200)), tea("60"), item("cup", "40"))
        for _ in range(100)
    ]
    refunds, expected = [], defaultdict(Decimal)
    for _ in range(150):
        of = rng.choice([None, rng.randrange(100)])
        items = [item(rng.choice(["tea", "cup", None]), str(rng.randint(1, 9))) for _ in range(rng.randint(0, 2))]
        told = sum((each["gross_sales"] for each in items), Decimal(0))
        day = dt.date(2025, 7, 1) + dt.timedelta(days=rng.randint(0, 240))
        beyond = rng.choice([0, 0, rng.randint(1, 5)])
        refunds.append(back(day, str(told + beyond), *items, of=of))
        for each in items:
            expected[day.replace(day=1), each["product_id"] or "unknown"] += each["gross_sales"]
        expected[day.replace(day=1), "unknown"] += beyond
    found = mart(*sales, refunds=refunds)
    totals: dict[tuple, Decimal] = defaultdict(Decimal)
    for row in found.iter_rows(named=True):
        totals[row["month"], row["product_id"]] += row["refunds"]
    assert {key: value for key, value in totals.items() if value} == {k: v for k, v in expected.items() if v}
    of_orders = sum(each["goods"] for each in refunds if each["order_id"] is not None)
    assert found["refunded_sales"].sum() == of_orders
