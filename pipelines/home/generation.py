"""Describes a finished generation on disk: its name, its files, and the result of publishing it.

Put here: the files of a generation and their names. Keep out: writing them (`publish/`), and which generation readers
see (`home.py`).
"""

import dataclasses
import functools
from pathlib import Path

from regulars.pipelines.home.manifest import Manifest, read_manifest

DUCKDB_FILE = "regulars.duckdb"
PARQUET_FOLDER = "parquet"
REPORT_FILE = "report.html"
CONTRACTS_FILE = "contracts.odcs.yaml"
SEMANTIC_MODEL_FILE = "regulars.ossie.yaml"
OLD_STATE_FILE = "state.duckdb"
"""In an older home, the name of the state file in the folder of its generation."""


@dataclasses.dataclass(frozen=True)
class Generation:
    """One finished generation on disk."""

    number: int
    path: Path

    @property
    def name(self) -> str:
        """Its folder's name, e.g. `g000123`."""
        return name_generation(self.number)

    @functools.cached_property
    def manifest(self) -> Manifest:
        """Its manifest.

        Raises:
            errors.StorageFailed: `manifest.json` is missing or damaged.
        """
        return read_manifest(self.path)

    @property
    def state_file(self) -> Path:
        """Its personal data: outside its folder, except in an older home whose state files have not moved yet."""
        old = self.path / OLD_STATE_FILE
        return old if old.exists() else state_path(self.path.parents[1], self.number)

    @property
    def duckdb_file(self) -> Path:
        """The DuckDB file that BI tools open."""
        return self.path / DUCKDB_FILE

    @property
    def report_file(self) -> Path:
        """The report, as one page."""
        return self.path / REPORT_FILE

    @property
    def contracts_file(self) -> Path:
        """The contracts of all published tables, as other tools read them."""
        return self.path / CONTRACTS_FILE

    def parquet_file(self, table: str) -> Path:
        """The Parquet file of a published table, `layer.table`."""
        return parquet_path(self.path / PARQUET_FOLDER, table)

    @property
    def bytes(self) -> int:
        """The size of all its files, in bytes."""
        paths = {*self.path.rglob("*"), self.state_file}
        return sum(path.stat().st_size for path in paths if path.is_file())


def name_generation(number: int) -> str:
    """The folder's name of a generation: 123 -> `g000123`."""
    return f"g{number:06d}"


def state_path(home: Path, number: int) -> Path:
    """Where a home keeps the personal data of a generation."""
    return home / "state" / f"{name_generation(number)}.duckdb"


def parquet_path(folder: Path, table: str) -> Path:
    """Where the file of `layer.table` lies below a folder of Parquet files."""
    layer, _, name = table.partition(".")
    return folder / layer / f"{name}.parquet"


@dataclasses.dataclass(frozen=True)
class Published:
    """The result of publishing.

    Attributes:
        generation: The new generation; the current one when there was nothing new.
        is_new: False when `generation` already held the same results.
        is_current: Whether this call made it current.
        warning: A sentence, when it is published but a step around it failed.
    """

    generation: Generation
    is_new: bool
    is_current: bool
    warning: str | None = None

    @property
    def path(self) -> Path:
        """The folder of the generation."""
        return self.generation.path
