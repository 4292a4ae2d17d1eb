"""Ways to deliver the history of one small company; a new way in is one more function, and its name in `WAYS`.

A way whose server is gone afterwards runs the run itself.
"""

import json
import random
import sqlite3
import tarfile
import zipfile
from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq

from tests.object_store import run_object_store
from tests.publish.targets.postgres_server import PASSWORD, VARIABLE, run_server
from tests.run.versioned_company import COLUMNS, FIELDS, HISTORY, TYPES, last_versions, list_rows
from tests.sftp_server import PASSWORD as SFTP_PASSWORD
from tests.sftp_server import run_sftp_server
from tests.sources.fetching.api.api_server import Reply, run_api
from tests.workbooks import xlsx

API_TOKEN = "tok-2f6e-secret"


def whole(company, monkeypatch):
    company.deliver_by(**{name: {"path": f"{name}.csv"} for name in COLUMNS})
    for name in COLUMNS:
        company.write_csv(name, last_versions(name))


def twice(company, monkeypatch):
    """The same records again, in another order and so as another file."""
    whole(company, monkeypatch)
    company.land()
    for name in COLUMNS:
        company.write_csv(name, last_versions(name)[::-1])


def by_day_in_any_order(company, monkeypatch):
    company.deliver_by(**{name: {"path": f"{name}-*.csv"} for name in COLUMNS})
    for day in random.Random(7).sample(range(6), 6):
        for name in COLUMNS:
            company.write_csv(name, HISTORY[day][name], f"{name}-{day}.csv")
        company.land()


def zipped(company, monkeypatch):
    whole(company, monkeypatch)
    with zipfile.ZipFile(company.folder / "export.zip", "w") as archive:
        for name in COLUMNS:
            archive.write(company.folder / f"{name}.csv", f"{name}.csv")
    company.deliver_by(**{name: {"path": "export.zip", "member": f"{name}.csv"} for name in COLUMNS})


def as_parquet(company, monkeypatch):
    company.deliver_by(**{name: {"path": f"{name}.parquet", "format": "parquet"} for name in COLUMNS})
    for name in COLUMNS:
        pq.write_table(pa.Table.from_pylist(last_versions(name)), company.folder / f"{name}.parquet")


def as_workbook(company, monkeypatch):
    company.deliver_by(**{name: {"path": f"{name}.xlsx", "format": "xlsx"} for name in COLUMNS})
    for name in COLUMNS:
        content = xlsx({"Sheet1": list_rows(name, last_versions(name))})
        (company.folder / f"{name}.xlsx").write_bytes(content)


def through_sqlite(company, monkeypatch):
    way = {"type": "database", "engine": "sqlite", "file": "shop.db"}
    company.deliver_by(**{name: {"from": {**way, "table": name}} for name in COLUMNS})
    with closing(sqlite3.connect(company.folder / "shop.db")) as con:
        for name in COLUMNS:
            con.execute(f"create table {name} ({', '.join(FIELDS[name])})")
            marks = ", ".join(f":{field}" for field in FIELDS[name])
            con.executemany(f"insert into {name} values ({marks})", last_versions(name))
        con.commit()


def through_postgresql_by_cursor(company, monkeypatch):
    """The table as it is on each day: a fetch of what has changed after each."""
    monkeypatch.setenv(VARIABLE, PASSWORD)
    company.environment[VARIABLE] = PASSWORD
    with run_server() as server, server.connect("postgres") as con:
        way = {"type": "database", "engine": "postgresql", "host": "127.0.0.1", "port": server.port}
        way |= {
            "database": "postgres",
            "user": "reader",
            "password_variable": VARIABLE,
            "cursor": {"column": "changed"},
        }
        company.deliver_by(**{name: {"from": {**way, "table": name}} for name in COLUMNS})
        con.execute(f"create role reader login password '{PASSWORD}'")
        for name, fields in FIELDS.items():
            columns = ", ".join(f"{field} {TYPES.get(field, 'text')}" for field in fields)
            con.execute(f"create table {name} ({columns}, primary key (id))")
            con.execute(f"grant select on {name} to reader")
        for day in HISTORY:
            for name, records in day.items():
                for record in records:
                    con.execute(f"delete from {name} where id = %s", [record["id"]])
                    values = [record[field] for field in FIELDS[name]]
                    con.execute(f"insert into {name} values ({', '.join(['%s'] * len(values))})", values)
            company.land()
        assert company.run() == 0, company.said


def packed_in_tar_gz(company, monkeypatch):
    whole(company, monkeypatch)
    with tarfile.open(company.folder / "export.tar.gz", "w:gz") as archive:
        for name in COLUMNS:
            archive.add(company.folder / f"{name}.csv", f"export/{name}.csv")
    company.deliver_by(**{name: {"path": "export.tar.gz", "member": f"*/{name}.csv"} for name in COLUMNS})


def as_json_lines(company, monkeypatch):
    company.deliver_by(**{name: {"path": f"{name}.jsonl", "format": "jsonl"} for name in COLUMNS})
    for name in COLUMNS:
        lines = [json.dumps(record) for record in last_versions(name)]
        (company.folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


class PagedApi:
    """The records as they are by now, three to a page, behind a token; every fifth request is told to come later."""

    def __init__(self):
        self.records = {name: {} for name in COLUMNS}
        self.refused = 0
        self.asked = 0

    def answer(self, seen):
        if seen.headers.get("authorization") != f"Bearer {API_TOKEN}":
            return Reply({"error": "who are you?"}, 401)
        self.asked += 1
        if self.asked % 5 == 0:
            self.refused += 1
            return Reply({"error": "too many requests"}, 429, {"Retry-After": "0"})
        since = seen.params.get("since", [""])[0]
        start = int(seen.params.get("page_token", ["0"])[0])
        records = [each for each in self.records[seen.path.strip("/")].values() if each["changed"] >= since]
        more = {"next": str(start + 3)} if start + 3 < len(records) else {}
        return {"data": {"rows": records[start : start + 3]}, "page": more}


def describe_api(api, name):
    return {
        "base_url": api.url,
        "path": name,
        "allow_unencrypted": True,
        "auth": {"type": "bearer", "token": "${SHOP_TOKEN}"},
        "data_selector": "data.rows",
        "primary_key": "id",
        "paginator": {"type": "cursor", "cursor_path": "page.next", "cursor_param": "page_token"},
        "cursor": {"column": "changed"},
        "cursor_param": "since",
    }


def through_api_by_cursor(company, monkeypatch):
    """The records as they are on each day: a fetch of what has changed after each."""
    monkeypatch.setenv("SHOP_TOKEN", API_TOKEN)
    monkeypatch.setattr("regulars.pipelines.sources.fetching.api.client.PAUSES", (0.01,) * 5)
    pages = PagedApi()
    with run_api(pages.answer) as api:
        company.deliver_by(**{name: {"from": describe_api(api, name)} for name in COLUMNS})
        for day in HISTORY:
            for name, records in day.items():
                pages.records[name] |= {record["id"]: record for record in records}
            company.land()
        assert company.run() == 0, company.said
        assert pages.refused >= 3
        assert sum("since" in seen.params for seen in api.requests) >= 12


def list_daily_files(company, folder):
    """Writes each day's records as a file per source; the files in another order than the days."""
    names = [(day, name) for day in range(6) for name in COLUMNS if HISTORY[day][name]]
    random.Random(11).shuffle(names)
    for day, name in names:
        company.write_csv(name, HISTORY[day][name], f"{folder}/{name}-{day}.csv")
    return [f"{name}-{day}.csv" for day, name in names]


def describe_bucket(store, bucket, name):
    return {"type": "bucket", "url": f"s3://{bucket}/{name}-*.csv", **store.access}


def from_bucket(company, monkeypatch):
    (company.folder / "written").mkdir()
    with run_object_store(monkeypatch) as store:
        store.make_bucket("exports")
        for file in list_daily_files(company, "written"):
            store.put("exports", file, (company.folder / "written" / file).read_bytes())
        company.deliver_by(**{name: {"from": describe_bucket(store, "exports", name)} for name in COLUMNS})
        assert company.run() == 0, company.said


def describe_sftp(server, name):
    return {
        "type": "sftp",
        "host": "127.0.0.1",
        "port": server.port,
        "user": "partner",
        "path": f"/{name}-*.csv",
        "password_variable": "SFTP_PASSWORD",
        "host_fingerprint": server.fingerprint,
    }


def from_sftp(company, monkeypatch):
    monkeypatch.setenv("SFTP_PASSWORD", SFTP_PASSWORD)
    (company.folder / "remote").mkdir()
    list_daily_files(company, "remote")
    with run_sftp_server(company.folder / "remote") as server:
        company.deliver_by(**{name: {"from": describe_sftp(server, name)} for name in COLUMNS})
        assert company.run() == 0, company.said


WAYS = [
    twice,
    by_day_in_any_order,
    zipped,
    packed_in_tar_gz,
    as_parquet,
    as_workbook,
    as_json_lines,
    through_sqlite,
    through_postgresql_by_cursor,
    through_api_by_cursor,
    from_bucket,
    from_sftp,
]
