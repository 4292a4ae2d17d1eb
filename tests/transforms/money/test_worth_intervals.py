"""How far chance moves what customers of a group contribute, also where they differ by little of much."""

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.comparisons.skewed_means import Group, Shape
from regulars.pipelines.transforms.money.worth_intervals import find_intervals, find_shape, list_sums


def list_buyers(sales: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"net_sales_12m": sales, "sales_with_cost_12m": 0.0, "cost_12m": 0.0})


def find_contribution_ends(sales: list[float], customers: int) -> tuple[float, float]:
    """The ends of the contribution of a customer, at a margin of 1, of customers of whom these bought."""
    bought = list_buyers(np.array(sales))
    rows = bought.select(list_sums()).with_columns(
        average_customers_12m=pl.lit(float(customers)), contribution_margin_rate=pl.lit(1.0)
    )
    shape = find_shape(bought, float(customers))
    (low, high), _ = find_intervals(rows, np.array([sum(sales) / customers]), np.array([0.8]), shape)
    return low[0], high[0]


@pytest.mark.parametrize("silent", [0, 3])
@pytest.mark.parametrize("base", [0.0, 1e9])
def test_the_interval_is_that_of_customers_with_what_each_bought(base, silent):
    sales = [base + each for each in (1.0, 2.0, 2.0, 4.0, 7.0, 9.0)]
    found = find_contribution_ends(sales, len(sales) + silent)
    everybody = np.array([*sales, *[0.0] * silent])
    moments = ([each] for each in (everybody.mean(), everybody.var(ddof=1), float(len(everybody))))
    ends = [each[0] for each in Shape(everybody).bound_means(Group(*np.array(list(moments))))]
    assert [found[0] - base, found[1] - base] == pytest.approx([ends[0] - base, ends[1] - base])


def test_customers_who_all_bought_for_the_same_are_no_chance():
    assert find_contribution_ends([564.16] * 5, 5) == (pytest.approx(564.16, rel=1e-14),) * 2


def test_fewer_than_five_customers_have_no_interval():
    assert np.isnan(find_contribution_ends([5.0, 7.0, 2.0, 9.0], 4)).all()
    assert not np.isnan(find_contribution_ends([5.0, 7.0, 2.0, 9.0], 5)).any()


@pytest.mark.parametrize("customers", [5, 30, 150])
def test_the_interval_of_a_group_holds_what_its_customers_bring_as_often_as_it_says(customers):
    rng = np.random.default_rng(customers)
    year = np.exp(rng.normal(4, 1.2, 1000)) * (rng.random(1000) < 0.7)
    draws = (rng.choice(year, customers, replace=False) for _ in range(400))
    groups = pl.concat(list_buyers(drawn[drawn > 0]).select(list_sums()) for drawn in draws).with_columns(
        average_customers_12m=pl.lit(float(customers)), contribution_margin_rate=pl.lit(0.5)
    )
    mean = groups["net_sales_12m"].to_numpy() / customers / 2
    (low, high), _ = find_intervals(groups, mean, np.full(400, 0.8), find_shape(list_buyers(year[year > 0]), 1000.0))
    assert ((low <= year.mean() / 2) & (year.mean() / 2 <= high)).mean() >= 0.93
