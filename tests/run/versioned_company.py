"""A small company with three sources whose records all carry `updated_at`, and the history of its records by day."""

import datetime as dt
import random
from collections import defaultdict

import yaml

from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.sources.deliveries import land_sources
from tests.shop import Shop

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
        """Write the settings; `ways` says of each source where its records are; `survey_by_mail` is another survey."""
        sources = {}
        for source, way in ways.items():
            name = source.partition("_")[0]
            columns = {**COLUMNS[name], "updated_at": "changed", **CONSTANTS[name]}
            sources[source] = {**way, "kind": KINDS[name], "delivery": "incremental", "columns": columns}
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
