"""Who may import whom: imports go down, a new arrow fails here, and nothing goes round in a circle."""

from collections import defaultdict
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.house.code import ASSETS, MODULES, PIPELINES, imports_among_us, imports_of, name_of, room_of

MAY_IMPORT: dict[str, set[str]] = {
    # above all: the command line, and the one room that knows Dagster
    "regulars": {"assets", "command", "errors", "home", "publish", "run", "sample"},
    "assets": {
        *("report", "publish", "audit", "run", "identity", "segments", "transforms", "sources", "contracts"),
        *("warehouse", "home", "settings", "findings", "kinds", "themes", "errors"),
    },
    # what verbs do
    "command": {
        *("publish", "audit", "run", "segments", "identity", "sources", "contracts", "sample", "home", "warehouse"),
        *("settings", "findings", "kinds", "themes", "definitions", "errors"),
    },
    # what a run says and publishes
    "report": {"run", "transforms", "findings", "models", "definitions", "errors"},
    "publish": {
        "audit",
        "run",
        "contracts",
        "servers",
        "warehouse",
        "home",
        "settings",
        "findings",
        "kinds",
        "errors",
    },
    "audit": {
        "run",
        "models",
        "sources",
        "transforms",
        "contracts",
        "warehouse",
        "home",
        "settings",
        "findings",
        "kinds",
        "themes",
        "definitions",
        "errors",
    },
    # one run: what it was asked for, what it holds, how it ended
    "run": {
        "segments",
        "sources",
        "contracts",
        "warehouse",
        "home",
        "settings",
        "findings",
        "kinds",
        "themes",
        "errors",
    },
    # how tables are made
    "identity": {"kinds", "definitions", "errors"},
    "segments": {"transforms", "sources", "contracts", "warehouse", "settings", "errors"},
    "transforms": {"models", "definitions"},
    "sources": {"servers", "warehouse", "home", "settings", "findings", "kinds", "errors"},
    "contracts": {"warehouse", "settings", "findings", "kinds", "models", "definitions", "errors"},
    # where things lie, and what a company sets
    "sample": {"settings", "errors"},
    "warehouse": {"settings", "kinds", "errors"},
    "servers": {"settings", "errors"},
    "settings": {"findings", "kinds", "definitions", "errors"},
    "home": {"errors"},
    # the ground
    "themes": {"settings", "definitions", "errors"},
    "models": set(),
    "kinds": set(),
    "findings": set(),
    "definitions": set(),
    "errors": set(),
}
"""Room -> the rooms that it may import. A room may always import itself."""


@cache  # not when the file is read: every worker reads every file
def arrows() -> dict[tuple[str, str], str]:
    """(room, another that it imports) -> an import that says so."""
    return {
        (room_of(module), room_of(other)): f"{module} imports {other}"
        for module, others in imports_among_us().items()
        for other in others
        if room_of(module) != room_of(other)
    }


@pytest.mark.parametrize("room", sorted({room_of(module) for module in MODULES}))
def test_a_room_imports_only_the_rooms_below_it(room):
    assert room in MAY_IMPORT, f"{room} is a new room: say here what it may import"
    new = {other: why for (one, other), why in arrows().items() if one == room and other not in MAY_IMPORT[room]}
    assert not new


def test_the_table_of_imports_holds_no_arrow_that_is_not_used():
    used = {(room, other) for room, others in MAY_IMPORT.items() for other in others if room != other}
    assert used == set(arrows())


def test_the_table_of_imports_has_no_circle():
    graph = {room: others - {room} for room, others in MAY_IMPORT.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MAY_IMPORT)


def test_no_file_imports_itself_by_way_of_others():
    assert len(list(TopologicalSorter(imports_among_us()).static_order())) == len(MODULES)


def test_no_folder_inside_a_room_imports_itself_by_way_of_others():
    folders: dict[str, set[str]] = defaultdict(set)
    for module, others in imports_among_us().items():
        folder = module.rpartition(".")[0]
        beside = {other.rpartition(".")[0] for other in others}
        folders[folder] |= {other for other in beside if not _holds(other, folder) and not _holds(folder, other)}
    assert len(list(TopologicalSorter(folders).static_order())) >= len(folders)


def test_pipelines_never_import_dagster():
    assert not {name_of(path): found for path in PIPELINES if (found := _packages_of(path, "dagster"))}


def test_only_contracts_import_great_expectations():
    outside = [path for path in PIPELINES if "contracts" not in path.parts]
    assert not {
        name_of(path): found for path in outside if (found := _packages_of(path, "great_expectations", "sqlalchemy"))
    }


def test_assets_have_no_postponed_annotations():
    # with them, Dagster cannot see the type of `context` or of a resource
    assert not [name_of(path) for path in ASSETS if "__future__" in imports_of(path)]


def _packages_of(path: Path, *starts: str) -> set[str]:
    """What a file imports of the packages whose names begin so."""
    return {name for name in imports_of(path) if name.split(".")[0].startswith(starts)}


def _holds(folder: str, other: str) -> bool:
    """Whether `other` is `folder` or lies below it."""
    return f"{other}.".startswith(f"{folder}.")
