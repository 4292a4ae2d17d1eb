"""The target `object_storage` in Azure and Google: as in S3, whoever reads `latest.json` finds a whole copy.

Azure is Azurite; Google is fake-gcs-server behind a door that takes what is written by XML (`tests/google_door.py`).
"""

import dataclasses
import json
import os

import obstore
import polars as pl
import pytest

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.object_storage import (
    check_object_storage,
)
from regulars.pipelines.servers.buckets.bucket import Bucket
from tests.azure_storage import ACCOUNT, run_azure_storage, sign_token
from tests.google_door import make_account, run_signed_google_storage
from tests.publish.builders import a_home
from tests.publish.targets.bucket_deliveries import (
    deliver,
    deliver_until_killed,
    list_copies,
    list_writes,
    make_options,
    publish,
    read_latest,
)
from tests.storage_proxy import run_proxy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["azure", "google"])
def cloud(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("azurite")
    with run_azure_storage(folder) if request.param == "azure" else run_signed_google_storage() as running:
        yield running


@pytest.fixture(scope="module")
def azure(tmp_path_factory):
    with run_azure_storage(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture
def place(cloud, request):
    """The name of an empty bucket."""
    return make_bucket(cloud, request)


def make_bucket(cloud, request):
    name = f"b{abs(hash(request.node.nodeid))}"
    cloud.make_bucket(name)
    cloud.requests.clear()
    return name


@pytest.fixture
def home(tmp_path):
    return a_home(tmp_path / "home")


def seen(cloud, place):
    """The generation that a reader of the bucket finds."""
    return read_latest(cloud, place)["generation"]


def test_a_whole_generation_of_the_sample_company_is_delivered_once_and_read(cloud, place, published_demo):
    generation = Home(published_demo / "home").current()
    assert deliver(generation, cloud, place)
    assert seen(cloud, place) == generation.name
    assert list_writes(cloud)[-1].endswith("latest.json")
    assert "contents.json" in list_writes(cloud)[-2]
    assert len(list_writes(cloud)) > 80
    cloud.requests.clear()
    assert not deliver(generation, cloud, place)
    assert list_writes(cloud) == []
    tables = json.loads(cloud.read(place, "regulars/latest.json"))["tables"]
    url = f"{cloud.scheme}://{place}/regulars/{tables['marts.churn']}"
    churn = pl.read_parquet(url, storage_options=cloud.read_options())
    assert churn.equals(pl.read_parquet(generation.parquet_file("marts.churn")))
    attributes = obstore.get(cloud.open(place), "regulars/latest.json").attributes
    assert (attributes["Content-Type"], attributes["Cache-Control"]) == ("application/json", "no-cache")


def test_a_large_file_goes_in_parts_and_arrives_as_it_was(cloud, place, tmp_path):
    content = os.urandom(12_000_000)
    (tmp_path / "large").write_bytes(content)
    options = make_options(cloud, place)
    Bucket(options.place, options).upload(tmp_path / "large", "large file.parquet", "application/octet-stream")
    assert cloud.read(place, "large file.parquet") == content
    assert len(list_writes(cloud)) > 2


def test_old_copies_and_what_killed_deliveries_left_are_removed(cloud, place, home):
    cloud.put(place, "regulars/g000009-00000000/parquet/core/orders.parquet", b"half")
    cloud.put(place, "regulars/mine/notes.txt", "stays")
    for run in (1, 2, 3):
        deliver(publish(home, run), cloud, place)
    assert list_copies(cloud, place) == ["g000002", "g000003", "mine"]


def test_a_delivery_killed_at_a_request_leaves_the_old_copy_or_the_new_one(cloud, place, home, record_trials):
    old, new = publish(home, 1), publish(home, 2)
    seen_after = []
    for number in range(1, 60, 3):
        cloud.delete(place)
        deliver(old, cloud, place)
        code = deliver_until_killed(new, cloud, place, number)
        seen_after.append(seen(cloud, place))
        deliver(new, cloud, place)
        assert seen(cloud, place) == "g000002"
        if code == 0:
            break
    record_trials(f"{len(seen_after)} kills")
    assert code == 0
    assert {"g000001", "g000002"} >= set(seen_after)
    assert len(seen_after) > 4


def gone_after(number):
    """The server is gone after so many requests."""
    count = iter(range(1, 1000))
    return lambda method, path: "gone" if next(count) > number else None


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (gone_after(5), "did not answer; when it does, `regulars deliver`"),
        (lambda method, path: 500 if "orders" in path else None, "cannot answer now (500 InternalError)"),
        (lambda method, path: 500 if method == "PUT" and "latest" in path else None, "cannot answer now (500"),
        (lambda method, path: "cut" if method == "GET" else None, "did not answer"),
    ],
)
def test_a_server_that_fails_leaves_the_old_copy_and_the_next_delivery_brings_the_new_one(
    cloud, place, home, fault, sentence
):
    deliver(publish(home, 1), cloud, place)
    new = publish(home, 2)
    with cloud.broken(fault), pytest.raises(StorageFailed) as caught:
        deliver(new, cloud, place)
    assert sentence in str(caught.value)
    assert seen(cloud, place) == "g000001"
    assert deliver(new, cloud, place)
    assert seen(cloud, place) == "g000002"


def test_a_request_that_fails_once_is_repeated(cloud, place, home):
    faults = iter([500])
    with cloud.broken(lambda method, path: next(faults, None) if method == "PUT" else None):
        assert deliver(publish(home, 1), cloud, place)
    assert seen(cloud, place) == "g000001"


def test_who_has_no_right_key_is_told_so_without_a_secret(cloud, place, home, monkeypatch):
    generation = publish(home, 1)
    assert check_object_storage(make_options(cloud, place), home.path) is None
    with pytest.raises(StorageFailed, match=f"there is no bucket {cloud.scheme}://gone-{place[:9]} "):
        deliver(generation, cloud, f"gone-{place[:9]}")
    wrong = "d3Jvbmcgc2VjcmV0" if cloud.scheme == "az" else make_account(make_key())
    monkeypatch.setenv(cloud.secret_variable, wrong)
    said = check_object_storage(make_options(cloud, place), home.path)
    assert "refused access" in said
    assert wrong not in said
    monkeypatch.setenv(cloud.secret_variable, "no key at all")
    assert "is no key" in check_object_storage(make_options(cloud, place), home.path)
    assert cloud.keys(place) == []


def make_key():
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(65537, 2048)


def test_a_sas_token_of_azure_delivers_with_its_rights_alone(azure, request, home, monkeypatch):
    place = make_bucket(azure, request)
    monkeypatch.setenv(azure.secret_variable, sign_token(place, "rl"))
    with pytest.raises(StorageFailed, match="refused access") as caught:
        deliver(publish(home, 1), azure, place)
    assert "sig=" not in str(caught.value)
    monkeypatch.setenv(azure.secret_variable, sign_token(place, "racwdl"))
    for run in (2, 3, 4):
        assert deliver(publish(home, run), azure, place)
    assert seen(azure, place) == "g000004"
    assert list_copies(azure, place) == ["g000003", "g000004"]


def test_the_endpoint_of_another_cloud_bears_the_account_in_its_name(azure, request, home):
    place = make_bucket(azure, request)
    named = dataclasses.replace(azure, base="", host=f"{ACCOUNT}.blob.localhost")
    with run_proxy(named):
        for run in (1, 2, 3):
            assert deliver(publish(home, run), named, place)
    assert seen(azure, place) == "g000003"
    assert list_copies(azure, place) == ["g000002", "g000003"]


def test_the_account_of_azure_may_stand_in_the_endpoint_with_a_slash_behind(azure, request, home):
    place = make_bucket(azure, request)
    assert deliver(publish(home, 1), azure, place, endpoint=f"{azure.address}/{ACCOUNT}/")
    assert seen(azure, place) == "g000001"
