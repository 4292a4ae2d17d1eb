"""Validates a table by its contract with Great Expectations, inside the pipeline's own DuckDB connection.

Put here: rule -> expectation, one validation per table, counts out. Keep out: SQL that finds rows (`violations.py`),
what follows from a check (`quarantine_step.py`, the run). No other module imports Great Expectations, and this one
imports it when the first table is validated, because the import takes seconds.

Expectations know columns, not expressions. What a rule derives (the number that a text reads as, whether a predicate
holds) is therefore a column of a temporary view over the table, and Great Expectations validates the view: its simple
checks then run in one scan. Results are asked for as counts; no value of the data leaves DuckDB.
"""

import gc
import importlib
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.contracts.violations import (
    select_broken_rows,
    select_failed_count,
    write_condition,
    write_value,
)
from regulars.pipelines.errors import RegularsError
from regulars.pipelines.warehouse.sql_text import quote_identifier

VIEW = "validated"
LARGEST = 1.7976931348623157e308


class CannotValidate(RegularsError):
    """Great Expectations could not evaluate a rule: a bug in the contract or in a new version of a library."""


@dataclass(frozen=True)
class RuleResult:
    """The check of one rule: counts only, never a value.

    Attributes:
        rule: The rule.
        rows_checked: Rows of the table.
        failed_count: Rows (of a table rule: failures) that break it; 0 when it passes.
    """

    rule: Rule
    rows_checked: int
    failed_count: int

    @property
    def passed(self) -> bool:
        """Whether no row breaks the rule."""
        return self.failed_count == 0


def validate_table(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    table: str | None = None,
    rules: Sequence[Rule] | None = None,
) -> list[RuleResult]:
    """Find out whether a table keeps the rules of its contract.

    Args:
        con: The pipeline's connection; an open transaction and uncommitted rows are seen.
        contract: What must hold of the table.
        table: What to validate in place of the contract's own table (`landed.orders` for `raw.orders`).
        rules: Which rules; all of the contract's by default.

    Returns:
        One result per rule, in the rules' order. When columns are missing or of another type, the other rules cannot be
        evaluated and only `structure` is returned.

    Raises:
        CannotValidate: A rule could not be evaluated; the message names it and holds no value of the data.
    """
    table = table or contract.table
    rules = list(contract.rules if rules is None else rules)
    structure = [rule for rule in rules if rule.type == "structure"]
    if structure and _count(con, select_failed_count(structure[0], table)):
        rules = structure
    rows = _count(con, f"select count(*) from {table}")
    failed: dict[str, int] = {}
    # no rows break no rule about rows: most companies have half of the kinds, and validating nothing costs as much
    asked = rules if rows or rules == structure else [rule for rule in rules if rule.type in {"query", "row_count"}]
    if asked:
        con.execute(_write_view(table, asked))
        try:
            failed = _run_expectations(con, table, asked)
        finally:
            con.execute(f"drop view {VIEW}")
    return [RuleResult(rule, rows, failed[rule.id] if rule in asked else 0) for rule in rules]


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    count: int = con.execute(query).fetchall()[0][0]
    return count


def _write_view(table: str, rules: Sequence[Rule]) -> str:
    derived = ", ".join(
        f"{expression} as {quote_identifier(rule.id)}" for rule in rules if (expression := _write_derived(rule))
    )
    return f"create temp view {VIEW} as select *{', ' + derived if derived else ''} from {table}"


def _write_derived(rule: Rule) -> str:
    """The expression that a rule's expectation is about, where that is not a column of the table."""
    if rule.type == "range" and rule.arguments.get("type"):
        return write_value(rule)
    if rule.type == "predicate" or (rule.type == "reads_as" and rule.arguments["type"] in {"DATE", "TIMESTAMP"}):
        return f"({write_condition(rule)}) is not true"
    return ""


def _make_expectation(rule: Rule, table: str, gx: Any, ours: Any) -> Any:
    column = rule.id if _write_derived(rule) else (rule.columns or ("",))[0]
    arguments, meta = rule.arguments, {"rule": rule.id}
    match rule.type:
        case "required":
            return ours.NoMissingValues(column=column, meta=meta)
        case "pattern" | "reads_as" if column != rule.id:  # Great Expectations searches; the whole text must match
            whole = f"^(?:{arguments['pattern']})$"
            return ours.ValuesMatch(column=column, regex=whole, meta=meta)
        case "predicate" | "reads_as":
            return ours.ValuesInSet(column=column, value_set=[True], meta=meta)
        case "range":
            strict = {"strict_min": "exclusiveMinimum" in arguments, "strict_max": "exclusiveMaximum" in arguments}
            bounds = {
                "min_value": arguments.get("minimum", arguments.get("exclusiveMinimum")),
                "max_value": arguments.get("maximum", arguments.get("exclusiveMaximum")),
            }
            return ours.ValuesBetween(column=column, **bounds, **strict, meta=meta)
        case "one_of":
            return ours.ValuesInSet(column=column, value_set=list(arguments["values"]), meta=meta)
        case "finite":
            return ours.ValuesBetween(column=column, min_value=-LARGEST, max_value=LARGEST, meta=meta)
        case "unique" if len(rule.columns) == 1:
            return ours.ValuesUnique(column=column, meta=meta)
        case "unique":
            together = {"column_list": list(rule.columns), "ignore_row_if": "any_value_is_missing"}
            return ours.RowsUnique(**together, meta=meta)
        case "row_count":
            least, most = arguments["least"], arguments["most"]
            return gx.expectations.ExpectTableRowCountToBeBetween(min_value=least, max_value=most, meta=meta)
        case _:
            # braces of our own SQL are not for Great Expectations to fill; selecting 1 keeps values inside DuckDB
            query = select_broken_rows(rule, table).replace("{", "{{").replace("}", "}}")
            unexpected = f"select 1 as failure from ({query}) failures /* of {{batch}} */"
            return ours.NoRows(unexpected_rows_query=unexpected, meta=meta)


def _run_expectations(con: duckdb.DuckDBPyConnection, table: str, rules: Sequence[Rule]) -> dict[str, int]:
    _, _, lent, suites = _import_great_expectations()
    with _silence(), lent.lend(con):
        results = list(suites.validate_suite(_plan_suite(table, tuple(rules)), _get_whole_view()))
    return dict(_read_failures(table, results))


@lru_cache(maxsize=256)  # more than there are contracts: a second run in the same process plans nothing
def _plan_suite(table: str, rules: tuple[Rule, ...]) -> Any:
    gx, ours, _, suites = _import_great_expectations()
    return suites.plan_suite(_get_whole_view(), [_make_expectation(rule, table, gx, ours) for rule in rules])


@cache
def _get_whole_view() -> Any:
    """What Great Expectations calls a batch definition: the whole view, through whatever connection is on loan."""
    gx, _, lent, _ = _import_great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(VIEW, connection_string=lent.URL)
    return source.add_table_asset(VIEW, table_name=VIEW).add_batch_definition_whole_table(VIEW)


def _read_failures(table: str, results: Sequence[tuple[Any, Any]]) -> Iterator[tuple[str, int]]:
    """Rule id -> failures, from each expectation and its result."""
    for expectation, result in results:
        rule_id = expectation.meta["rule"]
        if result is None:
            raise CannotValidate(
                f"{rule_id} of {table} could not be evaluated; the SQL or expression of the rule fails"
            )
        found = result.result
        failed = int(found["unexpected_count"]) if "unexpected_count" in found else int(not result.success)
        if result.success != (failed == 0):
            raise CannotValidate(f"{rule_id} of {table}: success is {result.success}, and yet {failed} failures")
        yield rule_id, failed


@cache
def _import_great_expectations() -> tuple[Any, Any, Any, Any]:
    """The library, our expectations, the loan of a connection, and suites; imported once, on first use."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    collecting = gc.isenabled()
    gc.disable()  # a hundred thousand objects that all stay: collecting in between costs a fifth of the import
    try:
        with _silence():
            gx = importlib.import_module("great_expectations")
            ours = importlib.import_module("regulars.pipelines.contracts.validation.expectations")
            lent = importlib.import_module("regulars.pipelines.contracts.validation.lent_connection")
            suites = importlib.import_module("regulars.pipelines.contracts.validation.suite")
    finally:
        if collecting:
            gc.enable()
    return gx, ours, lent, suites


@contextmanager
def _silence() -> Iterator[None]:
    """Great Expectations' own warnings are not ours to mend, and its log may quote data."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
