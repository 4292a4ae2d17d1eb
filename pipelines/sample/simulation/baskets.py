"""What is in each order of the sample company: lines whose sum is the order's gross sales to the cent.

Put here: choosing products. Keep out: how much an order is worth (`purchases.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.sample.simulation import catalogue as c

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ITEMS = (*c.PRODUCTS, *c.BOXES, c.TASTING_BOX, c.REFILL_BOX)
FIRST_BOX = len(c.PRODUCTS)
TASTING = FIRST_BOX + len(c.BOXES)
REFILL = TASTING + 1
MOST_PICKS = 3
SHARE_FAVOURITE = 0.45
SHARE_FOR_PICKS = 0.75
"""Catalogue products take at most this share of an order; the rest is a mixed box with a price of its own."""
SHARE_SPLIT = 0.04
"""Of the lines with an even quantity, how many stand in the export as two identical lines."""


@dataclass(frozen=True)
class Lines:
    """Order lines, one array element each, sorted by order."""

    order: Ints
    item: Ints
    """Index into `ITEMS`."""
    quantity: Ints
    price: Ints
    """Cents of the order's currency for one."""


def _compute_appetite() -> Floats:
    """Cumulative chances of each product, by kind of customer and month: shape (2, 12, products)."""
    chances = np.empty((len(c.KINDS), 12, len(c.PRODUCTS)))
    seasonal = {"all": (1.0,) * 12, "winter": (2, 1.5, 1, 0.8, 0.5, 0.3, 0.3, 0.3, 0.8, 1.5, 2.5, 4)}
    seasonal["summer"] = (0.4, 0.4, 0.7, 1, 1.6, 2.5, 3, 2.8, 1.5, 0.8, 0.4, 0.3)
    for n, product in enumerate(c.PRODUCTS):
        chances[0, :, n] = seasonal[product.season]
        chances[1, :, n] = np.array(seasonal[product.season]) * product.office
    bounds: Floats = np.cumsum(chances, axis=2) / chances.sum(axis=2, keepdims=True)
    return bounds


def fill_baskets(
    rng: np.random.Generator, gross: Ints, kind: Ints, month: Ints, favourite: Ints, is_pounds: NDArray[np.bool_]
) -> Lines:
    """Choose products for orders.

    Args:
        rng: The source of randomness of this chunk.
        gross: Gross sales of each order, in cents of its currency; 0 makes it a free tasting box.
        kind: Kind of customer of each order.
        month: Month of each order, 1 to 12.
        favourite: The customer's favourite product of each order.
        is_pounds: Whether the order is in GBP.

    Returns:
        Lines with sum(quantity * price) = gross for every order, and at least one line each.
    """
    size = len(gross)
    prices = np.array([[p.price_eur for p in c.PRODUCTS], [p.price_gbp for p in c.PRODUCTS]])
    appetite = _compute_appetite()
    wanted = rng.integers(0, MOST_PICKS + 1, size)
    left = gross.copy()
    picked: list[Lines] = []
    for pick in range(MOST_PICKS):
        chances = appetite[kind, month - 1]
        item = (chances < rng.random(size)[:, None]).sum(axis=1)
        if pick == 0:
            item = np.where(rng.random(size) < SHARE_FAVOURITE, favourite, item)
        quantity = np.minimum(rng.geometric(np.where(kind == 1, 0.35, 0.65)), 12).astype(np.int64)
        price = prices[is_pounds.astype(np.int64), item]
        spent = gross - left + quantity * price
        fits = np.flatnonzero((pick < wanted) & (spent <= gross * SHARE_FOR_PICKS))
        left[fits] -= (quantity * price)[fits]
        split = fits[(quantity[fits] % 2 == 0) & (rng.random(len(fits)) < SHARE_SPLIT)]
        quantity[split] //= 2
        twice = np.concatenate([fits, split])
        picked.append(Lines(twice, item[twice], quantity[twice], price[twice]))
    box = FIRST_BOX + np.searchsorted(np.array(c.BOX_LIMITS), left)
    everyone = np.arange(size)
    picked.append(Lines(everyone, np.where(gross == 0, TASTING, box), np.ones(size, dtype=np.int64), left))

    order, item, quantity, price = (
        np.concatenate([getattr(lines, name) for lines in picked]) for name in ("order", "item", "quantity", "price")
    )
    by_order = np.lexsort((item, order))
    return Lines(order[by_order], item[by_order], quantity[by_order], price[by_order])
