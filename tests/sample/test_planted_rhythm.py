"""The refill box that some customers buy every six weeks is offered to them when it is due, and is not without it."""

import datetime as dt
from pathlib import Path

import polars as pl

from regulars.pipelines.sample.simulation.catalogue import BOX_LIMITS
from regulars.pipelines.sample.simulation.rhythm import find_rhythm
from regulars.pipelines.transforms.products.purchase_pairs import PAIR, score_pairs

TODAY = (dt.date(2026, 6, 30) - dt.date(1970, 1, 1)).days


def test_the_longest_run_of_about_six_weeks_is_a_rhythm():
    assert find_rhythm([0, 10, 42, 84, 90, 140, 200]) == [0, 2, 3]
    assert find_rhythm([0, 42, 100, 139, 189, 231]) == [2, 3, 4, 5]
    assert find_rhythm([5]) == [0]
    assert find_rhythm([]) == []


def list_pairs(orders: pl.DataFrame, lines: pl.DataFrame, company: Path) -> pl.DataFrame:
    """Pairs of person and product with the chance of a next purchase, by what the exports hold."""
    owners = pl.read_csv(company / "truth" / "orders.csv").filter(pl.col("is_countable"), pl.col("person_id") > 0)
    numbered = lines.with_columns(product=pl.col("sku").rank("dense").cast(pl.UInt32))
    days = (
        numbered.join(owners, on="order_id")
        .select(
            pl.col("person_id").cast(pl.Int32).alias("customer_idx"),
            "product",
            day=pl.col("order_date").str.to_date().cast(pl.Int32),
        )
        .filter(pl.col("day") <= TODAY)
        .unique()
        .sort(*PAIR, "day")
    )
    names = numbered.select("product", "sku").unique()
    return score_pairs(days, today=TODAY).join(names, on="product")


def test_the_rhythm_is_found_where_it_was_planted_and_nowhere_without_it(
    company: Path, latest_orders: pl.DataFrame, latest_lines: pl.DataFrame
):
    truth = pl.read_csv(company / "truth" / "refills.csv")
    assert len(truth) >= 5
    pairs = list_pairs(latest_orders, latest_lines, company)
    refills = pairs.filter(sku="BX-R")
    found = refills.join(truth, left_on="customer_idx", right_on="person_id")
    assert len(found) == len(refills) == len(truth)
    assert (found["is_regular"] | found["has_ended_rhythm"]).all()
    assert (found["purchases"] == found["refills"]).all()
    assert found["mean_days"].is_between(34, 50).all()
    price, (small, medium, large) = pl.col("cents"), BOX_LIMITS
    sized = (
        pl.when(price <= small).then(pl.lit("BX-S")).when(price <= medium).then(pl.lit("BX-M"))
        .when(price <= large).then(pl.lit("BX-L")).otherwise(pl.lit("BX-XL"))
    )  # fmt: skip
    as_drawn = latest_lines.with_columns(sku=pl.when(pl.col("sku") == "BX-R").then(sized).otherwise("sku"))
    boxes = list_pairs(latest_orders, as_drawn, company).filter(pl.col("sku").str.starts_with("BX-"))
    buyers = boxes.join(truth, left_on="customer_idx", right_on="person_id", how="semi")
    assert len(buyers) > 2 * len(truth)
    assert (buyers["is_regular"] | buyers["has_ended_rhythm"]).sum() <= 2
