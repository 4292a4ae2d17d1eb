"""The tutorial that adds a kind: its steps are done in a copy of the project, and its rows are found."""

import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto" / "add_a_kind.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
QUERY = re.search(r"^```sql\n(select entry_id.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the tutorial's files, after one run."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("assets", "pipelines", "sql", "data_contracts"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "regulars", folder / "regulars", symlinks=True)
    for name in ("regulars.example.yaml", "pyproject.toml", "dagster.yaml"):
        shutil.copy(ROOT / name, folder / name)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    run = [sys.executable, "-m", "regulars", "run", "--settings", "regulars.yaml", "--home", "home"]
    done = subprocess.run(
        run, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def ask(project: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(project / "home" / "current" / "regulars.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


def test_the_rows_of_the_new_kind_are_where_the_page_says(project):
    told = re.findall(r"^\| (e\d) \| (-?\d+) \| (true|false) \|$", PAGE, flags=re.MULTILINE)
    wanted = [(entry, Decimal(points), is_known == "true") for entry, points, is_known in told]
    assert len(wanted) == 3
    assert QUERY is not None
    assert ask(project, QUERY[1]) == wanted


def test_every_row_of_the_new_kind_is_accounted_for(project):
    counts = "rows_read, rows_loaded, rows_quarantined, rows_superseded"
    assert ask(project, f"select kind, {counts} from meta.row_accounting") == [("loyalty_points", 4, 3, 1, 0)]


def test_whom_the_new_kind_names_is_a_customer_by_its_own_word(project):
    assert ask(project, "select distinct record_type from core.customer_source_ids") == [("loyalty_entry",)]
    assert ask(project, "select count(*) from core.customers where not is_unknown") == [(1,)]


def test_the_new_tables_columns_are_in_the_dictionary(project):
    columns = ask(project, "select column_name from meta.data_dictionary where table_name = 'core.loyalty_points'")
    assert ("points",) in columns
