"""How far chance moves what customers of a group contribute, also where they differ by little of much."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars.pipelines.transforms.money.worth_intervals import find_intervals, list_sums


def find_contribution_ends(sales: list[float], customers: int) -> tuple[float, float]:
    """The ends of the contribution of a customer, at a margin of 1, of customers of whom these bought."""
    bought = pl.DataFrame({"net_sales_12m": sales, "sales_with_cost_12m": 0.0, "cost_12m": 0.0})
    rows = bought.select(list_sums()).with_columns(
        average_customers_12m=pl.lit(float(customers)), contribution_margin_rate=pl.lit(1.0)
    )
    (low, high), _ = find_intervals(rows, np.array([sum(sales) / customers]), np.array([0.8]))
    return low[0], high[0]


@pytest.mark.parametrize("silent", [0, 3])
@pytest.mark.parametrize("base", [0.0, 1e9])
def test_the_interval_is_that_of_customers_with_what_each_bought(base, silent):
    sales = [base + each for each in (1.0, 2.0, 2.0, 4.0, 7.0, 9.0)]
    found = find_contribution_ends(sales, len(sales) + silent)
    ends = stats.ttest_1samp([*sales, *[0.0] * silent], 0).confidence_interval(0.95)
    assert (found[0] - base, found[1] - base) == (pytest.approx(ends.low - base), pytest.approx(ends.high - base))


def test_customers_who_all_bought_for_the_same_are_no_chance():
    assert find_contribution_ends([564.16] * 3, 3) == (pytest.approx(564.16, rel=1e-14),) * 2
