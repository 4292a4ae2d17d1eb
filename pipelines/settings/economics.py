"""What a company sets about money: its margin, and what it wants back of what it spends on winning customers.

Put here: the shape of `economics:`. Keep out: what is computed of it (`pipelines/transforms/money`).
"""

from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import Part


class Economics(Part):
    """What keeping and winning customers is worth: `marts.retention_economics` and `marts.acquisition_economics`."""

    contribution_margin: Annotated[float, Field(gt=0, le=1)] | None = None
    """The share of sales that is left after the cost of the goods. Without it, that of the order lines whose cost is
    known, of the last 12 months."""
    retention_points: list[Annotated[int, Field(ge=1, le=50)]] = [1, 2, 5]
    """By how many percentage points retention is raised, each a row."""
    horizon_years: Annotated[int, Field(ge=1, le=30)] = 5
    """Over how many years a higher retention is counted, from now on."""
    margin_to_keep: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """The share of a customer's lifetime value that is to be left after what winning the customer cost."""
    clv_to_cost: Annotated[float, Field(gt=0)] = 3.0
    """How many times its cost a customer's lifetime value, before the cost, is to be."""
    payback_months: Annotated[int, Field(ge=1, le=240)] = 12
    """Within how many months a customer is to bring what winning them cost."""
