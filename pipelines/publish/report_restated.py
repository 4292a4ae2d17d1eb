"""What the report says of figures that were published otherwise before.

Put here: the section on this run's restatements, facts in, HTML out. Keep out: finding them (`pipelines/restatements`).
"""

import calendar
from collections.abc import Callable
from decimal import Decimal

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_answers import section
from regulars.pipelines.publish.report_facts import ReportFacts
from regulars.pipelines.publish.report_reading import Row, Rows

FIGURES_SHOWN = 20


def restated(facts: ReportFacts) -> str:
    """Which figures of past periods are not what they were last run, and why."""
    means = (
        "A period that was over can still change: an order arrives late, a refund or a correction is dated back, two "
        "customers turn out to be one. Each figure stands with its causes; shares add up to the change. "
        "meta.restatements keeps a year of them."
    )
    figures = [row for row in facts.restatements if row["cause_rank"] == 1]
    if not figures:
        inside = words.nothing("No figure of a past period differs from what was published before.")
        return section("restated", "What changed since last time", "", inside, means)
    figures.sort(key=_size, reverse=True)
    body = [
        [f"{_named(row)}", _period(row), _value(row, "value_before"), _value(row, "value_after"), _why(facts, row)]
        for row in figures[:FIGURES_SHOWN]
    ]
    headers = ["figure", "period", "was", "is", "why"]
    table = words.table("Restated figures, the largest changes first", headers, body, texts=5)
    more = len(figures) - FIGURES_SHOWN
    note = f'<p class="note">{words.count(more)} more in meta.restatements.</p>' if more > 0 else ""
    lede = f"{words.plural(len(figures), 'figure')} of past periods changed."
    return section("restated", "What changed since last time", lede, table + note, means)


def _size(row: Row) -> float:
    """How much of itself a figure changed by; one that appeared or went comes first."""
    was, change = row["value_before"], row["change"]
    return float("inf") if change is None else abs(change) / (abs(was) or 1.0)


def _named(row: Row) -> str:
    told = f"{row['metric']}".replace("_", " ")
    return told if row["key"] == "all" else f"{told}, {row['key']}".replace("_", " ")


def _period(row: Row) -> str:
    start, end = row["period_start"], row["period_end"]
    last_day = calendar.monthrange(start.year, start.month)[1]
    if start.day == 1 and end == start.replace(day=last_day):
        return words.month(start)
    return f"{words.day(start)} to {words.day(end)}"


def _value(row: Row, name: str) -> str:
    value, unit = row[name], row["unit"]
    if value is None:
        return words.ABSENT
    formats: dict[str, Callable[[float], str]] = {"ratio": words.percent, "points": words.score}
    if unit == "company currency":
        return words.money(Decimal(repr(value)))
    return formats.get(unit, words.count)(value)


def _why(facts: ReportFacts, figure: Row) -> str:
    same = ("metric", "key", "period_start")
    causes: Rows = [row for row in facts.restatements if all(row[name] == figure[name] for name in same)]
    return " ".join(str(row["reason"]) for row in causes)
