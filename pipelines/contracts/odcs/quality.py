"""Reads the `quality` and `relationships` entries of an ODCS document into rules.

Put here: what each of those entries demands. Keep out: columns and everything else of the document (`reading.py`).

A rule in SQL is a count of what is wrong, which any tool can run: `select count(*) from …` with `mustBe: 0`. One of the
form `select count(*) from {table} where not (…)` is about one row, and we take the predicate out of it again; any other
one becomes the SELECT of the rows that it counts.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from regulars.pipelines.contracts.odcs.place import Place
from regulars.pipelines.contracts.rule import Rule

QUALITY_KEYS = {
    "name",
    "type",
    "metric",
    "arguments",
    "description",
    "dimension",
    "severity",
    "query",
    "customProperties",
}
COUNTS: dict[str, Callable[[Any], tuple[int | None, int | None]]] = {
    "mustBe": lambda n: (n, n),
    "mustBeGreaterThan": lambda n: (n + 1, None),
    "mustBeGreaterOrEqualTo": lambda n: (n, None),
    "mustBeLessThan": lambda n: (None, n - 1),
    "mustBeLessOrEqualTo": lambda n: (None, n),
    "mustBeBetween": lambda pair: (pair[0], pair[1]),
}
"""ODCS's operators for a count -> the least and the most it may be."""

COUNT = "select count(*) from "
_OF_A_ROW = re.compile(r"select count\(\*\) from \{table\} where not \((?P<predicate>.*)\)")


def read_relationships(entry: Mapping[str, Any], table: str, columns: tuple[str, ...], place: Place) -> Iterator[Rule]:
    """The foreign keys of a column, or of the table when `columns` is empty."""
    short = table.partition(".")[2]
    for relationship in entry.get("relationships") or []:
        place.at("relationships").refuse_unknown(relationship, {"from", "to", "type", "customProperties"})
        severity = place.read_severity(place.at("relationships").read_extras(relationship, {"severity"}))
        targets = _make_list(relationship["to"])
        sources = columns or tuple(name.rpartition(".")[2] for name in _make_list(relationship.get("from", [])))
        parents = {target.rpartition(".")[0] for target in targets}
        if len(parents) != 1 or len(sources) != len(targets) or not all(name.count(".") == 2 for name in targets):
            place.wrong(
                "a relationship needs as many columns `from` as `to`, the latter as layer.table.column of one table"
            )
            continue
        parent = parents.pop()
        yield Rule(
            id=f"{short}.{'+'.join(sources)}.references",
            table=table,
            type="references",
            columns=sources,
            arguments={"table": parent, "columns": tuple(target.rpartition(".")[2] for target in targets)},
            severity=severity,
            description=f"{' and '.join(sources)} can be found in {parent}",
            dimension="consistency",
        )


def read_quality(
    quality: Sequence[Mapping[str, Any]], table: str, columns: tuple[str, ...], place: Place
) -> Iterator[Rule]:
    """The rules of a `quality` list, of one column or (with no `columns`) of the table."""
    for number, entry in enumerate(quality, 1):
        here = place.at(f"quality {entry.get('name', number)}")
        here.refuse_unknown(entry, QUALITY_KEYS | COUNTS.keys())
        extras = here.read_extras(entry, {"rowPredicate"})
        word = entry.get("metric") or ("rowPredicate" if "rowPredicate" in extras else entry.get("type", "library"))
        read = _READERS.get(word)
        if read is None or (columns and word not in _OF_COLUMNS) or (not columns and word in _OF_COLUMNS_ONLY):
            here.wrong(f"`{word}` is not a rule that contracts here understand at this place")
            continue
        rule = read(entry, extras, table, columns, here)
        if rule is not None:
            yield rule


def _read_row_predicate(
    entry: Mapping[str, Any], extras: Mapping[str, Any], table: str, columns: tuple[str, ...], place: Place
) -> Rule | None:
    return _make_named_rule(entry, table, place, "predicate", {"predicate": extras["rowPredicate"]})


def _read_query(
    entry: Mapping[str, Any], extras: Mapping[str, Any], table: str, columns: tuple[str, ...], place: Place
) -> Rule | None:
    query = " ".join(str(entry.get("query", "")).split())
    if "{table}" not in query:
        place.wrong("`query` must read `{table}`, the table of this contract")
    if entry.get("mustBe") != 0:
        place.wrong("a query counts what is wrong: write `mustBe: 0`")
    predicate = find_predicate(query)
    if predicate:
        return _make_named_rule(entry, table, place, "predicate", {"predicate": predicate})
    if not query.startswith(COUNT) and not table.startswith("raw."):
        place.wrong(f"`query` must count what is wrong: begin it with `{COUNT.strip()}`")
    return _make_named_rule(entry, table, place, "query", {"query": find_counted_rows(query)})


def find_predicate(query: str) -> str:
    """What a query that counts the rows which break it holds to be true of a row; empty for any other query."""
    found = _OF_A_ROW.fullmatch(query)
    return found["predicate"] if found and _is_balanced(found["predicate"]) else ""


def find_counted_rows(query: str) -> str:
    """The SELECT of the rows that a `select count(*) from …` counts; another SELECT as it is."""
    return f"select * from {query.removeprefix(COUNT)}" if query.startswith(COUNT) else query


def _is_balanced(sql: str) -> bool:
    """Whether every bracket that `sql` closes was opened in it; brackets in texts do not count."""
    depth = 0
    for sign in re.sub(r"'[^']*'", "", sql):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0


def _make_named_rule(
    entry: Mapping[str, Any], table: str, place: Place, kind: Any, arguments: Mapping[str, Any]
) -> Rule | None:
    if not entry.get("name"):
        place.wrong("`name` is missing: the rule is known by it")
        return None
    return Rule(
        id=f"{table.partition('.')[2]}.{entry['name']}",
        table=table,
        type=kind,
        arguments=arguments,
        severity=place.read_severity(entry),
        description=place.read_text(entry, "description").removesuffix("."),
        dimension=entry.get("dimension", ""),
    )


def _read_row_count(
    entry: Mapping[str, Any], extras: Mapping[str, Any], table: str, columns: tuple[str, ...], place: Place
) -> Rule | None:
    operators = [key for key in entry if key in COUNTS]
    if len(operators) != 1:
        place.wrong(f"rowCount needs one of {', '.join(COUNTS)}")
        return None
    least, most = COUNTS[operators[0]](entry[operators[0]])
    words = " and ".join(
        part
        for part in (f"at least {least}" if least is not None else "", f"at most {most}" if most is not None else "")
        if part
    )
    short = table.partition(".")[2]
    return Rule(
        id=f"{short}.{entry.get('name', 'row_count')}",
        table=table,
        type="row_count",
        arguments={"least": least, "most": most},
        severity=place.read_severity(entry),
        description=entry.get("description") or f"{short} has {words} rows",
        dimension=entry.get("dimension", "completeness"),
    )


def _read_duplicate_values(
    entry: Mapping[str, Any], extras: Mapping[str, Any], table: str, columns: tuple[str, ...], place: Place
) -> Rule | None:
    unique = columns or tuple((entry.get("arguments") or {}).get("properties", ()))
    if entry.get("mustBe") != 0 or not unique:
        place.wrong("duplicateValues needs `mustBe: 0` and, for a table, `arguments: {properties: [...]}`")
        return None
    words = f"{' and '.join(unique)} together appear once" if len(unique) > 1 else f"{unique[0]} appears once"
    identity = f"{table.partition('.')[2]}.{'+'.join(unique)}.unique"
    return Rule(identity, table, "unique", unique, {}, place.read_severity(entry), words, "uniqueness")


def _read_invalid_values(
    entry: Mapping[str, Any], extras: Mapping[str, Any], table: str, columns: tuple[str, ...], place: Place
) -> Rule | None:
    values = tuple((entry.get("arguments") or {}).get("validValues", ()))
    if entry.get("mustBe") != 0 or not values:
        place.wrong(
            "invalidValues needs `mustBe: 0` and `arguments: {validValues: [...]}` (a pattern: logicalTypeOptions)"
        )
        return None
    words = f"{columns[0]} is one of {', '.join(str(value) for value in values)}"
    identity = f"{table.partition('.')[2]}.{columns[0]}.one_of"
    return Rule(identity, table, "one_of", columns, {"values": values}, place.read_severity(entry), words, "conformity")


def _make_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


_Reader = Callable[[Mapping[str, Any], Mapping[str, Any], str, tuple[str, ...], Place], Rule | None]
_READERS: dict[str, _Reader] = {
    "rowPredicate": _read_row_predicate,
    "sql": _read_query,
    "rowCount": _read_row_count,
    "duplicateValues": _read_duplicate_values,
    "invalidValues": _read_invalid_values,
}
_OF_COLUMNS = {"duplicateValues", "invalidValues"}
_OF_COLUMNS_ONLY = {"invalidValues"}
