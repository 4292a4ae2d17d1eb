"""Sorts the records of a landed file by the conditions of its source: ours, excluded, or not to be told.

Put here: what `exclude`, `include` and `when` mean for a whole record. Keep out: what a kind makes of a record
(`mapping/`), and test persons (`exclusions/excluded_people.py`).

A record is excluded by the first condition of `exclude` that is true, else by the first of `include` that is false.
Where one of them is NULL it cannot be told whose the record is: it is quarantined. What is left is taken by the kinds
whose `when` is true. What the only kind of a source does not take is excluded by the rule `when`; what none of several
kinds takes is quarantined, since it may be a new type of record, and so is what would be taken but for a NULL.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from regulars.pipelines.settings.sources.columns import KindMapping
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.warehouse.sql_text import quote_literal

NO_KIND = "none"
"""The kind under which an excluded record is counted that no kind of several would have taken."""

WHEN = "when"
"""The rule by which records are excluded that the only kind of a source does not take."""

_NULL_WHEN = (
    "the condition `when` is NULL for it, and no other kind takes it: an empty cell compares as NULL, so use "
    "`coalesce`, or `fill_down` where only the first row of an order has the cell"
)


@dataclass(frozen=True)
class SortedRecords:
    """The records of one file.

    Attributes:
        kept: SQL of the records that may be ours, with `file_row_number`.
        unplaced: Number of a record from 1 -> the rule by which it is quarantined, and the reason as a sentence.
    """

    kept: str
    unplaced: Mapping[int, tuple[str, str]]


def list_conditions(source: Source) -> Iterator[tuple[str, str, str]]:
    """`exclude` or `include`, the name of the rule, and its condition, in the order in which they are asked."""
    yield from (("exclude", name, condition) for name, condition in source.exclude.items())
    yield from (("include", name, condition) for name, condition in source.include.items())


def sort_records(
    con: duckdb.DuckDBPyConnection, rows: str, source: Source, mappings: Mapping[str, KindMapping]
) -> SortedRecords:
    """Sort the records of a file, and leave those that are excluded in the temporary table `excluded_records`.

    Args:
        con: The build.
        rows: SQL of the landed rows, with `file_row_number` from 0.
        source: The settings of the source.
        mappings: Kind -> what its columns mean in this file.

    Returns:
        `excluded_records` has `kind`, `row` (from 1) and `rule`; a record that would feed two kinds has two rows.
    """
    con.execute("create or replace temp table excluded_records (kind varchar, row bigint, rule varchar)")
    unplaced: dict[int, tuple[str, str]] = {}
    if any(True for _ in list_conditions(source)):
        con.execute(f"create or replace temp table record_verdicts as {_select_verdicts(rows, source)}")
        con.execute(_insert_excluded(rows, mappings))
        unplaced |= {
            number: ("condition_is_null", f"the condition `{rule}` is NULL for it")
            for number, rule in con.execute(_UNDECIDED).fetchall()
        }
        con.execute(
            f"""
            create or replace temp table kept_records as
            from {rows} anti join record_verdicts using (file_row_number)
            """
        )
        rows = "kept_records"
    if all(mapping.when is not None for mapping in mappings.values()):
        unplaced |= dict(_sort_by_kinds(con, rows, mappings))
    return SortedRecords(rows, unplaced)


def _select_verdicts(rows: str, source: Source) -> str:
    """A SELECT of the records that are not plainly ours: `file_row_number`, `verdict`, `rule`."""
    decided, undecided = [], []
    for verb, name, condition in list_conditions(source):
        wrong = "true" if verb == "exclude" else "false"
        decided.append(f"when (\n{condition}\n) is {wrong} then ['excluded', {quote_literal(name)}]")
        undecided.append(f"when (\n{condition}\n) is null then ['undecided', {quote_literal(f'{verb}.{name}')}]")
    return f"""
        with
            judged as (
                select file_row_number, case {" ".join([*decided, *undecided])} end as verdict
                from {rows} as file
            )

        select file_row_number, verdict[1] as verdict, verdict[2] as rule
        from judged
        where verdict is not null
    """


_UNDECIDED = """
    select file_row_number + 1, rule
    from record_verdicts
    where verdict = 'undecided'
    order by 1
"""


def _insert_excluded(rows: str, mappings: Mapping[str, KindMapping]) -> str:
    """A statement that counts each excluded record once for every kind that would have taken it."""
    if len(mappings) == 1:
        taken = f"[{quote_literal(next(iter(mappings)))}]"
    else:
        kinds = ", ".join(
            f"case when try((\n{mapping.when or 'true'}\n)) is true then {quote_literal(kind)} end"
            for kind, mapping in mappings.items()
        )
        taken = f"list_filter([{kinds}], lambda kind: kind is not null)"
    return f"""
        insert into excluded_records
        with
            excluded as (
                select file.file_row_number, verdicts.rule, {taken} as kinds
                from {rows} as file
                join record_verdicts as verdicts using (file_row_number)
                where verdicts.verdict = 'excluded'
            )

        select
            unnest(case when len(kinds) > 0 then kinds else ['{NO_KIND}'] end),
            file_row_number + 1,
            rule,
        from excluded
    """


def _sort_by_kinds(
    con: duckdb.DuckDBPyConnection, rows: str, mappings: Mapping[str, KindMapping]
) -> Iterator[tuple[int, tuple[str, str]]]:
    """The records that no kind takes and that are quarantined; those of an only kind are excluded instead."""
    taken = " or ".join(f"((\n{mapping.when}\n) is true)" for mapping in mappings.values())
    undecided = " or ".join(f"((\n{mapping.when}\n) is null)" for mapping in mappings.values())
    con.execute(
        f"""
        create or replace temp table untaken_records as
        select file_row_number + 1 as row, {undecided} as is_undecided
        from {rows} as file
        where not ({taken})
        """
    )
    is_only = len(mappings) == 1
    if is_only:
        kind = quote_literal(next(iter(mappings)))
        con.execute(
            f"insert into excluded_records select {kind}, row, '{WHEN}' from untaken_records where not is_undecided"
        )
    for number, is_undecided in con.execute("select row, is_undecided from untaken_records order by row").fetchall():
        if is_undecided:
            yield number, ("condition_is_null", _NULL_WHEN)
        elif not is_only:
            yield number, ("unclaimed", "no kind's `when` is true for it")
