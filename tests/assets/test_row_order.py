"""No transform depends on the order of the rows it reads, to the last digit of a sum."""

from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from regulars.assets.definitions import contracts
from regulars.assets.marts import find_mart_functions, list_read_tables
from regulars.pipelines.settings.settings_file import load_settings

NAMED = {table.partition(".")[2]: table for table in contracts if table.startswith(("marts.", "meta."))}
FUNCTIONS = find_mart_functions(set(NAMED))
SEED = 1


class Company:
    """The published tables of a company, and its settings."""

    def __init__(self, folder: Path) -> None:
        self.con = duckdb.connect(str(folder / "home" / "current" / "regulars.duckdb"), read_only=True)
        [(as_of,)] = self.con.sql("select distinct as_of from marts.churn").fetchall()
        self.settings: dict[str, Any] = {
            **dict(load_settings(folder / "regulars.yaml", {})),
            "as_of": as_of,
            "attributes": (),
        }
        self.tables: dict[str, pl.DataFrame] = {}

    def read(self, table: str) -> pl.DataFrame:
        if table not in self.tables:
            self.tables[table] = self.con.sql(f"from {table}").pl()
        return self.tables[table]

    def make(self, name: str, seed: int | None) -> pl.DataFrame:
        """The rows of a mart by its key, made of published tables, whose rows a seed puts in a random order."""
        function = FUNCTIONS[name]
        frames = {parameter: self.read(table) for parameter, table in list_read_tables(function, NAMED).items()}
        if seed is not None:
            frames = {each: rows.sample(fraction=1, shuffle=True, seed=seed) for each, rows in frames.items()}
        settings = [
            each.name for each in signature(function).parameters.values() if each.kind is Parameter.KEYWORD_ONLY
        ]
        made = function(
            **{each: rows.lazy() for each, rows in frames.items()}, **{each: self.settings[each] for each in settings}
        )
        rows = made.lazy().collect() if isinstance(made, pl.DataFrame | pl.LazyFrame) else pl.concat(made)
        return pl.DataFrame(rows.sort(contracts[NAMED[name]].key))


@pytest.fixture(scope="module")
def company(published_demo):
    company = Company(published_demo)
    yield company
    company.con.close()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_order_of_the_rows_read_changes_no_digit(company, name):
    made, shuffled = company.make(name, None), company.make(name, SEED)
    assert made.height == shuffled.height
    assert [column for column in made.columns if not made[column].equals(shuffled[column])] == []
