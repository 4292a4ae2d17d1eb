"""How much of the revenue of a year ago is retained: sums of which no digit is lost."""

from fractions import Fraction

import polars as pl
import pytest

from regulars.pipelines.transforms.subscriptions.revenue_retention import _bound_rate, _sum_deviations


def sum_months(before: list[int], now: list[int]) -> pl.DataFrame:
    """One month with what each customer paid before and pays now."""
    sums = {
        "base_customers_12m": len(before),
        "base_mrr_12m": sum(before),
        "current_mrr_12m": sum(now),
        "base_squares": sum(each**2 for each in before),
        "current_squares": sum(each**2 for each in now),
        "current_products": sum(had * has for had, has in zip(before, now, strict=True)),
    }
    return pl.DataFrame(
        {name: pl.Series([value], dtype=pl.Int128 if value > 2**62 else pl.Int64) for name, value in sums.items()}
    )


def test_of_large_amounts_that_hardly_change_the_last_cent_is_seen():
    before = [10_000_000_000 + 7 * each for each in range(50)]
    now = [each + number % 3 for number, each in enumerate(before)]
    ratio = Fraction(sum(now), sum(before))
    off = [has - ratio * had for had, has in zip(before, now, strict=True)]
    found = [each[0] for each in _sum_deviations(sum_months(before, now), "current")]
    leaning = sum(each * had for each, had in zip(off, before, strict=True))
    assert found == pytest.approx([float(sum(each**2 for each in off)), float(leaning)], rel=1e-12)


def test_without_revenue_before_nothing_lies_off():
    found = _sum_deviations(sum_months([0], [0]), "current")
    assert [str(each[0]) for each in found] == ["nan", "nan"]
    assert [each.to_list() for each in _bound_rate(sum_months([0], [0]), "net", "current", None)] == [[None], [None]]
