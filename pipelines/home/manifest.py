"""Defines `manifest.json`, which describes a generation: its tables, files, hashes, inputs and run.

Put here: the manifest's shape, writing and reading it, which hashes make up its content hash.
Keep out: making the files it describes.
"""

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from regulars.pipelines import errors

FILE_NAME = "manifest.json"
CONTENT_LAYERS = ("core.", "marts.")


@dataclasses.dataclass(frozen=True)
class TableFacts:
    """One published table: its rows, and the SHA-256 of its Parquet file."""

    rows: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class FileFacts:
    """One file of a generation: its size in bytes and its SHA-256."""

    bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Facts:
    """Facts about the run, for the manifest.

    Attributes:
        fingerprint: SHA-256 over inputs, settings and code: the same fingerprint means the same results.
        started_at: When the run began, aware.
        headline: The most important metrics, as plain JSON values.
        sources: One mapping per source, as plain JSON values.
        checks: How many contract rules `passed`, `warned`, `failed`.
        findings: One mapping per finding, as plain JSON values.
        versions: Name -> version of what made the tables.
    """

    fingerprint: str
    started_at: dt.datetime
    headline: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    sources: tuple[Mapping[str, Any], ...] = ()
    checks: Mapping[str, int] = dataclasses.field(default_factory=dict)
    findings: tuple[Mapping[str, Any], ...] = ()
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Manifest:
    """The content of `manifest.json`. `content_sha256` does not depend on run times and generation numbers."""

    generation: int
    parent: int | None
    as_of: dt.date
    is_backfill: bool
    created_at: dt.datetime
    fingerprint: str
    content_sha256: str
    tables: Mapping[str, TableFacts]
    files: Mapping[str, FileFacts]
    headline: Mapping[str, Any]
    sources: tuple[Mapping[str, Any], ...]
    checks: Mapping[str, int]
    versions: Mapping[str, str]
    run: Mapping[str, Any]
    findings: tuple[Mapping[str, Any], ...] = ()
    """The rows of `meta.findings`."""
    state: FileFacts | None = None
    """The state file, which lies outside the generation's folder."""

    def has_content(self, *, fingerprint: str, as_of: dt.date, content_sha256: str) -> bool:
        """Whether a run with these results would only repeat this generation."""
        return (self.fingerprint, self.as_of, self.content_sha256) == (fingerprint, as_of, content_sha256)

    def to_json(self) -> str:
        """The text of `manifest.json`: keys in a fixed order, indented."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False, default=_convert_to_text) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the text of `to_json`; unknown keys (of a newer version) are ignored.

        Raises:
            ValueError, TypeError, KeyError: The text is not a manifest.
        """
        values = json.loads(text)
        files = dict(values["files"])
        # in an older home the state file lay in the generation's folder, and was one of its files
        values["state"] = values.get("state") or files.pop("state.duckdb", None)
        values["files"] = files
        values.setdefault("findings", [])  # an older home's generations had none
        known = {field.name: values[field.name] for field in dataclasses.fields(cls)}
        known["state"] = FileFacts(**known["state"]) if known["state"] else None
        known["as_of"] = dt.date.fromisoformat(known["as_of"])
        known["created_at"] = dt.datetime.fromisoformat(known["created_at"])
        known["tables"] = {name: TableFacts(**facts) for name, facts in known["tables"].items()}
        known["files"] = {name: FileFacts(**facts) for name, facts in known["files"].items()}
        known["sources"] = tuple(known["sources"])
        known["findings"] = tuple(known["findings"])
        return cls(**known)


def _convert_to_text(value: object) -> str:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return str(value)  # Decimal amounts: exact as text, while a float would not be


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the generation in `folder`.

    Raises:
        errors.StorageFailed: It is missing or damaged.
    """
    path = folder / FILE_NAME
    try:
        return Manifest.from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise errors.StorageFailed(f"cannot read {path}: {error.strerror}; `regulars rollback` goes back") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise errors.StorageFailed(f"{path} is damaged ({error}); `regulars rollback` goes back") from error


def hash_content(tables: Mapping[str, TableFacts]) -> str:
    """One SHA-256 for all tables of core and marts, by name. `meta` is left out: it holds run times."""
    lines = sorted(f"{name} {facts.sha256}\n" for name, facts in tables.items() if name.startswith(CONTENT_LAYERS))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
