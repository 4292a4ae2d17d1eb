"""What changed since last time: metrics of past periods that were published otherwise before.

Put here: the section on this run's restatements. Keep out: finding them (`pipelines/audit/restatements`).
"""

import calendar
from decimal import Decimal

from regulars.pipelines.report.facts.reading import Row
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Part, Section, Sentence, Table, make_absent_part
from regulars.pipelines.report.words.words import ABSENT, Words

METRICS_SHOWN = 20


def build_restated(facts: ReportFacts, words: Words) -> Section:
    """Which metrics of past periods are not what they were in the run before, and why."""
    title = words.say("What changed since last time")
    means = words.say(
        "A period that was over can still change: an order arrives late, a refund or a correction is dated back, two "
        "customers turn out to be one. Each metric stands with its causes; shares add up to the change. "
        "meta.restatements keeps a year of them."
    )
    metrics = [row for row in facts.restatements if row["cause_rank"] == 1]
    if not metrics:
        nothing = make_absent_part(words.say("No metric of a past period differs from what was published before."))
        return Section("restated", title, "", [[nothing]], means)
    metrics.sort(key=_measure_size, reverse=True)
    more = len(metrics) - METRICS_SHOWN
    note = Sentence(words.say_count("{n} more in meta.restatements.", "{n} more in meta.restatements.", more), "note")
    part = Part(table=_make_table(metrics[:METRICS_SHOWN], facts, words), notes=[note] if more > 0 else [])
    lede = words.say_count("{n} metric of past periods changed.", "{n} metrics of past periods changed.", len(metrics))
    return Section("restated", title, lede, [[part]], means)


def _make_table(metrics: list[Row], facts: ReportFacts, words: Words) -> Table:
    headers = [words.say("metric"), words.say("period"), words.say("was"), words.say("is"), words.say("why")]
    body = [
        [
            _name_metric(row),
            _format_period(row, words),
            _format_value(row["value_before"], row["unit"], words),
            _format_value(row["value_after"], row["unit"], words),
            _explain(facts, row),
        ]
        for row in metrics
    ]
    return Table(words.say("Restated metrics, the largest changes first"), headers, body, texts=5)


def _measure_size(row: Row) -> float:
    """How much of itself a metric changed by; one that appeared or went comes first."""
    was, change = row["value_before"], row["change"]
    return float("inf") if change is None else abs(change) / (abs(was) or 1.0)


def _name_metric(row: Row) -> str:
    name = str(row["metric"]) if row["key"] == "all" else f"{row['metric']}, {row['key']}"
    return name.replace("_", " ")


def _format_period(row: Row, words: Words) -> str:
    start, end = row["period_start"], row["period_end"]
    last_day = calendar.monthrange(start.year, start.month)[1]
    if start.day == 1 and end == start.replace(day=last_day):
        return words.month(start)
    return words.say("{start} to {end}", start=words.day(start), end=words.day(end))


def _format_value(value: float | None, unit: str, words: Words) -> str:
    if value is None:
        return ABSENT
    if unit == "company currency":
        return words.exact_money(Decimal(repr(value)))
    if unit == "ratio":
        return words.percent(value)
    return words.score(value) if unit == "points" else words.count(value)


def _explain(facts: ReportFacts, metric: Row) -> str:
    same = ("metric", "key", "period_start")
    causes = [row for row in facts.restatements if all(row[name] == metric[name] for name in same)]
    return " ".join(str(row["reason"]) for row in causes)
