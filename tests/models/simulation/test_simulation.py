from dataclasses import dataclass

import numpy as np
import pytest

from regulars.pipelines.models.beta_geo import BetaGeoModel
from regulars.pipelines.models.beta_geo_beta_binom import BetaGeoBetaBinomModel
from regulars.pipelines.models.gamma_gamma import GammaGammaModel
from regulars.pipelines.models.simulation import cells as cells_module
from regulars.pipelines.models.simulation import simulation as simulation_module
from regulars.pipelines.models.simulation.interval import Interval
from regulars.pipelines.models.simulation.simulation import (
    CustomerHistories,
    HorizonSimulation,
    Simulation,
    SimulationRequest,
    simulate_purchases,
)
from regulars.pipelines.models.simulation.simulation_plan import Lifetime

BUYING = {"r": 0.8, "alpha": 60.0, "a": 0.9, "b": 2.5}
SPENDING = {"p": 4.0, "q": 3.5, "gamma": 30.0}
YEAR = 365.0


@dataclass(frozen=True)
class Customers:
    frequency: np.ndarray
    recency: np.ndarray
    T: np.ndarray
    monetary_value: np.ndarray
    next_purchases: np.ndarray
    next_money: np.ndarray

    @property
    def history(self) -> tuple[np.ndarray, ...]:
        return self.frequency, self.recency, self.T, self.monetary_value


def simulated(customers: int, seed: int) -> Customers:
    """BG/NBD buyers with Gamma-Gamma spends: 2 to 30 months of history and the year after it."""
    rng = np.random.default_rng(seed)
    T = rng.integers(60, 900, customers).astype(float)
    rate, leaves = rng.gamma(BUYING["r"], 1 / BUYING["alpha"], customers), rng.beta(BUYING["a"], BUYING["b"], customers)
    frequency, later, recency, now = np.zeros((4, customers))
    active = np.arange(customers)
    while active.size:
        now[active] += rng.exponential(1 / rate[active])
        active = active[now[active] <= T[active] + YEAR]
        past = now[active] <= T[active]
        frequency[active] += past
        later[active] += ~past
        recency[active[past]] = now[active[past]]
        active = active[rng.random(active.size) >= leaves[active]]
    nu = rng.gamma(SPENDING["q"], 1 / SPENDING["gamma"], customers)
    paid, to_pay = (rng.standard_gamma(SPENDING["p"] * count) / nu for count in (frequency, later))
    return Customers(frequency, recency, T, paid / np.maximum(frequency, 1), later, to_pay)


def fitted(customers: Customers) -> tuple[BetaGeoModel, GammaGammaModel]:
    x, tx, T, mean = customers.history
    return BetaGeoModel.fit(x, tx, T), GammaGammaModel.fit(x, mean)


def published() -> tuple[BetaGeoModel, GammaGammaModel]:
    return BetaGeoModel.from_params(BUYING), GammaGammaModel.from_params(SPENDING)


def arrays(of: Simulation) -> np.ndarray:
    def each(horizon: HorizonSimulation) -> list[np.ndarray]:
        money = [horizon.money.low, horizon.money.high, horizon.money.probability] if horizon.money else []
        counts = horizon.purchases
        return [horizon.chance_of_nothing, counts.low, counts.high, counts.probability, *money]

    return np.array([each(horizon) for horizon in (*of.horizons, *([of.lifetime] if of.lifetime else []))])


def covered(interval: Interval, actual: np.ndarray) -> np.ndarray:
    return (interval.low <= actual) & (actual <= interval.high)


def simulate(dropout_model, spend_model, *history, rng, **asked) -> Simulation:
    return simulate_purchases(dropout_model, spend_model, CustomerHistories(*history), SimulationRequest(**asked), rng)


def by_decile(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    return np.array([part.mean() for part in np.array_split(values[np.argsort(of, kind="stable")], 10)])


def test_customers_actual_next_year_falls_inside_as_often_as_the_interval_says():
    customers = simulated(12_000, seed=22)
    buying, spending = fitted(customers)
    rng = np.random.default_rng(1)
    look = simulate(buying, spending, *customers.history, horizons=[YEAR], rng=rng, draws=300).horizons[0]
    assert look.chance_of_nothing.mean() == pytest.approx((customers.next_purchases == 0).mean(), abs=0.02)
    expected = buying.expected_purchases(YEAR)
    uncertain = look.chance_of_nothing < 0.8
    for interval, actual in ((look.purchases, customers.next_purchases), (look.money, customers.next_money)):
        inside = covered(interval, actual)
        assert inside.mean() == pytest.approx(interval.probability.mean(), abs=0.015)
        assert by_decile(inside, expected) == pytest.approx(by_decile(interval.probability, expected), abs=0.05)
        assert 0.78 < inside[uncertain].mean() < 0.83
    money_inside = covered(look.money, customers.next_money)[uncertain]
    deciles = by_decile(money_inside, (expected * spending.expected_spend())[uncertain])
    assert deciles.min() > 0.75
    assert deciles.max() < 0.85


def test_sixty_customers_are_enough_for_intervals_of_the_nominal_coverage():
    inside, nominal, money_inside = [], [], []
    for seed in range(8):
        customers = simulated(60, seed)
        look = simulate(
            *fitted(customers), *customers.history, horizons=[YEAR], rng=np.random.default_rng(seed), draws=300
        ).horizons[0]
        uncertain = look.chance_of_nothing < 0.8
        inside.append(covered(look.purchases, customers.next_purchases)[uncertain])
        nominal.append(look.purchases.probability[uncertain])
        money_inside.append(covered(look.money, customers.next_money)[uncertain])
    assert np.concatenate(inside).mean() == pytest.approx(np.concatenate(nominal).mean(), abs=0.05)
    assert 0.75 < np.concatenate(money_inside).mean() < 0.85


def test_the_same_seed_gives_the_same_intervals_whatever_the_order_of_customers():
    customers = simulated(300, seed=2)
    models, shuffled = fitted(customers), np.random.default_rng(9).permutation(300)
    lifetime = Lifetime(years=3, year=YEAR, annual_discount_rate=0.1)

    def look(order: np.ndarray) -> np.ndarray:
        history = [column[order] for column in customers.history]
        rng = np.random.default_rng(7)
        return arrays(simulate(*models, *history, rng=rng, lifetime=lifetime, draws=100))

    assert (look(np.arange(300))[:, :, shuffled] == look(shuffled)).all()


def test_customers_who_differ_in_recency_share_futures_but_not_the_chance_of_being_alive():
    rng, recency = np.random.default_rng(1), np.array([390.0, 320.0, 280.0])
    look = simulate(*published(), [6] * 3, recency, [400] * 3, [50.0] * 3, rng=rng, draws=4000)
    first = look.horizons[0]
    chance = 1 - published()[0].probability_of_purchase(YEAR, 6, recency, 400)
    assert first.chance_of_nothing == pytest.approx(chance, abs=0.02)
    assert (np.diff(first.purchases.high) < 0).all()
    assert (np.diff(first.money.high) < 0).all()


def test_money_is_that_of_futures_simulated_for_one_customer_alone():
    look = simulate(*published(), [3], [280], [300], [40.0], horizons=[YEAR], rng=np.random.default_rng(1), draws=8_000)
    buying, _ = published()
    rng, many = np.random.default_rng(8), 40_000
    bought = buying.draw_future(rng, np.full(many, 3.0), np.full(many, 300.0), [0, YEAR])[:, 0]
    bought = np.where(rng.random(many) < buying.p_alive(3, 280, 300), bought, 0)
    nu = rng.gamma(SPENDING["q"] + SPENDING["p"] * 3, 1 / (SPENDING["gamma"] + 120.0), many)
    money = rng.standard_gamma(SPENDING["p"] * bought) / nu
    assert look.horizons[0].chance_of_nothing[0] == pytest.approx((bought == 0).mean(), abs=0.01)
    assert look.horizons[0].money.low[0] == 0
    assert look.horizons[0].money.high[0] == pytest.approx(np.quantile(money, 0.8), rel=0.03)


def test_few_customers_leave_parameters_uncertain_and_intervals_wide():
    customers = simulated(40, seed=4)
    uncertain = fitted(customers)
    certain = BetaGeoModel.from_params(uncertain[0].params), GammaGammaModel.from_params(uncertain[1].params)
    best = np.argsort(uncertain[0].expected_purchases(YEAR))[-20:]
    widths = [
        arrays(simulate(*models, *customers.history, rng=np.random.default_rng(1), draws=2000))[1, 5, best].sum()
        for models in (uncertain, certain)
    ]
    assert widths[0] > 1.05 * widths[1]


class BuysOnceInEveryStep:
    """A customer who is alive buys once between any two edges."""

    def p_alive(self, frequency, recency, T):
        return np.ones(np.shape(frequency))

    def draw_params(self, rng, size):
        return np.ones((size, 1))

    def with_params(self, theta):
        return self

    def draw_future(self, rng, frequency, T, edges):
        return np.ones((len(frequency), len(edges) - 1), dtype=np.int64)


def test_a_lifetime_discounts_money_from_the_middle_of_each_year():
    always_seven = GammaGammaModel.from_params({"p": 1e9, "q": 1e9, "gamma": 7.0})
    look = simulate(
        BuysOnceInEveryStep(), always_seven, [0], [0], [10], [0.0],
        horizons=[2 * YEAR], lifetime=Lifetime(3, YEAR, 0.1), rng=np.random.default_rng(1), draws=50,
    )  # fmt: skip
    assert (look.horizons[0].purchases.low[0], look.horizons[0].purchases.high[0]) == (2, 2)
    assert look.horizons[0].money.high[0] == pytest.approx(14, rel=1e-3)
    assert (look.lifetime.length, look.lifetime.purchases.high[0]) == (3 * YEAR, 3)
    assert look.lifetime.money.low[0] == pytest.approx(7 * (1.1**-0.5 + 1.1**-1.5 + 1.1**-2.5), rel=1e-3)


def test_later_years_of_a_lifetime_are_put_together_without_losing_value():
    always_seven = GammaGammaModel.from_params({"p": 1e9, "q": 1e9, "gamma": 7.0})

    class BuysAtAPace(BuysOnceInEveryStep):
        """Once a year, however long the steps are."""

        def draw_future(self, rng, frequency, T, edges):
            return np.tile(np.diff(edges) / YEAR, (len(frequency), 1)).round().astype(np.int64)

    lifetime = Lifetime(10, YEAR, 0.1)
    look = simulate(
        BuysAtAPace(), always_seven, [0], [0], [10], [0.0],
        horizons=[YEAR, 3 * YEAR], lifetime=lifetime, rng=np.random.default_rng(1), draws=50,
    )  # fmt: skip
    assert look.lifetime.purchases.high[0] == 10
    assert look.horizons[1].money.high[0] == pytest.approx(21, rel=1e-3)
    value = sum(1.1 ** -(year - 0.5) for year in range(1, 11))
    assert look.lifetime.money.high[0] == pytest.approx(7 * value, rel=1e-3)
    assert lifetime.discount(0.5, 0.5) == 0
    assert lifetime.discount(3, 5) == pytest.approx((1.1**-3.5 + 1.1**-4.5) / 2)


def test_many_histories_are_told_apart_to_one_per_cent_of_their_age(monkeypatch):
    customers = simulated(400, seed=6)
    exact = arrays(simulate(*fitted(customers), *customers.history, rng=np.random.default_rng(1), draws=1000))
    monkeypatch.setattr(cells_module, "MOST_CELLS", 1)
    merged = arrays(simulate(*fitted(customers), *customers.history, rng=np.random.default_rng(1), draws=1000))
    assert merged[:, 0] == pytest.approx(exact[:, 0], abs=0.08)
    assert merged[:, 5].mean() == pytest.approx(exact[:, 5].mean(), rel=0.02)


def test_customers_are_read_a_few_cells_at_a_time(monkeypatch):
    customers = simulated(100, seed=6)
    monkeypatch.setattr(simulation_module, "DRAWS_AT_A_TIME", 2_000)
    look = arrays(simulate(*published(), *customers.history, rng=np.random.default_rng(1), draws=200))
    assert look.shape == (2, 7, 100)
    assert np.isfinite(look).all()
    chance = 1 - published()[0].probability_of_purchase(YEAR, *customers.history[:3])
    assert np.abs(look[0, 0] - chance).max() < 0.15


def test_money_is_left_out_without_a_model_of_spends():
    look = simulate(published()[0], None, [2], [100], [120], rng=np.random.default_rng(1))
    assert [horizon.money for horizon in look.horizons] == [None, None]
    assert look.lifetime is None
    assert [horizon.length for horizon in look.horizons] == [365, 1095]


def test_customers_who_may_buy_once_a_period_are_simulated_too():
    giving = BetaGeoBetaBinomModel.from_params({"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78})
    look = simulate(giving, None, [3, 0], [4, 0], [6, 6], horizons=[5], rng=np.random.default_rng(1), draws=5000)
    chance = 1 - giving.probability_of_purchase(5, [3, 0], [4, 0], 6)
    assert look.horizons[0].chance_of_nothing == pytest.approx(chance, abs=0.02)
    assert (look.horizons[0].purchases.high <= 5).all()


def test_nobody_has_an_empty_simulation():
    nobody = np.zeros(0)
    assert arrays(simulate(*published(), nobody, nobody, nobody, nobody, rng=np.random.default_rng(1))).shape == (
        2,
        7,
        0,
    )


def test_questions_that_make_no_sense_are_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="0 < probability < 1"):
        simulate(published()[0], None, [1], [1], [2], rng=rng, probability=80)
    with pytest.raises(ValueError, match="needs each customer's monetary_value"):
        simulate(*published(), [1], [1], [2], rng=rng)
    with pytest.raises(ValueError, match="recency is beyond T"):
        simulate(published()[0], None, [1], [3], [2], rng=rng)
