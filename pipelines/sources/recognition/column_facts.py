"""Looks at the values of every column of a file: how many are filled, and what they look like. No value leaves it.

Put here: counting shapes. Keep out: what follows from them (`guess.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from regulars.pipelines.sources.formats.shape import write_shape
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

SAMPLE_ROWS = 20_000
_EMAIL = r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]{2,}"
_SCORE = "([0-9]|10)([.]0+)?"
_BLANK = r"[\s\x{a0}\x{202f}]"
_MARK = r"[^0-9.,()\s+-]{1,4}\.?"
_NUMBER = rf"[(]?[+-]?({_MARK})?{_BLANK}?[+-]?[0-9]([0-9.,'’]|{_BLANK})*({_BLANK}?{_MARK})?[)]?-?"
_FLAG = "(?i)(true|false|yes|no|[tfyn10])"
_DAY = (
    r"([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})"
    r"|[0-9]{1,2}[. -]+a{3,9}\.?,?[ -][0-9]{4}|a{3,9} [0-9]{1,2}, [0-9]{4}"
    r"|a{2,9}\.?, [0-9]{1,2}\.? a{3,9} [0-9]{4}).*"
)
"""A day in which every letter is an `a`: to compile words of all alphabets takes twenty times as long."""
_ALL_LETTERS_ALIKE = r"regexp_replace(value, '\p{L}', 'a', 'g')"


@dataclass(frozen=True)
class ColumnFacts:
    """What the values of a column look like.

    Attributes:
        column: The column.
        row_count: How many rows were looked at.
        filled: How many have a value.
        distinct: How many different values there are.
        emails: How many are an e-mail address.
        days: How many begin like a day.
        numbers: How many are a number, with whatever marks.
        whole: How many are digits only.
        scores: How many are a whole number from 0 to 10.
        highest: The highest of them; None without any.
        flags: How many are a yes or a no, in letters or as 1 and 0.
        shape: The commonest shape, such as `99.99.9999`; empty without a value.
    """

    column: str
    row_count: int
    filled: int
    distinct: int
    emails: int
    days: int
    numbers: int
    whole: int
    scores: int
    highest: int | None
    flags: int
    shape: str

    def share(self, count: int) -> float:
        """A count as a share of the filled cells, 0 to 1."""
        return count / self.filled if self.filled else 0.0


def collect_column_facts(con: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[str]) -> list[ColumnFacts]:
    """The facts of every column, from the first rows.

    Args:
        con: Any connection.
        rows: SQL of the rows, all text.
        columns: Their columns.
    """
    if not columns:
        return []
    names = ", ".join(quote_identifier(column) for column in columns)
    con.execute(f"create or replace temp table looked_at as select {names} from {rows} limit {SAMPLE_ROWS}")
    [[row_count]] = con.execute("select count(*) from looked_at").fetchall()
    found = con.execute(f"""
        with
            cells as (from looked_at unpivot (value for name in (columns(*)))),
            found as (
                select name, nullif(trim(value), '') as value, count(*) as times
                from cells
                group by all
            ),
            shapes as (
                select name, {write_shape("value")} as shape, sum(times) as times
                from found
                where value is not null
                group by all
            ),
            most_frequent as (
                select name, first(shape order by times desc, shape) as shape
                from shapes
                group by name
            )

        select
            name,
            {row_count},
            coalesce(sum(times) filter (value is not null), 0)::bigint,
            count(value),
            {_count(_EMAIL)},
            {_count(_DAY, _ALL_LETTERS_ALIKE)},
            {_count(_NUMBER)},
            {_count("[0-9]+")},
            {_count(_SCORE)},
            max(try_cast(value as double)) filter (regexp_full_match(value, {quote_literal(_SCORE)}))::integer,
            {_count(_FLAG)},
            coalesce(any_value(shape), '')
        from found
        left join most_frequent using (name)
        group by name
    """).fetchall()
    facts = {name: ColumnFacts(name, *counts) for name, *counts in found}
    return [facts.get(column, ColumnFacts(column, row_count, 0, 0, 0, 0, 0, 0, 0, None, 0, "")) for column in columns]


def _count(pattern: str, value: str = "value") -> str:
    """SQL: how many cells are written so."""
    return f"coalesce(sum(times) filter (regexp_full_match({value}, {quote_literal(pattern)})), 0)::bigint"
