"""The product that the sample company takes back most is found, with its reason, and is not without those refunds."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from regulars.pipelines.transforms.money.product_sales import product_sales

READS = ("order_lines", "orders", "refund_lines", "refunds", "products", "stores", "calendar")
MOST_RETURNED = """
    select product_id, sum(refunded_sales) / sum(product_sales) as rate
    from {product_sales} as product_sales
    where is_refund_rate_complete and product_id <> 'unknown'
    group by product_id order by rate desc
"""


@pytest.fixture(scope="module")
def con(published_demo: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(published_demo / "home/current/regulars.duckdb", read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def told(published_demo: Path) -> pl.DataFrame:
    """The true lines of refunds."""
    return pl.read_csv(published_demo / "truth" / "shop_refund_lines.csv")


@pytest.fixture(scope="module")
def planted(told: pl.DataFrame) -> pl.DataFrame:
    found = told.filter("is_planted")
    assert len(found) >= 5
    return found


def test_the_product_is_given_back_more_often_than_every_other(con, planted):
    (product,) = planted["product_id"].unique()
    rates = con.sql(MOST_RETURNED.format(product_sales="marts.product_sales")).fetchall()
    assert rates[0][0] == product
    assert rates[0][1] > 1.3 * rates[1][1]


def test_its_reason_is_its_own_and_its_most_frequent(con, planted):
    (product,), (reason,) = planted["product_id"].unique(), planted["reason"].unique()
    reasons = con.execute(
        "select reason, sum(quantity) from core.refund_lines where product_id = ? group by 1 order by 2 desc", [product]
    ).fetchall()
    assert reasons[0] == (reason, planted["pieces"].sum())
    others = con.execute("select distinct product_id from core.refund_lines where reason = ?", [reason]).fetchall()
    assert others == [(product,)]


def test_without_its_refunds_it_is_a_product_like_others(con, planted):
    (product,) = planted["product_id"].unique()
    tables = {name: con.sql(f"from core.{name}").pl() for name in READS}
    for name in ("refund_lines", "refunds"):
        tables[name] = tables[name].filter(~pl.col("refund_id").is_in(planted["refund_id"].to_list()))
    (as_of,) = con.sql("select max(as_of) from marts.product_sales").fetchone()
    without = product_sales(**{name: frame.lazy() for name, frame in tables.items()}, as_of=as_of)
    con.register("without", without.to_arrow())
    rates = con.sql(MOST_RETURNED.format(product_sales="without")).fetchall()
    con.unregister("without")
    assert product not in [name for name, _ in rates[:3]]


def test_what_came_back_last_time_is_not_offered_and_the_rest_of_its_order_is(con, told):
    con.register("told", told.select("order_id", "product_id").unique().to_arrow())
    offered = con.execute("""
        select (bought.order_id, bought.product_id) in (select (order_id, product_id) from told) as came_back, count(*)
        from marts.next_best_offers as offers
        join core.order_lines as bought on bought.customer_idx = offers.customer_idx
            and bought.product_id = offers.product_id and bought.order_date = offers.last_bought_on
        where bought.order_id in (select order_id from told)
        group by all
    """).fetchall()
    con.unregister("told")
    assert [came_back for came_back, _ in offered] == [False]


def test_lines_of_refunds_are_those_of_the_truth_to_the_cent(con, told):
    euros = con.sql("""
        select refund_id, product_id, cast(sum(goods_original) as double) as goods
        from core.refund_lines group by all
    """).pl()
    true = told.group_by("refund_id", "product_id").agg(pl.col("goods").sum().round(2))
    both = true.join(euros, on=["refund_id", "product_id"], how="full", suffix="_found")
    assert both.filter(pl.col("goods").ne_missing(pl.col("goods_found"))).is_empty()


def test_what_lines_and_the_remainder_tell_is_what_was_given_back(con):
    lines, told_refunds = con.sql("""
        select sum(lines.goods), (
            select sum(goods) from core.refunds
            where is_countable and refund_id in (select refund_id from core.refund_lines)
        )
        from core.refund_lines as lines where lines.is_countable
    """).fetchone()
    assert lines == told_refunds
    of_products, beyond, given_back, told_of_none = con.sql("""
        select sum(refunds), sum(refunds_beyond_lines), (select sum(goods) from core.refunds where is_countable), (
            select sum(goods) from core.refunds
            where is_countable and refund_id not in (select refund_id from core.refund_lines)
        )
        from marts.product_sales
    """).fetchone()
    assert of_products == given_back
    assert beyond == told_of_none > 0
