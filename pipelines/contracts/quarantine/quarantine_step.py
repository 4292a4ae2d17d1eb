"""Runs the quarantine step: turns delivered rows into `raw.<kind>` without the documents that break their contract.

Put here: the order of validating, quarantining and validating again. Keep out: which version of a document is used
(`versions.py`), what becomes of repeats in one delivery (`repeats.py`), what is written about rows that are left out
and the budget for them (`quarantine.py`).

Great Expectations validates, our SQL made from the same rules finds the rows, and for every rule the two must count the
same. Nothing is guessed or repaired: a row is loaded as delivered, quarantined with every reason, superseded, or a
duplicate. Only a column that breaks a rule of severity `warning` is emptied, and counted.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine import documents, oversized, versions
from regulars.pipelines.contracts.quarantine.file_counts import FileCount, count_files
from regulars.pipelines.contracts.quarantine.healing import list_healed_deliveries
from regulars.pipelines.contracts.quarantine.quarantine import check_budgets, write_quarantine
from regulars.pipelines.contracts.quarantine.raw_view import make_raw_view
from regulars.pipelines.contracts.quarantine.repeats import leave_repeats_out
from regulars.pipelines.contracts.quarantine.version_findings import list_version_findings
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.contracts.validation.validate import RuleResult, validate_table
from regulars.pipelines.contracts.violations import select_violations, write_condition
from regulars.pipelines.errors import ContractBroken, RegularsError
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.warehouse.sql_files import tables_read_by
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal


class CountsDisagree(RegularsError):
    """Two ways of counting the same rows differ: a bug of ours, never of the data."""


@dataclass(frozen=True)
class SourceFacts:
    """What the quarantine step must know of a source.

    Attributes:
        max_quarantined: The share of its rows, 0 to 1, that may be quarantined; None: all of them.
        appends: Whether it delivers records that replace no document.
        repeating: The kinds whose records its files repeat, because the rows are records of other kinds too.
    """

    max_quarantined: float | None = None
    appends: bool = False
    repeating: frozenset[str] = frozenset()


@dataclass(frozen=True)
class QuarantineResult:
    """What the quarantine step did.

    Attributes:
        results: Kind -> the checks of `raw.<kind>`. For rules that empty their column the count is of what was
            delivered, so that a warning is seen although the column is clean by now.
        delivered: Kind -> the checks of everything delivered, good and bad.
        emptied: (kind, column) -> how many loaded values were emptied.
        files: What became of the rows, per source, kind and file.
        findings: What is odd about the versions that were chosen.
    """

    results: dict[str, list[RuleResult]]
    delivered: dict[str, list[RuleResult]]
    emptied: dict[tuple[str, str], int]
    files: list[FileCount]
    findings: list[Finding]


def run_quarantine_step(
    con: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, Contract],
    sources: Mapping[str, SourceFacts] | None = None,
    override: str | None = None,
    new_since: dt.datetime | None = None,
) -> QuarantineResult:
    """Make `raw.<kind>`, `quarantine.rows` and `quarantine.left_out` from `landed.<kind>`.

    Args:
        con: The build; it holds `landed.<kind>` for every kind, `raw.company`, `landed.files`, and
            `landed.malformed` and `landed.excluded` if lines were not records or were excluded.
        contracts: Kind -> its contract (of the table `raw.<kind>`).
        sources: Source -> what must be known of it; of a source that is not named, nothing special is.
        override: Why this run may quarantine more than that; None: it may not.
        new_since: Files that landed later are new: they may not be over the budget by themselves.

    Raises:
        OverBudget: A source is over its budget, and there is no `override`.
        ContractBroken: A delivered table has other columns than its contract, or what is left still breaks it.
        CountsDisagree: Great Expectations and our SQL count differently, or rows are unaccounted for.
    """
    sources = sources or {}
    for schema in ("quarantine_work", "raw", "quarantine"):
        con.execute(f"create schema if not exists {schema}")
    delivered = {kind: _validate_delivered(con, contract) for kind, contract in contracts.items()}
    # most companies have half of the kinds, and choosing among no rows costs as much
    with_rows = {kind: contract for kind, contract in contracts.items() if delivered[kind][0].rows_checked}
    choose_documents(con, contracts, with_rows, sources)
    list_healed_deliveries(con, list(contracts.values()))
    findings = list_version_findings(con, contracts)
    oversized.list_oversized(con, contracts)
    for contract in with_rows.values():
        _quarantine_later(con, contract, [rule for rule in contract.rules if oversized.is_about_size(rule)])
    later = {kind: _list_later_rules(contract) for kind, contract in with_rows.items()}
    emptied: dict[tuple[str, str], int] = {}
    for kind in _order_by_reading(contracts, later):
        _quarantine_later(con, contracts[kind], later.get(kind, []))
        emptied |= make_raw_view(con, contracts[kind])
    write_quarantine(con, with_rows)
    files = count_files(con, list(contracts))
    for file in files:
        if not file.adds_up:
            raise CountsDisagree(f"rows are unaccounted for: {file}")
    if override is None:
        budgets = {name: facts.max_quarantined for name, facts in sources.items() if facts.max_quarantined is not None}
        check_budgets(con, files, budgets, contracts, new_since)
    results = {kind: _validate_raw(con, contract, delivered[kind]) for kind, contract in contracts.items()}
    return QuarantineResult(results, delivered, emptied, files, findings)


def undo_quarantine_step(con: duckdb.DuckDBPyConnection, kinds: Iterable[str]) -> None:
    """Remove what the quarantine step has made, so that it can run again on other landed rows.

    `quarantine.withheld` stays.
    """
    con.execute("drop schema quarantine_work cascade")
    for name in ("rows", "left_out", "healed"):
        con.execute(f"drop table quarantine.{name}")
    for kind in kinds:
        con.execute(f"drop view raw.{quote_identifier(kind)}")


def _validate_delivered(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[RuleResult]:
    table = f"landed.{contract.name}"
    rules = [rule for rule in contract.rules if rule.is_about_one_row]
    structure = [rule for rule in contract.rules if rule.type == "structure"]
    results = validate_table(con, contract, table, [*structure, *rules])
    if len(results) == 1 and not results[0].passed:
        raise ContractBroken(f"{table} has other columns than pipelines/kinds/{contract.name}.py says")
    counts = _find_violations(con, contract.name, rules)
    for result in results:
        if result.failed_count != counts[result.rule.id]:
            raise CountsDisagree(
                f"{result.rule.id}: Great Expectations counts {result.failed_count} rows of {table} that break it, "
                f"and our SQL finds {counts[result.rule.id]}"
            )
    return results


def _find_violations(con: duckdb.DuckDBPyConnection, kind: str, rules: Sequence[Rule]) -> Counter[str]:
    """Fill `quarantine_work.<kind>_violations` in one scan; rule id -> rows that break it, counted by a scan."""
    con.execute(f"create table quarantine_work.{kind}_violations (rule varchar, row_id bigint)")
    if not rules or not con.execute(f"select 1 from landed.{kind} limit 1").fetchall():
        return Counter()
    broken = [write_condition(rule) for rule in rules]
    tests = [f"case when {test} then {quote_literal(rule.id)} end" for test, rule in zip(broken, rules, strict=True)]
    con.execute(
        f"""
        insert into quarantine_work.{kind}_violations
        with
            bad_rows as (
                select _row_id, [{", ".join(tests)}] as broken_rules
                from landed.{kind}
                where {" or ".join(f"({test})" for test in broken)}
            )

        select unnest(list_filter(broken_rules, lambda rule: rule is not null)), _row_id
        from bad_rows
        """
    )
    rows = con.execute(f"select rule, count(row_id) from quarantine_work.{kind}_violations group by rule").fetchall()
    return Counter(dict(rows))


def choose_documents(
    con: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, Contract],
    with_rows: Mapping[str, Contract],
    sources: Mapping[str, SourceFacts],
) -> None:
    """Decide for every delivered row whether it is used, and write down in `left_out` what becomes of the others.

    Args:
        con: The build, with `landed.<kind>` and the violations of every kind.
        contracts: Kind -> its contract.
        with_rows: Those of them of which there are rows.
        sources: Source -> what must be known of it.
    """
    appending = {name for name, facts in sources.items() if facts.appends}
    # the order matters: each step of a kind reads the step before of the kind it is linked with
    for kind in {*contracts, *(documents.LINKED[kind] for kind in contracts if kind in documents.LINKED)}:
        documents.make_tables(con, kind)
    for kind, contract in with_rows.items():
        leave_repeats_out(con, contract, {name for name, facts in sources.items() if kind in facts.repeating})
        documents.name_appended_records(con, contract, appending)
    for step in (
        versions.note_broken_documents,
        versions.list_versions,
        versions.rank_versions,
        versions.leave_rows_out,
    ):
        for contract in with_rows.values():
            step(con, contract)


def _list_later_rules(contract: Contract) -> list[Rule]:
    """Critical rules about rows that can be found only when the other raw tables are there."""
    return [
        rule
        for rule in contract.rules
        if rule.severity == "critical" and rule.type in {"query", "references"} and not oversized.is_about_size(rule)
    ]


def _order_by_reading(contracts: Mapping[str, Contract], later: Mapping[str, Sequence[Rule]]) -> list[str]:
    """The kinds, each after those whose raw tables its later rules look at."""
    reads = {
        kind: frozenset[str]().union(
            *(tables_read_by(select_violations(rule, documents.select_accepted(kind))) for rule in later.get(kind, []))
        )
        for kind in contracts
    }
    others = {kind: {each for each in contracts if each != kind and f"raw.{each}" in reads[kind]} for kind in contracts}
    return list(TopologicalSorter(others).static_order())


def _quarantine_later(con: duckdb.DuckDBPyConnection, contract: Contract, rules: Sequence[Rule]) -> None:
    """Quarantine the accepted documents that break rules about more than one row."""
    for rule in rules:
        versions.quarantine_documents(
            con, contract, rule.id, select_violations(rule, documents.select_accepted(contract.name))
        )


def _validate_raw(con: duckdb.DuckDBPyConnection, contract: Contract, before: Sequence[RuleResult]) -> list[RuleResult]:
    kind = contract.name
    changed = con.execute(
        f"""
        select row_id from quarantine_work.{kind}_left_out
        union all
        select row_id from quarantine_work.{kind}_emptied
        limit 1
        """
    ).fetchall()
    # when no row is left out and no value emptied, the rows are the very ones that were validated as delivered
    known = {result.rule.id: result for result in before if result.rule.is_about_one_row and not changed}
    rules = [rule for rule in contract.rules if rule.id not in known]
    known |= {result.rule.id: result for result in validate_table(con, contract, rules=rules)}
    failed = [
        f"{result.rule.id} ({result.failed_count})"
        for result in known.values()
        if not result.passed and (result.rule.severity == "critical" or (changed and result.rule.empties_its_column))
    ]
    if failed:
        raise ContractBroken(
            f"{contract.table} still breaks its contract after bad documents were quarantined: {', '.join(failed)}"
        )
    delivered_by_id = {result.rule.id: result for result in before if result.rule.empties_its_column}
    return [delivered_by_id.get(rule.id, known[rule.id]) for rule in contract.rules if rule.id in known]
