"""A company whose orders come from an API: `api_shop`, and the server `api` that answers it."""

import pytest

from tests.sources.conftest import shop  # noqa: F401
from tests.sources.fetching.api.api_server import run_api

TOKEN = "tok-8c1f-secret"
COLUMNS = {"order_id": "id", "ordered_at": "day", "gross_sales": "total"}


def order(number, total="10.00"):
    return {"id": number, "day": "2026-01-01", "total": total}


@pytest.fixture(scope="module")
def running_api():
    with run_api() as api:
        yield api


@pytest.fixture
def api(running_api):
    running_api.requests.clear()
    return running_api


@pytest.fixture
def api_shop(shop, api):  # noqa: F811
    def set_way(**way):
        shop.sources["shop"] = {
            "from": {
                "base_url": api.url,
                "path": "orders",
                "allow_unencrypted": True,
                "primary_key": "id",
                "auth": {"type": "bearer", "token": TOKEN},
                **way,
            },
            "delivery": "full",
            "kind": "orders",
            "columns": COLUMNS,
        }
        return shop

    set_way()
    shop.set_way = set_way
    return shop
