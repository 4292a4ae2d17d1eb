"""Curves of cohorts: how many come back, and what one customer brings, month by month since the first order.

Put here: the averages over cells that are known, and their lines. Keep out: the heat map (`cohorts.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.parts import Key, Part
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import Words

YEARS_SHOWN, PERIODS_SHOWN, LABELS_SHOWN = 3, 36, 12
CUSTOMERS_FOR_A_POINT = 30
"""Fewer customers make a point jump about."""


@dataclass(frozen=True)
class Average:
    """Sums over the cohorts whose month is known; value is of this month alone, worth of all months up to it."""

    customers: int = 0
    retained: int = 0
    value: float = 0.0
    worth: float = 0.0

    @property
    def retention(self) -> float:
        """Share of the customers who came back."""
        return self.retained / self.customers


Curve = Mapping[int, Average]


def make_curve_parts(rows: Rows, currency: str, words: Words) -> list[Part]:
    """Both pictures with their captions; none where no month after the first is known.

    Args:
        rows: `marts.retention_cohorts`, months of the whole base.
        currency: The company's.
        words: The language.
    """
    lines = choose_lines(rows, words)
    return [make_retention_part(lines, words), make_worth_part(lines, currency, words)] if lines else []


def choose_lines(rows: Rows, words: Words) -> list[tuple[str, str, Curve]]:
    """Style, name and average of all cohorts and of those of the latest years; none where nothing is known yet."""
    everybody = compute_average(rows, CUSTOMERS_FOR_A_POINT)
    years = sorted({row["cohort_start"].year for row in rows if row["retention_rate"] is not None})
    lines = [("a", words.say("all"), everybody)]
    if len(years) > 1:
        for kind, year in zip("bcd", reversed(years[-YEARS_SHOWN:]), strict=False):
            of_year = [row for row in rows if row["cohort_start"].year == year]
            size = sum(row["cohort_size"] for row in of_year if row["period_number"] == 0)
            lines.append((kind, str(year), compute_average(of_year, max(CUSTOMERS_FOR_A_POINT, size // 2))))
    return [(kind, name, curve) for kind, name, curve in lines if max(curve, default=0) > 0]


def compute_average(rows: Sequence[Row], at_least: int) -> dict[int, Average]:
    """Period -> sums over the cells that are known, in order, as far as enough customers stand behind them.

    Worth adds up what a customer brings in each month over those for whom that month is known: the average over the
    cohorts that are old enough would fall where a good cohort is too young.

    Args:
        rows: Cells, of any cohorts.
        at_least: Customers for whom a month has to be known.
    """
    sums: dict[int, Average] = {}
    for row in rows:
        if row["retention_rate"] is not None and row["period_number"] <= PERIODS_SHOWN:
            before = sums.get(row["period_number"], Average())
            sums[row["period_number"]] = Average(
                before.customers + row["cohort_size"],
                before.retained + row["retained_customers"],
                before.value + float(row["net_sales"]),
            )
    curve: dict[int, Average] = {}
    worth = 0.0
    for period, each in sorted(sums.items()):
        if each.customers < at_least:
            break
        worth += each.value / each.customers
        curve[period] = replace(each, worth=worth)
    return curve


def make_retention_part(lines: Sequence[tuple[str, str, Curve]], words: Words) -> Part:
    """Which share bought again in each month after the first."""
    after_the_first = [(kind, {period: each for period, each in curve.items() if period}) for kind, _, curve in lines]
    everybody = lines[0][2]
    first, last = min(period for period in everybody if period), max(everybody)
    return Part(
        title=words.say("How many come back, by year of the first order"),
        legend=_make_legend(lines),
        picture=LineChart(
            words.say("Share who bought again, by months since the first order"),
            _make_lines(
                after_the_first,
                lambda each: each.retention,
                lambda period, each: _describe_retention(period, each, words),
            ),
            lambda value: words.percent(value, 0),
            _list_period_labels([curve for _, curve in after_the_first]),
            low=0,
            height=250,
            width=HALF,
        ),
        caption=words.say(
            "{first_share} came back in month {first} (n = {first_customers}), {last_share} in month {last} "
            "(n = {last_customers}); later months rest on older cohorts only.",
            first_share=words.percent(everybody[first].retention),
            first=first,
            first_customers=words.count(everybody[first].customers),
            last_share=words.percent(everybody[last].retention),
            last=last,
            last_customers=words.count(everybody[last].customers),
        ),
    )


def _describe_retention(period: int, each: Average, words: Words) -> str:
    return words.say(
        "month {month}: {share} — {retained} of {customers}",
        month=period,
        share=words.percent(each.retention),
        retained=words.count(each.retained),
        customers=words.count(each.customers),
    )


def make_worth_part(lines: Sequence[tuple[str, str, Curve]], currency: str, words: Words) -> Part:
    """What one customer has brought by each month after the first order."""
    everybody = lines[0][2]
    first, last = everybody[min(everybody)], everybody[max(everybody)]
    return Part(
        title=words.say("What one customer brings, by year of the first order"),
        legend=_make_legend(lines),
        picture=LineChart(
            words.say("Net sales per customer so far, by months since the first order"),
            _make_lines(
                [(kind, curve) for kind, _, curve in lines],
                lambda each: each.worth,
                lambda period, each: _describe_worth(period, each, currency, words),
            ),
            words.short,
            _list_period_labels([curve for _, _, curve in lines]),
            low=0,
            height=250,
            width=HALF,
        ),
        caption=words.say(
            "A customer brings {first} in the month of the first order and {last} by {months} later, each month added "
            "up over the customers for whom it is known (n = {most} to {fewest}).",
            first=words.amount(first.worth, currency),
            last=words.amount(last.worth, currency),
            months=counts.format_months(words, max(everybody)),
            most=words.count(first.customers),
            fewest=words.count(last.customers),
        ),
    )


def _describe_worth(period: int, each: Average, currency: str, words: Words) -> str:
    return words.say(
        "month {month}: {amount} each — {customers}",
        month=period,
        amount=words.amount(each.worth, currency),
        customers=counts.format_customers(words, each.customers),
    )


def _make_lines(
    curves: Sequence[tuple[str, Curve]], value: Callable[[Average], float], describe: Callable[[int, Average], str]
) -> list[Line]:
    """The curves as lines; the average of all is drawn last, above the others."""
    return [
        Line(kind, [Point(period, value(each), describe(period, each)) for period, each in curve.items()])
        for kind, curve in reversed(curves)
    ]


def _list_period_labels(curves: Sequence[Curve]) -> list[tuple[float, str]]:
    places = sorted({period for curve in curves for period in curve})
    step = next((step for step in (1, 2, 3, 6, 12) if len(places) / step <= LABELS_SHOWN), 24)
    return [(period, str(period)) for period in places if period % step == 0]


def _make_legend(lines: Sequence[tuple[str, str, Curve]]) -> list[Key]:
    return [Key(f"{kind} line", name) for kind, name, _ in lines]
