"""Finds the columns whose values are not written in the format that the settings name, and a format that fits them.

Put here: counting values that fit no format, and wording what to set. Keep out: the known formats (`known_formats.py`),
and quarantining rows. No sentence holds a value: only its shape.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.kind import Form, KindColumn
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.columns import Column
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.formats.known_formats import KnownFormat, list_known_formats
from regulars.pipelines.sources.formats.shape import write_shape
from regulars.pipelines.sources.mapping.canonical import CANONICAL, REMARK, convert_to_form
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_SAMPLE_VALUES = 1000
_MOST_PROPOSALS = 3


@dataclass(frozen=True)
class FormatAdvice:
    """A column with values that are not written in the expected format.

    Attributes:
        source: The source.
        kind: The kind.
        column: Our column.
        expected: The format that was expected, as the settings write it.
        misfit_count: How many values do not fit it.
        value_count: How many values there are.
        shape: The commonest shape of those that do not fit, such as `99/99/9999`.
        proposals: What to write into the settings so that all of them fit; empty when no known format does.
    """

    source: str
    kind: str
    column: str
    expected: str
    misfit_count: int
    value_count: int
    shape: str
    proposals: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What was found: the place, the counts, the expected format, and the shape of one value."""
        return f"{self.kind}.{self.column}: {self.finding}"

    @property
    def finding(self) -> str:
        """The sentence without its place."""
        values = "value" if self.value_count == 1 else "values"
        fit = "does not fit" if self.misfit_count == 1 else "do not fit"
        most = "it is" if self.misfit_count == 1 else "most are"
        return (
            f"{self.misfit_count:,} of {self.value_count:,} {values} {fit} {self.expected}; {most} written like "
            f"`{self.shape}` (9 stands for a digit, A and a for letters)"
        )

    @property
    def advice(self) -> str:
        """What to do."""
        if not self.proposals:
            return "say in `options` how they are written, or map the column by an expression (`{sql: …}`)"
        if len(self.proposals) == 1:
            return f"{self.proposals[0]} fits all of them"
        return f"these fit all of them, so look which one is meant: {'; or '.join(self.proposals)}"


def advise_formats(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[FormatAdvice]:
    """Look at all delivered numbers, days, moments and booleans; one advice per column that has misfits.

    Args:
        con: The build, with `landed.<kind>`.
        settings: The settings with which they were landed.
    """
    found = []
    for kind in sorted({kind for source in settings.sources.values() for kind in source.mappings}):
        columns = [column for column in KINDS[kind].columns if column.form in CANONICAL]
        for source, column, misfits, values in _count_misfits(con, kind, columns):
            found.append(_advise(con, settings, source, kind, column, misfits, values))
    return sorted(found, key=lambda each: (list(settings.sources).index(each.source), each.kind, each.column))


def find_misread_values(con: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[Finding]:
    """The same as findings."""
    for each in advise_formats(con, settings):
        yield make_finding(
            "values_misread",
            f"{each.source}: {each.sentence}.",
            f"{each.advice[0].upper()}{each.advice[1:]}.",
            source=each.source,
            kind=each.kind,
            count=each.misfit_count,
            share=each.misfit_count / each.value_count,
            example=each.shape,
        )


def _count_misfits(
    con: duckdb.DuckDBPyConnection, kind: str, columns: list[KindColumn]
) -> Iterator[tuple[str, KindColumn, int, int]]:
    """Source, column, misfits and values of every column that has misfits."""
    if not columns:
        return
    counts = ", ".join(
        f"count(*) filter (not {_fits(column)}), count({quote_identifier(column.name)})" for column in columns
    )
    rows = con.execute(f"select _source, {counts} from landed.{quote_identifier(kind)} group by _source").fetchall()
    for source, *numbers in sorted(rows):
        for column, misfits, values in zip(columns, numbers[::2], numbers[1::2], strict=True):
            if misfits:
                yield source, column, misfits, values


def _fits(column: KindColumn) -> str:
    return f"regexp_full_match({quote_identifier(column.name)}, {quote_literal(CANONICAL[column.form])})"


def _advise(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    source: str,
    kind: str,
    column: KindColumn,
    misfits: int,
    values: int,
) -> FormatAdvice:
    con.execute(
        f"""
        create or replace temp table misfits as
        select distinct regexp_replace({quote_identifier(column.name)}, {quote_literal(REMARK)}, '') as value
        from landed.{quote_identifier(kind)}
        where _source = $source and not {_fits(column)}
        order by value
        limit {_SAMPLE_VALUES}
        """,
        {"source": source},
    )
    shape, example = con.execute(f"""
        select {write_shape("value")} as shape, min(value)
        from misfits
        group by shape
        order by count(*) desc, shape
        limit 1
    """).fetchall()[0]
    options = settings.sources[source].options
    mapped = settings.sources[source].mappings[kind].columns.get(column.name)
    proposals = _list_proposals(con, column, mapped, example) if misfits == values else []
    con.execute("drop table misfits")
    expected = _describe_expected(column.form, options)
    return FormatAdvice(source, kind, column.name, expected, misfits, values, shape, tuple(proposals))


def _describe_expected(form: Form, options: FileOptions) -> str:
    """The format of a form as the settings name it."""
    if form == "number":
        grouped = f" and `thousands: {options.thousands!r}`" if options.thousands else ""
        sign = f" and `currency_sign: {options.currency_sign!r}`" if options.currency_sign else ""
        return f"`decimal: {options.decimal!r}`{grouped}{sign}"
    if form == "boolean":
        return "`yes`, `true`, `1`, `no`, `false`, `0` or the like"
    key, examples = {
        "moment": ("datetime_format", "`2026-06-30 14:05:00` or `2026-06-30T14:05:00+02:00`"),
        "date": ("date_format", "`2026-06-30`"),
    }[form]
    written = getattr(options, key)
    return f"`{key}: iso`, such as {examples}" if written == "iso" else f'`{key}: "{written}"`'


def _list_proposals(
    con: duckdb.DuckDBPyConnection, column: KindColumn, mapped: Column | None, example: str
) -> list[str]:
    """What to write into the settings, for each known format that fits every misfit; plain formats before expressions.

    Args:
        con: Holds the table `misfits`.
        column: Our column.
        mapped: What it is mapped to.
        example: One of the misfits.
    """
    fitting = list_fitting_formats(con, column.form, example)
    return [_word_proposal(column, mapped, known) for known in fitting[:_MOST_PROPOSALS]]


def list_fitting_formats(con: duckdb.DuckDBPyConnection, form: Form, example: str) -> list[KnownFormat]:
    """The known formats that fit every value of the table `misfits`, plain ones first.

    Where one fits, those are left out that only add what the values do not need.

    Args:
        con: Holds the table `misfits`, with the text `value`.
        form: The form of the values.
        example: One of them.
    """
    fitting: list[KnownFormat] = []
    for known in list_known_formats(form, example):
        if not _may_fit(known, example) or any(_is_plainer(other, known) for other in fitting):
            continue
        if fits_all_values(con, form, known):
            fitting.append(known)
    return fitting


def _may_fit(known: KnownFormat, example: str) -> bool:
    """Whether a format with words for days or months has a letter to read: its expression takes longest to compile."""
    names_days = re.search("%[aAbB]", known.options.date_format + known.options.datetime_format)
    return names_days is None or any(sign.isalpha() for sign in example)


def _is_plainer(one: KnownFormat, other: KnownFormat) -> bool:
    """Whether nobody needs the other format where this one fits: it lacks an expression, or a mark between digits."""
    if (other.expression and not one.expression) or (
        one == KnownFormat(FileOptions()) and other.options.decimal == "."
    ):
        return True
    same = one.options.decimal == other.options.decimal and bool(one.expression) == bool(other.expression)
    return same and not one.options.thousands and bool(other.options.thousands)


def fits_all_values(con: duckdb.DuckDBPyConnection, form: Form, known: KnownFormat) -> bool:
    """Whether a format fits every value of the table `misfits`."""
    misfits = con.execute(f"select count(*) from misfits where not ({select_fit(form, known)})").fetchall()
    return bool(misfits[0][0] == 0)


def select_fit(form: Form, known: KnownFormat) -> str:
    """SQL: whether a format fits the text `value`; never NULL."""
    read = convert_to_form(form, f"({known.text})", known.options, "UTC")
    return f"regexp_full_match({read}, {quote_literal(CANONICAL[form])}) is true"


def _word_proposal(column: KindColumn, mapped: Column | None, known: KnownFormat) -> str:
    options: Mapping[str, str] = known.options.model_dump(exclude_defaults=True)
    written = ", ".join(f'{key}: "{value}"' for key, value in options.items())
    parts = [f"`options: {{{written}}}`"] if written else []
    if known.expression:
        header = mapped if isinstance(mapped, str) else mapped[0] if isinstance(mapped, list) and mapped else "column"
        expression = known.expression.format(column=quote_identifier(header))
        parts.append(f"`{column.name}: {{sql: {_quote_yaml(expression)}}}`")
    elif not written:
        which = {"moment": "datetime_format: iso", "date": "date_format: iso", "number": 'decimal: "."'}[column.form]
        parts.append(f"`options: {{{which}}}`")
    return " with ".join(parts) + (f" {known.remark}" if known.remark else "")


def _quote_yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
