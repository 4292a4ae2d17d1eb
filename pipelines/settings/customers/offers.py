"""What a company sets about offers.

Put here: the shape of `offers:`. Keep out: which offers are made (`pipelines/transforms/products`).
"""

from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import Part


class Offers(Part):
    """What may be offered to whom: `marts.next_best_offers`."""

    places: Annotated[int, Field(ge=1, le=20)] = 5
    """How many offers a customer gets at most."""
    new_places: Annotated[int, Field(ge=0, le=3)] = 1
    """How many of them may be products that the customer never bought."""
    exclude_products: list[str] = []
    """Ids of products that are never offered, such as postage or what is no longer sold."""
    exclude_categories: list[str] = []
    """Categories that are never offered."""
    without_consent: bool = False
    """Whether customers who declined e-mail get offers too, for those who call on them."""
