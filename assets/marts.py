"""Makes an asset of every function of `pipelines/transforms` that is named like a contract of `marts` or `meta`.

Its parameters name the tables that it reads: `orders` is `core.orders`, `customer_clv` is `marts.customer_clv`,
`clv_models` is `meta.clv_models`; parameters after the `*` are settings of the run (`as_of`, `lapse_days` …).
Put here: nothing about any one mart.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from regulars.assets.tables import Blueprint
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.run.run import Run
from regulars.pipelines.settings.package import ROOT

Transform = Callable[..., Any]


def find_mart_functions(names: set[str]) -> dict[str, Transform]:
    """The functions of `pipelines/transforms` with one of these names."""
    found: dict[str, Transform] = {}
    for path in sorted((ROOT / "pipelines" / "transforms").glob("**/*.py")):
        module = importlib.import_module(".".join(("regulars", *path.relative_to(ROOT).with_suffix("").parts)))
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name in names and function.__module__ == module.__name__:
                found[name] = function
    return found


def list_read_tables(function: Transform, marts: Mapping[str, str]) -> dict[str, str]:
    """Parameter -> table that it reads, for the parameters before the `*`.

    Args:
        function: The transform.
        marts: Name -> table (`customer_clv` -> `marts.customer_clv`) of what transforms make; all else is core.
    """
    parameters = inspect.signature(function).parameters.values()
    return {
        each.name: marts.get(each.name, f"core.{each.name}")
        for each in parameters
        if each.kind is not inspect.Parameter.KEYWORD_ONLY
    }


def choose_settings(function: Transform, run: Run) -> dict[str, Any]:
    """The settings that a transform asks for after its `*`, by name."""
    own = {"attributes": tuple(each.name for each in run.settings.attributes)}
    known = {**dict(run.settings), **own, "as_of": run.as_of}  # the run's day, not the one the settings may fix
    parameters = inspect.signature(function).parameters.values()
    return {each.name: known[each.name] for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}


def describe_mart(table: str, function: Transform, marts: Mapping[str, str]) -> Blueprint:
    """The table of one mart function."""
    reads = list_read_tables(function, marts)

    def make(run: Run) -> None:
        frames = {parameter: run.warehouse.scan(source) for parameter, source in reads.items()}
        made = function(**frames, **choose_settings(function, run))
        run.warehouse.write_frame(table, made, run.contracts[table].types)  # with the company's own attributes

    return Blueprint(table, reads=frozenset(reads.values()), kind="polars", make=make)


def list_marts(contracts: dict[str, Contract]) -> list[Blueprint]:
    """One table per mart, or table of `meta`, that has a contract and a function."""
    named = {table.partition(".")[2]: table for table in contracts if table.startswith(("marts.", "meta."))}
    functions = find_mart_functions(set(named))
    return [describe_mart(named[name], function, named) for name, function in functions.items()]
