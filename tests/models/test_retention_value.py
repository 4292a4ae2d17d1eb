"""Arithmetic of a constant retention rate, against worked examples and sums written out by hand."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars.pipelines.models.retention_value import (
    combine_ends,
    compute_clv_before_cost,
    compute_expected_years,
    find_payback_month,
    raise_retention,
    sum_contribution_by_month,
    sum_years_kept,
)
from regulars.pipelines.transforms.rates import name_bounds

CLV = {0.60: 220.00, 0.75: 314.29, 0.80: 366.67, 0.85: 440.00, 0.90: 550.00}
"""Retention -> CLV before cost of a contribution of 100 a year, discounted at 10 %."""

GAINS = {
    0.60: (1946, 3950, 10332, 0.187, 0.1245, 0.14),
    0.75: (3027, 6142, 16048, 0.175, 0.1169, 0.25),
    0.90: (4635, 9399, 24503, 0.166, 0.1108, 1.00),
}
"""Retention -> gain of +1, +2, +5 points of 1,000 customers at 100 a year and a margin of 40 %, five years; then of +5
its share of the contribution, the cost cut of equal effect, the growth of customer years."""


@pytest.mark.parametrize(("retention", "clv"), CLV.items())
def test_clv_before_cost_is_the_worked_one(retention, clv):
    assert float(compute_clv_before_cost(100, retention, 0.1)) == pytest.approx(clv, abs=0.005)


def test_years_without_a_discount():
    assert compute_expected_years([0.75, 0.80, 0.85, 0.90]) == pytest.approx([4, 5, 20 / 3, 10])
    assert compute_clv_before_cost(1, [0.75, 0.9], 0) == pytest.approx([4, 10])


@pytest.mark.parametrize(("retention", "gains"), GAINS.items())
def test_points_of_retention_are_worth_what_the_table_says(retention, gains):
    m, customers, years = 40, 1000, 5
    raised = raise_retention(retention, [1, 2, 5])
    found = customers * m * (sum_years_kept(raised, years) - sum_years_kept(retention, years))
    assert found == pytest.approx(gains[:3], abs=0.5)
    kept = float(sum_years_kept(retention, years))
    assert found[2] / (customers * m * kept) == pytest.approx(gains[3], abs=0.0005)
    assert found[2] / (customers * 60 * kept) == pytest.approx(gains[4], abs=0.00005)
    assert (1 - retention) / (1 - raised[2]) - 1 == pytest.approx(gains[5], abs=0.005)


def test_two_points_at_three_quarters_are_worth_a_cost_cut_of_four_and_a_half_percent():
    gain = sum_years_kept(0.77, 5) - sum_years_kept(0.75, 5)
    assert float(gain * 40 / (60 * sum_years_kept(0.75, 5))) == pytest.approx(0.0447, abs=0.00005)


def test_retention_is_never_raised_above_the_cap_nor_lowered():
    assert raise_retention([0.98, 0.5, 0.995], 5) == pytest.approx([0.99, 0.55, 0.995])


def test_fifty_spent_on_forty_a_year_come_back_in_month_18():
    assert find_payback_month([40], [0.8], [50]).tolist() == [18]
    total, month = 0.0, 0
    while total < 50:
        month += 1
        total += 40 / 12 * 0.8 ** (month / 12)
    assert month == 18
    assert sum_contribution_by_month(40, 0.8, 18)[-1] == pytest.approx(total)


def test_payback_is_none_where_it_never_comes_and_at_once_where_nothing_was_paid():
    found = find_payback_month([40, 40, -1, np.nan], [0.5, 0.5, 0.9, 0.9], [1000, 0, 5, 5])
    assert np.isnan(found[[0, 2, 3]]).all()
    assert found[1] == 0


def test_the_end_of_a_product_is_not_as_far_out_as_both_ends_at_once():
    low, high = combine_ends(np.array([0.8]), np.array([0.5])), combine_ends(np.array([1.25]), np.array([2.0]))
    assert low[0] == pytest.approx(np.exp(-np.hypot(np.log(0.8), np.log(0.5))))
    assert 0.8 * 0.5 < low[0] < 0.5
    assert high[0] == pytest.approx(1 / low[0])
    assert combine_ends(np.array([0.0]), np.array([0.9]))[0] == 0
    assert combine_ends(np.array([1.0]), np.array([1.0]))[0] == 1
    assert combine_ends(np.array([1.0]), np.array([1.25]))[0] == pytest.approx(1.25)  # one factor is certain
    assert combine_ends(np.array([1.0]), np.array([0.8]))[0] == pytest.approx(0.8)


@pytest.mark.parametrize(("customers", "spread", "least"), [(30, 0.5, 0.93), (100, 1.0, 0.92), (1000, 1.0, 0.94)])
def test_the_interval_of_the_worth_holds_the_true_one_as_often_as_it_claims(customers, spread, least):
    rng = np.random.default_rng(3)
    brought = np.exp(rng.normal(0, spread, (4000, customers)))
    kept = rng.binomial(customers, 0.75, 4000) / customers
    mean, error = brought.mean(1), brought.std(1, ddof=1) / customers**0.5
    stays = pl.DataFrame({"kept": kept}).select(**name_bounds("kept", pl.lit(customers))).to_numpy()
    worth = compute_clv_before_cost(mean, kept, 0.1)
    reach = stats.t.ppf(0.975, customers - 1) * error
    low, high = (
        worth * combine_ends((mean + sign * reach).clip(0) / mean, compute_clv_before_cost(mean, stay, 0.1) / worth)
        for sign, stay in ((-1, stays[:, 0]), (1, stays[:, 1]))
    )
    truth = compute_clv_before_cost(np.exp(spread**2 / 2), 0.75, 0.1)
    assert least < ((low <= truth) & (truth <= high)).mean() < 0.975
