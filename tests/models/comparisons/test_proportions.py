"""Shares of two groups: their difference, its interval, and how often chance alone alarms."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from regulars.pipelines.models.comparisons.proportions import compare_proportions
from regulars.pipelines.transforms.false_discovery import is_significant
from regulars.pipelines.transforms.others import count_others


def test_the_interval_is_that_of_one_more_case_of_either_kind_in_each_group():
    # 3 of 40 and 12 of 100: shares 4/42 and 13/102, standard error 0.056052
    difference, low, high, p = (float(each) for each in compare_proportions(*map(np.float64, (3, 40, 12, 100))))
    assert difference == pytest.approx(3 / 40 - 12 / 100)
    assert (low, high) == pytest.approx((-0.142074, 0.077648), abs=1e-6)
    assert p == pytest.approx(0.565, abs=1e-3)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("size", [30, 50, 200])
@pytest.mark.parametrize("others", [30, 100_000])
def test_of_equal_shares_at_most_65_of_1000_differ(share, size, others):
    """Every outcome of both groups counted with its chance; a group of 100,000 is as in truth."""
    found, other = np.arange(size + 1), np.arange(others + 1) if others < 1000 else np.array([share * others])
    chances = binom.pmf(found, size, share)[:, None] * (binom.pmf(other, others, share) if others < 1000 else 1)
    arrays = np.broadcast_arrays(*np.meshgrid(found.astype(float), other.astype(float), indexing="ij"))
    *_, p = compare_proportions(arrays[0], np.full_like(arrays[0], size), arrays[1], np.full_like(arrays[1], others))
    assert chances[p < 0.05].sum() < 0.066


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_where_no_value_differs_about_one_month_of_ten_has_a_flag(share):
    rng, months, values = np.random.default_rng(17), 800, 5
    found = pl.DataFrame(
        {
            "month": np.repeat(np.arange(months), values),
            "dimension": "region",
            "size": np.tile([40, 60, 100, 200, 400], months),
        }
    )
    found = found.with_columns(gone=pl.Series(rng.binomial(found["size"].to_numpy(), share)))
    beside = found.with_columns(**count_others(["gone", "size"], "month", "dimension"))
    numbers = (
        beside[name].cast(pl.Float64).to_numpy() for name in ("gone", "size", "gone_of_others", "size_of_others")
    )
    *_, p = compare_proportions(*numbers)
    flags = beside.with_columns(p=p).with_columns(stands=is_significant("p", "month", "dimension"))
    assert 0.04 < flags.group_by("month").agg(pl.col("stands").any())["stands"].mean() < 0.125
    assert 0.02 < (p < 0.05).mean() < 0.06
