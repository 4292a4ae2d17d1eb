"""The heat map of the report: who of those who began together came back.

Put here: the cohort table, its colours, its marks. Keep out: all other sections (`report_answers.py`).
"""

from collections.abc import Iterable, Mapping

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_answers import section
from regulars.pipelines.publish.report_axes import HALF
from regulars.pipelines.publish.report_curves import curves
from regulars.pipelines.publish.report_facts import ReportFacts
from regulars.pipelines.publish.report_heat import Cell, Line, depth_of, heat_map
from regulars.pipelines.publish.report_reading import Row, Rows

COHORTS_SHOWN = 24
PERIODS_SHOWN = 24
PICTURED = 12
MEANS = (
    "A row is everybody whose first order fell in that month. A cell says which share of them bought again so many "
    "months later; the third column is what one of them has brought so far. A hatched cell's month is not over, so its "
    "share is not known yet. All cohorts: sums over the cells that are known. Rest on a cell to see how many customers "
    "it counts."
)

Cohort = Mapping[int, Row]


def cohorts(facts: ReportFacts) -> str:
    """The newest cohorts, and the average of all of them."""
    by_start: dict[object, dict[int, Row]] = {}
    for row in facts.cohorts:
        by_start.setdefault(row["cohort_start"], {})[row["period_number"]] = row
    if not by_start:
        return section("cohorts", "Who comes back", "", words.nothing("No customer has ordered yet."), MEANS)
    average = _average(facts.cohorts)
    shown = list(by_start.values())[-COHORTS_SHOWN:]
    periods = range(1, min(PERIODS_SHOWN, max(max(cohort) for cohort in shown)) + 1)
    full = _full_colour(shown)
    head = "".join(f'<th scope="col">{period}</th>' for period in periods)
    body = "".join(_cohort_row(cohort, periods, full) for cohort in shown)
    worth = f"{facts.currency or 'sales'} each"
    table = (
        '<div class="scroll" tabindex="0" role="region" aria-label="Cohorts"><table class="heat">'
        "<caption>Share of each month's new customers who bought again, by months since the first order</caption>"
        '<thead><tr><th scope="col">first order</th><th scope="col" class="n">customers</th>'
        f'<th scope="col" class="n" title="Net sales per customer up to the last whole month">{words.esc(worth)}</th>'
        f"{head}</tr></thead><tbody>{body}</tbody>{_average_row(average, periods, full)}</table></div>"
    )
    inside = table + _notes(by_start.values(), len(shown)) + curves(facts.cohorts, facts.currency)
    return section("cohorts", "Who comes back", _lede(average), inside, MEANS)


def picture(rows: Rows) -> str:
    """The newest cohorts of the same heat map, small, as a picture with its caption.

    Args:
        rows: `marts.retention_cohorts`, months of the whole base, in order.
    """
    known = [row for row in rows if row["period_number"] and row["retention_rate"] is not None]
    starts = sorted({row["cohort_start"] for row in known})[-PICTURED:]
    if not starts:
        return words.nothing("No month after a first order is over yet.")
    by_start: dict[object, dict[int, Row]] = {start: {} for start in starts}
    for row in known:
        if row["cohort_start"] in by_start and row["period_number"] <= PICTURED:
            by_start[row["cohort_start"]][row["period_number"]] = row
    full = _full_colour(by_start.values())
    periods = range(1, max(max(cohort) for cohort in by_start.values()) + 1)
    lines = [
        Line(words.month(start), [Cell(cohort[at]["retention_rate"]) if at in cohort else None for at in periods])
        for start, cohort in zip(starts, by_start.values(), strict=True)
    ]
    drawn = heat_map(
        "Share of each month's new customers who bought again",
        lines,
        [str(period) for period in periods],
        "months since the first order",
        full=full,
        width=HALF,
    )
    return drawn + words.caption(_lede(_average(rows)))


def _average(rows: Iterable[Row]) -> dict[int, tuple[int, int]]:
    """Period -> customers retained and customers counted, over all cells that are known."""
    sums: dict[int, tuple[int, int]] = {}
    for row in rows:
        if row["retention_rate"] is not None:
            retained, size = sums.get(row["period_number"], (0, 0))
            sums[row["period_number"]] = retained + row["retained_customers"], size + row["cohort_size"]
    return sums


def _lede(average: Mapping[int, tuple[int, int]]) -> str:
    told = [
        f"{words.percent(average[period][0] / average[period][1])} bought in {name} month after"
        for period, name in ((1, "the first"), (6, "the sixth"), (12, "the twelfth"))
        if average.get(period, (0, 0))[1]
    ]
    return f"Of all customers for whom it is known, {', '.join(told)} their first order." if told else ""


def _full_colour(shown: Iterable[Cohort]) -> float:
    """The rate that gets the full colour: high, but no outlier of a tiny cohort."""
    rates = sorted(
        row["retention_rate"]
        for cohort in shown
        for row in cohort.values()
        if row["period_number"] and row["retention_rate"]
    )
    return rates[int(0.97 * (len(rates) - 1))] if rates else 1.0


def _cohort_row(cohort: Cohort, periods: Iterable[int], full: float) -> str:
    first = next(iter(cohort.values()))
    name = words.month(first["cohort_start"]) + ("*" if first.get("is_left_censored") else "")
    known = [row for row in cohort.values() if row["cumulative_net_sales_per_customer"] is not None]
    worth = words.count(known[-1]["cumulative_net_sales_per_customer"]) if known else words.ABSENT
    cells = "".join(_cell(cohort.get(period), full) for period in periods)
    return (
        f'<tr><th scope="row">{words.esc(name)}</th><td class="n">{words.count(first["cohort_size"])}</td>'
        f'<td class="n">{worth}</td>{cells}</tr>'
    )


def _cell(row: Row | None, full: float) -> str:
    if row is None:
        return "<td></td>"
    counted = f"{words.count(row['retained_customers'])} of {words.count(row['cohort_size'])} customers"
    if row["retention_rate"] is None:
        told = f"so far {counted}; the month is not over"
        return f'<td class="open" title="{told}"><span class="unseen">{told}</span></td>'
    return _coloured(row["retention_rate"], full, counted)


def _coloured(rate: float, full: float, counted: str) -> str:
    kind, depth = depth_of(rate, full)
    return f'<td class="{kind}" style="--v:{depth:.2f}" title="{counted}">{words.percent(rate, 0)}</td>'


def _average_row(average: Mapping[int, tuple[int, int]], periods: Iterable[int], full: float) -> str:
    cells = ""
    for period in periods:
        retained, size = average.get(period, (0, 0))
        if not size:
            cells += "<td></td>"
        else:
            cells += _coloured(retained / size, full, f"{words.count(retained)} of {words.count(size)} customers")
    total = words.count(average.get(0, (0, 0))[1])
    return f'<tfoot><tr><th scope="row">all cohorts</th><td class="n">{total}</td><td></td>{cells}</tr></tfoot>'


def _notes(cohorts_: Iterable[Cohort], shown: int) -> str:
    notes = []
    everything = list(cohorts_)
    if any(row.get("is_left_censored") for cohort in everything for row in cohort.values()):
        notes.append("* Some of these customers may have bought before the data begin.")
    if len(everything) > shown:
        notes.append(f"{words.plural(len(everything) - shown, 'older cohort')} in marts.retention_cohorts.")
    return "".join(f'<p class="note">{words.esc(note)}</p>' for note in notes)
