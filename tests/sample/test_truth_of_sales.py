"""What was planted in the sample company is found by the marts of what is sold and what customers are worth."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest


@pytest.fixture(scope="module")
def con(published_demo: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def truth(published_demo: Path) -> Path:
    (found,) = published_demo.rglob("truth/persons.csv")
    return found.parent


def test_pieces_of_each_product_by_month_are_those_that_were_sold(con, truth):
    sold = pl.read_csv(truth / "product_sales.csv", try_parse_dates=True)
    found = con.sql(
        "select month, product_id, sum(quantity)::bigint as pieces from marts.product_sales group by all"
    ).pl()
    missing = sold.join(found, on=["month", "product_id"], how="full", suffix="_found").with_columns(
        difference=pl.col("pieces").fill_null(0) - pl.col("pieces_found").fill_null(0)
    )
    assert len(sold) > 300
    # one order with a line that cannot be read is quarantined as a whole
    assert 0 <= missing["difference"].sum() < 60
    assert (missing["difference"] != 0).sum() <= 10


def test_sales_of_products_are_all_sales_and_nothing_is_beyond_the_lines(con):
    of_products, of_orders, beyond = con.sql(
        """
        select sum(product_sales), (select sum(gross_sales - discounts) from core.orders where is_countable
            and order_date <= (select max(as_of) from marts.product_sales)), sum(abs(gross_sales_beyond_lines))
        from marts.product_sales
        """
    ).fetchone()
    assert of_products == of_orders
    assert beyond == 0


def test_the_channel_that_wins_nobody_is_found(con, truth):
    (channel,) = pl.read_csv(truth / "marketing_spend.csv").filter(~pl.col("can_pay_back"))["channel"]
    won, spend, reason = con.execute(
        "select new_customers_won, spend, reason from marts.acquisition_economics where acquisition_channel = ?"
        " and customer_type = 'all'",
        [channel],
    ).fetchone()
    assert (won, spend, reason) == (0, 24 * 250, "money was spent and nobody was won")


def test_every_table_of_what_comes_next_says_something(con):
    for table in ("marts.retention_economics", "marts.seasonality", "marts.demand_forecast", "marts.next_best_offers"):
        assert con.sql(f"select count(*) from {table}").fetchone()[0] > 0, table
    assert con.sql("select count(*) from meta.offer_evaluation").fetchone() == (5,)
