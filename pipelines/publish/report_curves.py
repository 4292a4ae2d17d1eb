"""Curves of cohorts: how many come back, and what one customer brings, month by month since the first order.

Put here: the averages over cells that are known, and their lines. Keep out: the heat map (`report_cohorts.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_axes import HALF
from regulars.pipelines.publish.report_charts import Point, line_chart
from regulars.pipelines.publish.report_reading import Row, Rows

YEARS_SHOWN, PERIODS_SHOWN = 3, 36
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


def curves(rows: Rows, currency: str) -> str:
    """Both pictures with their captions; empty where no month after the first is known.

    Args:
        rows: `marts.retention_cohorts`, months of the whole base.
        currency: The company's.
    """
    lines = choose_lines(rows)
    return f'<div class="two">{retention_curve(lines)}{worth_curve(lines, currency)}</div>' if lines else ""


def choose_lines(rows: Rows) -> list[tuple[str, str, Curve]]:
    """Style, name and average of all cohorts and of those of the latest years; none where nothing is known yet."""
    everybody = average(rows, CUSTOMERS_FOR_A_POINT)
    years = sorted({row["cohort_start"].year for row in rows if row["retention_rate"] is not None})
    lines = [("a", "all", everybody)]
    if len(years) > 1:
        for kind, year in zip("bcd", reversed(years[-YEARS_SHOWN:]), strict=False):
            of_year = [row for row in rows if row["cohort_start"].year == year]
            size = sum(row["cohort_size"] for row in of_year if row["period_number"] == 0)
            lines.append((kind, str(year), average(of_year, max(CUSTOMERS_FOR_A_POINT, size // 2))))
    return [(kind, name, curve) for kind, name, curve in lines if max(curve, default=0) > 0]


def average(rows: Sequence[Row], at_least: int) -> dict[int, Average]:
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


def retention_curve(lines: Sequence[tuple[str, str, Curve]]) -> str:
    """Which share bought again in each month after the first."""
    drawn = _chart(
        "Share who bought again, by months since the first order",
        [(kind, {period: each for period, each in curve.items() if period}) for kind, _, curve in lines],
        lambda each: each.retention,
        lambda value: words.percent(value, 0),
        lambda each: f"{words.percent(each.retention)} — {words.count(each.retained)} of {words.count(each.customers)}",
    )
    everybody = lines[0][2]
    last = max(everybody)
    first = min(period for period in everybody if period)
    told = (
        f"{words.percent(everybody[first].retention)} came back in month {first} (n = "
        f"{words.count(everybody[first].customers)}), {words.percent(everybody[last].retention)} in month {last} (n = "
        f"{words.count(everybody[last].customers)}); later months rest on older cohorts only."
    )
    title = "<h3>How many come back, by year of the first order</h3>"
    return f"<div>{title}{_legend(lines)}{drawn}{words.caption(told)}</div>"


def worth_curve(lines: Sequence[tuple[str, str, Curve]], currency: str) -> str:
    """What one customer has brought by each month after the first order."""
    drawn = _chart(
        "Net sales per customer so far, by months since the first order",
        [(kind, curve) for kind, _, curve in lines],
        lambda each: each.worth,
        words.short,
        lambda each: f"{words.amount(each.worth, currency)} each — {words.plural(each.customers, 'customer')}",
    )
    everybody = lines[0][2]
    last = max(everybody)
    months = words.plural(last, "month")
    told = (
        f"A customer brings {words.amount(everybody[min(everybody)].worth, currency)} in the month of the first "
        f"order and {words.amount(everybody[last].worth, currency)} by {months} later, each month added up over the "
        f"customers for whom it is known (n = {words.count(everybody[min(everybody)].customers)} to "
        f"{words.count(everybody[last].customers)})."
    )
    title = "<h3>What one customer brings, by year of the first order</h3>"
    return f"<div>{title}{_legend(lines)}{drawn}{words.caption(told)}</div>"


def _chart(
    name: str,
    lines: Sequence[tuple[str, Curve]],
    value: Callable[[Average], float],
    label: Callable[[float], str],
    told: Callable[[Average], str],
) -> str:
    points = [
        (kind, [Point(period, value(each), f"month {period}: {told(each)}") for period, each in curve.items()])
        for kind, curve in lines
    ]
    places = sorted({period for _, curve in lines for period in curve})
    step = next((step for step in (1, 2, 3, 6, 12) if len(places) / step <= 12), 24)
    along = [(period, str(period)) for period in places if period % step == 0]
    # the average of all is drawn last, above the others
    return line_chart(name, points[::-1], label, low=0, height=250, width=HALF, along=along)


def _legend(lines: Sequence[tuple[str, str, Curve]]) -> str:
    return words.legend(*((f"{kind} line", name) for kind, name, _ in lines))
