"""Sales of new and of returning customers, month by month.

Put here: this section. Keep out: what counts as new (`transforms/money/sales_new_vs_returning.py`).
"""

from decimal import Decimal

from regulars.pipelines.report.charts.axes import HALF, WIDTH, list_month_labels
from regulars.pipelines.report.charts.bars import WIDE_AS_A_MONTH, Bar, BarChart
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Key, Part, Section, Table, make_absent_part
from regulars.pipelines.report.words.words import Words

MONTHS_SHOWN, MONTHS_OF_THE_LEDE = 36, 12
STACKED = ("returning_customer_sales", "new_customer_sales", "unknown_customer_sales")
"""From the bottom up."""


def build_sales(facts: ReportFacts, words: Words) -> Section:
    """Who the sales of each month came from."""
    title = words.say("New and returning customers")
    means = words.say(
        "An order is new when it is its customer's first, and returning when it is a later one. Sales are before "
        "refunds, which are not shared out between new and returning. A hatched month is not over."
    )
    rows = facts.sales[-MONTHS_SHOWN:]
    if not _has_sales(rows):
        return Section("sales", title, "", [[make_absent_part(words.say("Nothing has been sold yet."))]], means)
    return Section("sales", title, _write_lede(rows, words), [[_make_part(rows, facts.currency, words)]], means)


def make_sales_picture(sales: Rows, currency: str, words: Words) -> Part:
    """The sales of the last months by who bought, small, with its sentence; `sales` as in `ReportFacts`."""
    rows = sales[-MONTHS_SHOWN:]
    if not _has_sales(rows):
        return make_absent_part(words.say("Nothing has been sold yet."))
    caption = _write_lede(rows, words) or words.say("No month is over yet.")
    return Part(legend=_list_keys(words), picture=_draw_sales(rows, currency, words, HALF), caption=caption)


def _has_sales(rows: Rows) -> bool:
    return any(row[part] > 0 for row in rows for part in STACKED)


def _write_lede(rows: Rows, words: Words) -> str:
    whole = [row for row in rows if row["is_complete"]][-MONTHS_OF_THE_LEDE:]
    sold = sum((row["returning_customer_sales"] + row["new_customer_sales"] for row in whole), Decimal(0))
    if not whole or sold <= 0:
        return ""
    returning = sum((row["returning_customer_sales"] for row in whole), Decimal(0))
    return words.say(
        "{share} of the sales from {first} to {last} came from customers who had bought before.",
        share=words.percent(float(returning / sold)),
        first=words.month(whole[0]["month"]),
        last=words.month(whole[-1]["month"]),
    )


def _make_part(rows: Rows, currency: str, words: Words) -> Part:
    return Part(
        legend=_list_keys(words),
        picture=_draw_sales(rows, currency, words, WIDTH),
        table=_make_table(rows, currency, words),
    )


def _list_keys(words: Words) -> list[Key]:
    return [
        Key("a", words.say("returning customers")),
        Key("b", words.say("new customers")),
        Key("c", words.say("customer unknown")),
    ]


def _draw_sales(rows: Rows, currency: str, words: Words, width: int) -> BarChart:
    bars = [
        Bar(
            row["month"],
            [max(0.0, float(row[part])) for part in STACKED],
            _describe_month(row, currency, words),
            bool(row["is_complete"]),
        )
        for row in rows
    ]
    labels = list_month_labels(bars[0].x, bars[-1].x + WIDE_AS_A_MONTH, words, width)
    return BarChart(words.say("Sales by month"), bars, words.short, labels, width=width)


def _describe_month(row: Row, currency: str, words: Words) -> str:
    return words.say(
        "{month}: returning {returning}, new {new}, unknown {unknown} {currency}",
        month=words.month(row["month"]),
        returning=words.money(row["returning_customer_sales"], currency),
        new=words.money(row["new_customer_sales"], currency),
        unknown=words.money(row["unknown_customer_sales"], currency),
        currency=currency,
    ).rstrip()


def _make_table(rows: Rows, currency: str, words: Words) -> Table:
    headers = [
        words.say("month"),
        words.say("returning"),
        words.say("new"),
        words.say("unknown"),
        words.say("refunds"),
        words.say("net sales {currency}", currency=currency).rstrip(),
    ]
    body = [
        [
            words.month(row["month"]),
            words.money(row["returning_customer_sales"], currency),
            words.money(row["new_customer_sales"], currency),
            words.money(row["unknown_customer_sales"], currency),
            words.money(row["refunds"], currency),
            words.money(row["net_sales"], currency),
        ]
        for row in reversed(rows)
    ]
    return Table(words.say("Sales by month"), headers, body, fold=words.say("The numbers"))
