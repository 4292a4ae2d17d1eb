"""Decides from all values of a file how its moments, days and numbers are written, or that nobody can know.

Put here: comparing every value with the known formats. Keep out: the list of them (`formats/known_formats.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from regulars.pipelines.kinds.shape.kind import Form
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.sources.columns import Constant, KindMapping
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.formats.format_advice import fits_all_values, list_fitting_formats, select_fit
from regulars.pipelines.sources.formats.known_formats import KnownFormat, list_known_formats
from regulars.pipelines.sources.formats.shape import write_shape
from regulars.pipelines.sources.mapping.canonical import clean_text
from regulars.pipelines.sources.mapping.mapping import select_delivered_text

_KEYS: Mapping[Form, tuple[str, ...]] = {
    "moment": ("datetime_format",),
    "date": ("date_format",),
    "number": ("decimal", "thousands", "currency_sign"),
}
_GROUPED = {"decimal": ",", "thousands": ".", "currency_sign": ""}
_MOST_UNREADABLE = 0.05
"""Of the different values of a form; with more of them it is not known how the form is written."""


@dataclass(frozen=True)
class WrittenFormat:
    """How the values of one form are written in a file.

    Attributes:
        form: The form.
        columns: Our columns of that form, each with its kind, as `orders.ordered_at`.
        choices: The options that fit every value, each as key -> value; the source's own first where they fit; none
            where no known format does.
        is_set: Whether the source's own options fit.
        shape: The commonest shape of the values.
        value_count: How many different values there are.
        unread_count: How many of them no known format reads; their rows will be quarantined.
        expression: Where no options fit, an expression that reads all values, with `…` for the column; empty: none.
    """

    form: Form
    columns: tuple[str, ...]
    choices: tuple[dict[str, str], ...]
    is_set: bool
    shape: str
    value_count: int
    unread_count: int = 0
    expression: str = ""

    @property
    def problem(self) -> str:
        """Why the values cannot be read with any options, and what would read them."""
        what = {"moment": "moments", "date": "days", "number": "amounts"}[self.form]
        advice = f"; mapped by `{{sql: {self.expression}}}` they would be" if self.expression else ""
        return (
            f"the {what} of {', '.join(self.columns)} are written like `{self.shape}`, which fits neither the options "
            f"nor any known format{advice}"
        )


def find_written_formats(
    con: duckdb.DuckDBPyConnection,
    rows: str,
    source: Source,
    mappings: Mapping[str, KindMapping],
    names: tuple[str, ...],
) -> Iterator[WrittenFormat]:
    """How each form is written; forms without a value are passed over.

    Args:
        con: Any connection; it gets a temporary table.
        rows: SQL of the rows by the names that the settings use.
        source: The source, whose conditions decide which rows are looked at.
        mappings: Its kinds, with the columns that the file has.
        names: The columns of `rows`.
    """
    for form in _KEYS:
        selects, columns = [], []
        for kind, mapping in mappings.items():
            for ours, wanted in mapping.columns.items():
                known = KINDS[kind].column(ours)
                text = None if isinstance(wanted, Constant) else select_delivered_text(wanted, names)
                if known is not None and known.form == form and text is not None:
                    selects.append(_select_values(text, rows, source, mapping))
                    columns.append(f"{kind}.{ours}")
        if selects:
            con.execute(
                "create or replace temp table misfits as "
                f"select distinct value from ({' union all '.join(selects)}) where value is not null order by value"
            )
            count, shape = con.execute(f"select count(*), mode({write_shape('value')}) from misfits").fetchall()[0]
            if count:
                yield _decide(con, form, tuple(columns), source.options, count, shape)


def _select_values(text: str, rows: str, source: Source, mapping: KindMapping) -> str:
    conditions = [f"try(({each})) is not true" for each in source.exclude.values()]
    conditions += [f"try(({each})) is true" for each in (*source.include.values(), mapping.when or "true")]
    where = " and ".join(conditions)
    return f"select try({clean_text(f'({text})')}) as value from {rows} as file where {where}"


def _decide(
    con: duckdb.DuckDBPyConnection,
    form: Form,
    columns: tuple[str, ...],
    options: FileOptions,
    count: int,
    shape: str,
) -> WrittenFormat:
    own = {key: str(getattr(options, key)) for key in _KEYS[form]}
    example = con.execute(
        f"select min(value) from misfits where {write_shape('value')} = $shape", {"shape": shape}
    ).fetchall()[0][0]
    unread = 0
    for _ in range(2):
        if fits_all_values(con, form, KnownFormat(options)):
            choices_of_own = (own, _GROUPED) if form == "number" and _may_be_grouped(con, options) else (own,)
            return WrittenFormat(form, columns, choices_of_own, True, shape, count, unread)
        known = list_fitting_formats(con, form, example)
        fitting = [each for each in known if not each.expression]
        choices = [{key: str(getattr(each.options, key)) for key in _KEYS[form]} for each in fitting]
        plain = tuple(each for at, each in enumerate(choices) if each not in choices[:at])
        dropped = 0 if plain or unread else _drop_unreadable_values(con, form, options, count, example)
        unread += dropped
        if not dropped:
            break
    by_expression = next((each.expression.format(column="…") for each in known if each.expression), "")
    return WrittenFormat(form, columns, plain, False, shape, count, unread, "" if plain else by_expression)


def _may_be_grouped(con: duckdb.DuckDBPyConnection, options: FileOptions) -> bool:
    """Whether the points of all numbers may as well divide thousands: `1.234` alone is a thousand in half of Europe."""
    if options.decimal != "." or options.thousands:
        return False
    pointed, doubtful = con.execute(r"""
        select
            count(*) filter (contains(value, '.')),
            count(*) filter (regexp_matches(value, '(^|[^0-9])[1-9][0-9]{0,2}[.][0-9]{3}([^0-9]|$)')),
        from misfits
    """).fetchall()[0]
    return bool(pointed and pointed == doubtful)


def _drop_unreadable_values(
    con: duckdb.DuckDBPyConnection, form: Form, options: FileOptions, count: int, example: str
) -> int:
    """Take the values that no known format reads out of `misfits`, where they are few; how many they were.

    One bad cell in years of exports says nothing of how the others are written.
    """
    con.execute("create or replace temp table unreadable as from misfits")
    for known in (KnownFormat(options), *list_known_formats(form, example)):
        con.execute(f"delete from unreadable where {select_fit(form, known)}")
    unreadable = int(con.execute("select count(*) from unreadable").fetchall()[0][0])
    if unreadable > count * _MOST_UNREADABLE:
        return 0
    con.execute("delete from misfits where value in (select value from unreadable)")
    return unreadable
