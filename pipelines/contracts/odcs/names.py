"""Reads what column names mean in all published tables, and whom a number of a shared name counts.

Put here: the shape of `data_contracts/definitions.yaml`. Keep out: whether contracts keep to it (`lint_names.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

FILE = "definitions.yaml"
"""Beside the folders of the layers."""


@dataclass(frozen=True)
class SharedNames:
    """What the names of columns mean that several published tables have.

    Attributes:
        definitions: Name -> what it means in every table.
        exceptions: Name -> why it means several things.
        populations: Name of a population -> who that is.
        numbers: Name -> table -> the population that the number counts there.
    """

    definitions: Mapping[str, str] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)
    populations: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def tables_of(self, name: str) -> Mapping[str, str]:
        """Table -> population, of the tables that have a number of this name."""
        return self.numbers.get(name, {})

    def describe_population(self, name: str, table: str) -> str | None:
        """Whom a number of a table counts; None where only one table has it."""
        return self.populations.get(self.tables_of(name).get(table, ""))


def read_shared_names(folder: Path) -> SharedNames:
    """What the names of the contracts under `folder` mean; nothing where the file is missing."""
    path = folder / FILE
    return _parse(path.read_bytes()) if path.is_file() else SharedNames()


@lru_cache(maxsize=8)
def _parse(content: bytes) -> SharedNames:
    written = yaml.safe_load(content) or {}
    return SharedNames(
        definitions=written.get("definitions", {}),
        exceptions=written.get("exceptions", {}),
        populations=written.get("populations", {}),
        numbers={
            name: {table: population for population, tables in parts.items() for table in tables}
            for name, parts in written.get("numbers", {}).items()
        },
    )
