"""The definition of a metric as structure, from which its SQL and other tools' definitions are made.

Put here: the shape of a metric and reading it from a contract. Keep out: what its expression may hold
(`expression.py`), where it is published (`dictionary.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from regulars.pipelines.contracts.expression import (
    ExpressionRefused,
    list_expression_columns,
    parse_expression,
    print_sql,
)
from regulars.pipelines.contracts.odcs.place import Place
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

KEYS = {
    "name",
    "synonyms",
    "expression",
    "not_additive",
    "filter",
    "filter_not",
    "time",
    "over_time",
    "never_over",
    "format",
    "good",
    "n",
    "known",
    "interval",
}
TIME_KEYS = {"column", "grain", "grain_column"}
NEITHER = "neither"
DIRECTIONS = ("up", "down", NEITHER)
OVER_TIME = ("sum", "last", "first")
FORMATS = ("percent", "integer", "decimal1", "decimal2", "currency")


@dataclass(frozen=True)
class Metric:
    """How one column's number is made, and how it may be added up.

    Attributes:
        name: The column that holds it, and what it is called.
        expression: A ratio of sums over columns of the table; empty where the number is none.
        not_additive: Why there is no expression; empty where there is one. The number is then read off its row.
        filter: Column -> the one value that rows must have; without it rows count several times.
        filter_not: Column -> the value of rows that hold what the others hold, such as `all`; they are left out.
        time_column: The day or month that the number is of.
        time_grain: How long that time is, such as `month`; empty where `time_grain_column` says it.
        time_grain_column: The column that holds how long the time is, or empty.
        over_time: `sum` where periods may be added up, `last` where only the latest of them counts, `first` where only
            the earliest does: what a quarter opens with is what its first month opens with.
        never_over: Columns over whose values it must never be added up.
        format: One of `FORMATS`.
        good: Whether `up` or `down` is good, or `neither`: the number describes, or is best near a value.
        n: The column that says how many it rests on, or empty.
        known: The column that says whether it is known for good, or empty.
        interval: The columns with the lower and the upper end of its interval, or none.
        synonyms: What else people call it.
    """

    name: str
    expression: str
    not_additive: str
    filter: Mapping[str, Any] = field(default_factory=dict, hash=False)
    filter_not: Mapping[str, Any] = field(default_factory=dict, hash=False)
    time_column: str = ""
    time_grain: str = ""
    time_grain_column: str = ""
    over_time: Literal["sum", "last", "first"] = "last"
    never_over: tuple[str, ...] = ()
    format: str = "decimal1"
    good: Literal["up", "down", "neither", ""] = ""
    n: str = ""
    known: str = ""
    interval: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """The expression as SQL; for a number that is not a ratio of sums, its column."""
        return print_sql(parse_expression(self.expression)) if self.expression else quote_identifier(self.name)

    @property
    def filter_sql(self) -> str:
        """Both filters as SQL; `true` without any. Rows where a metric of sums is not known do not count."""
        conditions = [f"{quote_identifier(name)} = {quote_literal(value)}" for name, value in self.filter.items()]
        conditions += [f"{quote_identifier(name)} <> {quote_literal(value)}" for name, value in self.filter_not.items()]
        if self.expression and self.known == self.name:
            conditions.append(f"{quote_identifier(self.name)} is not null")
        return " and ".join(conditions) or "true"

    @property
    def columns(self) -> Iterator[str]:
        """Every column of the table that the definition names."""
        yield self.name
        if self.expression:
            yield from list_expression_columns(parse_expression(self.expression))
        yield from (self.time_column, self.time_grain_column, self.n, self.known)
        yield from (*self.filter, *self.filter_not, *self.never_over, *self.interval)


def read_metrics(entries: Any, place: Place) -> tuple[Metric, ...]:
    """The metrics of a table's customProperty `metrics`.

    Args:
        entries: One mapping per metric, with the keys of `KEYS`.
        place: Where problems go.
    """
    metrics = (_read_metric(entry, place.at(f"metric {entry.get('name', '?')}")) for entry in entries or ())
    return tuple(metric for metric in metrics if metric is not None)


def _read_metric(entry: Mapping[str, Any], place: Place) -> Metric | None:
    place.refuse_unknown(entry, KEYS)
    time = entry.get("time") or {}
    place.at("time").refuse_unknown(time, TIME_KEYS)
    expression, reason = str(entry.get("expression", "")), str(entry.get("not_additive", ""))
    if bool(expression) == bool(reason):
        place.wrong("write either an `expression`, or in `not_additive` why there is none")
        return None
    if expression:
        try:
            parse_expression(expression)
        except ExpressionRefused as refused:
            place.wrong(str(refused))
            return None
    for key, allowed in (("over_time", OVER_TIME), ("format", FORMATS), ("good", DIRECTIONS)):
        if entry.get(key) not in allowed:
            place.wrong(f"`{key}` is {entry.get(key)!r}, and must be one of {', '.join(allowed)}")
    if "column" not in time or len(TIME_KEYS & time.keys()) != 2:
        place.wrong("`time` needs a `column`, and either a `grain` or a `grain_column`")
    if reason and entry.get("over_time") == "sum":
        place.wrong("what has no expression cannot be added up: write `over_time: last` or `first`")
    interval = tuple(entry.get("interval", ()))
    if len(interval) not in (0, 2):
        place.wrong("`interval` needs two columns: the lower and the upper end")
    return Metric(
        name=str(entry.get("name", "")),
        expression=expression,
        not_additive=reason,
        filter=dict(entry.get("filter") or {}),
        filter_not=dict(entry.get("filter_not") or {}),
        time_column=str(time.get("column", "")),
        time_grain=str(time.get("grain", "")),
        time_grain_column=str(time.get("grain_column", "")),
        over_time=entry.get("over_time", "last"),
        never_over=tuple(entry.get("never_over", ())),
        format=str(entry.get("format", "")),
        good=entry.get("good", ""),
        n=str(entry.get("n", "")),
        known=str(entry.get("known", "")),
        interval=interval,
        synonyms=tuple(entry.get("synonyms", ())),
    )
