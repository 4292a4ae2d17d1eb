"""A group's share of orders with a product ÷ the share expected of customers alike, with its interval and p-value.

Orders of one customer are alike, so that customers are the units of sampling: a share of orders is a ratio of two sums
over customers, and its variance is that between customers (the linearised ratio, Cochran 1977; of two groups of
clusters, Rao and Scott, Biometrics 48, 1992).

Put here: the maths, arrays in, arrays out. Keep out: the customers, orders and products (`transforms/products`), shares
of customers who each count once (`lift.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr  # type: ignore[import-untyped]

from regulars.pipelines.models.comparisons.significance import UPPER_END, find_t_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OrderSums:
    """Sums over the customers of a group, by kind of customer (k,), and by product and kind (n, k).

    Attributes:
        customers: (k,) customers with an order.
        orders: (k,) their orders.
        order_squares: (k,) the squares of each customer's orders.
        found: (n, k) orders with the product.
        found_squares: (n, k) the squares of each customer's orders with the product.
        found_times_orders: (n, k) each customer's orders with the product × the customer's orders.
    """

    customers: Floats
    orders: Floats
    order_squares: Floats
    found: Floats
    found_squares: Floats
    found_times_orders: Floats


@dataclass(frozen=True)
class ComparedShares:
    """Arrays (n,), one entry per product.

    Attributes:
        share: Orders of the group with the product / its orders.
        expected_share: What it would be if each kind of customer of the group bought as the others of its kind.
        ratio: share / expected_share; NaN where the others never bought it.
        low: The lower end of the 95 % interval of the ratio.
        high: The upper end.
        p_value: How likely so large a difference is, in either direction, if the ratio were 1.
        if_alike: How many orders of the group would hold it if both groups ordered alike, kind by kind.
        others_if_alike: The same of the others.
    """

    share: Floats
    expected_share: Floats
    ratio: Floats
    low: Floats
    high: Floats
    p_value: Floats
    if_alike: Floats
    others_if_alike: Floats


def compare_order_shares(group: OrderSums, others: OrderSums) -> ComparedShares:
    """Compare the shares of a group with those of others of the same kinds, weighed by the orders of the group.

    The interval is that of the logarithm, with half a buyer added to either side, so that no count is 0: where every
    customer has one order, the half case of `lift.py`. Degrees of freedom come from the effective number of customers
    (Kish), so that a few with many orders do not count as many. Customers of two kinds drew their orders (a skewed
    number) and their own taste (beta, with a correlation of 0.05 or 0.3 between the orders of one) 2,000 times each, 30
    to 400 in the group and 30 to 2,000 others, with shares of 3 to 40 % among these and ratios of 0.5, 1 and 2. Where
    30 of them and more bought the product, the interval held the true ratio in 93 to 98 %. Of 40 or 200 beside 4,000
    and ratios of 1, p was below 0.05 in 4 to 6 % where 5 orders of the group would hold it if both ordered alike
    (`if_alike`), and in up to 10 % where less than 1 would.

    Args:
        group: Every kind has customers.
        others: Every kind has two customers or more.
    """
    orders, other_orders = group.orders.sum(), others.orders.sum()
    weight = group.orders / others.orders
    rate = others.found / others.orders
    both = group.found + others.found
    if_alike = (both * (group.orders / (group.orders + others.orders))).sum(axis=1)
    found, expected = group.found.sum(axis=1), (others.found * weight).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(expected > 0, found / expected, np.nan)
    buyer = _size_of_a_buyer(group, others)
    scale = orders / other_orders
    own, other = found + buyer / 2, expected + scale * buyer / 2
    own_error = (_vary_group(group, own / other, rate) + buyer**2 / 2) / own**2
    other_error = (_vary_others(others, weight, rate) + (scale * buyer) ** 2 / 2) / other**2
    error = np.sqrt(own_error + other_error)
    degrees = (own_error + other_error) ** 2 / (
        own_error**2 / _count_degrees(group, np.ones_like(weight)) + other_error**2 / _count_degrees(others, weight)
    )
    middle, reach = np.log(own / other), find_t_quantile(degrees, UPPER_END) * error
    low, high = np.exp(middle - reach), np.exp(middle + reach)
    return ComparedShares(
        share=found / orders,
        expected_share=expected / orders,
        ratio=ratio,
        low=np.fmin(low, ratio),
        high=np.fmax(high, ratio),
        p_value=np.minimum(2 * stdtr(degrees, -np.abs(middle) / error), 1.0),
        if_alike=if_alike,
        others_if_alike=both.sum(axis=1) - if_alike,
    )


def _size_of_a_buyer(group: OrderSums, others: OrderSums) -> Floats:
    """How many orders with the product come from one customer at once, weighed by these orders; 1 where none."""
    squares = group.found_squares.sum(axis=1) + others.found_squares.sum(axis=1)
    found = group.found.sum(axis=1) + others.found.sum(axis=1)
    size: Floats = np.divide(squares, found, out=np.ones_like(found), where=found > 0)
    return size


def _vary_group(group: OrderSums, ratio: Floats, rate: Floats) -> Floats:
    """The variance of found − ratio × expected over the customers of the group, by product."""
    each = ratio[:, np.newaxis] * rate
    off = group.found_squares - 2 * each * group.found_times_orders + each**2 * group.order_squares
    customers = group.customers.sum()
    varies: Floats = np.maximum(off.sum(axis=1), 0.0) * customers / max(customers - 1, 1)
    return varies


def _vary_others(others: OrderSums, weight: Floats, rate: Floats) -> Floats:
    """The variance of what is expected, over the customers of the others, by product."""
    off = others.found_squares - 2 * rate * others.found_times_orders + rate**2 * others.order_squares
    corrected = np.maximum(off, 0.0) * others.customers / (others.customers - 1)
    varies: Floats = (weight**2 * corrected).sum(axis=1)
    return varies


def _count_degrees(sums: OrderSums, weight: Floats) -> float:
    """The effective number of customers less 1, at least 1."""
    effective = (weight * sums.orders).sum() ** 2 / (weight**2 * sums.order_squares).sum()
    return max(float(effective) - 1, 1.0)
