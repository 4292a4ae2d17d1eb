"""The targets of the company beside what was reached.

Put here: this section and its picture. Keep out: what is on track (`audit/scorecard`).
"""

from collections.abc import Sequence

from regulars.pipelines.definitions.enumerations import LENSES
from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.bars import Pair, PairedBars
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Key, Part, Section, Table, make_absent_part
from regulars.pipelines.report.words.words import Words


def build_scorecard(facts: ReportFacts, words: Words) -> Section:
    """Each target with the last period that could be compared, and what of it the value covers where not all."""
    title = words.say("Targets")
    means = words.say(
        "The settings (`scorecard`) say what is to be reached. Each row is the last period that was compared: a sum "
        "also before its period is over, with the part of the target that is due by then. “May be chance” says that "
        "the target lies within the 95% or 80% interval of the value, or that a trend is no larger than the intervals "
        "of both periods let chance make it, where the metric has one. All periods are in marts.scorecard."
    )
    rows = facts.scorecard
    if not rows:
        nothing = make_absent_part(words.say("No targets are set (`scorecard` in the settings)."))
        return Section("scorecard", title, "", [[nothing]], means)
    lede = words.say(
        "On track: {reached} of {compared} targets that can be compared.",
        reached=words.count(sum(row["is_on_track"] is True for row in rows)),
        compared=words.count(sum(row["is_on_track"] is not None for row in rows)),
    )
    return Section("scorecard", title, lede, [[Part(table=_make_table(rows, facts.currency, words))]], means)


def make_scorecard_part(rows: Rows, words: Words) -> Part:
    """How many targets of each lens are on track."""
    if not rows:
        return make_absent_part(words.say("No targets are set (`scorecard` in the settings)."))
    lenses = _name_lenses(words)
    of_lens = [(lenses[lens], [row for row in rows if row["lens"] == lens]) for lens in LENSES]
    pairs = [
        Pair(name, len(targets), sum(row["is_on_track"] is True for row in targets))
        for name, targets in of_lens
        if targets
    ]
    return Part(
        legend=[Key("b", words.say("targets")), Key("a", words.say("on track"))],
        picture=PairedBars(words.say("Targets, and how many are on track"), pairs, words.short, width=HALF),
        caption=words.say(
            "On track: {reached} of {compared} targets that can be compared.",
            reached=words.count(sum(row["is_on_track"] is True for row in rows)),
            compared=words.count(sum(row["is_on_track"] is not None for row in rows)),
        ),
    )


def _make_table(rows: Rows, currency: str, words: Words) -> Table:
    headers = [
        words.say("lens"),
        words.say("metric"),
        words.say("period"),
        words.say("reached"),
        words.say("due"),
        words.say("on track"),
        words.say("trend"),
        words.say("why"),
    ]
    return Table(
        words.say("Targets beside what was reached"),
        headers,
        [_make_cells(row, currency, words) for row in rows],
        texts=3,
        notes=3,
    )


def _make_cells(row: Row, currency: str, words: Words) -> Sequence[str]:
    scope = "" if row["scope"] == "all" else f" ({row['scope']})"
    return [
        _name_lenses(words)[row["lens"]],
        f"{row['metric'].replace('_', ' ')}{scope}",
        words.say("{start} to {end}", start=words.day(row["period_start"]), end=words.day(row["period_end"])),
        _write_value(row["metric_value"], row["format"], currency, words),
        _write_value(float(row["target_to_date"]), row["format"], currency, words),
        _write_verdict(row, words),
        _write_trend(row, words),
        row["reason"] or "",
    ]


def _write_verdict(row: Row, words: Words) -> str:
    """Whether the target is reached, and whether chance may have decided."""
    if row["is_on_track"] is None:
        return words.say("not known yet")
    if row["is_beyond_chance"] is False:
        return words.say("yes, may be chance") if row["is_on_track"] else words.say("no, may be chance")
    return words.say("yes") if row["is_on_track"] else words.say("no")


def _write_trend(row: Row, words: Words) -> str:
    """Which way the metric moved, and whether chance may have moved it."""
    if row["is_trend_beyond_chance"] is False and row["trend"] in {"better", "worse"}:
        is_better = row["trend"] == "better"
        return words.say("better, may be chance") if is_better else words.say("worse, may be chance")
    names = {"better": words.say("better"), "worse": words.say("worse"), "same": words.say("the same"), None: "–"}
    return names[row["trend"]]


def _name_lenses(words: Words) -> dict[str, str]:
    return {
        "objective": words.say("objective"),
        "mission": words.say("mission"),
        "customer_promise": words.say("promise to customers"),
    }


def _write_value(value: float | None, how: str, currency: str, words: Words) -> str:
    if how == "percent":
        return words.percent(value)
    if how == "currency":
        return words.amount(value, currency)
    return words.number(value, 0 if how == "integer" else 1)
