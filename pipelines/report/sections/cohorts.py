"""Who comes back: a shaded table of those who began together, and the same small as a picture.

Put here: the cohort table, its colours, its marks. Keep out: the averages over all cohorts (`curves.py`).
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.heat_map import Cell, HeatMap, HeatRow, find_depth
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Part, Section, Sentence, Shade, ShadedRow, ShadedTable, make_absent_part
from regulars.pipelines.report.sections.curves import make_curve_parts
from regulars.pipelines.report.words.words import Words

COHORTS_SHOWN = 24
PERIODS_SHOWN = 24
PICTURED = 12
FULL_COLOUR_AT = 0.97
"""The quantile of the rates that gets the full colour: high, but no outlier of a tiny cohort."""

Cohort = Mapping[int, Row]


def build_cohorts(facts: ReportFacts, words: Words) -> Section:
    """The newest cohorts, the average of all of them, and the curves."""
    title = words.say("Who comes back")
    means = words.say(
        "A row holds the customers whose first order was in that month. A cell shows the share of them who bought "
        "again that many months later; the third column shows what one of them has brought so far. The month of a "
        "hatched cell is not over, so its share is not known yet. The row of all cohorts sums up the cells that are "
        "known. Point at a cell to see how many customers it counts."
    )
    cohorts = _group_by_start(facts.cohorts)
    if not cohorts:
        return Section("cohorts", title, "", [[make_absent_part(words.say("No customer has ordered yet."))]], means)
    average = _sum_periods(facts.cohorts)
    shown = cohorts[-COHORTS_SHOWN:]
    table = _make_table(shown, average, facts.currency, words)
    rows = [[Part(table=table, notes=_list_notes(shown, len(cohorts) - len(shown), words))]]
    curves = make_curve_parts(facts.cohorts, facts.currency, words)
    return Section("cohorts", title, _write_lede(average, words), [*rows, curves] if curves else rows, means)


def make_cohort_picture(rows: Rows, words: Words) -> Part:
    """The newest cohorts of the same table, small, as a picture with its caption.

    Args:
        rows: `marts.retention_cohorts`, months of the whole base, in order.
        words: The language.
    """
    known = [row for row in rows if row["period_number"] and row["retention_rate"] is not None]
    starts = sorted({row["cohort_start"] for row in known})[-PICTURED:]
    if not starts:
        return make_absent_part(words.say("No month after a first order is over yet."))
    cohorts = _group_by_start(
        [row for row in known if row["cohort_start"] >= starts[0] and row["period_number"] <= PICTURED]
    )
    periods = range(1, max(max(cohort) for cohort in cohorts) + 1)
    lines = [
        HeatRow(words.month(_find_start(cohort)), [_make_heat_cell(cohort.get(period), words) for period in periods])
        for cohort in cohorts
    ]
    return Part(
        picture=HeatMap(
            words.say("Share of each month's new customers who bought again"),
            lines,
            [str(period) for period in periods],
            words.say("months since the first order"),
            full=_find_full_colour(cohorts),
            width=HALF,
        ),
        caption=_write_lede(_sum_periods(rows), words),
    )


def _make_heat_cell(row: Row | None, words: Words) -> Cell | None:
    return None if row is None else Cell(row["retention_rate"], words.percent(row["retention_rate"], 0))


def _group_by_start(rows: Rows) -> list[Cohort]:
    """Each cohort as period -> row, in order of the first month."""
    by_start: dict[object, dict[int, Row]] = {}
    for row in rows:
        by_start.setdefault(row["cohort_start"], {})[row["period_number"]] = row
    return list(by_start.values())


def _find_start(cohort: Cohort) -> dt.date:
    start: dt.date = next(iter(cohort.values()))["cohort_start"]
    return start


def _sum_periods(rows: Iterable[Row]) -> dict[int, tuple[int, int]]:
    """Period -> customers retained and customers counted, over all cells that are known."""
    sums: dict[int, tuple[int, int]] = {}
    for row in rows:
        if row["retention_rate"] is not None:
            retained, size = sums.get(row["period_number"], (0, 0))
            sums[row["period_number"]] = retained + row["retained_customers"], size + row["cohort_size"]
    return sums


def _write_lede(average: Mapping[int, tuple[int, int]], words: Words) -> str:
    shares = {
        period: words.percent(average[period][0] / average[period][1])
        for period in (1, 6, 12)
        if average.get(period, (0, 0))[1]
    }
    named = {
        1: words.say("{share} bought in the first month after", share=shares.get(1, "")),
        6: words.say("{share} bought in the sixth month after", share=shares.get(6, "")),
        12: words.say("{share} bought in the twelfth month after", share=shares.get(12, "")),
    }
    if not shares:
        return ""
    text = ", ".join(named[period] for period in shares)
    return words.say("Of all customers for whom it is known, {shares} their first order.", shares=text)


def _find_full_colour(shown: Iterable[Cohort]) -> float:
    """The rate that gets the full colour."""
    rates = sorted(
        row["retention_rate"]
        for cohort in shown
        for row in cohort.values()
        if row["period_number"] and row["retention_rate"]
    )
    return rates[int(FULL_COLOUR_AT * (len(rates) - 1))] if rates else 1.0


def _make_table(
    shown: Sequence[Cohort], average: Mapping[int, tuple[int, int]], currency: str, words: Words
) -> ShadedTable:
    full = _find_full_colour(shown)
    periods = range(1, min(PERIODS_SHOWN, max(max(cohort) for cohort in shown)) + 1)
    worth = words.say("{currency} each", currency=currency) if currency else words.say("sales each")
    return ShadedTable(
        label=words.say("Cohorts"),
        caption=words.say("Share of each month's new customers who bought again, by months since the first order"),
        names=[words.say("first order"), words.say("customers"), worth],
        hint=words.say("Net sales per customer up to the last whole month"),
        columns=[str(period) for period in periods],
        rows=[_make_row(cohort, periods, full, words) for cohort in shown],
        total=_make_total(average, periods, full, words),
    )


def _make_row(cohort: Cohort, periods: Iterable[int], full: float, words: Words) -> ShadedRow:
    first = next(iter(cohort.values()))
    name = words.month(_find_start(cohort)) + ("*" if first.get("is_left_censored") else "")
    known = [row for row in cohort.values() if row["cumulative_net_sales_per_customer"] is not None]
    worth = known[-1]["cumulative_net_sales_per_customer"] if known else None
    cells = [_make_cell(cohort.get(period), full, words) for period in periods]
    return ShadedRow(name, [words.count(first["cohort_size"]), words.count(worth)], cells)


def _make_cell(row: Row | None, full: float, words: Words) -> Shade | None:
    if row is None:
        return None
    if row["retention_rate"] is None:
        text = words.say(
            "so far {retained} of {size} customers; the month is not over",
            retained=words.count(row["retained_customers"]),
            size=words.count(row["cohort_size"]),
        )
        return Shade(text, text, "open")
    return _make_shade(row["retained_customers"], row["cohort_size"], row["retention_rate"], full, words)


def _make_shade(retained: int, size: int, rate: float, full: float, words: Words) -> Shade:
    text = words.say("{retained} of {size} customers", retained=words.count(retained), size=words.count(size))
    kind, depth = find_depth(rate, full)
    return Shade(words.percent(rate, 0), text, kind, depth)


def _make_total(average: Mapping[int, tuple[int, int]], periods: Iterable[int], full: float, words: Words) -> ShadedRow:
    sums = [average.get(period, (0, 0)) for period in periods]
    cells = [_make_shade(retained, size, retained / size, full, words) if size else None for retained, size in sums]
    return ShadedRow(words.say("all cohorts"), [words.count(average.get(0, (0, 0))[1]), ""], cells)


def _list_notes(shown: Iterable[Cohort], older: int, words: Words) -> list[Sentence]:
    notes = []
    if any(row.get("is_left_censored") for cohort in shown for row in cohort.values()):
        notes.append(words.say("* Some of these customers may have bought before the data begin."))
    if older:
        notes.append(
            words.say_count(
                "{n} older cohort in marts.retention_cohorts.",
                "{n} older cohorts in marts.retention_cohorts.",
                older,
            )
        )
    return [Sentence(note, "note") for note in notes]
