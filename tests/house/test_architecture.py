"""The house rules, run instead of remembered."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars.pipelines.warehouse.sql_files import LAYERS, sql_files, tables_read_by

ROOT = Path(__file__).parent.parent.parent
PIPELINES = sorted((ROOT / "pipelines").glob("**/*.py"))
PURE = [path for path in PIPELINES if path.parent.name in {"transforms", "models"}]
CODE = [*PIPELINES, *sorted((ROOT / "assets").glob("*.py")), ROOT / "regulars.py"]
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


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PIPELINES, ids=named)
def test_pipelines_never_import_dagster_or_assets(path):
    assert not {
        name for name in imports(path) if name.split(".")[0].startswith("dagster") or name.split(".")[0] == "assets"
    }


@pytest.mark.parametrize("path", [path for path in PIPELINES if path.parent.name != "contracts"], ids=named)
def test_only_contracts_import_great_expectations(path):
    assert not {name for name in imports(path) if name.split(".")[0] in {"great_expectations", "sqlalchemy"}}


@pytest.mark.parametrize("path", PURE, ids=named)
def test_transforms_and_models_see_no_file_clock_log_or_setting(path):
    names = set(imports(path))
    assert not {name for name in names if name.split(".")[0] in OUTSIDE_WORLD}
    assert not {
        name for name in names if name.startswith("pipelines.") and name.split(".")[1] not in {"transforms", "models"}
    }
    assert not re.search(r"\b(today|now|utcnow)\(\)", path.read_text(encoding="utf-8"))


def test_models_stand_alone():
    for path in (ROOT / "pipelines" / "models").glob("*.py"):
        assert not {
            name
            for name in imports(path)
            if name.startswith("pipelines.") and not name.startswith("regulars.pipelines.models")
        }


@pytest.mark.parametrize("path", sql_files(), ids=named)
def test_a_sql_file_is_one_select_that_reads_its_own_or_an_earlier_layer(path):
    select, layer = path.read_text(encoding="utf-8"), path.parent.name
    reads = tables_read_by(select)
    assert {table.split(".")[0] for table in reads} <= set(LAYERS[: LAYERS.index(layer) + 1]), reads
    assert not re.search(r"\b(pivot|unpivot|query_table|read_\w+)\b", select.lower())


@pytest.mark.parametrize("path", sql_files(), ids=named)
def test_the_first_line_of_a_sql_file_says_what_one_row_is(path):
    assert path.read_text(encoding="utf-8").startswith("-- One row per ")


@pytest.mark.parametrize("path", CODE, ids=named)
def test_a_module_says_what_belongs_in_it(path):
    if path.name == "__init__.py":
        assert path.read_text(encoding="utf-8") == ""
    else:
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert len(docstring) > 40


@pytest.mark.parametrize("path", CODE, ids=named)
def test_a_module_is_no_longer_than_a_newcomer_reads(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320


def test_no_room_is_called_after_nothing():
    assert not {path.stem for path in CODE} & WORDS_WE_DO_NOT_USE
    assert not {path.parent.name for path in CODE} & WORDS_WE_DO_NOT_USE


@pytest.mark.parametrize("path", sorted((ROOT / "assets").glob("*.py")), ids=named)
def test_assets_have_no_postponed_annotations(path):
    # with them, Dagster cannot see the type of `context` or of a resource
    assert "__future__" not in set(imports(path))
