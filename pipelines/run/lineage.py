"""What decides a run's results beside what was delivered: the settings, the code, the versions of what makes them.

Put here: listing those facts, and which of them differ between two runs. Keep out: deliveries (`sources/`), and what
a difference did to the metrics (`pipelines/audit/restatements/`).
"""

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from regulars.pipelines.settings.company_folder import hash_company_files
from regulars.pipelines.settings.package import ROOT
from regulars.pipelines.settings.settings import Settings

CODE = (
    "pipelines/**/*.py",
    "pipelines/definitions/*.yaml",
    "pipelines/report/**/*.html",
    "pipelines/report/**/*.css",
    "pipelines/report/**/*.po",
    "assets/**/*.py",
    "sql/**/*.sql",
    "data_contracts/**/*.yaml",
)
MAKERS = (
    "duckdb",
    "polars",
    "narwhals",
    "numpy",
    "scipy",
    "pyarrow",
    "phonenumbers",
    "py3langid",
    "great-expectations",
    "dagster",
    "regulars",
)
NO_PART_IN_RESULTS = {"schedule", "resources", "publish", "alerts", "openlineage", "findings"}

TABLE = "raw.lineage"
"""Kept in the state file: settings may name customers' addresses."""
TABLE_COLUMNS = (("part", "VARCHAR"), ("name", "VARCHAR"), ("value", "VARCHAR"))


@dataclass(frozen=True)
class Lineage:
    """What a generation was made from.

    Attributes:
        code: SHA-256 over all code, SQL and contracts.
        versions: Name -> version of what makes the tables.
        settings: Dotted key -> value as JSON, of those that decide results and are not the default.
    """

    code: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, str, str]]:
        """The rows of `TABLE`, sorted."""
        return [
            ("code", "sha256", self.code),
            *(("setting", *each) for each in sorted(self.settings.items())),
            *(("version", *each) for each in sorted(self.versions.items())),
        ]

    @classmethod
    def of_rows(cls, rows: list[tuple[str, str, str]]) -> "Lineage":
        """What `rows` gave."""
        parts = {part: {name: value for kind, name, value in rows if kind == part} for part in ("setting", "version")}
        code = next((value for part, _, value in rows if part == "code"), "")
        return cls(code, parts["version"], parts["setting"])


def read_lineage(settings: Settings) -> Lineage:
    """What a run with these settings is made from, here and now."""
    return Lineage(code_sha256(), versions(), dict(_flat(deciding_settings(settings))))


@cache
def code_sha256() -> str:
    """SHA-256 over the names and bytes of all code, SQL and contracts, as this process found them.

    Read once, when the run opens: files that an upgrade replaces later are not what this process runs.
    """
    code = hashlib.sha256()
    for pattern in CODE:
        for path in sorted(ROOT.glob(pattern)):
            code.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return code.hexdigest()


def versions() -> dict[str, str]:
    """Name -> version of what makes the tables."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in MAKERS}


def deciding_settings(settings: Settings) -> dict[str, Any]:
    """The settings that differ from their defaults and have a part in results; the run's day is no setting here.

    The files of the company's own tables are among them, each as its hash.
    """
    written = settings.model_dump(mode="json", exclude=NO_PART_IN_RESULTS | {"as_of", "report"}, exclude_defaults=True)
    own = hash_company_files(settings.company_folder)
    return written | ({"own_tables": own} if own else {})


def changed_settings(before: Lineage, after: Lineage) -> list[str]:
    """The changed settings, each as its dotted key; a number, a day or a yes or no also as what it was and is.

    Other values stay untold: a text may be a path, an expression or an address.
    """
    keys = sorted(before.settings.keys() | after.settings.keys())
    return [
        _told(key, before.settings.get(key), after.settings.get(key))
        for key in keys
        if before.settings.get(key) != after.settings.get(key)
    ]


def changed_versions(before: Lineage, after: Lineage) -> list[str]:
    """What has another version now, such as `polars 2.1.0 → 2.2.0`."""
    names = sorted(before.versions.keys() & after.versions.keys())
    return [
        f"{name} {before.versions[name]} → {after.versions[name]}"
        for name in names
        if before.versions[name] != after.versions[name]
    ]


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Dotted key -> JSON of every leaf; a list is a leaf."""
    if isinstance(value, Mapping) and value:
        for name, inside in value.items():
            yield from _flat(inside, f"{key}.{name}" if key else str(name))
    else:
        yield key, json.dumps(value, sort_keys=True, ensure_ascii=False)


def _told(key: str, before: str | None, after: str | None) -> str:
    known = [json.loads(each) for each in (before, after) if each is not None]
    if not all(isinstance(each, bool | int | float) for each in known):
        return key
    was, is_now = ("default" if each is None else each for each in (before, after))
    return f"{key} {was} → {is_now}"
