"""Files on an SFTP server are deliveries like any file; the server proves who it is, and half a file never lands."""

import asyncssh
import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.fetching.remote.fetch_files import PAUSES
from tests.sftp_server import PASSWORD, run_sftp_server
from tests.sources.order_files import orders

PASSWORD_VARIABLE, KEY_VARIABLE = "PARTNER_PASSWORD", "PARTNER_KEY"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "remote").mkdir()
    with run_sftp_server(tmp_path / "remote") as running:
        yield running


@pytest.fixture
def sftp_shop(shop, server, monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    shop.sources["shop"].pop("path")
    shop.sources["shop"] |= {
        "from": {
            "type": "sftp",
            "host": "127.0.0.1",
            "port": server.port,
            "user": "partner",
            "path": "/out/**/orders-*.csv",
            "password_variable": PASSWORD_VARIABLE,
            "host_fingerprint": server.fingerprint,
        },
        "delivery": "incremental",
    }
    return shop


@pytest.fixture
def deliver(shop, server):
    """Writes a file as the partner would; it was written an hour ago."""

    def write(name, content):
        written = shop.write(name, content)
        target = server.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        written.rename(target)
        return target

    return write


def test_new_and_changed_files_are_fetched_once_and_land_as_deliveries(sftp_shop, server, deliver):
    deliver("out/2026/orders-1.csv", orders(2))
    deliver("out/orders-2.csv.filepart", orders(9))
    deliver("out/.hidden/orders-0.csv", orders(9))
    landed = sftp_shop.land()["shop"]
    assert [each.path for each in landed.deliveries] == [f"sftp://127.0.0.1:{server.port}/out/2026/orders-1.csv"]
    reads = server.reads
    assert sftp_shop.land()["shop"].landed == []
    assert server.reads == reads
    deliver("out/orders-2.csv", orders(1, first=7))
    assert len(sftp_shop.rows("order_id")) == 3


@pytest.mark.slow
def test_a_file_that_grows_while_it_is_fetched_waits_for_the_next_run(sftp_shop, server, deliver):
    deliver("out/orders-1.csv", orders(1))
    growing = deliver("out/orders-2.csv", orders(1, first=2))

    def grow(server, number, connection):
        if number == 2:
            growing.write_text(orders(2, first=2))

    server.on_read = grow
    landed = sftp_shop.land()["shop"]
    assert [each.file_name for each in landed.deliveries] == ["orders-1.csv"]
    assert [each.reason_code for each in landed.refusals] == ["growing"]
    server.on_read = lambda *_: None
    assert len(sftp_shop.land()["shop"].landed) == 1


def test_a_file_that_was_written_just_now_is_looked_at_twice(sftp_shop, server, deliver):
    growing = deliver("out/orders-1.csv", orders(1))
    growing.write_text(orders(1))
    assert sftp_shop.refusal(pause=lambda seconds: growing.write_text(orders(2))).reason_code == "growing"


@pytest.mark.slow
def test_a_connection_that_breaks_in_the_middle_is_tried_three_times_and_lands_nothing(sftp_shop, server, deliver):
    deliver("out/orders-1.csv", orders(1))
    deliver("out/orders-2.csv", orders(1, first=2))

    def break_off(server, number, connection):
        if number > 2:
            connection.abort()

    server.on_read, waited = break_off, []
    refusal = sftp_shop.refusal(pause=waited.append)
    assert "broke" in refusal.sentence
    assert waited == list(PAUSES)
    server.on_read = lambda *_: None
    assert sftp_shop.land()["shop"].landed == [1, 2]


@pytest.mark.slow
def test_a_server_whose_key_nobody_knows_is_refused_with_its_fingerprint(sftp_shop, server, deliver):
    deliver("out/orders-1.csv", orders(1))
    way = sftp_shop.sources["shop"]["from"]
    way |= {"host_fingerprint": None, "known_hosts": "known_hosts"}
    sentence = sftp_shop.refusal().sentence
    assert f"is {server.fingerprint}, and known_hosts does not know it" in sentence
    sftp_shop.write("known_hosts", server.known_hosts)
    assert len(sftp_shop.land()["shop"].landed) == 1
    other = asyncssh.generate_private_key("ssh-ed25519")
    way["host_fingerprint"] = other.get_fingerprint()
    assert "not the one of `host_fingerprint`" in sftp_shop.refusal().sentence


@pytest.mark.slow
def test_a_key_of_the_environment_signs_in_as_text_and_as_a_file(sftp_shop, server, deliver, monkeypatch, tmp_path):
    deliver("out/orders-1.csv", orders(1))
    sftp_shop.sources["shop"]["from"] |= {"password_variable": None, "key_variable": KEY_VARIABLE}
    monkeypatch.setenv(KEY_VARIABLE, server.user_key)
    assert len(sftp_shop.land()["shop"].landed) == 1
    (tmp_path / "key").write_text(server.user_key)
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "key"))
    assert sftp_shop.land()["shop"].refusals == []
    monkeypatch.setenv(KEY_VARIABLE, "no key at all")
    with pytest.raises(SettingsWrong, match=f"{KEY_VARIABLE} holds neither a private key nor the path") as caught:
        sftp_shop.land()
    assert "no key at all" not in str(caught.value)


@pytest.mark.slow
def test_a_wrong_password_is_a_sentence_and_no_secret_is_kept(sftp_shop, server, deliver, monkeypatch):
    deliver("out/orders-1.csv", orders(1))
    sftp_shop.land()
    monkeypatch.setenv(PASSWORD_VARIABLE, "wrong horse")
    sentence = sftp_shop.refusal().sentence
    assert sentence.endswith("does not let partner in: see that the secret is right")
    kept = b"".join(path.read_bytes() for path in sftp_shop.home.rglob("*") if path.is_file())
    assert kept
    assert not any(secret in kept for secret in (PASSWORD.encode(), b"wrong horse"))


@pytest.mark.slow
def test_a_server_that_is_gone_is_tried_three_times(sftp_shop):
    sftp_shop.sources["shop"]["from"]["port"] = 9
    waited = []
    assert "sftp://127.0.0.1:9 cannot be reached" in sftp_shop.refusal(pause=waited.append).sentence
    assert waited == list(PAUSES)


def test_no_file_at_the_path_is_a_sentence(sftp_shop, server):
    assert sftp_shop.refusal().sentence.startswith(f"no file at sftp://127.0.0.1:{server.port}/out/**/orders-*.csv")


def test_without_asyncssh_the_sentence_names_the_extra(sftp_shop, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsWrong, match=r"regulars\[sftp\]"):
        sftp_shop.land()


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ({"type": "sftp", "host": "a", "user": "b", "path": "c"}, "name the variable of a secret"),
        ({"type": "bucket", "url": "https://a/b"}, "write an address such as s3"),
        ({"type": "bucket", "url": "s3://id:key@a/b"}, "no secret belongs into the address"),
        ({"type": "bucket", "url": "s3://a/b", "secret_variable": "S"}, "needs `key_id_variable`"),
        ({"type": "bucket", "url": "az://a/b"}, "needs `account`"),
        ({"type": "bucket", "url": "gs://a/b", "region": "x"}, "has no `key_id_variable`"),
        ({"type": "bucket", "url": "gs://a/b", "public": True, "secret_variable": "S"}, "`public`"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(way, sentence):
    with pytest.raises(ValueError, match=sentence):
        Source.model_validate({"from": way, "kind": "orders", "columns": {"order_id": "id"}})
