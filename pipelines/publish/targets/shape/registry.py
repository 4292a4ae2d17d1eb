"""All types of targets: every module of this room that describes one.

Put here: finding them. Keep out: any one type, and delivering (`pipelines/publish/deliver.py`).
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any

from regulars.pipelines.publish import targets
from regulars.pipelines.publish.targets.shape.target import TargetType
from regulars.pipelines.settings.settings import Part


def _find_target_types() -> Iterator[TargetType[Any]]:
    """The `TARGET` of every module of `targets/` that has one, in the order of the modules' names."""
    for module in pkgutil.iter_modules(targets.__path__):
        found = getattr(importlib.import_module(f"{targets.__name__}.{module.name}"), "TARGET", None)
        if found is not None:
            yield found


TARGET_TYPES: Mapping[str, TargetType[Any]] = {each.name: each for each in _find_target_types()}
"""Name -> type of target. Adding a module adds the type."""

TARGET_OPTIONS: Mapping[str, type[Part]] = {name: each.options for name, each in TARGET_TYPES.items()}
"""Name -> the shape of its settings."""
