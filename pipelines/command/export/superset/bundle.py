"""Writes the bundle that Superset imports: a database, datasets with their metrics, charts and a dashboard.

Put here: gathering the parts, and the archive. Keep out: what the parts say.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from regulars.pipelines.command.export.superset.chart_params import make_chart
from regulars.pipelines.command.export.superset.charts import PARTS, Part
from regulars.pipelines.command.export.superset.dashboard import make_dashboard
from regulars.pipelines.command.export.superset.datasets import VERSION, make_dataset
from regulars.pipelines.command.export.superset.naming import make_file_name
from regulars.pipelines.command.export.superset.place import Database, Place, find_place, make_database
from regulars.pipelines.command.export.superset.published import Table, read_tables
from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.opened import explain_other_version, open_published
from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.home.home import Home
from regulars.pipelines.settings.settings_file import load_settings

FOLDER = "regulars"
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every file: the same tables give the same bytes."""


def export_superset(home: Home, settings_file: Path, target: Path, *, database: Database, uri: str, name: str) -> str:
    """Write the bundle of the current generation, and say what it holds and how it is imported.

    Args:
        home: The company's home.
        settings_file: Its settings, for the currency and the PostgreSQL target; it may be missing.
        target: The archive to write.
        database: Where Superset reads: `duckdb` or `postgresql`.
        uri: The address of the database, as SQLAlchemy writes it, without a password; empty: found.
        name: What the database is called in Superset. Its ids depend on it: an import with another name is another
            dashboard.

    Raises:
        UsageWrong: The target lies in the home, or the address has a password.
        SettingsWrong: The settings hold a mistake, or there is no PostgreSQL target.
        StorageFailed: Nothing is published yet.
    """
    generation = find_current(home)
    if target.resolve().is_relative_to(home.path.resolve()):
        raise UsageWrong(f"{target} lies in the home, whose files only runs may change; name another place")
    settings = load_settings(settings_file) if settings_file.exists() else None
    place = find_place(home, settings, database=database, uri=uri, name=name)
    with open_published(generation) as con:
        tables = read_tables(con)
    currency, company = (settings.company.currency, settings.company.name) if settings else ("", name)
    with explain_other_version(generation):
        files = dict(_list_files(tables, place, currency=currency, title=f"{company}: customers"))
    target.parent.mkdir(parents=True, exist_ok=True)
    _write_archive(target, files)
    kinds = [path.partition("/")[0] for path in files]
    unknown = "" if currency else "; no settings file was found, so that amounts have no currency (--settings)"
    return (
        f"{kinds.count('datasets')} datasets, {kinds.count('charts')} charts and a dashboard of {generation.name}, "
        f"as of {generation.manifest.as_of}, written to {target}{unknown}"
    )


def keep_published(parts: Sequence[Part], tables: dict[str, Table]) -> list[Part]:
    """The parts with the charts whose tables are published; an older generation may lack some."""
    kept = [Part(part.heading, tuple(chart for chart in part.charts if chart.table in tables)) for part in parts]
    return [part for part in kept if part.charts]


def _list_files(
    tables: dict[str, Table], place: Place, *, currency: str, title: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path in the archive -> what the file says."""
    parts = keep_published(PARTS, tables)
    folder = make_file_name(place.name)
    yield "metadata.yaml", {"version": VERSION, "type": "assets", "timestamp": "1980-01-01T00:00:00+00:00"}
    yield f"databases/{folder}.yaml", make_database(place)
    for table in tables.values():
        yield f"datasets/{folder}/{make_file_name(table.name)}.yaml", make_dataset(table, place, currency)
    for part in parts:
        for chart in part.charts:
            entry = make_chart(chart, tables[chart.table], place.name)
            yield f"charts/{make_file_name(chart.title)}.yaml", entry
    yield f"dashboards/{folder}.yaml", make_dashboard(parts, tables, name=place.name, title=title)


def _write_archive(target: Path, files: dict[str, dict[str, Any]]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
            entry = zipfile.ZipInfo(f"{FOLDER}/{path}", _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
