"""The target `object_storage`: whoever reads `latest.json` finds a whole copy, whatever happens in the middle."""

import json
import threading

import obstore
import polars as pl
import pytest
from obstore.store import S3Store

from regulars.pipelines.errors import SettingsWrong, StorageFailed
from regulars.pipelines.publish.targets.object_storage import (
    ObjectStorageOptions,
    check_object_storage,
    deliver_to_object_storage,
)
from tests.object_store import REGION, SECRET_VARIABLE
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


@pytest.fixture
def home(tmp_path):
    return a_home(tmp_path / "home")


def seen(store, bucket, prefix="regulars/"):
    """What a reader of the bucket finds: the generation, and its run."""
    latest = read_latest(store, bucket, prefix)
    orders = pl.read_parquet(store.read(bucket, f"{prefix}{latest['tables']['core.orders']}"))
    return latest["generation"], orders["run"].unique().item()


def test_readers_find_a_whole_copy_and_the_same_generation_is_delivered_once(home, store, bucket):
    generation = publish(home, 1)
    assert deliver(generation, store, bucket)
    assert seen(store, bucket) == ("g000001", 1)
    assert list_writes(store)[-1].endswith("/regulars/latest.json")
    assert list_writes(store)[-2].endswith("/contents.json")
    names = {key.split("/", 2)[2] for key in store.keys(bucket) if key.count("/") > 1}
    assert names >= {"contents.json", "contracts.odcs.yaml", "report.html", "parquet/marts/churn.parquet"}
    head = store.client.head_object(Bucket=bucket, Key="regulars/latest.json")
    assert (head["ContentType"], head["CacheControl"]) == ("application/json", "no-cache")
    store.requests.clear()
    assert not deliver(generation, store, bucket)
    assert list_writes(store) == []


@pytest.mark.slow
def test_nothing_personal_and_no_secret_goes_out(home, store, bucket):
    generation = publish(home, 1)
    assert b"ada@example.com" in generation.state_file.read_bytes()
    deliver(generation, store, bucket)
    sent = b"".join(store.read(bucket, key) for key in store.keys(bucket))
    assert b"ada@example.com" not in sent
    assert store.secret.encode() not in sent


@pytest.mark.slow
def test_old_copies_go_and_the_latest_stays_also_after_a_rollback(home, store, bucket):
    generations = [publish(home, run) for run in (1, 2, 3)]
    for generation in generations:
        deliver(generation, store, bucket)
    assert list_copies(store, bucket) == ["g000002", "g000003"]
    assert deliver(generations[0], store, bucket)
    assert seen(store, bucket) == ("g000001", 1)
    assert list_copies(store, bucket) == ["g000001", "g000003"]
    store.put(bucket, "regulars/mine/notes.txt", "stays")
    deliver(generations[2], store, bucket, keep_generations=3)
    assert "regulars/mine/notes.txt" in store.keys(bucket)


@pytest.mark.slow
def test_an_object_that_was_removed_or_cut_is_written_again(home, store, bucket):
    generation = publish(home, 1)
    deliver(generation, store, bucket)
    [cut] = [key for key in store.keys(bucket) if key.endswith("core/orders.parquet")]
    store.put(bucket, cut, b"half")
    store.requests.clear()
    assert deliver(generation, store, bucket)
    assert seen(store, bucket) == ("g000001", 1)
    assert len([path for path in list_writes(store) if ".parquet" in path]) == 1


@pytest.mark.slow
def test_what_a_killed_delivery_left_is_removed_and_never_pushes_a_whole_copy_out(home, store, bucket):
    deliver(publish(home, 1), store, bucket)
    deliver(publish(home, 2), store, bucket)
    store.put(bucket, "regulars/g000009-00000000/parquet/core/orders.parquet", b"half")
    deliver(publish(home, 3), store, bucket)
    assert list_copies(store, bucket) == ["g000002", "g000003"]


@pytest.mark.slow
def test_a_delivery_killed_at_any_request_leaves_the_old_copy_or_the_new_one(home, store, bucket):
    old, new = publish(home, 1), publish(home, 2)
    seen_after = []
    for number in range(1, 40):
        store.delete(bucket)
        deliver(old, store, bucket)
        code = deliver_until_killed(new, store, bucket, number)
        seen_after.append(seen(store, bucket))
        assert deliver(new, store, bucket) in (True, False)
        assert seen(store, bucket) == ("g000002", 2)
        if code == 0:
            break
    assert code == 0
    assert {("g000001", 1), ("g000002", 2)} >= set(seen_after)
    assert len(seen_after) > 8


@pytest.mark.slow
def test_readers_never_find_half_a_copy_while_deliveries_go_on(home, store, bucket):
    generations = [publish(home, run) for run in (1, 2)]
    deliver(generations[0], store, bucket)
    stop, found, wrong = threading.Event(), set(), []

    def read():
        while not stop.is_set():
            try:
                found.add(seen(store, bucket))
            except Exception as error:
                wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(4):
        deliver(generations[(turn + 1) % 2], store, bucket)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert found <= {("g000001", 1), ("g000002", 2)}
    assert found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "environment", "fault", "sentence"),
    [
        ({}, {SECRET_VARIABLE: "wrong horse"}, None, "refused access (403 SignatureDoesNotMatch)"),
        ({"url": "s3://gone/regulars"}, {}, None, "there is no bucket s3://gone (404 NoSuchBucket)"),
        ({"endpoint": "http://127.0.0.1:9"}, {}, None, "did not answer; when it does, `regulars deliver`"),
        (
            {},
            {},
            lambda method, path: 500 if "orders.parquet" in path else None,
            "cannot answer now (500 InternalError)",
        ),
        (
            {},
            {},
            lambda method, path: 500 if path.endswith("latest.json") and method == "PUT" else None,
            "cannot answer",
        ),
    ],
)
def test_what_goes_wrong_is_a_sentence_without_a_secret_and_the_old_copy_stays(
    home, store, bucket, monkeypatch, changed, environment, fault, sentence
):
    deliver(publish(home, 1), store, bucket)
    new = publish(home, 2)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    with store.broken(fault or (lambda method, path: None)), pytest.raises(StorageFailed) as caught:
        deliver(new, store, bucket, **changed)
    assert sentence in str(caught.value)
    assert "wrong horse" not in str(caught.value)
    assert seen(store, bucket) == ("g000001", 1)
    for variable in environment:
        monkeypatch.setenv(variable, store.secret)
    assert deliver(new, store, bucket)
    assert seen(store, bucket) == ("g000002", 2)


@pytest.mark.slow
def test_an_upload_that_fails_once_is_repeated(home, store, bucket):
    faults = iter([500])
    with store.broken(lambda method, path: next(faults, None) if method == "PUT" else None):
        assert deliver(publish(home, 1), store, bucket)
    assert seen(store, bucket) == ("g000001", 1)


@pytest.mark.slow
def test_a_damaged_generation_is_not_delivered(home, store, bucket):
    generation = publish(home, 1)
    path = generation.parquet_file("core.orders")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StorageFailed, match="is not as it was published: `regulars verify`"):
        deliver(generation, store, bucket)
    assert not [key for key in store.keys(bucket) if key.endswith("latest.json")]


@pytest.mark.slow
def test_doctor_says_whether_the_bucket_can_be_opened(home, store, bucket, monkeypatch):
    assert check_object_storage(make_options(store, bucket), home.path) is None
    assert "no bucket s3://gone" in check_object_storage(make_options(store, bucket, url="s3://gone"), home.path)
    monkeypatch.delenv(SECRET_VARIABLE)
    assert SECRET_VARIABLE in check_object_storage(make_options(store, bucket), home.path)


def test_without_obstore_the_sentence_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    options = ObjectStorageOptions(url="gs://analytics")
    with pytest.raises(SettingsWrong, match=r"regulars\[buckets\]"):
        deliver_to_object_storage(None, options, tmp_path)


@pytest.mark.slow
def test_polars_reads_a_table_by_way_of_latest_as_the_docs_say(home, store, bucket):
    deliver(publish(home, 1), store, bucket)
    how = {"aws_access_key_id": store.key_id, "aws_secret_access_key": store.secret, "aws_region": REGION}
    reader = S3Store(
        bucket,
        endpoint=store.endpoint,
        region=REGION,
        access_key_id=store.key_id,
        secret_access_key=store.secret,
        client_options={"allow_http": True},
    )
    latest = json.loads(bytes(obstore.get(reader, "regulars/latest.json").bytes()))
    table = f"s3://{bucket}/regulars/{latest['tables']['core.orders']}"
    more = {"aws_endpoint_url": store.endpoint, "aws_allow_http": "true"}
    assert pl.read_parquet(table, storage_options={**how, **more})["run"].unique().item() == 1
