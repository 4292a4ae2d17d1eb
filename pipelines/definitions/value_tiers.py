"""How the tiers of customers by value are called: the names hold the shares that a company sets.

Put here: names and meanings, for the settings, the marts and their contracts. Keep out: who is in which tier
(`transforms/value_tier.py`).
"""

from typing import Protocol

MIDDLE_TIER = "middle"


class TierSettings(Protocol):
    """The shares of customers in the tiers, in whole percent."""

    @property
    def top_percent(self) -> int:
        """The share of the highest tier."""

    @property
    def next_percent(self) -> int:
        """The share of the tier below it."""

    @property
    def lowest_percent(self) -> int:
        """The share of the lowest tier; who is left is in the middle."""


def describe_value_tiers(shares: TierSettings) -> dict[str, str]:
    """The tiers from the highest to the lowest: name -> what it means."""
    top, high = shares.top_percent, shares.top_percent + shares.next_percent
    low = 100 - shares.lowest_percent
    return {
        f"top_{top}_percent": f"Fewer than {top} % of the customers are worth more.",
        f"next_{shares.next_percent}_percent": f"From {top} % to less than {high} % of the customers are worth more.",
        MIDDLE_TIER: f"From {high} % to less than {low} % of the customers are worth more.",
        f"lowest_{shares.lowest_percent}_percent": f"{low} % or more of the customers are worth more.",
    }
