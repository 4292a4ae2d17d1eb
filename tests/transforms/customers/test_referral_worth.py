"""What a customer brought by another is worth, beside all others of the same age."""

import datetime as dt
import math
from collections.abc import Collection
from decimal import Decimal
from statistics import mean, variance
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.comparisons.skewed_means import Group, Shape
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.referral_worth import COLUMNS, referral_worth
from tests.transforms.mart_rules import broken_rules

AS_OF = dt.date(2026, 3, 31)
SCHEMA = {
    "customer_id": pl.String,
    "is_unknown": pl.Boolean,
    "lifecycle": pl.String,
    "referred_by_customer_id": pl.String,
    "first_order_date": pl.Date,
    "clv_simple": MONEY,
    "clv_predicted": MONEY,
}
DIFFERENCE = [f"clv_over_others{part}" for part in ("", "_low", "_high", "_p_value")]
Person = tuple[str, str | None, int | None, float | None]
"""Name, who brought them, the year of the first order (None: never ordered), and what they are worth."""


def found_of(*people: Person, predicted: bool = True, prospects: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """The rows of clv_simple by year; those of clv_predicted are the same, or not there.

    Who is worth nothing that is known is a prospect, and who is named.
    """
    rows = [
        {
            "customer_id": name,
            "is_unknown": name == "unknown",
            "lifecycle": "prospect" if worth is None or name in prospects else "active",
            "referred_by_customer_id": by,
            "first_order_date": year and dt.date(year, 5, 1),
            "clv_simple": None if worth is None else Decimal(str(round(worth, 4))),
            "clv_predicted": None if worth is None or not predicted else Decimal(str(round(worth, 4))),
        }
        for name, by, year, worth in people
    ]
    cleaned = pl.DataFrame(rows, schema=SCHEMA)
    core = cleaned.select("customer_id", is_own_referrer=pl.lit(value=False))
    mart = referral_worth(core.lazy(), cleaned.lazy(), as_of=AS_OF)
    assert mart.schema == COLUMNS
    brought = pl.DataFrame(
        {
            "brought_customers": [
                sum(by is not None and worth is not None and name not in prospects for name, by, _, worth in people)
            ]
        }
    )
    assert not broken_rules("referral_worth", mart, {"marts.referrals": brought})
    assert (
        mart.filter(worth_measure="clv_predicted")
        .drop("worth_measure")
        .equals(
            mart.filter(worth_measure="clv_simple").drop("worth_measure")
            if predicted
            else mart.clear().drop("worth_measure")
        )
    )
    return {row["first_order_year"]: row for row in mart.filter(worth_measure="clv_simple").to_dicts()}


def people_of(year: int | None, brought: list[float], others: list[float]) -> list[Person]:
    """Customers of one year; the founder brought those who were brought."""
    return [
        *((f"b{year}-{number}", "founder", year, worth) for number, worth in enumerate(brought)),
        *((f"o{year}-{number}", None, year, worth) for number, worth in enumerate(others)),
    ]


FOUNDERS: list[Person] = [("founder", None, 2020, 900.0), ("other founder", None, 2020, 5.0)]


def draw(size: int, scale: float, seed: int) -> list[float]:
    return [round(float(each), 4) for each in np.random.default_rng(seed).lognormal(0, 1, size) * scale]


def test_customers_brought_are_compared_with_others_of_the_same_year():
    brought, others = draw(40, 100, seed=1), draw(60, 300, seed=2)
    row = found_of(*FOUNDERS, *people_of(2024, brought, others))["2024"]
    assert (row["brought_customers_valued"], row["other_customers_valued"]) == (40, 60)
    shape = Shape(np.array([*brought, *others, 900, 5]))
    sides = [Group(*np.array([[mean(side)], [variance(side)], [len(side)]])) for side in (brought, others)]
    assert [row[name] for name in DIFFERENCE] == pytest.approx([each[0] for each in shape.compare(*sides)])
    for side, group in zip(("brought", "others"), sides, strict=True):
        ends = [each[0] for each in shape.bound_means(group)]
        found = [row[f"average_clv_of_{side}{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx([group.mean[0], *ends])
    assert row["is_clv_over_others_significant"] is True


def test_the_whole_weighs_others_by_the_years_of_those_brought():
    # old customers are worth ten times as much; most of those brought are new, so that the plain means differ by far
    old, new = ([1000.0, 1200.0] * 5, [1000.0, 1200.0] * 100), ([100.0, 120.0] * 25, [100.0, 120.0] * 40)
    found = found_of(*FOUNDERS, *people_of(2021, *old), *people_of(2025, *new))
    whole = found["all"]
    assert (whole["brought_customers_valued"], whole["other_customers_valued"]) == (60, 280)
    assert whole["average_clv_of_brought"] == pytest.approx((10 * 1100 + 50 * 110) / 60)
    assert whole["average_clv_of_others"] == pytest.approx(whole["average_clv_of_brought"])
    assert whole["clv_over_others"] == pytest.approx(0)
    assert not whole["is_clv_over_others_significant"]


def test_the_whole_is_as_sure_as_its_years_are():
    years = {year: (draw(25, 100, seed=year), draw(90, 130, seed=-year % 97)) for year in (2022, 2023, 2024)}
    whole = found_of(*FOUNDERS, *(each for year, both in years.items() for each in people_of(year, *both)))["all"]
    brought = [worth for ours, _ in years.values() for worth in ours]
    error = math.sqrt(sum(variance(theirs) / 90 / 9 for _, theirs in years.values()))
    others = mean(mean(theirs) for _, theirs in years.values())
    everybody = [worth for both in years.values() for side in both for worth in side]
    # a third of the weight on 90 customers each is a size of 270
    sides = ([[mean(brought)], [variance(brought)], [75]], [[others], [error**2 * 270], [270]])
    shape = Shape(np.array([*everybody, 900, 5]))
    compared = shape.compare(*(Group(*np.array(side)) for side in sides))
    assert [whole[name] for name in DIFFERENCE] == pytest.approx([each[0] for each in compared])


@pytest.mark.parametrize(
    ("brought", "others", "reason"),
    [
        (29, 40, "fewer than 30 customers were brought: too few to tell"),
        (40, 29, "fewer than 30 other customers of the same age: too few to tell"),
        (30, 30, None),
    ],
)
def test_few_customers_are_not_compared_and_the_row_says_so(brought, others, reason):
    found = found_of(*FOUNDERS, *people_of(2024, draw(brought, 100, seed=1), draw(others, 100, seed=2)))
    for year in ("2024", "all"):
        assert found[year]["reason"] == reason
        assert [found[year][name] is None for name in DIFFERENCE] == [reason is not None] * 4
        assert found[year]["average_clv_of_brought_low"] is not None


def test_fewer_than_five_customers_have_no_interval_and_the_row_says_so():
    found = found_of(
        *FOUNDERS, *people_of(2023, draw(4, 100, 1), draw(5, 100, 2)), *people_of(2024, [9.0] * 5, [7.0] * 4)
    )
    few, enough = found["2023"], found["2024"]
    assert (few["average_clv_of_brought_low"], few["average_clv_of_brought_high"]) == (None, None)
    assert few["average_clv_of_others_low"] < few["average_clv_of_others"] < few["average_clv_of_others_high"]
    assert few["reason"] == "fewer than 5 customers were brought: too few for an interval, or to tell"
    assert (enough["average_clv_of_brought_low"] < 9, enough["average_clv_of_others_low"]) == (True, None)
    assert enough["reason"].startswith("fewer than 30 customers were brought")


def test_a_year_without_others_is_not_in_the_whole():
    found = found_of(*FOUNDERS, *people_of(2023, [50.0] * 3, []), *people_of(2024, [10.0, 20.0], [5.0, 6.0]))
    assert {year: row["brought_customers_valued"] for year, row in found.items()} == {"2023": 3, "2024": 2, "all": 2}
    assert (found["2023"]["average_clv_of_brought"], found["2023"]["average_clv_of_others"]) == (50, None)


def test_seven_customers_who_happen_to_be_worth_the_same_vary_as_all_do():
    years = [*people_of(2024, [564.16] * 3, [10.0, 20.0]), *people_of(2025, [564.16] * 4, [10.0, 20.0])]
    whole = found_of(*FOUNDERS, *years)["all"]
    assert whole["average_clv_of_brought_low"] < 500 < 600 < whole["average_clv_of_brought_high"]


def test_where_years_weigh_unequally_the_reason_says_that_the_others_count_as_fewer_than_they_are():
    years = [*people_of(2024, draw(30, 100, 1), draw(12, 100, 2)), *people_of(2025, [1.0] * 5, draw(500, 100, 3))]
    whole = found_of(*FOUNDERS, *years)["all"]
    assert (whole["other_customers_valued"], whole["clv_over_others"]) == (512, None)
    assert whole["reason"] == (
        "most customers were brought in years with few others, which weigh most: the others count as fewer than 30, "
        "too few to tell"
    )


def test_a_year_with_one_other_customer_is_not_in_the_whole():
    found = found_of(*FOUNDERS, *people_of(2023, [50.0] * 3, [7.0]), *people_of(2024, [10.0, 20.0], [5.0, 6.0]))
    assert (found["2023"]["average_clv_of_others"], found["all"]["average_clv_of_others"]) == (7, 5.5)
    assert found["all"]["brought_customers_valued"] == 2


def test_prospects_of_whom_a_worth_is_predicted_are_left_out():
    people = [*FOUNDERS, *people_of(2024, [10.0], [5.0, 6.0]), ("hope", "founder", 2024, 900.0)]
    row = found_of(*people, prospects={"hope"})["2024"]
    assert (row["brought_customers_valued"], row["average_clv_of_brought"]) == (1, 10)
    assert (row["other_customers_valued"], row["average_clv_of_others"]) == (2, 5.5)


def test_subscribers_without_an_order_are_a_year_of_their_own_and_prospects_are_left_out():
    people = [
        *FOUNDERS,
        *people_of(None, [10.0], [20.0, 30.0]),
        ("hope", "founder", None, None),
        ("unknown", None, 2024, 9.0),
    ]
    found = found_of(*people)
    assert {*found} == {"never", "all"}
    assert (found["never"]["brought_customers_valued"], found["never"]["other_customers_valued"]) == (1, 2)


def test_where_nobody_was_brought_or_nothing_is_predicted_there_are_no_rows():
    assert found_of(*FOUNDERS) == {}
    assert "2024" in found_of(*FOUNDERS, *people_of(2024, [1.0], [2.0, 3.0]), predicted=False)


def test_where_customers_brought_are_like_the_others_few_companies_are_flagged():
    flagged = 0
    for seed in range(100):
        years = [
            people_of(year, draw(40, 100, 9 * seed + n), draw(160, 100, 7000 + 9 * seed + n))
            for n, year in enumerate((2023, 2024))
        ]
        flagged += (
            found_of(*FOUNDERS, *(each for year in years for each in year))["all"]["clv_over_others_p_value"] < 0.05
        )
    assert flagged <= 11  # 5 % of 100 are 5; more than 11 in less than one of a hundred trials
