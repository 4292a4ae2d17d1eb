"""The house rules, run instead of remembered: files, modules, SQL. Who may import whom: `test_imports.py`."""

import ast
import re

import pytest

from regulars.pipelines.warehouse.sql_files import LAYERS, table_selects, tables_read_by
from tests.house.code import CODE, MODULES, PIPELINES, imports_of, name_of, room_of, tree_of

PURE = [path for module, path in MODULES.items() if room_of(module) in {"transforms", "models"}]
SELECTS = table_selects()
WORDS_WE_DO_NOT_USE = {"utils", "util", "helpers", "helper", "common", "misc"}
OUTSIDE_WORLD = {
    "duckdb",
    "pathlib",
    "os",
    "io",
    "time",
    "logging",
    "random",
    "socket",
    "subprocess",
    "great_expectations",
}
MODULES_IN_A_FOLDER = 15
ROOMS = 20


def test_there_are_pure_modules_to_look_at():
    assert len(PURE) > 50


def test_transforms_and_models_see_no_file_clock_or_log():
    seen = {name_of(path): {name for name in imports_of(path) if name.split(".")[0] in OUTSIDE_WORLD} for path in PURE}
    assert not {name: imports for name, imports in seen.items() if imports}
    clocks = re.compile(r"\b(today|now|utcnow)\(\)")
    assert not [name_of(path) for path in PURE if clocks.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("table", SELECTS)
def test_a_table_in_sql_is_one_select_that_reads_its_own_or_an_earlier_layer(table):
    select, layer = SELECTS[table], table.partition(".")[0]
    reads = tables_read_by(select)
    assert {table.split(".")[0] for table in reads} <= set(LAYERS[: LAYERS.index(layer) + 1]), reads
    assert not re.search(r"\b(pivot|unpivot|query_table|read_\w+)\b", select.lower())


@pytest.mark.parametrize("table", SELECTS)
def test_the_first_line_of_a_select_says_what_one_row_is(table):
    assert SELECTS[table].startswith("-- One row per ")


def test_a_module_says_what_belongs_in_it():
    modules = [path for path in CODE if path.name != "__init__.py"]
    assert not [name_of(path) for path in modules if len(ast.get_docstring(tree_of(path)) or "") <= 40]


def test_a_folder_says_nothing_of_its_own():
    assert not [name_of(path) for path in CODE if path.name == "__init__.py" and path.stat().st_size]


def test_a_module_is_no_longer_than_a_newcomer_reads():
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    assert not {name: lines for name, lines in lengths.items() if lines > 310}


def test_a_folder_holds_no_more_modules_than_a_newcomer_surveys():
    folders = {path.parent for path in PIPELINES}
    sizes = {
        name_of(folder): len([path for path in folder.glob("*.py") if path.stem != "__init__"]) for folder in folders
    }
    assert not {folder: size for folder, size in sizes.items() if size > MODULES_IN_A_FOLDER}


def test_the_house_has_few_rooms_and_no_module_lies_loose():
    rooms = {room_of(module) for module in MODULES if module.startswith("pipelines.")}
    loose = {module for module in MODULES if module.startswith("pipelines.") and module.count(".") == 1}
    assert len(rooms - {"errors"}) <= ROOMS  # the one module that is no room
    assert loose == {"pipelines.errors"}


def test_no_room_is_called_after_nothing():
    assert not {path.stem for path in CODE} & WORDS_WE_DO_NOT_USE
    assert not {path.parent.name for path in CODE} & WORDS_WE_DO_NOT_USE
