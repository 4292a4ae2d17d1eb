"""Who brought whom as a graph: circles in it, and how long its chains are.

Put here: the graph, arrays in, arrays out. Keep out: what referrals are worth (`referrals.py`).
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NOBODY = -1
"""The referrer of a customer whom no other one brought."""


def list_from_the_ends(referrer: Ints) -> list[int]:
    """List customers so that each stands behind all whom they brought; those on a circle are left out.

    Args:
        referrer: (n,) the position of the customer who brought each one; `NOBODY` for none.
    """
    waiting_for = np.bincount(referrer[referrer != NOBODY], minlength=referrer.size)
    ends = deque(np.flatnonzero(waiting_for == 0).tolist())
    listed: list[int] = []
    while ends:
        customer = ends.popleft()
        listed.append(customer)
        by = int(referrer[customer])
        if by != NOBODY:
            waiting_for[by] -= 1
            if waiting_for[by] == 0:
                ends.append(by)
    return listed


def find_circles(referrer: Ints) -> NDArray[np.bool_]:
    """Find who stands on a circle, such as two customers who each brought the other; (n,)."""
    is_on_circle = np.ones(referrer.size, dtype=np.bool_)
    is_on_circle[list_from_the_ends(referrer)] = False
    return is_on_circle


def measure_depth(referrer: Ints) -> Ints:
    """Measure the longest chain below each customer: 0 for who brought nobody; (n,), of a graph without circles."""
    depth = np.zeros(referrer.size, dtype=np.int64)
    for customer in list_from_the_ends(referrer):
        by = referrer[customer]
        if by != NOBODY:
            depth[by] = max(depth[by], depth[customer] + 1)
    return depth
