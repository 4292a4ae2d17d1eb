"""Shares of orders of two groups of customers: their ratio, interval and p-value, beside published ones and loops."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import t as student

from regulars.pipelines.models.comparisons.order_shares import ComparedShares, OrderSums, compare_order_shares
from regulars.pipelines.models.comparisons.significance import Z_95
from regulars.pipelines.models.matched_rates import Bootstrap, Observations, compare_matched

SURVIVED_UNTREATED = "13/13 12/12 9/9 9/9 8/8 8/8 12/13 11/12 9/10 9/10 8/9 11/13 4/5 5/7 7/10 7/10"
SURVIVED_TREATED = "12/12 11/11 10/10 9/9 10/11 9/10 9/10 8/9 8/9 4/5 7/9 4/7 5/10 3/6 3/10 0/7"
"""Pups of each litter that survived (Weil 1970), the first table of Rao and Scott (Biometrics 48, 1992)."""
DESIGN_EFFECTS = (1.232495, 3.952861)
"""How much the variance of either share is inflated, as the R package PF gives it for these litters."""


class Customers:
    """Customers one by one: their kind (c,), orders (c,), and orders with each product (n, c)."""

    def __init__(self, kind, orders, found):
        self.kind, self.orders = np.asarray(kind), np.asarray(orders, float)
        self.found = np.atleast_2d(np.asarray(found, float))

    def sum(self, kinds: int) -> OrderSums:
        by_kind = [self.kind == kind for kind in range(kinds)]
        one, two = (
            [np.array([(each * where).sum(axis=-1) for where in by_kind]).T for each in parts]
            for parts in (
                (np.ones_like(self.orders), self.orders, self.orders**2),
                (self.found, self.found**2, self.found * self.orders),
            )
        )
        return OrderSums(*one, *two)


def compare(group: Customers, others: Customers, kinds: int = 1) -> ComparedShares:
    return compare_order_shares(group.sum(kinds), others.sum(kinds))


def litters(text: str, times: int = 1) -> Customers:
    found, whole = zip(*(map(int, each.split("/")) for each in text.split() * times), strict=True)
    return Customers([0] * len(whole), whole, found)


def draw(rng, size: int, shares: tuple[float, float], alike: float, products: int = 1) -> Customers:
    """Customers of two kinds, whose own shares lie around that of their kind."""
    kind, orders = np.arange(size) % 2, 1 + rng.negative_binomial(0.8, 0.25, size)
    share, spread = np.array(shares)[kind], 1 / alike - 1
    own = rng.beta(share * spread, (1 - share) * spread, (products, size))
    return Customers(kind, orders, rng.binomial(orders, own))


def test_customers_with_one_order_are_compared_as_in_a_published_risk_ratio():
    """Heart attacks of 11,034 physicians on placebo and 11,037 on aspirin: 1.82, from 1.43 to 2.30 (Agresti 2002)."""
    groups = [
        OrderSums(*(np.array([float(size)]),) * 3, *(np.array([[float(found)]]),) * 3)
        for found, size in ((189, 11_034), (104, 11_037))
    ]
    found = compare_order_shares(*groups)
    assert (found.ratio[0], found.low[0], found.high[0]) == pytest.approx((1.818, 1.433, 2.306), abs=0.01)
    assert found.p_value[0] < 1e-5


def test_the_variance_is_that_of_rao_and_scott():
    times = 400  # of as many litters as these the half buyer and the t distribution are nothing
    texts = (SURVIVED_UNTREATED, SURVIVED_TREATED)
    found = compare(*(litters(text, times) for text in texts))
    variance = 0.0
    for text, effect in zip(texts, DESIGN_EFFECTS, strict=True):
        one = litters(text)
        share, pups = one.found.sum() / one.orders.sum(), one.orders.sum()
        variance += effect * (1 - share) / share / pups * (15 / 16) * (16 * times) / (16 * times - 1) / times
    assert np.log(found.high / found.low)[0] / 2 == pytest.approx(Z_95 * variance**0.5, rel=2e-3)
    assert found.ratio[0] == pytest.approx((142 / 158) / (112 / 145))


def test_sums_give_what_a_loop_over_customers_gives():
    rng = np.random.default_rng(5)
    for _ in range(20):
        group, others = (draw(rng, size, (0.3, 0.1), 0.3) for size in (40, 90))
        found = compare(group, others, 2)
        rate = [others.found[0][others.kind == k].sum() / others.orders[others.kind == k].sum() for k in (0, 1)]
        weight = [group.orders[group.kind == k].sum() / others.orders[others.kind == k].sum() for k in (0, 1)]
        expected = sum(rate[k] * m for k, m in zip(group.kind, group.orders, strict=True))
        with_it = group.found.sum()
        every = [*group.found[0], *others.found[0]]
        buyer = sum(each**2 for each in every) / sum(every)
        scale = group.orders.sum() / others.orders.sum()
        own, other = with_it + buyer / 2, expected + scale * buyer / 2
        rows = list(zip(group.kind, group.orders, group.found[0], strict=True))
        first = (sum((y - own / other * m * rate[k]) ** 2 for k, m, y in rows) * 40 / 39 + buyer**2 / 2) / own**2
        rows = list(zip(others.kind, others.orders, others.found[0], strict=True))
        second = sum((weight[k] * (y - m * rate[k])) ** 2 for k, m, y in rows) * 45 / 44
        second = (second + (scale * buyer) ** 2 / 2) / other**2
        kish = [
            group.orders.sum() ** 2 / (group.orders**2).sum(),
            sum(weight[k] * m for k, m, _ in rows) ** 2 / sum((weight[k] * m) ** 2 for k, m, _ in rows),
        ]
        degrees = (first + second) ** 2 / (first**2 / (kish[0] - 1) + second**2 / (kish[1] - 1))
        middle, error = np.log(own / other), (first + second) ** 0.5
        ends = [np.exp(middle + sign * student.ppf(0.975, degrees) * error) for sign in (-1, 1)]
        assert (found.low[0], found.high[0]) == pytest.approx(ends)
        assert found.p_value[0] == pytest.approx(2 * student.sf(abs(middle) / error, degrees))
        assert found.ratio[0] == pytest.approx(with_it / expected)


def test_ratio_and_interval_are_those_of_drawing_customers_anew():
    rng = np.random.default_rng(6)
    group, others = draw(rng, 200, (0.3, 0.1), 0.2), draw(rng, 280, (0.2, 0.1), 0.2)
    found = compare(group, others, 2)
    rows = [
        (level * 1000 + place, level, customers.kind[place], order < customers.found[0, place])
        for level, customers in ((1, group), (0, others))
        for place in range(len(customers.kind))
        for order in range(int(customers.orders[place]))
    ]
    observed = Observations(*(np.array(each) for each in zip(*rows, strict=True)))
    drawn = compare_matched(observed, levels=2, least_unexposed=1, bootstrap=Bootstrap(draws=1999, seed=1))
    assert (found.share[0], found.expected_share[0]) == pytest.approx((drawn.observed_rate[1], drawn.expected_rate[1]))
    assert found.ratio[0] == pytest.approx(drawn.ratio[1])
    assert (found.low[0], found.high[0]) == pytest.approx((drawn.ratio_low[1], drawn.ratio_high[1]), rel=0.06)


def test_orders_of_few_customers_tell_less_than_those_of_many():
    many = [Customers([0] * 400, [1] * 400, [1] * with_it + [0] * (400 - with_it)) for with_it in (160, 100)]
    few = [Customers([0] * 40, [10] * 40, [10] * with_it + [0] * (40 - with_it)) for with_it in (16, 10)]
    alone, alike = compare(*many), compare(*few)
    assert alone.ratio[0] == alike.ratio[0] == pytest.approx(1.6)
    assert alone.low[0] > 1.2
    assert alike.low[0] < 1
    assert alone.p_value[0] < 0.001 < 0.05 < alike.p_value[0]


def test_a_mix_of_kinds_is_no_preference():
    """Nine of ten of the group are of the kind that always buys it, one of ten of the others."""
    group = Customers([1] * 90 + [0] * 10, [2] * 100, [2] * 90 + [0] * 10)
    others = Customers([1] * 10 + [0] * 90, [2] * 100, [2] * 10 + [0] * 90)
    found = compare(group, others, 2)
    assert (found.share[0], found.expected_share[0], found.ratio[0]) == pytest.approx((0.9, 0.9, 1.0))
    assert found.p_value[0] > 0.5
    assert (
        compare(Customers([0] * 100, group.orders, group.found), Customers([0] * 100, others.orders, others.found)).low[
            0
        ]
        > 4
    )


def test_what_one_group_never_orders_has_an_interval():
    group, others = Customers([0] * 60, [3] * 60, [0] * 60), Customers([0] * 200, [3] * 200, [1, 0] * 100)
    never = compare(group, others)
    assert (never.ratio[0], never.low[0]) == (0, 0)
    assert never.high[0] < 0.5
    assert never.p_value[0] < 0.05
    alone = compare(others, group)
    assert np.isnan(alone.ratio[0])
    assert 1 < alone.low[0] < alone.high[0]
    nobody = compare(group, Customers([0] * 200, [3] * 200, [0] * 200))
    assert np.isnan(nobody.ratio[0])
    assert nobody.p_value[0] > 0.05


def test_orders_of_both_groups_are_pooled_kind_by_kind():
    group = Customers([0, 1, 1], [10, 5, 5], [2, 1, 3])
    others = Customers([0, 0, 1, 1], [10, 10, 10, 20], [1, 0, 6, 10])
    found = compare(group, others, 2)
    assert found.if_alike[0] == pytest.approx(10 * 3 / 30 + 10 * 20 / 40)
    assert found.others_if_alike[0] == pytest.approx(20 * 3 / 30 + 30 * 20 / 40)


def test_more_of_the_same_tells_more():
    widths = []
    for times in (1, 2, 8):
        found = compare(litters(SURVIVED_UNTREATED, times), litters(SURVIVED_TREATED, times))
        assert (found.p_value[0] < 0.05) == (found.low[0] > 1)
        widths.append(found.high[0] / found.low[0])
    assert all(later < earlier for earlier, later in pairwise(widths))


@pytest.mark.parametrize(("size", "other_size", "alike"), [(40, 100, 0.05), (70, 150, 0.3), (400, 1000, 0.3)])
def test_the_interval_holds_the_true_ratio_in_about_95_of_100_samples(size, other_size, alike):
    rng = np.random.default_rng(7)
    held = []
    for _ in range(8):
        group, others = (
            draw(rng, n, shares, alike, 250) for n, shares in ((size, (0.4, 0.2)), (other_size, (0.2, 0.1)))
        )
        found = compare(group, others, 2)
        held += [*((found.low <= 2) & (found.high >= 2))]
    assert 0.93 <= np.mean(held) <= 0.98
