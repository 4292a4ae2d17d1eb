"""Files in a container of Azure are fetched like those of any bucket: once, by the account's key or by a SAS token."""

import pytest

from tests.azure_storage import KEY, run_azure_storage, sign_token
from tests.sources.order_files import orders

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def azure(tmp_path_factory):
    with run_azure_storage(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.mark.parametrize("by", ["key", "token"])
def test_new_and_changed_objects_of_azure_are_fetched_once_and_land_as_deliveries(azure, shop, monkeypatch, by):
    place = f"exports-{by}"
    azure.make_bucket(place)
    monkeypatch.setenv(azure.secret_variable, KEY if by == "key" else f"?{sign_token(place, 'rl')}")
    way = {"type": "bucket", "url": f"az://{place}/shop/orders-*.csv", **azure.access}
    shop.sources["shop"].pop("path")
    shop.sources["shop"] |= {"from": way, "delivery": "incremental"}
    azure.put(place, "shop/orders-1.csv", orders(2))
    azure.put(place, "shop/orders-2.csv.part", orders(9))
    azure.put(place, "shop/old/orders-0.csv", orders(9))
    landed = shop.land()["shop"]
    assert [each.path for each in landed.deliveries] == [f"az://{place}/shop/orders-1.csv"]
    azure.put(place, "shop/orders-2.csv", orders(1, first=7))
    azure.put(place, "shop/orders-1.csv", orders(3))
    assert len(shop.land()["shop"].landed) == 2
    assert shop.land()["shop"].landed == []
    assert set(shop.rows("order_id")) == {("1",), ("2",), ("3",), ("7",)}
    azure.put(place, "shop/orders-3.csv", orders(1, first=9))
    with azure.broken(lambda method, path: "cut" if "orders-3" in path else None):
        assert "did not answer" in shop.refusal().sentence
    assert len(shop.land()["shop"].landed) == 1
    way["url"] = f"az://{place}/gone/*.csv"
    assert f"no file at az://{place}/gone/*.csv" in shop.refusal().sentence
