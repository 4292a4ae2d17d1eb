"""Finds deliveries whose days seem to be written with day and month the other way round than the settings say.

Put here: what the days of one file say, read in both ways. Keep out: days that only one way can read
(`evidence.py` counts them).

A file without a day after the 12th is read without a word in either order. Which order is meant shows in what the days
then are: days after the file came, or a few days that would be spread over many months.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.sources.columns import Constant, KindMapping
from regulars.pipelines.sources.mapping.mapping import LandedFile, select_delivered_text
from regulars.pipelines.warehouse.sql_text import quote_literal

_LEAST_DAYS = 3
"""A file with fewer different days says nothing."""
_MANY_TIMES = 3
"""As read, the days are spread over at least so many times as long as the other way round."""
_MOST_DAYS = 45
"""The other way round, the days of the file lie within so many: those of a delivery of every day, week or month."""
_STILL_TO_COME = {"promised_at", "started_at", "trial_ends_at", "resumed_at", "cancelled_at", "ended_at"}
"""Columns that may name a day on which something is to happen: days to come are none that were exchanged."""
_VARIED = 6
"""Days of so many different numbers in the other files show that a company does not sell on one or two days of each
month alone."""
_MONTHLY = 0.8
"""As read, so large a part of the months has a day: as with a company that sells on one or two days of each month."""
_BOTH_DAYS = 1.5
"""As read, a month that has a day has so many on average: as with a company that sells on two days of some months."""


@dataclass(frozen=True)
class FileDays:
    """The days of one column of one file, as read and the other way round.

    Attributes:
        source: The source.
        kind: The kind.
        column: Our column.
        file_name: The file.
        count: How many records have a day.
        days: How many different days there are.
        numbers: The numbers of the days within their months, as read.
        months: How many months have a day, as read.
        month_span: Months from the first to the last, as read, both counted.
        span: Days from the first to the last, as read.
        other_span: The same the other way round.
        future_count: Records with a day after the one on which the file came, as read.
        other_future_count: The same the other way round.
        is_open: Whether every day can be read in both ways.
    """

    source: str
    kind: str
    column: str
    file_name: str
    count: int
    days: int
    numbers: frozenset[int]
    months: int
    month_span: int
    span: int
    other_span: int
    future_count: int
    other_future_count: int
    is_open: bool

    @property
    def is_regular(self) -> bool:
        """Whether the days, as read, are those of a company that sells on one or two days of each month."""
        return self.months >= _MONTHLY * self.month_span or self.days >= _BOTH_DAYS * self.months


def exchange_day_and_month(pattern: str) -> str:
    """A format with the numbers of day and month the other way round."""
    return pattern.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")


def read_file_days(
    con: duckdb.DuckDBPyConnection, file: LandedFile, mappings: Mapping[str, KindMapping]
) -> Iterator[FileDays]:
    """The days of a landed file, for each column whose format has numbers for day and month.

    Args:
        con: A connection that may read the landing.
        file: The file.
        mappings: Kind -> its mapping, which fits the file.
    """
    for kind, mapping in mappings.items():
        for column in KINDS[kind].columns:
            wanted = mapping.columns.get(column.name)
            pattern = file.options.date_format if column.form == "date" else file.options.datetime_format
            is_day = column.form in ("date", "moment") and "%d" in pattern and "%m" in pattern
            value = None if isinstance(wanted, Constant) else select_delivered_text(wanted, file.columns)
            if is_day and value is not None:
                yield _read(con, file, (kind, column.name), (value, pattern), mapping.when or "true")


def _read(
    con: duckdb.DuckDBPyConnection, file: LandedFile, place: tuple[str, str], how: tuple[str, str], when: str
) -> FileDays:
    value, pattern = how
    came = "null::date" if file.landed_at is None else f"date '{file.landed_at:%Y-%m-%d}'"
    found = con.execute(f"""
        with days as (
            select
                try_strptime({value}, {quote_literal(pattern)})::date as day,
                try_strptime({value}, {quote_literal(exchange_day_and_month(pattern))})::date as other
            from {file.rows} as file
            where ({when}\n) is true
        )

        select
            count(day), count(distinct day), coalesce(list(distinct day(day)), []),
            count(distinct date_trunc('month', day)), coalesce(date_diff('month', min(day), max(day)) + 1, 0),
            coalesce(max(day) - min(day), 0), coalesce(max(other) - min(other), 0),
            count(*) filter (day > {came} + 1), count(*) filter (other > {came} + 1),
            coalesce(bool_and(other is not null) filter (day is not null), false),
        from days
    """).fetchall()[0]
    count, days, numbers, months, month_span, span, other_span, future, other_future, is_open = found
    return FileDays(
        file.source,
        *place,
        file.file_name,
        int(count),
        int(days),
        frozenset(int(each) for each in numbers if each is not None),
        int(months),
        int(month_span),
        int(span),
        int(other_span),
        int(future),
        int(other_future),
        bool(is_open),
    )


def find_swapped_days(read: Sequence[FileDays]) -> list[Finding]:
    """The files whose days make sense the other way round only."""
    by_column: dict[tuple[str, str, str], list[FileDays]] = defaultdict(list)
    for each in read:
        by_column[each.source, each.kind, each.column].append(each)
    return [
        _word(each, why)
        for files in by_column.values()
        for each in files
        if (why := _explain(each, [other for other in files if other is not each]))
    ]


def _explain(file: FileDays, others: Sequence[FileDays]) -> str:
    """Why a file seems to be written the other way round; empty: it does not."""
    if not file.is_open or file.days < _LEAST_DAYS:
        return ""
    if file.column not in _STILL_TO_COME and file.future_count and not file.other_future_count:
        return (
            f"{file.future_count:,} of its {file.count:,} days lie after the day on which it came, and none would the "
            "other way round"
        )
    is_spread = file.other_span <= _MOST_DAYS and file.span >= _MANY_TIMES * max(file.other_span, 7)
    varied = {number for each in others for number in each.numbers}
    # what lies within 45 days has one or two numbers as read: those of a month, or of two
    if is_spread and (len(varied) >= _VARIED or (len(file.numbers) > 1 and not file.is_regular)):
        return (
            f"its {file.count:,} days are spread over {file.span:,} days, and would lie within {file.other_span + 1:,} "
            "the other way round"
        )
    return ""


def _word(file: FileDays, why: str) -> Finding:
    return make_finding(
        "days_seem_exchanged",
        f"{file.file_name}: no day of {file.kind}.{file.column} is later than the 12th of a month, and {why}: day and "
        f"month seem to be exchanged in this file of `{file.source}`.",
        "Look at the first rows of the file in the tool's own page. If it is so, export it anew as the others are, or "
        f"correct the format in `sources.{file.source}.options`, or make the other format a source of its own.",
        source=file.source,
        kind=file.kind,
        count=file.count,
    )
