"""A company whose orders come from a bucket and whose tables go to one: no secret is written anywhere on the way."""

import json

import pytest

from tests.object_store import KEY_ID_VARIABLE, SECRET_VARIABLE, run_object_store
from tests.shop import COMPANY, Shop, run_regulars

WRONG = "wrong horse battery"
SETTINGS = """
  till:
    from: {from_bucket}
    kind: orders
    delivery: incremental
    columns: {{order_id: order, email: email, ordered_at: at, gross_sales: total}}
publish:
  targets:
    lake: {target}
"""
ORDERS = """order,email,at,total
o1,ann@example.org,2024-01-05 10:00:00,100.00
o2,bob@example.org,2024-02-10 11:00:00,50.50
"""


@pytest.fixture(scope="module")
def store():
    with pytest.MonkeyPatch.context() as environment, run_object_store(environment) as running:
        for name in ("exports", "lake"):
            running.make_bucket(name)
        running.put("exports", "shop/orders-1.csv", ORDERS)
        yield running


@pytest.mark.slow
def test_orders_come_from_a_bucket_tables_go_to_one_and_no_secret_is_written(store, tmp_path):
    shop = Shop(tmp_path)
    way = {"type": "bucket", "url": "s3://exports/shop/orders-*.csv", **store.access}
    target = {"type": "object_storage", "url": "s3://lake/regulars", **store.access}
    shop.set_up(SETTINGS.format(from_bucket=json.dumps(way), target=json.dumps(target)), company=COMPANY)
    dagster = tmp_path / "dagster"
    dagster.mkdir()
    keys = {KEY_ID_VARIABLE: store.key_id, SECRET_VARIABLE: store.secret, "DAGSTER_HOME": str(dagster)}
    shop.environment = keys
    said = []

    assert shop.run() == 0, shop.said
    said.append(shop.said)
    assert "target lake received g000001" in shop.said
    assert shop.ask("select count(*), sum(gross_sales)::varchar from core.orders") == [(2, "150.5000")]
    assert json.loads(store.read("lake", "regulars/latest.json"))["generation"] == "g000001"

    store.put("exports", "shop/orders-2.csv", ORDERS.replace("o1,", "o3,").replace("o2,", "o4,"))
    with store.broken(lambda method, path: 500 if method == "PUT" else None):
        assert shop.run() == 0, shop.said
    said.append(shop.said)
    assert "target lake was not delivered to: s3://lake cannot answer now (500 InternalError)" in shop.said
    assert json.loads(store.read("lake", "regulars/latest.json"))["generation"] == "g000001"

    settings = tmp_path / "regulars.yaml"
    command = ("deliver", "--settings", settings, "--home", shop.home.path)
    wrong = run_regulars(*command, **{**keys, SECRET_VARIABLE: WRONG})
    assert (wrong.code, "refused access (403 SignatureDoesNotMatch)" in wrong.stdout + wrong.stderr) == (74, True)
    again = run_regulars(*command, **keys)
    assert (again.code, "received g000002" in again.stdout) == (0, True)
    assert json.loads(store.read("lake", "regulars/latest.json"))["generation"] == "g000002"

    shop.environment = {**keys, SECRET_VARIABLE: WRONG}
    assert shop.run() == 4
    assert "refused access (403 SignatureDoesNotMatch)" in shop.said
    said += [shop.said, wrong.stdout, wrong.stderr, again.stdout, again.stderr]

    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (store.secret, WRONG):
        assert secret not in "".join(said)
        assert secret.encode() not in written
