"""What holds of all SELECTs in `sql/` together."""

import graphlib
from collections.abc import Iterator

import duckdb
import pytest

from regulars.assets.validation_plan import plan_steps
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.warehouse.sql_files import table_selects, tables_read_by
from tests.builders import build, types_of, warehouse

SELECTS = table_selects()
CONTRACTS = load_all_contracts(CONTRACTS_FOLDER)
CORE = sorted(table for table in SELECTS if table.startswith("core."))


def test_no_two_tables_wait_for_each_other_not_even_to_be_validated():
    reads = {table: tables_read_by(select) for table, select in SELECTS.items()}
    raw = {table: frozenset[str]() for table in CONTRACTS if table.startswith("raw.")}
    steps = plan_steps(reads | raw, {table: CONTRACTS[table] for table in SELECTS.keys() & CONTRACTS.keys()})
    assert list(graphlib.TopologicalSorter({table: step.reads for table, step in steps.items()}).static_order())


@pytest.mark.parametrize("table", CORE)
def test_a_core_table_has_the_columns_and_types_that_its_contract_rules(table):
    layer, _, name = table.partition(".")
    assert list(types_of(layer, name)) == CONTRACTS[table].types


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """A build of a company without any source."""
    with build() as con:
        yield con


@pytest.mark.parametrize("table", CORE)
def test_no_join_compares_every_row_with_every_row(empty, table):
    # such a join is right on ten rows and never ends on a million; a condition on one side only is enough to cause it
    plan = empty.execute(f"explain {SELECTS[table]}").fetchall()[0][1]
    assert "BLOCKWISE_NL" not in plan
    assert "NESTED_LOOP" not in plan or "asof join" in SELECTS[table]  # which loops over short tables only


def test_without_any_source_every_table_is_there_and_only_the_unknown_customer_in_it(empty):
    rows = {table: empty.execute(f"select count(*) from {table}").fetchall()[0][0] for table in CORE}
    assert {table: count for table, count in rows.items() if count} == {
        "core.customers": 1,
        "core.calendar": 365,
        "core.fx_rates": 1,
    }


def test_staging_keeps_every_column_that_is_delivered():
    for table in SELECTS:
        layer, _, kind = table.partition(".")
        if layer == "staging" and kind in KINDS:
            with warehouse() as con:
                delivered = [row[0] for row in con.execute(f"describe raw.{kind}").fetchall()]
            kept = [name for name in delivered if name != "_rest"]
            assert [name for name, _ in types_of(layer, kind)][: len(kept)] == kept
