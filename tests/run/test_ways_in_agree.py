"""The same records, however they are delivered, give the same core and marts.

Each way of `WAYS` delivers the history of one small company, whose records all carry `updated_at`. A new way in is one
more function there.
"""

import datetime as dt
import random
import sqlite3
import zipfile
from collections import defaultdict
from contextlib import closing

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.sources.deliveries import land_sources
from tests.publish.targets.postgres_server import PASSWORD, VARIABLE, run_server
from tests.shop import Shop
from tests.workbooks import xlsx

pytestmark = pytest.mark.slow

COLUMNS = {
    "crm": {"customer_record_id": "id", "first_name": "name", "email": "email", "city": "city"},
    "till": {"order_id": "id", "customer_record_id": "customer", "ordered_at": "at", "gross_sales": "total"},
    "survey": {"response_id": "id", "score": "score", "answered_at": "at", "email": "email"},
}
CONSTANTS = {
    "crm": {},
    "till": {"customer_system": {"value": "crm"}},
    "survey": {"survey_type": {"value": "nps"}, "scale_min": {"value": "0"}, "scale_max": {"value": "10"}},
}
KINDS = {"crm": "customers", "till": "orders", "survey": "survey_responses"}
FIELDS = {name: [*columns.values(), "changed"] for name, columns in COLUMNS.items()}
TYPES = {"total": "numeric(12, 2)", "at": "timestamp", "changed": "timestamp"}


def make_history():
    """Day -> source -> the versions that were written on it; a record changes up to three times."""
    draw = random.Random(20240331)
    days = defaultdict(lambda: defaultdict(list))

    def write(source, record, first_day):
        for day in sorted({first_day, *draw.sample(range(first_day, 6), min(2, 6 - first_day))}):
            record = {**record, "changed": f"2024-03-{20 + day} {draw.randint(8, 20):02}:15:00"}
            if source == "till" and day > first_day:
                record["total"] = f"{draw.randint(500, 9000) / 100:.2f}"
            if source == "crm" and day > first_day:
                record["city"] = draw.choice(["London", "Leeds", "York"])
            days[day][source].append(record)

    for number in range(1, 9):
        record = {"id": f"c{number}", "name": f"Ann{number}", "email": f"ann{number}@example.org", "city": "Hull"}
        write("crm", record, draw.randrange(3))
    for number in range(1, 25):
        at = f"{draw.choice(['2023-11', '2024-01', '2024-02'])}-{draw.randint(1, 28):02} 10:00:00"
        record = {"id": f"o{number}", "customer": f"c{draw.randint(1, 8)}", "at": at, "total": f"{number}.50"}
        write("till", record, draw.randrange(5))
    for number in range(1, 8):
        record = {"id": f"a{number}", "score": str(draw.randint(5, 10)), "at": "2024-03-02 09:00:00"}
        write("survey", {**record, "email": f"ann{number}@example.org"}, draw.randrange(5))
    return [days[day] for day in range(6)]


HISTORY = make_history()


def last_versions(source):
    """Every record of a source as it is at the end."""
    return list({record["id"]: record for day in HISTORY for record in day[source]}.values())


def list_rows(source, records):
    """The header and the records as lists."""
    return [FIELDS[source], *([record[field] for field in FIELDS[source]] for record in records)]


class Company(Shop):
    """The company, whose settings differ in how its sources are delivered and in nothing else."""

    def deliver_by(self, **ways):
        """Write the settings; `ways` says of each source where its records are."""
        sources = {
            name: {
                **ways[name],
                "kind": KINDS[name],
                "delivery": "incremental",
                "columns": {**COLUMNS[name], "updated_at": "changed", **CONSTANTS[name]},
            }
            for name in COLUMNS
        }
        company = {"name": "Shop", "timezone": "UTC", "currency": "EUR"}
        settings = {"company": company, "as_of": dt.date(2024, 3, 31), "sources": sources}
        (self.folder / "regulars.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def land(self):
        """Land what has been delivered so far, as a run of that day would."""
        settings = load_settings(self.folder / "regulars.yaml")
        self.home.prepare()
        now = dt.datetime.now(dt.UTC)
        assert not [each.refusals for each in land_sources(settings, self.folder, self.home.path, now) if each.refusals]

    def write_csv(self, source, records, name=""):
        self.deliver(
            name or f"{source}.csv", FIELDS[source], *[[each[key] for key in FIELDS[source]] for each in records]
        )


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


WAYS = [
    twice,
    by_day_in_any_order,
    zipped,
    as_parquet,
    as_workbook,
    through_sqlite,
    through_postgresql_by_cursor,
    # a bucket, an SFTP server, an API: one function each
]


def publish(way, folder):
    company = Company(folder)
    with pytest.MonkeyPatch.context() as patch:
        way(company, patch)
        if company.home.current_number() is None:
            assert company.run() == 0, company.said
    return read_tables(company)


def read_tables(company):
    """Table -> its rows in any order, with the ids of customers and contacts replaced by those of their records."""
    path = company.home.current_link / "regulars.duckdb"
    with duckdb.connect(str(path), read_only=True) as con:
        ids = con.execute("select customer_id, system, source_record_id from core.customer_source_ids").fetchall()
        names = {}
        for customer, *record in sorted(ids, key=str):
            names.setdefault(customer, ":".join(map(str, record)))
        for contact, customer in con.execute("select contact_id, customer_id from core.contacts").fetchall():
            names.setdefault(contact, f"contact of {names.get(customer, customer)}")
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('core', 'marts')"
        ).fetchall()
        found = {}
        for (table,) in tables:
            cursor = con.execute(f"select columns(c -> c not like '%customer_idx') from {table}")
            rows = [[str(names.get(value, value)) for value in row] for row in cursor.fetchall()]
            found[table] = sorted(rows)
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    tables = publish(whole, tmp_path_factory.mktemp("whole"))
    assert len(tables["core.orders"]) == 24
    assert len([table for table in tables.values() if table]) >= 30
    return tables


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_core_and_marts_do_not_depend_on_the_way_in(way, expected, tmp_path):
    found = publish(way, tmp_path)
    assert found.keys() == expected.keys()
    assert [table for table in found if found[table] != expected[table]] == []
