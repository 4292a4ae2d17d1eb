"""What a company sets about the tiers of customers by value.

Put here: the shape of `value_tiers:`. Keep out: who is in which tier (`pipelines/transforms/value_tier.py`).
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from regulars.pipelines.settings.part import Part

Percent = Annotated[int, Field(ge=1, le=97)]


class ValueTiers(Part):
    """How many percent of the customers are in each tier by value; those whom no share names are in `middle`.

    The tiers bear their shares in their names, such as `top_10_percent`. Whoever is in one of the upper two is of high
    value: `owner_worklists` calls them before they lapse.
    """

    top_percent: Percent = 10
    """The share of the highest tier."""
    next_percent: Percent = 20
    """The share of the tier below it."""
    lowest_percent: Percent = 30
    """The share of the lowest tier."""

    @model_validator(mode="after")
    def _somebody_is_in_the_middle(self) -> Self:
        if self.top_percent + self.next_percent + self.lowest_percent >= 100:
            raise ValueError("the three shares of `value_tiers` must leave some of 100 percent for the middle")
        return self
