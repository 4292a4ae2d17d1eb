"""A secret is read from the variable that the settings name; one that is missing or empty is the same sentence."""

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.servers.address import read_password
from regulars.pipelines.servers.buckets.bucket import Bucket
from regulars.pipelines.servers.secret import read_secret
from regulars.pipelines.settings.bucket_access import BucketAccess
from regulars.pipelines.settings.sources.remote_files import SftpFiles
from regulars.pipelines.settings.sources.ways_in import DatabaseTable
from regulars.pipelines.sources.fetching.remote.on_sftp import OnSftp
from regulars.pipelines.sources.fetching.remote.remote_place import TimeLimit

VARIABLE = "REGULARS_TEST_SECRET"


@pytest.mark.parametrize(("value", "state"), [(None, "not set"), ("", "empty"), (" \n", "empty")])
def test_a_variable_that_is_missing_or_empty_is_a_sentence_that_names_it(monkeypatch, value, state):
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(SettingsWrong) as wrong:
        read_secret(VARIABLE, "the key of s3://exports")
    assert str(wrong.value) == (
        f"the environment variable {VARIABLE} with the key of s3://exports is {state}: set it where Regulars runs"
    )


def test_a_secret_comes_as_it_is_and_none_is_asked_for_where_no_variable_is_named(monkeypatch):
    monkeypatch.setenv(VARIABLE, " with blanks ")
    assert read_secret(VARIABLE, "a password") == " with blanks "
    assert read_secret(None, "a password") is None


def open_database(tmp_path):
    way = {"engine": "postgresql", "host": "db.example.com", "port": 5432, "database": "shop", "user": "reader"}
    read_password(DatabaseTable(type="database", table="orders", password_variable=VARIABLE, **way))


def open_bucket(tmp_path):
    Bucket("s3://exports", BucketAccess(key_id_variable=VARIABLE, secret_variable=VARIABLE))


def open_sftp(tmp_path):
    way = SftpFiles(type="sftp", host="files.example.com", user="partner", path="/a.csv", password_variable=VARIABLE)
    OnSftp(way, tmp_path / "known_hosts", TimeLimit("files", 0)).__enter__()


@pytest.mark.parametrize(
    ("open_place", "what"),
    [
        (open_database, "the password of shop at db.example.com:5432"),
        (open_bucket, "the key of s3://exports"),
        (open_sftp, "the password of partner at sftp://files.example.com"),
    ],
)
def test_every_server_says_the_same(monkeypatch, tmp_path, open_place, what):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(SettingsWrong, match=f"the environment variable {VARIABLE} with {what}.* is not set"):
        open_place(tmp_path)
