"""Files in a bucket are deliveries like any file: new ones are fetched once, all or nothing, and no secret is shown."""

import io
import logging
import zipfile

import pytest

from regulars.pipelines.command.doctor.source_checks import check_source
from regulars.pipelines.command.preview.samples import take_sample
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.sources.fetching.remote.fetch_files import PAUSES
from tests.object_store import KEY_ID_VARIABLE, SECRET_VARIABLE
from tests.sources.order_files import orders

SERVER = ("boto", "moto", "werkzeug")
"""How the names of the loggers of the server begin, which runs in this process."""


@pytest.fixture
def bucket_shop(shop, store, bucket):
    shop.sources["shop"].pop("path")
    shop.sources["shop"] |= {
        "from": {"type": "bucket", "url": f"s3://{bucket}/shop/orders-*.csv", **store.access},
        "delivery": "incremental",
    }
    return shop


def gets(store):
    return [path for method, path in store.requests if method == "GET" and "list-type" not in path]


def test_new_and_changed_objects_are_fetched_once_and_land_as_deliveries(bucket_shop, store, bucket):
    store.put(bucket, "shop/orders-1.csv", orders(2))
    store.put(bucket, "shop/orders-2.csv.part", orders(9))
    store.put(bucket, "shop/old/orders-0.csv", orders(9))
    landed = bucket_shop.land()["shop"]
    assert [each.path for each in landed.deliveries] == [f"s3://{bucket}/shop/orders-1.csv"]
    assert not (bucket_shop.home / "inbox").exists()
    assert len(gets(store)) == 1
    store.put(bucket, "shop/orders-2.csv", orders(1, first=7))
    assert len(bucket_shop.land()["shop"].landed) == 1
    assert bucket_shop.land()["shop"].landed == []
    assert len(gets(store)) == 2
    assert len(bucket_shop.rows("order_id")) == 3


@pytest.mark.slow
def test_objects_land_as_they_were_written_and_archives_open_like_files(bucket_shop, store, bucket):
    bucket_shop.sources["shop"] |= {"member": "*.csv"}
    bucket_shop.sources["shop"]["from"]["url"] = f"s3://{bucket}/*.zip"
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("orders 1.csv", orders(2))
        store.put(bucket, "export [1].zip", packed.getvalue())
    assert [each.file_name for each in bucket_shop.land()["shop"].deliveries] == ["export [1].zip/orders 1.csv"]
    assert bucket_shop.land()["shop"].landed == []
    assert len(gets(store)) == 1


@pytest.mark.slow
def test_a_refused_object_is_fetched_again_and_the_others_are_not(bucket_shop, store, bucket):
    store.put(bucket, "shop/orders-1.csv", orders(1))
    store.put(bucket, "shop/orders-2.csv", "id,day,total\n2,2026-01-01,1.00")
    assert bucket_shop.refusal().reason_code == "truncated"
    assert bucket_shop.refusal().reason_code == "truncated"
    assert [path.rpartition("/")[2] for path in gets(store)] == ["orders-1.csv", "orders-2.csv", "orders-2.csv"]


@pytest.mark.slow
def test_no_object_at_the_address_is_a_sentence_that_names_unfinished_uploads(bucket_shop, store, bucket):
    store.put(bucket, "shop/orders-2.csv.part", orders(1))
    sentence = f"no file at s3://{bucket}/shop/orders-*.csv (orders-2.csv.part is an upload that is not finished)"
    assert bucket_shop.refusal().sentence == f"{sentence}: deliver it, or correct `from`"


@pytest.mark.slow
def test_an_answer_that_is_cut_or_refused_once_is_asked_for_again(bucket_shop, store, bucket):
    store.put(bucket, "shop/orders-1.csv", orders(100))
    faults = iter([500, None, "cut", None, None, None])
    with store.broken(lambda method, path: next(faults)):
        assert len(bucket_shop.land(pause=lambda seconds: None)["shop"].landed) == 1


@pytest.mark.slow
def test_a_storage_that_stays_broken_lands_nothing_of_the_source(bucket_shop, store, bucket):
    for number in (1, 2):
        store.put(bucket, f"shop/orders-{number}.csv", orders(1, first=number))
    waited = []
    with store.broken(lambda method, path: 500 if "orders-2" in path and method == "GET" else None):
        refusal = bucket_shop.refusal(pause=waited.append)
    assert (
        refusal.sentence == f"s3://{bucket} cannot answer now (500 InternalError); see that it runs and `from` is right"
    )
    assert waited == list(PAUSES)
    assert len([path for path in gets(store) if "orders-1" in path]) == 1
    assert bucket_shop.land()["shop"].landed == [1, 2]


@pytest.mark.slow
def test_an_object_that_is_replaced_between_listing_and_fetching_waits_for_the_next_run(bucket_shop, store, bucket):
    store.put(bucket, "shop/orders-1.csv", orders(1))

    def replace(method, path):
        if "orders-1" in path:
            store.put(bucket, "shop/orders-1.csv", orders(3))

    with store.broken(replace):
        assert bucket_shop.refusal().reason_code == "growing"
    assert len(bucket_shop.rows("order_id")) == 3


@pytest.mark.slow
def test_the_time_limit_ends_a_fetch(bucket_shop, store, bucket):
    store.put(bucket, "shop/orders-1.csv", orders(1))
    bucket_shop.sources["shop"]["from"]["time_limit_minutes"] = 0.01
    with store.broken(lambda method, path: "slow" if "orders-1" not in path else None):
        assert bucket_shop.refusal().sentence.endswith("took longer than `time_limit_minutes` allows")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "environment", "sentence"),
    [
        ({}, {SECRET_VARIABLE: "wrong horse"}, "refused access (403 SignatureDoesNotMatch)"),
        ({}, {KEY_ID_VARIABLE: "wrong horse"}, "refused access (403 InvalidAccessKeyId)"),
        ({"url": "s3://gone/*.csv"}, {}, "there is no bucket s3://gone (404 NoSuchBucket)"),
        ({"endpoint": "http://127.0.0.1:9"}, {}, "did not answer"),
    ],
)
def test_what_cannot_be_opened_is_a_sentence_without_the_secret(
    bucket_shop, store, monkeypatch, capfd, caplog, changed, environment, sentence
):
    caplog.set_level(logging.DEBUG)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    bucket_shop.sources["shop"]["from"] |= changed
    refusal = bucket_shop.refusal()
    assert refusal.reason_code == "unfetched"
    assert sentence in refusal.sentence
    said = refusal.sentence + "".join(capfd.readouterr()) + own_log(caplog)
    kept = b"".join(path.read_bytes() for path in bucket_shop.home.rglob("*") if path.is_file())
    for secret in ("wrong horse", store.secret):
        assert secret not in said
        assert secret.encode() not in kept


@pytest.mark.slow
def test_no_file_of_the_home_holds_the_secret(bucket_shop, store, bucket):
    store.put(bucket, "shop/orders-1.csv", orders(1))
    bucket_shop.land()
    kept = b"".join(path.read_bytes() for path in bucket_shop.home.rglob("*") if path.is_file())
    assert f"s3://{bucket}".encode() in kept
    assert store.secret.encode() not in kept


@pytest.mark.slow
def test_a_variable_that_is_not_set_stops_a_required_source_with_its_name(bucket_shop, monkeypatch):
    monkeypatch.delenv(SECRET_VARIABLE)
    with pytest.raises(SettingsWrong, match=f"the environment variable {SECRET_VARIABLE} with the key of s3://"):
        bucket_shop.land()


@pytest.mark.slow
def test_without_obstore_the_sentence_names_the_extra(bucket_shop, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsWrong, match=r"regulars\[buckets\]"):
        bucket_shop.land()


@pytest.mark.slow
def test_doctor_and_preview_look_without_landing(bucket_shop, store, bucket, tmp_path):
    for number in (1, 2):
        store.put(bucket, f"shop/orders-{number}.csv", orders(number))
    source = bucket_shop.settings.sources["shop"]
    how, check = check_source("shop", source, bucket_shop.data, lambda place: "")
    assert (how.mark, check.mark) == ("ok", "ok")
    assert "2 files, 0.0 MB, feeds orders" in check.sentence
    sample = take_sample("shop", source, bucket_shop.data, tmp_path / "looked_at")
    assert (sample.names, sample.file_count, sample.is_whole) == (("orders-2.csv",), 2, False)
    assert not bucket_shop.home.exists()


def own_log(caplog):
    """What was logged by others than the server."""
    return "\n".join(each.getMessage() for each in caplog.records if not each.name.startswith(SERVER))
