"""When each rule is validated: in the step of the last table it looks at.

Put here: the order of validating. Keep out: what is declared (`data_contracts`) and how it is validated
(`pipelines/contracts`).

Most rules are about their own table and are validated as soon as it is built. A rule that compares its table with
others (a foreign key, a total that ties out) waits for the last of them: `core.orders` refers to `core.customers`,
which is built from `core.orders`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.warehouse.sql_files import tables_read_by

Due = dict[str, list[Rule]]
"""Table -> its rules that are validated in one step."""


@dataclass(frozen=True)
class Step:
    """The tables that a step waits for, and the rules that it validates once its own table is built."""

    reads: frozenset[str]
    due: Due


def plan_steps(reads: Mapping[str, Iterable[str]], contracts: Mapping[str, Contract]) -> dict[str, Step]:
    """Table -> its step.

    Args:
        reads: Table -> the tables that it is built from, for every table that has a step.
        contracts: Table -> contract.
    """
    sources = {table: set(each) for table, each in reads.items()}
    order = {table: place for place, table in enumerate(_sort_by_dependency(sources))}
    waits = {table: set(each) for table, each in sources.items()}
    due: dict[str, Due] = {table: {} for table in sources}
    for table in sources.keys() & contracts.keys():
        for rule in contracts[table].rules:
            seen = {table, *list_compared_tables(rule)}
            last = max(seen, key=order.__getitem__)
            waits[last] |= seen - {last}
            due[last].setdefault(table, []).append(rule)
    return {table: Step(frozenset(waits[table]), due[table]) for table in sources}


def list_compared_tables(rule: Rule) -> frozenset[str]:
    """The tables that a rule reads beside its own."""
    if rule.type == "references":
        return frozenset({str(rule.arguments["table"])})
    if rule.type == "query":
        return tables_read_by(str(rule.arguments["query"]).replace("{table}", rule.table))
    return frozenset()


def _sort_by_dependency(reads: Mapping[str, set[str]]) -> Iterable[str]:
    """Every table after all it reads; always the same order for the same graph."""
    return TopologicalSorter({table: sorted(reads[table]) for table in sorted(reads)}).static_order()
