"""Whether one of two ways hits more of the same customers than the other by more than chance, from the totals alone.

Put here: the test. Keep out: what is hit, and by which ways.
"""

from scipy.special import betainc  # type: ignore[import-untyped]

FEWEST_CUSTOMERS = 100
"""Of fewer customers a few purchases decide, and the better way changes from night to night."""
CHANCE = 0.01
"""What is found every night by chance, though both ways are as good: one night in a hundred."""


def leads(customers: int, hits: int, other_hits: int) -> bool:
    """Whether `other_hits` leads `hits` among enough customers, by more than chance.

    Args:
        customers: On whom both ways were tried.
        hits: Customers hit by the one.
        other_hits: Customers hit by the other.
    """
    return customers >= FEWEST_CUSTOMERS and compute_chance_of_lead(customers, hits, other_hits) <= CHANCE


def compute_chance_of_lead(customers: int, hits: int, other_hits: int) -> float:
    """The chance, 0 to 1, that `other_hits` leads `hits` by as much though both ways are as good.

    McNemar's exact test, one-sided, of two ways tried on the same customers. How many customers only one of the two
    hit is not known: taken is the largest number that the counts allow, which makes the chance the largest one too.

    Args:
        customers: On whom both ways were tried.
        hits: Customers hit by the one.
        other_hits: Customers hit by the other.
    """
    if other_hits <= hits:
        return 1.0
    together = hits + other_hits
    differing = min(together, 2 * customers - together)
    other_alone = (differing + other_hits - hits) // 2
    return float(betainc(other_alone, differing - other_alone + 1, 0.5))  # of so many throws of a coin and more
