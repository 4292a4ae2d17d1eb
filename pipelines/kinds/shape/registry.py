"""All kinds: every module of this room that describes one.

Put here: finding them, and questions about all of them together. Keep out: single kinds.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator

from regulars.pipelines import kinds
from regulars.pipelines.kinds.shape.kind import CoreAmount, Kind


def _find_kinds() -> Iterator[Kind]:
    """The `KIND` of every module beside this one that has one, in the order of the modules' names."""
    for module in pkgutil.iter_modules(kinds.__path__):
        name = f"{kinds.__name__}.{module.name}"
        if name != __name__ and (kind := getattr(importlib.import_module(name), "KIND", None)) is not None:
            yield kind


KINDS: dict[str, Kind] = {kind.name: kind for kind in _find_kinds()}
"""Name -> kind, in the order of their names. Adding a module adds the kind."""


def list_core_amounts(wanted: Iterable[Kind]) -> list[CoreAmount]:
    """List the tables of core that hold the money of some kinds, each once, with its day where one of them has it."""
    found: dict[str, CoreAmount] = {}
    for kind in wanted:
        for amount in kind.money.core if kind.money else ():
            if not found.get(amount.table, amount).day or amount.table not in found:
                found[amount.table] = amount
    return list(found.values())
