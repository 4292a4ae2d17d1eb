import numpy as np
import pytest
from scipy.stats import expon

from regulars.pipelines.models.simulation.interval import Interval, Mixture


def mixture(draws: list[float], *alive: float) -> Mixture:
    """Customers of one cell with these simulated amounts, each with a chance of being alive."""
    return Mixture.from_draws(np.array([draws], dtype=float), np.zeros(len(alive), dtype=np.int64), np.array(alive))


def chance_inside(draws: list[int], alive: float, low: float, high: float) -> float:
    inside = np.mean([low <= count <= high for count in draws])
    return (1 - alive) * (low <= 0) + alive * float(inside)


def ends(interval: Interval) -> list[tuple[float, float, float]]:
    return [
        (float(low), float(high), round(float(probability), 6))
        for low, high, probability in zip(interval.low, interval.high, interval.probability, strict=True)
    ]


def test_a_customer_who_is_hardly_alive_gets_nothing_and_the_interval_says_how_sure_it_is():
    assert ends(mixture([1, 2, 3, 4], 0.1).compute_count_interval(0.8)) == [(0, 0, 0.9)]
    assert ends(mixture([1.5, 2, 3, 4], 0.1).compute_money_interval(0.8)) == [(0, 0, 0.9)]


def test_with_much_chance_at_zero_the_interval_starts_there_and_holds_what_was_asked_for():
    amounts = expon.ppf((np.arange(4000) + 0.5) / 4000)
    interval = mixture(amounts, 0.5).compute_money_interval(0.8)
    # 0.5 at zero, so 0.3 of the 0.5 above it: the 60 % point of the exponential
    assert (interval.low[0], interval.probability[0]) == (0, 0.8)
    assert interval.high[0] == pytest.approx(expon.ppf(0.6), rel=1e-3)


def test_with_little_chance_at_zero_the_interval_is_central():
    amounts = expon.ppf((np.arange(4000) + 0.5) / 4000)
    interval = mixture(amounts, 0.95).compute_money_interval(0.8)
    assert interval.low[0] == pytest.approx(expon.ppf(0.05 / 0.95), rel=1e-2)
    assert interval.high[0] == pytest.approx(expon.ppf(0.85 / 0.95), rel=1e-3)
    assert interval.probability[0] == 0.8


def test_an_amount_between_two_draws_is_interpolated():
    # a quarter of the middle: 0.375 and 0.625 of two draws lie a quarter of the way in from each
    assert ends(mixture([10, 20], 1.0).compute_money_interval(0.25)) == [(12.5, 17.5, 0.25)]


def test_zeros_among_the_draws_count_as_zero_too():
    both = mixture([0, 0, 5, 6], 0.8)
    assert both.chance_of_zero[0] == pytest.approx(0.6)
    assert ends(mixture([0, 0, 0, 6], 0.8).compute_money_interval(0.8)) == [(0, 0, 0.8)]


def test_counts_end_where_they_come_nearest():
    draws = [1] * 50 + [2] * 30 + [3] * 20
    # alive 0.9: up to 1 is 0.55, up to 2 is 0.82, up to 3 is 1
    assert ends(mixture(draws, 0.89).compute_count_interval(0.8)) == [(0, 2, 0.822)]
    # alive for sure: from 1; up to 2 is 0.8 and up to 3 is 1, the central interval ends at 0.9
    assert ends(mixture(draws, 1.0).compute_count_interval(0.79))[0][0] == 1
    # 0.05 below: nearer to nothing below the least of four draws than to one of them
    assert ends(mixture([1, 2, 3, 4], 1.0).compute_count_interval(0.9)) == [(1, 4, 1)]


@pytest.mark.parametrize("alive", [1e-320, 1e-9, 0.05, 0.3, 0.77, 0.9, 0.95, 1.0])
@pytest.mark.parametrize("rate", [0.05, 0.6, 4.0, 300.0])
def test_an_interval_of_counts_holds_what_it_claims_and_no_other_end_is_nearer(alive, rate):
    draws = np.random.default_rng(3).poisson(rate, 500).tolist()
    ((low, high, nominal),) = ends(mixture(draws, alive).compute_count_interval(0.8))
    assert nominal == pytest.approx(chance_inside(draws, alive, low, high), abs=1e-6)
    assert 0 <= low <= high
    target = 0.8 if low == 0 else 0.9
    others = [abs(chance_inside(draws, alive, 0, other) - target) for other in range(int(high) + 60)]
    assert abs(chance_inside(draws, alive, 0, high) - target) == pytest.approx(min(others), abs=1e-9)


def test_each_customer_reads_the_draws_of_the_own_cell():
    cells = Mixture.from_draws(np.array([[3.0, 1.0, 2.0], [30.0, 10.0, 20.0]]), np.array([1, 0]), np.array([1.0, 1.0]))
    assert cells.compute_money_interval(0.5).high[0] == pytest.approx(10 * cells.compute_money_interval(0.5).high[1])
