"""Files in a bucket of Google Cloud Storage are fetched like those of any bucket: once, with or without a key."""

import json

import pytest

from tests.google_storage import run_google_storage
from tests.sources.order_files import orders

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("has_key", [False, True])
def test_new_and_changed_objects_of_google_are_fetched_once_and_land_as_deliveries(shop, monkeypatch, has_key):
    with run_google_storage() as storage:
        storage.make_bucket("exports")
        key = {"gcs_base_url": storage.endpoint, "disable_oauth": True, "client_email": "", "private_key": ""}
        monkeypatch.setenv("GOOGLE_KEY", json.dumps({**key, "private_key_id": ""}))
        signed = {"secret_variable": "GOOGLE_KEY"} if has_key else {"public": True}
        way = {"type": "bucket", "url": "gs://exports/shop/orders-*.csv", "endpoint": storage.endpoint, **signed}
        shop.sources["shop"].pop("path")
        shop.sources["shop"] |= {"from": way, "delivery": "incremental"}
        storage.put("exports", "shop/orders-1.csv", orders(2))
        storage.put("exports", "shop/orders-2.csv.part", orders(9))
        storage.put("exports", "shop/old/orders-0.csv", orders(9))
        landed = shop.land()["shop"]
        assert [each.path for each in landed.deliveries] == ["gs://exports/shop/orders-1.csv"]
        storage.put("exports", "shop/orders-2.csv", orders(1, first=7))
        storage.put("exports", "shop/orders-1.csv", orders(3))
        assert len(shop.land()["shop"].landed) == 2
        assert shop.land()["shop"].landed == []
        assert set(shop.rows("order_id")) == {("1",), ("2",), ("3",), ("7",)}
        way["url"] = "gs://exports/gone/*.csv"
        assert "no file at gs://exports/gone/*.csv" in shop.refusal().sentence
