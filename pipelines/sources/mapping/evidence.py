"""Counts, in the delivered text of a file, what speaks for and against the way in which its values are read.

Put here: the counting, per column of ours, before values get their canonical form. Keep out: what follows from the
counts (`evidence_findings.py`), and values that do not fit at all (they are quarantined).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import duckdb

from regulars.pipelines.kinds.shape.kind import KindColumn
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.sources.columns import Derived, KindMapping
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.mapping.garbled_text import is_garbled
from regulars.pipelines.sources.mapping.mapping import LandedFile, find_first_column, select_delivered_text
from regulars.pipelines.sources.mapping.swapped_days import FileDays, exchange_day_and_month, read_file_days
from regulars.pipelines.sources.mapping.unread_states import DECIDING, STATES, list_unread_states
from regulars.pipelines.sources.surveys.progress import Progress, read_progress
from regulars.pipelines.sources.surveys.unfinished_answers import list_conditions, list_progress_columns
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_EITHER = r"[^0-9]*[1-9][0-9]{0,2}[.,][0-9]{3}[^0-9]*"
"""`1.234`: a thousand, or a little more than one."""
_CURRENCY_COLUMN = re.compile(r"currency|w[äa]e?hrung|devise|divisa|moneda|moeda|valuta|valuutta", re.IGNORECASE)


def _decisive(sign: str, other: str) -> str:
    """Numbers that only make sense with `sign` as the decimal sign: `12.5`, `0.500`, `1,234.567`, `1,234,567`."""
    whole = rf"([0-9]+|[0-9]{{1,3}}({other}[0-9]{{3}})+)"
    return (
        rf"[^0-9.,]*({whole}{sign}([0-9]{{1,2}}|[0-9]{{4,}})|0{sign}[0-9]+|"
        rf"[0-9]{{1,3}}({other}[0-9]{{3}})+{sign}[0-9]+|[0-9]{{1,3}}({other}[0-9]{{3}}){{2,}})[^0-9.,]*"
    )


_POINT, _COMMA = _decisive(r"\.", ","), _decisive(",", r"\.")
_TWO_DECIMALS = r"[^0-9]*[0-9][0-9.,]*[.,][0-9]{2}[^0-9]*"


@dataclass(frozen=True)
class Place:
    """A column of ours in a source."""

    source: str
    kind: str
    column: str


@dataclass
class Evidence:
    """Counts of all deliveries of a run, by place; a place without a count is absent.

    Attributes:
        either: Numbers that two decimal signs explain.
        point: Numbers that only a decimal point explains.
        comma: Numbers that only a decimal comma explains.
        two_decimals: Numbers with a sign before their last two digits, as amounts of money have.
        days: Days that were read with a format that has numbers for day and month.
        late_days: Of these, days after the 12th of a month.
        swapped_days: Values that only the format with day and month exchanged can read.
        empty_booleans: Records for which an expression gives neither yes nor no.
        other_currencies: Records whose unread column of currencies names another currency than is assumed; `column`
            of the place is that of the file.
        garbled: Texts that were damaged before they reached us.
        unread_states: Records that a column of the file calls cancelled or a test, where no setting reads it as that;
            `column` of the place is that of the file.
        unfinished: Answers that a column of the file calls unfinished, where no setting reads it as that; `column` of
            the place is that of the file.
        progress: How far the answers of each file came by a column with numbers that no setting reads; `column` of
            the place is that of the file.
        ends_of_day: Moments written as 24:00 of a day.
        file_days: The days of each file, read in both ways.
    """

    either: dict[Place, int] = field(default_factory=dict)
    point: dict[Place, int] = field(default_factory=dict)
    comma: dict[Place, int] = field(default_factory=dict)
    two_decimals: dict[Place, int] = field(default_factory=dict)
    days: dict[Place, int] = field(default_factory=dict)
    late_days: dict[Place, int] = field(default_factory=dict)
    swapped_days: dict[Place, int] = field(default_factory=dict)
    empty_booleans: dict[Place, int] = field(default_factory=dict)
    other_currencies: dict[Place, int] = field(default_factory=dict)
    garbled: dict[Place, int] = field(default_factory=dict)
    unread_states: dict[Place, int] = field(default_factory=dict)
    unfinished: dict[Place, int] = field(default_factory=dict)
    progress: dict[Place, list[Progress]] = field(default_factory=dict)
    ends_of_day: dict[Place, int] = field(default_factory=dict)
    file_days: list[FileDays] = field(default_factory=list)

    def add(self, name: str, place: Place, count: int) -> None:
        """Add to one of the counts."""
        counts: dict[Place, int] = getattr(self, name)
        counts[place] = counts.get(place, 0) + count


@dataclass(frozen=True)
class _Count:
    """One thing to count in a file: where it goes, and for which rows."""

    name: str
    place: Place
    condition: str


def collect_evidence(
    con: duckdb.DuckDBPyConnection, file: LandedFile, mappings: Mapping[str, KindMapping], evidence: Evidence
) -> None:
    """Add the counts of one landed file, in one scan of the columns concerned.

    Args:
        con: A connection that may read the landing.
        file: The file.
        mappings: Kind -> its mapping, which fits the file.
        evidence: Where the counts are added.
    """
    evidence.file_days += read_file_days(con, file, mappings)
    for kind, mapping in mappings.items():
        rows = f"(from {file.rows} as file where ({mapping.when or 'true'}\n) is true)"
        for name in list_progress_columns(file.rest if kind == "survey_responses" else ()):
            place = Place(file.source, kind, name)
            evidence.progress.setdefault(place, []).extend(read_progress(con, rows, name))
        counts = list(_list_counts(file, kind, mapping))
        if not counts:
            continue
        selected = ", ".join(f"count(*) filter ({each.condition})" for each in counts)
        found = con.execute(f"select {selected} from {rows} as file").fetchall()
        for each, count in zip(counts, found[0], strict=True):
            evidence.add(each.name, each.place, count)


def _list_counts(file: LandedFile, kind: str, mapping: KindMapping) -> Iterator[_Count]:
    for column in KINDS[kind].columns:
        wanted = mapping.columns.get(column.name)
        value = select_delivered_text(wanted, file.columns)
        place = Place(file.source, kind, column.name)
        if value is not None and isinstance(wanted, str | list | Derived):
            yield from _list_column_counts(
                place, column, value, file.options, is_expression=isinstance(wanted, Derived)
            )
    if any(column.form == "currency" for column in KINDS[kind].columns) and "currency" not in mapping.columns:
        yield from _list_currency_counts(file, kind)
    if kind in STATES:
        yield from _list_state_counts(file, kind, mapping)
    if kind == "survey_responses":
        for name, condition in list_conditions(file.rest, alias="file"):
            yield _Count("unfinished", Place(file.source, kind, name), condition)


def _list_column_counts(
    place: Place, column: KindColumn, value: str, options: FileOptions, *, is_expression: bool
) -> Iterator[_Count]:
    match column.form:
        case "number":
            patterns = {"either": _EITHER, "point": _POINT, "comma": _COMMA, "two_decimals": _TWO_DECIMALS}
            for name, pattern in patterns.items():
                yield _Count(name, place, f"regexp_full_match({value}, {quote_literal(pattern)})")
        case "date" | "moment":
            if column.form == "moment":
                yield _Count(
                    "ends_of_day", place, f"regexp_matches({value}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]24:00')"
                )
            pattern = options.date_format if column.form == "date" else options.datetime_format
            if "%d" in pattern and "%m" in pattern:
                read = f"try_strptime({value}, {quote_literal(pattern)})"
                yield _Count("days", place, f"{read} is not null")
                yield _Count("late_days", place, f"day({read}) > 12")
                other = f"try_strptime({value}, {quote_literal(exchange_day_and_month(pattern))})"
                yield _Count("swapped_days", place, f"{read} is null and {other} is not null")
        case "boolean" if is_expression and not column.is_emptied:
            yield _Count("empty_booleans", place, f"{value} is null")
        case "text":
            yield _Count("garbled", place, is_garbled(value))


def _list_currency_counts(file: LandedFile, kind: str) -> Iterator[_Count]:
    for name in _find_currency_columns(file.rest):
        cell = f"upper(trim(file.{quote_identifier(name)}))"
        condition = f"regexp_full_match({cell}, '[A-Z]{{3}}') and {cell} <> {quote_literal(file.currency)}"
        yield _Count("other_currencies", Place(file.source, kind, name), condition)


def _list_state_counts(file: LandedFile, kind: str, mapping: KindMapping) -> Iterator[_Count]:
    """Counts of records that are called cancelled or a test in a column that decides nothing."""
    status = mapping.columns.get("status")
    named = [status] if isinstance(status, str) else status if isinstance(status, list) else []
    mapped = find_first_column(named, file.columns)
    states = list_unread_states(
        kind,
        dict.fromkeys([*file.rest, *([mapped] if mapped else [])]),
        asks_cancelled=not DECIDING.get(kind, frozenset()) & mapping.columns.keys(),
        asks_test="is_test" not in mapping.columns,
    )
    for name, condition in states:
        yield _Count("unread_states", Place(file.source, kind, name), condition)


def _find_currency_columns(columns: Iterable[str]) -> list[str]:
    return [column for column in columns if _CURRENCY_COLUMN.search(column)]
