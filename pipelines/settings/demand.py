"""What a company sets about forecasts of demand.

Put here: the shape of `demand:`. Keep out: how demand is forecast (`pipelines/transforms/products`).
"""

from typing import Annotated, Literal

from pydantic import Field

from regulars.pipelines.settings.part import Part


class Demand(Part):
    """What is forecast, and how far: `marts.demand_forecast`."""

    by: Literal["region", "store", "none"] = "region"
    """What each product's demand is split by, beside the whole: the region or the store of `marts.product_sales`."""
    weeks_ahead: Annotated[int, Field(ge=1, le=26)] = 8
    """How many weeks are forecast."""
