"""What a company sets about money: its margin, and what it wants back of what it spends on winning customers.

Put here: the shape of `economics:`. Keep out: what is computed of it (`pipelines/transforms/money`).
"""

from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import Part


class Economics(Part):
    """What keeping and winning customers is worth, and the margin of values."""

    contribution_margin: Annotated[float, Field(gt=0, le=1)] | None = None
    """The share of sales that is left after the cost of the goods. Without it, that of the order lines whose cost is
    known, of the last 12 months."""
    least_sales_with_cost: Annotated[float, Field(ge=0, le=1)] = 0.8
    """For `value_basis: contribution_margin`: of which share of sales the cost must be known. Below it, values are net
    sales and say so. Sales without a known cost count at the margin of all others."""
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
