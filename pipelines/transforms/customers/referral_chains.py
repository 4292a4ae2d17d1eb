"""The graph of referrals: its cycles, and the length of its chains.

Put here: the graph, arrays in, arrays out. Keep out: the value of referrals (`referrals.py`).
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NOBODY = -1
"""The referrer of a customer without one."""


def list_referred_first(referrer: Ints) -> list[int]:
    """List customers so that each comes after all customers they referred; those in a cycle are left out.

    Args:
        referrer: (n,) the position of each customer's referrer; `NOBODY` for none.
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


def find_cycles(referrer: Ints) -> NDArray[np.bool_]:
    """Find the customers in a cycle, such as two customers who referred each other; (n,)."""
    is_on_circle = np.ones(referrer.size, dtype=np.bool_)
    is_on_circle[list_referred_first(referrer)] = False
    return is_on_circle


def measure_depth(referrer: Ints) -> Ints:
    """Measure the longest chain below each customer, (n,), 0 without a referral; the graph must have no cycles."""
    depth = np.zeros(referrer.size, dtype=np.int64)
    for customer in list_referred_first(referrer):
        by = referrer[customer]
        if by != NOBODY:
            depth[by] = max(depth[by], depth[customer] + 1)
    return depth
