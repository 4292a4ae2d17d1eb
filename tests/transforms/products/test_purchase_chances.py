"""The chance that a product is bought again, and its grade in `meta.offer_calibration`."""

import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.transforms.products.offer_calibration import COLUMNS, offer_calibration
from regulars.pipelines.transforms.products.purchase_chances import add_chances
from regulars.pipelines.transforms.products.purchase_pairs import PAIR, score_pairs
from tests.models.online_retail import load_online_retail

SCHEMA = {"customer_idx": pl.Int32, "product": pl.UInt32, "day": pl.Int32}
TODAY = 700


def simulate(customers: int, *, until: int, seed: int = 1) -> pl.DataFrame:
    """Product days of customers who buy one frequent and one rare product, at rates of their own, at random."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(1, customers + 1):
        for product, mean in ((1, 60), (2, 600)):
            rate = rng.gamma(2.0, 1 / (2 * mean))
            days = np.cumsum(rng.exponential(1 / rate, 200)).astype(int)
            rows += [(customer, product, int(day)) for day in np.unique(days[days <= until])]
    return pl.DataFrame(rows, SCHEMA, orient="row").sort(*PAIR, "day")


def chances_at(days: pl.DataFrame, today: int = TODAY, lapse_days: int = 365) -> pl.DataFrame:
    known = days.filter(pl.col("day") <= today)
    return add_chances(score_pairs(known, today=today), known, today=today, lapse_days=lapse_days)


def test_as_many_products_are_bought_as_the_chances_add_up_to():
    days = simulate(3_000, until=TODAY + 28)
    found = chances_at(days).drop_nulls("purchase_chance")
    later = days.filter(pl.col("day") > TODAY).select(PAIR).unique().with_columns(bought=1)
    joined = found.join(later, on=PAIR, how="left").with_columns(pl.col("bought").fill_null(0))
    assert joined["purchase_chance"].sum() == pytest.approx(joined["bought"].sum(), rel=0.06)
    likely = joined.filter(pl.col("purchase_chance") > 0.4)
    assert len(likely) > 200
    assert likely["purchase_chance"].mean() == pytest.approx(likely["bought"].mean(), abs=0.05)


def test_with_few_purchases_the_score_is_multiplied_by_one_factor():
    rows = [(customer, 1, 600) for customer in range(1, 201)] + [(customer, 1, 690) for customer in range(1, 11)]
    found = chances_at(pl.DataFrame(rows, SCHEMA, orient="row").sort(*PAIR, "day"))
    ratio = found["purchase_chance"] / found["offer_score"]
    assert ratio.to_list() == pytest.approx([ratio[0]] * 200)
    then = score_pairs(pl.DataFrame(rows[:200], SCHEMA, orient="row"), today=TODAY - 28)
    assert ratio[0] == pytest.approx((10 + 1) / (then["offer_score"].sum() + 1))


def test_where_a_rhythm_has_ended_the_chance_is_never_above_the_score():
    ended = [(customer, 1, TODAY - 90 - 30 * each) for customer in range(9_001, 9_011) for each in range(6)]
    found = chances_at(
        pl.concat([simulate(600, until=TODAY), pl.DataFrame(ended, SCHEMA, orient="row")]).sort(*PAIR, "day")
    ).drop_nulls("purchase_chance")
    is_above = pl.col("purchase_chance") > pl.col("offer_score")
    planted = found.filter(pl.col("customer_idx") > 9_000)
    assert planted["has_ended_rhythm"].to_list() == [True] * 10
    assert planted["purchase_chance"].to_list() == planted["offer_score"].to_list()  # fitted they would be higher
    assert not found.filter("has_ended_rhythm").select(is_above.any()).item()
    assert found.filter(~pl.col("has_ended_rhythm")).select(is_above.any()).item()


def test_nobody_has_a_chance_where_nothing_could_be_learned_and_none_who_has_lapsed():
    new = pl.DataFrame([(1, 1, 690), (1, 1, 695)], SCHEMA, orient="row")
    assert chances_at(new)["purchase_chance"].to_list() == [None]
    both = pl.concat([simulate(50, until=TODAY), pl.DataFrame([(99, 1, 10)], SCHEMA, orient="row")])
    found = chances_at(both, lapse_days=180)
    assert found.filter(customer_idx=99)["purchase_chance"].to_list() == [None]
    assert found.filter(pl.col("gap") < 100)["purchase_chance"].null_count() == 0


def lines_of(days: pl.DataFrame) -> pl.DataFrame:
    return days.select(
        "customer_idx",
        system=pl.lit("shop"),
        product_id=pl.col("product").cast(pl.String),
        order_date=pl.col("day").cast(pl.Date),
        is_countable=pl.lit(True),
        quantity=pl.lit(Decimal(1)),
    )


def test_the_grade_puts_chances_of_28_days_ago_beside_what_was_bought_since():
    days = simulate(400, until=TODAY)
    as_of = dt.date(1970, 1, 1) + dt.timedelta(days=TODAY)
    found = offer_calibration(lines_of(days), as_of=as_of, lapse_days=365)
    assert found["mean_chance"].is_sorted(descending=True)
    known = chances_at(days, TODAY - 28).drop_nulls("purchase_chance")
    later = set(days.filter(pl.col("day") > TODAY - 28).select(PAIR).iter_rows())
    ranked = sorted(known.iter_rows(named=True), key=lambda row: -row["purchase_chance"])
    for number, row in enumerate(found.iter_rows(named=True)):
        tenth = [each for place, each in enumerate(ranked) if place * 10 // len(ranked) == number]
        assert (row["chance_decile"], row["pairs"]) == (number + 1, len(tenth))
        assert row["expected_bought_again"] == pytest.approx(sum(each["purchase_chance"] for each in tenth))
        assert row["bought_again"] == sum((each["customer_idx"], each["product"]) in later for each in tenth)
        assert row["bought_rate"] == pytest.approx(row["bought_again"] / len(tenth))
        assert row["mean_chance"] == pytest.approx(row["expected_bought_again"] / len(tenth))
    assert found["pairs"].sum() == len(ranked)


def test_a_tenth_is_called_overstated_only_where_chance_does_not_explain_it():
    days = simulate(400, until=TODAY)
    as_of = dt.date(1970, 1, 1) + dt.timedelta(days=TODAY)
    as_usual = offer_calibration(lines_of(days), as_of=as_of, lapse_days=365)
    stopped = offer_calibration(lines_of(days.filter(pl.col("day") <= TODAY - 28)), as_of=as_of, lapse_days=365)
    assert stopped["bought_again"].sum() == 0
    for found in (as_usual, stopped):
        for row in found.iter_rows(named=True):
            # nearly the spread of all pairs at the mean chance, which is never narrower
            spread = (row["pairs"] * row["mean_chance"] * (1 - row["mean_chance"])) ** 0.5
            off = row["bought_again"] - row["expected_bought_again"]
            if row["reason"] is None:
                assert abs(off) <= 2 * spread
            elif row["reason"].startswith("overstated"):
                assert off < 0
            elif row["reason"].startswith("understated"):
                assert off > 0
    said = [reason.split()[0].rstrip(":") if reason else None for reason in stopped["reason"]]
    assert said[0] == "overstated"
    assert set(said) <= {"overstated", "too"}


def test_without_sales_56_days_ago_there_is_no_grade():
    as_of = dt.date(2026, 3, 31)
    assert offer_calibration(lines_of(pl.DataFrame(schema=SCHEMA)), as_of=as_of, lapse_days=365).schema == COLUMNS


@pytest.mark.slow
def test_on_online_retail_chances_are_nearer_to_what_was_bought_than_scores():
    lines = load_online_retail().filter(pl.col("customer").is_not_null())
    number = pl.col("product").rank("dense").cast(pl.UInt32)
    days = lines.select(
        pl.col("customer").cast(pl.Int32).alias("customer_idx"), number.alias("product"), pl.col("day").cast(pl.Int32)
    )
    days = days.unique().sort(*PAIR, "day")
    for cut in (dt.date(2011, 11, 11), dt.date(2011, 8, 31), dt.date(2011, 5, 31)):
        today = (cut - dt.date(1970, 1, 1)).days
        found = chances_at(days, today).drop_nulls("purchase_chance")
        later = days.filter(pl.col("day").is_between(today + 1, today + 28)).select(PAIR).unique()
        joined = found.join(later.with_columns(bought=1.0), on=PAIR, how="left").with_columns(
            pl.col("bought").fill_null(0)
        )
        error = {name: ((joined[name] - joined["bought"]) ** 2).mean() for name in ("offer_score", "purchase_chance")}
        assert error["purchase_chance"] < 0.99 * error["offer_score"]
