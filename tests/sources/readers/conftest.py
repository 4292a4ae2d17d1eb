"""A shop whose source is a JSON file."""

import pytest


@pytest.fixture
def feed(shop):
    """A shop that delivers a JSON array."""
    shop.sources["shop"].update(path="orders.json", format="json")
    return shop
