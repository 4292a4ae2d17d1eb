"""Another tool, datacontract-cli, runs the published contracts and finds what we find, rule for rule.

It has an environment of its own: it and ours want other versions of the same libraries.
"""

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.dictionary import PUBLISHED_LAYERS
from regulars.pipelines.contracts.odcs.export import is_portable, make_quality_id
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.contracts.validation.validate import validate_table

ROOT = Path(__file__).parents[2]
TOOL = "datacontract-cli[duckdb]==1.2.8"
PUBLISHED = {table: each for table, each in load_contracts(ROOT / "data_contracts").items() if each.layer != "raw"}

FAULTS = {
    "a key twice": "insert into marts.churn select * from marts.churn limit 1",
    "an id twice": "insert into core.products select * from core.products limit 1",
    "no value where one is required": "update core.orders set ordered_at = null where rowid = 0",
    "a value that is not allowed": "update core.survey_responses set nps_group = 'fan' where rowid = 0",
    "a reference that leads nowhere": "update core.customer_source_ids set customer_id = 'nobody' where rowid = 0",
    "a predicate that does not hold": "update marts.nps set promoters = promoters + 1 where rowid = 0",
    "a value out of its range": "update marts.customer_clv set p_alive = 1.5 where rowid = 0",
    "a value that is not a number": "update marts.nps set nps_low = 'nan' where rowid = 5",
    "a text that is not written so": "update core.orders set currency = 'euro' where rowid = 1",
    "a sum that does not tie out": "update marts.sales_new_vs_returning set net_sales = net_sales + 1 where rowid = 0",
}
"""What is wrong -> the statement that makes it so."""

OF_A_COLUMN = {
    "required": {"field_required"},
    "pattern": {"field_regex"},
    "one_of": {"field_enum"},
    "range": {"field_minimum", "field_maximum", "field_not_equal"},
    "unique": {"field_unique", "field_primary_key_unique"},
    "references": {"field_relationships"},
}
"""Our kind of rule about one column -> the tool's kinds of check."""

Results = Mapping[str, bool]
"""Rule id -> whether it passed."""


@pytest.fixture(scope="session")
def tool() -> Path:
    """The Python of an environment that holds the tool; made once in the checkout."""
    folder = ROOT / ".cache" / "datacontract-cli-1.2.8"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=300)
        subprocess.run([python, "-m", "pip", "install", "-q", TOOL], check=True, timeout=900)
        (folder / "ready").touch()
    return python


@pytest.fixture(scope="module", params=["as published", "broken"])
def generation(request: pytest.FixtureRequest, published_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a published generation: as it is, or with every fault in its DuckDB file and its Parquet."""
    folder = tmp_path_factory.mktemp("generation") / "g"
    shutil.copytree(published_demo / "home" / "current", folder, symlinks=False)
    if request.param == "broken":
        for path in folder.rglob("*"):
            path.chmod(0o700)
        with duckdb.connect(str(folder / "regulars.duckdb")) as con:
            for statement in FAULTS.values():
                con.execute(statement)
            for table in PUBLISHED:
                layer, _, name = table.partition(".")
                con.execute(f"copy {table} to '{folder}/parquet/{layer}/{name}.parquet' (format parquet)")
    return folder


def our_results(generation: Path) -> Results:
    """What Great Expectations says of the published file, of every rule that reads only what is published."""
    with duckdb.connect(str(generation / "regulars.duckdb"), read_only=True) as con:
        return {
            result.rule.id: result.passed
            for contract in PUBLISHED.values()
            for result in validate_table(con, contract, rules=_portable(contract))
        }


def tool_checks(tool: Path, generation: Path, server: str, checks: str, tables: str) -> list[dict[str, Any]]:
    results = generation / f"{server}.json"
    script = Path(__file__).with_name("run_datacontract_cli.py")
    command = [tool, script, "contracts.odcs.yaml", server, checks, tables, results]
    done = subprocess.run(command, cwd=generation, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[dict[str, Any]] = json.loads(results.read_text(encoding="utf-8"))
    return found


def results_of(checks: list[dict[str, Any]]) -> Results:
    """The tool's checks under the ids of our rules; of several checks for one rule all must pass.

    A check that could not be run has no result.
    """
    by_column, by_table, by_id = defaultdict(list), defaultdict(list), {}
    for check in checks:
        if check["result"] not in {"passed", "failed"}:
            continue
        passed = check["result"] == "passed"
        by_column[check["model"], check["field"], check["type"]].append(passed)
        by_table[check["model"], check["type"]].append((check["key"], passed))
        by_id[check["qualityId"]] = passed
    found: dict[str, bool] = {}
    for contract in PUBLISHED.values():
        for rule in _portable(contract):
            passed = _tool_says(rule, contract, by_column, by_table, by_id)
            if passed:
                found[rule.id] = all(passed)
    return found


def _tool_says(rule: Rule, contract: Contract, by_column: Any, by_table: Any, by_id: Any) -> list[bool]:
    name = contract.name
    if rule.type == "structure":
        kinds = ("field_is_present", "field_type")
        return [passed for kind in kinds for _, passed in by_table[name, kind]]
    if make_quality_id(rule) in by_id:
        return [by_id[make_quality_id(rule)]]
    if rule.type == "unique" and rule.columns == contract.key and len(contract.key) > 1:
        return [passed for _, passed in by_table[name, "primary_key_unique"]]
    if rule.type == "references" and len(rule.columns) > 1:
        start = f"{name}__{'__'.join(rule.columns)}__"
        return [
            passed
            for (model, kind), each in by_table.items()
            if model == name and kind.endswith("relationships")
            for key, passed in each
            if key.startswith(start) or all(column in key for column in rule.columns)
        ]
    if len(rule.columns) != 1:
        return []
    (column,) = rule.columns
    return [passed for kind in OF_A_COLUMN.get(rule.type, ()) for passed in by_column[name, column, kind]]


def _portable(contract: Contract) -> list[Rule]:
    return [rule for rule in contract.rules if is_portable(rule, PUBLISHED)]


@pytest.mark.slow
def test_another_tool_finds_in_the_published_file_what_we_find(tool: Path, generation: Path):
    """All rules but the references, which lead from one schema of the file to another."""
    checks = [
        check for layer in PUBLISHED_LAYERS for check in tool_checks(tool, generation, layer, "all", _names_of(layer))
    ]
    ours, theirs = our_results(generation), results_of(checks)
    references = {rule.id for each in PUBLISHED.values() for rule in _portable(each) if rule.type == "references"}
    assert {id: passed for id, passed in ours.items() if id not in references} == {
        id: passed for id, passed in theirs.items() if id not in references
    }
    assert all(ours.values()) is _is_whole(generation)


@pytest.mark.slow
def test_another_tool_finds_in_the_parquet_files_what_we_find(tool: Path, generation: Path):
    """Keys, required and allowed values, ranges, patterns and references; types and rules in SQL need DuckDB."""
    checks = tool_checks(tool, generation, "parquet", "schema", "all")
    ours, theirs = our_results(generation), results_of(checks)
    wanted = {
        rule.id
        for contract in PUBLISHED.values()
        for rule in _portable(contract)
        if rule.type in {"required", "pattern", "one_of", "range", "references"}
        or (rule.type == "unique" and (len(rule.columns) == 1 or rule.columns == contract.key))
    }
    assert {id: passed for id, passed in ours.items() if id in wanted} == {
        id: passed for id, passed in theirs.items() if id in wanted
    }


@pytest.mark.slow
@pytest.mark.parametrize("generation", ["broken"], indirect=True)
def test_every_planted_fault_is_found(generation: Path):
    failed = {rule for rule, passed in our_results(generation).items() if not passed}
    assert {
        "churn.unique",
        "products.unique",
        "orders.ordered_at.required",
        "survey_responses.nps_group.one_of",
        "customer_source_ids.customer_id.references",
        "nps.groups_add_up",
        "customer_clv.p_alive.range",
        "nps.nps_low.finite",
        "orders.currency.pattern",
        "sales_new_vs_returning.orders_and_sales_tie_out",
    } <= failed


def _names_of(layer: str) -> str:
    return ",".join(each.name for each in PUBLISHED.values() if each.layer == layer)


def _is_whole(generation: Path) -> bool:
    with duckdb.connect(str(generation / "regulars.duckdb"), read_only=True) as con:
        return con.execute("select count(*) from core.orders where ordered_at is null").fetchall() == [(0,)]
