"""Whatever a run reads or delivers with a secret, and however it ends, it leaves the secret nowhere."""

import base64
import contextlib
import gzip
import logging
import random

import duckdb
import polars as pl
import pytest
import yaml

from tests.object_store import KEY_ID_VARIABLE, SECRET_VARIABLE, run_object_store
from tests.publish.targets.postgres_server import PASSWORD, run_server
from tests.run.versioned_company import Company, last_versions
from tests.run.ways_in import API_TOKEN, PagedApi, describe_api, describe_bucket, describe_sftp
from tests.secrets_left import find_secrets
from tests.sftp_server import PASSWORD as SFTP_PASSWORD
from tests.sftp_server import run_sftp_server
from tests.shop import run_regulars
from tests.sources.fetching.api.api_server import run_api

pytestmark = pytest.mark.slow

SERVERS = ("boto", "moto", "werkzeug")
"""How the names of the loggers of servers begin that run in this process."""
WRONG = {name: f"wrong-{random.Random(name).getrandbits(64):x}" for name in ("database", "api", "bucket", "sftp")}
WRITER_PASSWORD = "stapler of batteries"
TARGET_VARIABLES = {"warehouse": "WAREHOUSE_PASSWORD", "lake": "LAKE_SECRET_KEY"}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """The servers, and the secret of each."""
    remote = tmp_path_factory.mktemp("remote")
    pages = PagedApi()
    pages.records["till"] = {record["id"]: record for record in last_versions("till")}
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv("CRM_PASSWORD", PASSWORD)
        patch.setenv("SHOP_TOKEN", API_TOKEN)
        patch.setenv("SFTP_PASSWORD", SFTP_PASSWORD)
        patch.setattr("regulars.pipelines.sources.fetching.api.client.PAUSES", (0.01,) * 5)
        server = stack.enter_context(run_server())
        con = stack.enter_context(server.connect("postgres"))
        con.execute(f"create role reader login password '{PASSWORD}'")
        con.execute("create table crm (id text primary key, name text, email text, city text, changed timestamp)")
        con.cursor().executemany(
            "insert into crm values (%(id)s, %(name)s, %(email)s, %(city)s, %(changed)s)", last_versions("crm")
        )
        con.execute("grant select on crm to reader")
        con.execute(f"create role writer login password '{WRITER_PASSWORD}'")
        con.execute("create database bi owner writer")
        store = stack.enter_context(run_object_store(patch))
        for bucket in ("exports", "lake"):
            store.make_bucket(bucket)
        for name, secret in {"warehouse": WRITER_PASSWORD, "lake": store.secret}.items():
            patch.setenv(TARGET_VARIABLES[name], secret)
        api = stack.enter_context(run_api(pages.answer))
        sftp = stack.enter_context(run_sftp_server(remote))
        database = {"type": "database", "engine": "postgresql", "host": "127.0.0.1", "port": server.port}
        database |= {"database": "postgres", "user": "reader", "password_variable": "CRM_PASSWORD", "table": "crm"}
        ways = {
            "crm": {"from": database},
            "till": {"from": describe_api(api, "till")},
            "survey": {"from": describe_bucket(store, "exports", "survey")},
            "survey_by_mail": {"from": describe_sftp(sftp, "survey")},
        }
        warehouse = {"type": "postgres", "host": "127.0.0.1", "port": server.port, "database": "bi", "user": "writer"}
        lake = {"type": "object_storage", "url": "s3://lake/regulars", **store.access}
        targets = {
            "warehouse": {**warehouse, "password_variable": TARGET_VARIABLES["warehouse"]},
            "lake": {**lake, "secret_variable": TARGET_VARIABLES["lake"]},
        }
        secrets = {
            "warehouse": WRITER_PASSWORD,
            "database": PASSWORD,
            "api": API_TOKEN,
            "bucket": store.secret,
            "sftp": SFTP_PASSWORD,
        }
        yield ways, targets, secrets, store, remote


@pytest.fixture
def company(running, tmp_path):
    ways, targets, _, store, remote = running
    company = Company(tmp_path / "company")
    company.folder.mkdir()
    half = len(last_versions("survey")) // 2
    company.write_csv("survey", last_versions("survey")[:half], "survey-1.csv")
    store.put("exports", "survey-1.csv", (company.folder / "survey-1.csv").read_bytes())
    company.write_csv("survey", last_versions("survey")[half:], "survey-2.csv")
    (company.folder / "survey-2.csv").rename(remote / "survey-2.csv")
    company.deliver_by(**ways)
    with (company.folder / "regulars.yaml").open("a", encoding="utf-8") as settings:
        settings.write(yaml.safe_dump({"publish": {"targets": targets}}))
    company.environment["DAGSTER_HOME"] = str(tmp_path / "dagster")
    (tmp_path / "dagster").mkdir()
    return company


@pytest.fixture
def logged(caplog):
    """All that is logged, at the level on which libraries say most."""
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(
        f"{record.name} {record.getMessage()} {record.exc_text or ''}"
        for record in caplog.records
        if not record.name.startswith(SERVERS)
    )


def test_runs_whose_targets_take_and_refuse_them_leave_no_secret(running, company, tmp_path, logged, monkeypatch):
    secrets = running[2]
    assert company.run() == 0, company.said
    for name in TARGET_VARIABLES:
        assert f"target {name} received g000001" in company.said
    sources = company.ask("select source, rows_loaded > 0 or rows_superseded > 0, reason from meta.sources order by 1")
    assert sources == [(name, True, None) for name in ("crm", "survey", "survey_by_mail", "till")]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) > 60
    assert find_secrets(secrets, tmp_path, company.said, logged()) == []
    # what was delivered is found, and so a secret would be
    assert find_secrets({"an address": "ann1@example.org"}, company.home.path)

    wrong = {name: f"wrong-{random.Random(name).getrandbits(64):x}" for name in TARGET_VARIABLES}
    for name, variable in TARGET_VARIABLES.items():
        monkeypatch.setenv(variable, wrong[name])
    assert company.run() == 0, company.said
    where = ("--settings", company.folder / "regulars.yaml", "--home", company.home.path)
    said = [company.said]
    for command in ("deliver", "doctor", "status"):
        done = run_regulars(command, *where, **company.environment)
        said += [done.stdout, done.stderr]
    for each in (said[0], said[1] + said[2]):
        assert "target warehouse was not delivered to: " in each
        assert 'password authentication failed for user "writer"' in each
        assert "target lake was not delivered to: s3://lake refused access (403 SignatureDoesNotMatch)" in each
    assert find_secrets({**secrets, **{f"wrong {name}": each for name, each in wrong.items()}}, tmp_path, *said) == []
    assert find_secrets({**secrets, **{f"wrong {name}": each for name, each in wrong.items()}}, logged()) == []


def test_a_run_that_no_server_lets_in_leaves_no_secret_of_the_wrong_ones(company, tmp_path, logged, monkeypatch):
    for name, variable in zip(WRONG, ("CRM_PASSWORD", "SHOP_TOKEN", SECRET_VARIABLE, "SFTP_PASSWORD"), strict=True):
        monkeypatch.setenv(variable, WRONG[name])
    monkeypatch.setenv(KEY_ID_VARIABLE, "AKIAWRONG")
    assert company.run() == 4
    where = ("--settings", company.folder / "regulars.yaml", "--home", company.home.path)
    doctor = run_regulars("doctor", *where, **company.environment).stdout
    for sentence in (
        'password authentication failed for user "reader"',
        "`from.auth.token` is wrong or has expired",
        "s3://exports refused access (403",
        "does not let partner in: see that the secret is right",
    ):
        assert sentence in doctor
    assert find_secrets(WRONG, tmp_path, company.said, doctor, logged()) == []


def test_secrets_that_are_left_would_be_found(tmp_path):
    secret = {"it": "sesame opens this"}
    (tmp_path / "log.txt").write_text("password=sesame+opens+this")
    (tmp_path / "log.gz").write_bytes(gzip.compress(b"sesame opens this"))
    (tmp_path / "headers").write_bytes(b"Basic " + base64.b64encode(b"partner:sesame opens this"))
    pl.DataFrame({"a": ["x", "sesame opens this"]}).write_parquet(tmp_path / "a.parquet")
    with duckdb.connect(str(tmp_path / "a.duckdb")) as con:
        con.execute("create table t as select 'sesame opens this' as a, i from range(5000) as r(i)")
    found = {each.split(":")[0].split(",")[0] for each in find_secrets(secret, tmp_path)}
    assert found == {"log.txt", "log.gz", "headers", "a.parquet", "a.duckdb"}
