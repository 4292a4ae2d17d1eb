"""When the sample company's customers buy and how much they spend: BG/NBD and Gamma-Gamma.

Put here: drawing purchases and amounts of persons. Keep out: baskets (`baskets.py`) and everything that a shop's export
adds to purchases: tests, cancellations, deliveries (`orders.py`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.people import FIRST_PERSON, People
from regulars.pipelines.sample.simulation.seasons import compute_calendar_time, compute_season_end

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOURS = (1.0, 0.6, 0.4, 0.3, 0.4, 1, 2, 4, 7, 9, 9, 8, 7, 7, 6, 5, 5, 6, 8, 9, 8, 6, 4, 2)
"""Relative number of orders by hour of the day, UTC; the last hours fall on the next day in the company's zone."""
LEAST_CENTS = 100


@dataclass(frozen=True)
class PurchaseDays:
    """Purchases, one array element each, and what is true of the persons who made them."""

    person: Ints
    """Position in `People`."""
    day: Floats
    """Calendar days since `FIRST_DAY`."""
    is_last: NDArray[np.bool_]
    """The person left for good after this purchase."""
    first_day: Floats
    """Per person: day of the first purchase; NaN for leads."""
    repeat_count: Ints
    """Per person."""
    dropout_day: Floats
    """Per person: calendar day of leaving; NaN for those still there at the end."""


def draw_purchase_days(rng: np.random.Generator, people: People) -> PurchaseDays:
    """Draw all purchases from each person's first to the end of the history.

    Given the number of events of a Poisson process, their times are sorted uniform draws; the person leaves after
    the k-th repeat purchase, k geometric. So no person has to be walked through purchase by purchase.
    """
    span = compute_season_end(people.kind) - people.joined
    events = np.where(people.is_lead, 0, rng.poisson(people.rate * span))
    leaves_after = rng.geometric(np.maximum(people.dropout, 1e-9))
    repeats = np.minimum(events, leaves_after)

    owner = np.repeat(np.arange(len(people)), events)
    share = np.sort(owner + rng.random(len(owner))) - owner
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(events) - events, events)
    kept = rank < repeats[owner]
    is_last = (rank + 1 == leaves_after[owner])[kept]
    owner, share = owner[kept], share[kept]

    buyers = np.flatnonzero(~people.is_lead)
    person = np.concatenate([buyers, owner])
    weeks = np.concatenate([people.joined[buyers], people.joined[owner] + share * span[owner]])
    day = np.minimum(compute_calendar_time(people.kind[person], weeks), c.DAYS - 1e-6)
    if people.person_id[0] == FIRST_PERSON and len(day):
        day[day.argmin()] = 0.0  # the shop sells on its first day, so that every day of its history was observed
    last = np.concatenate([np.zeros(len(buyers), dtype=np.bool_), is_last])
    first_day, dropout_day = np.full(len(people), np.nan), np.full(len(people), np.nan)
    first_day[buyers] = day[: len(buyers)]
    dropout_day[person[last]] = day[last]
    return PurchaseDays(person, day, last, first_day, repeats, dropout_day)


def draw_moments(rng: np.random.Generator, day: Floats) -> Ints:
    """Give each purchase an hour of its day: seconds since the start of `FIRST_DAY`, UTC."""
    bounds = np.cumsum(HOURS) / np.sum(HOURS)
    hour = np.searchsorted(bounds, rng.random(len(day)), side="right")
    return np.asarray(np.floor(day).astype(np.int64) * 86_400 + hour * 3_600 + rng.integers(0, 3_600, len(day)))


def draw_spend(rng: np.random.Generator, people: People, person: Ints) -> Ints:
    """Draw what each order brings in, net of discounts, in cents of EUR (Gamma-Gamma, at least 1.00).

    Args:
        rng: The source of randomness of this chunk.
        people: The customers.
        person: Position in `people` of each order's customer.
    """
    shape = np.array([k.p for k in c.KINDS])[people.kind[person]]
    amount = rng.gamma(shape) * people.mean_spend[person] / shape
    cents: Ints = np.maximum(np.rint(amount * 100), LEAST_CENTS).astype(np.int64)
    return cents
