"""Prediction intervals of each customer's purchases and money, by simulation, for all customers at once.

Put here: simulated futures of customers who share a history, and the intervals of each customer read from them.
Keep out: expected values, which the models give exactly; how an interval is read from draws (`interval.py`).

Two facts make the simulation of a million customers cheap. What a customer who is alive does next depends on frequency
and T only, not on recency. The money of N purchases, given the history, is (gamma + money spent so far) times a ratio
that depends on frequency and N only: Gamma(p N) / Gamma(q + p frequency). So futures are simulated once per distinct
(frequency, T), each with newly drawn parameters; recency and money enter when a customer's interval is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.gamma_gamma import GammaGammaModel, read_spends
from regulars.pipelines.models.simulation.cells import Cells, iterate_cells, order_cells
from regulars.pipelines.models.simulation.interval import Interval, Mixture
from regulars.pipelines.models.simulation.simulation_plan import Lifetime, Plan

FUTURES, MOST_DRAWS, LEAST_DRAWS = 2_000_000, 500, 250
"""Futures in total, and the most and least per (frequency, T). With 250 draws the coverage of a single interval is off
by two percentage points, and by none on average."""
CHANCES, MOST_ALIVE_DRAWS = 2_000_000, 100
"""Evaluations of P(alive) in total, and the most per customer; above a million customers there is one each."""
DRAWS_AT_A_TIME = 2_000_000
"""Simulated futures held at once, which bounds the memory."""


class FutureModel(Protocol):
    """What a simulation asks of a dropout model; see `DropoutModel`, `BetaGeoBetaBinomModel`."""

    def p_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, /) -> FloatArray: ...  # noqa: D102

    def draw_params(self, rng: np.random.Generator, size: int, /) -> FloatArray: ...  # noqa: D102

    def with_params(self, theta: ArrayLike, /) -> Self: ...  # noqa: D102

    def draw_future(  # noqa: D102
        self, rng: np.random.Generator, frequency: ArrayLike, T: ArrayLike, edges: ArrayLike, /
    ) -> NDArray[np.int64]: ...


@dataclass(frozen=True)
class HorizonSimulation:
    """Simulated results of n customers within one horizon; arrays (n,), in the order of the customers.

    Attributes:
        length: The length of the horizon, in the unit of T.
        chance_of_nothing: The probability of no purchase.
        purchases: The number of purchases.
        money: Their sum of money, discounted over a lifetime; None without a spend model.
    """

    length: float
    chance_of_nothing: FloatArray
    purchases: Interval
    money: Interval | None


@dataclass(frozen=True)
class CustomerHistories:
    """The histories of n customers, each column (n,), in one unit of time.

    Attributes:
        frequency: Repeat purchases, or periods with a purchase for BG/BB.
        recency: Time of the last purchase since the first.
        T: Time since the first purchase.
        monetary_value: Mean spend of a repeat purchase, ignored where frequency is 0; only needed for money.
    """

    frequency: ArrayLike
    recency: ArrayLike
    T: ArrayLike
    monetary_value: ArrayLike | None = None


@dataclass(frozen=True)
class SimulationRequest:
    """How far ahead customers are simulated, and how precisely.

    Attributes:
        horizons: Lengths of time after T, finite and above 0.
        lifetime: Adds a lifetime; its money is discounted from the middle of each year.
        probability: The probability that each interval aims for, between 0 and 1.
        draws: Simulated futures of each (frequency, T), at least 2; None: as many as `FUTURES` allow.

    Raises:
        ValueError: One of them is out of range.
    """

    horizons: Sequence[float] = (365.0, 1095.0)
    lifetime: Lifetime | None = None
    probability: float = 0.8
    draws: int | None = None

    def __post_init__(self) -> None:
        """Reject values out of range."""
        horizons_make_sense = all(0 < horizon < np.inf for horizon in self.horizons)
        if not 0 < self.probability < 1 or self.draws in (0, 1) or not horizons_make_sense:
            raise ValueError("a simulation needs 0 < probability < 1, two draws or more, and finite horizons above 0")


@dataclass(frozen=True)
class Aim:
    """The probabilities that intervals aim for, each between 0 and 1."""

    purchases: float
    money: float


@dataclass(frozen=True)
class Simulation:
    """One entry per requested horizon, and one for the lifetime where it was requested."""

    horizons: tuple[HorizonSimulation, ...]
    lifetime: HorizonSimulation | None


def simulate_purchases(
    dropout_model: FutureModel,
    spend_model: GammaGammaModel | None,
    customers: CustomerHistories,
    asked: SimulationRequest,
    rng: np.random.Generator,
) -> Simulation:
    """Simulate every customer's future purchases and money; returns intervals that include parameter uncertainty.

    Args:
        dropout_model: A fitted model; its parameters are drawn from their distribution for every simulated future.
        spend_model: A fitted model, drawn likewise; None leaves money out.
        customers: The customers to simulate; their order does not matter.
        asked: How far ahead, and how precisely.
        rng: The source of randomness.

    Raises:
        ValueError: A history is impossible (names the row), or money is asked for without a monetary_value.
    """
    aim = Aim(asked.probability, asked.probability)
    [simulation] = simulate_at_aims(dropout_model, spend_model, customers, asked, [aim], rng)
    return simulation


def simulate_at_aims(
    dropout_model: FutureModel,
    spend_model: GammaGammaModel | None,
    customers: CustomerHistories,
    asked: SimulationRequest,
    aims: Sequence[Aim],
    rng: np.random.Generator,
) -> list[Simulation]:
    """Read the intervals of one simulation at several probabilities, one result per aim; see `simulate_purchases`."""
    x, mean = read_spends(customers.frequency, 0.0 if customers.monetary_value is None else customers.monetary_value)
    if spend_model is not None and customers.monetary_value is None:
        raise ValueError("money needs each customer's monetary_value")
    spent, end = x * mean, np.asarray(customers.T, dtype=np.float64)
    alive = _average_p_alive(dropout_model, x, customers.recency, end, rng)
    plan = Plan.from_horizons(asked.horizons, asked.lifetime)
    order, first = order_cells(x, end, spent)
    draws = asked.draws or min(MOST_DRAWS, max(LEAST_DRAWS, FUTURES // max(1, first.size)))
    futures = _Futures.draw(dropout_model, spend_model, plan, rng, draws)
    results = [[_Columns.make_empty(x.size, spend_model is not None) for _ in plan.lengths] for _ in aims]
    at_a_time = max(1, DRAWS_AT_A_TIME // (draws * len(plan.lengths)))
    for cells in iterate_cells(x[order], end[order], spent[order], order, first, at_a_time):
        purchases, ratios = futures.simulate(rng, cells)
        for place, (counts, ratio) in enumerate(zip(purchases, ratios, strict=True)):
            number = Mixture.from_draws(counts, cells.cell, alive[cells.customers])
            for aim, columns in zip(aims, results, strict=True):
                columns[place].read_counts(number, cells, aim.purchases)
            if spend_model is not None:
                amount = Mixture.from_draws(ratio, cells.cell, alive[cells.customers])
                scale = spend_model.params["gamma"] + spent[cells.customers]
                for aim, columns in zip(aims, results, strict=True):
                    columns[place].read_money(amount, scale, cells, aim.money)
    return [_summarise(columns, plan, asked) for columns in results]


def _average_p_alive(
    model: FutureModel, frequency: FloatArray, recency: ArrayLike, T: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Average P(alive), (n,), over drawn parameters; of very many customers, evaluate it at the estimates once."""
    draws = min(MOST_ALIVE_DRAWS, CHANCES // max(1, frequency.size))
    models = [model.with_params(theta) for theta in model.draw_params(rng, draws)] if draws > 1 else [model]
    total = np.zeros(frequency.size)
    for each in models:
        total += each.p_alive(frequency, recency, T)
    return total / len(models)


@dataclass(frozen=True)
class _Futures:
    """Models at drawn parameters, one per future, and the plan to simulate with them."""

    buying: list[FutureModel]
    spending: FloatArray | None
    gamma: float
    plan: Plan

    @classmethod
    def draw(
        cls,
        dropout_model: FutureModel,
        spend_model: GammaGammaModel | None,
        plan: Plan,
        rng: np.random.Generator,
        draws: int,
    ) -> Self:
        buying = [dropout_model.with_params(theta) for theta in dropout_model.draw_params(rng, draws)]
        if spend_model is None:
            return cls(buying, None, 1.0, plan)
        return cls(buying, spend_model.draw_params(rng, draws), spend_model.params["gamma"], plan)

    def simulate(self, rng: np.random.Generator, cells: Cells) -> tuple[FloatArray, FloatArray]:
        """Simulate the purchases of customers who are alive, and their money divided by (gamma + money spent so far).

        Returns:
            Two arrays (results, c, draws); the second is empty without a spend model.
        """
        shape = (len(self.plan.lengths), cells.frequency.size, len(self.buying))
        purchases, ratios = np.empty(shape), np.empty(shape if self.spending is not None else (shape[0], 0, 0))
        for draw, model in enumerate(self.buying):
            bought = model.draw_future(rng, cells.frequency, cells.T, self.plan.edges)
            purchases[:, :, draw] = (bought @ self.plan.counts).T
            if self.spending is not None:
                p, q, gamma = self.spending[draw]
                amounts = self._draw_amounts(rng, bought, p)
                rate = rng.standard_gamma(q + p * cells.frequency)
                # gamma + spent depends on the drawn gamma too; the mean customer of the cell stands for all of them
                at_these = (gamma + cells.spent) / (self.gamma + cells.spent)
                ratios[:, :, draw] = (amounts * (at_these / rate)[:, np.newaxis]).T
        return purchases, ratios

    def _draw_amounts(self, rng: np.random.Generator, bought: NDArray[np.int64], p: float) -> FloatArray:
        """Draw the money of purchases (c, m) in each result, (c, results), before each customer's own scale.

        Steps that count in the same results are drawn as one sum, at the average value of their purchases: a lifetime
        of ten years then costs little more than its first three.
        """
        grouped = bought @ self.plan.groups
        drawn = rng.standard_gamma(p * grouped) / np.maximum(grouped, 1.0)
        found = np.zeros((len(bought), len(self.plan.lengths)))
        for group, steps in enumerate(self.plan.groups.T):
            found += drawn[:, group, np.newaxis] * (bought @ (steps[:, np.newaxis] * self.plan.values))
        return found


@dataclass(frozen=True)
class _Columns:
    """The results of one horizon, filled cell by cell: (7, n)."""

    values: FloatArray
    has_money: bool

    @classmethod
    def make_empty(cls, customers: int, has_money: bool) -> Self:
        return cls(np.empty((7, customers)), has_money)

    def read_counts(self, mixture: Mixture, cells: Cells, probability: float) -> None:
        counts = mixture.compute_count_interval(probability)
        self.values[:4, cells.customers] = mixture.chance_of_zero, counts.low, counts.high, counts.probability

    def read_money(self, mixture: Mixture, scale: FloatArray, cells: Cells, probability: float) -> None:
        money = mixture.compute_money_interval(probability)
        self.values[4:, cells.customers] = money.low * scale, money.high * scale, money.probability

    def summarise(self, length: float) -> HorizonSimulation:
        nothing, low, high, held, *money = self.values
        return HorizonSimulation(
            length, nothing, Interval(low, high, held), Interval(*money) if self.has_money else None
        )


def _summarise(columns: list[_Columns], plan: Plan, asked: SimulationRequest) -> Simulation:
    simulated = [column.summarise(length) for column, length in zip(columns, plan.lengths, strict=True)]
    return Simulation(tuple(simulated[: len(asked.horizons)]), simulated[-1] if asked.lifetime else None)
