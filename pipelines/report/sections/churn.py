"""Who is lost: churn over time, and how many customers are active.

Put here: this section. Keep out: how churn is counted (`transforms/churn/churn.py`).
"""

from regulars.pipelines.report.charts.axes import HALF, WIDTH, list_month_labels
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Part, Section, Table, make_absent_part
from regulars.pipelines.report.words.words import Words

MONTHS_SHOWN = 36


def build_churn(facts: ReportFacts, words: Words) -> Section:
    """Churn over time, and how many customers are active."""
    means = words.say(
        "A customer is lost {days} days after the last order, and not while a subscription is paid for. The 12-month "
        "churn counts those who were lost in the 12 months to a month's end and have not come back by then, by the "
        "customers active on average, so that it falls while more are won; how many of those who were customers a year "
        "before are gone is said beside it. Where the history is too short to know, nothing is drawn.",
        days=words.count(facts.lapse_days),
    )
    rows = facts.churn[-MONTHS_SHOWN:]
    known = [row for row in rows if row["churn_rate_12m"] is not None]
    parts = [make_absent_part(words.say("There is no month with customers yet."))]
    if rows:
        unknown = make_absent_part(_explain_unknown(rows, words))
        first = Part(picture=_draw_churn(rows, words, WIDTH)) if known else unknown
        parts = [first, _make_active_part(rows, words)]
    title = words.say("Who is lost")
    return Section("churn", title, _write_lede(known, words), [[part] for part in parts], means)


def make_churn_picture(churn: Rows, words: Words) -> Part:
    """The 12-month churn of the last months, small, with its sentence; `churn` as in `ReportFacts`."""
    rows = churn[-MONTHS_SHOWN:]
    known = [row for row in rows if row["churn_rate_12m"] is not None]
    if not known:
        nobody = words.say("There is no month with customers yet.")
        return make_absent_part(_explain_unknown(rows, words) if rows else nobody)
    return Part(picture=_draw_churn(rows, words, HALF), caption=_write_lede(known, words))


def _write_lede(known: Rows, words: Words) -> str:
    if not known:
        return ""
    last = known[-1]
    now = {"month": words.month(last["month_end"]), "rate": words.percent(last["churn_rate_12m"])}
    before = [row for row in known if _number_month(row) == _number_month(last) - 12]
    if before:
        churned = words.say(
            "At the end of {month} the 12-month churn was {rate}; a year before it was {before}.",
            **now,
            before=words.percent(before[0]["churn_rate_12m"]),
        )
    else:
        churned = words.say("At the end of {month} the 12-month churn was {rate}.", **now)
    return " ".join(filter(None, (churned, _write_gone(last, words), _write_gone_before(before, words))))


def _write_gone(row: Row, words: Words) -> str:
    """How many of those who were customers a year before are gone."""
    if row["gone_rate_12m"] is None:
        return ""
    return words.say(
        "Of the {customers} who were customers a year before, {rate} were gone ({gone}; 95% interval {low} to {high}).",
        customers=words.count(row["active_a_year_ago"]),
        gone=words.count(row["gone_of_active_a_year_ago"]),
        rate=words.percent(row["gone_rate_12m"]),
        low=words.percent(row["gone_rate_12m_low"]),
        high=words.percent(row["gone_rate_12m_high"]),
    )


def _write_gone_before(before: Rows, words: Words) -> str:
    """The same share a year before: churn alone also moves with how many are won, and may say the opposite."""
    if not before or before[0]["gone_rate_12m"] is None:
        return ""
    return words.say("A year before, that share was {before}.", before=words.percent(before[0]["gone_rate_12m"]))


def _number_month(row: Row) -> int:
    """Months since the year 0."""
    return int(row["month_end"].year * 12 + row["month_end"].month)


def _explain_unknown(rows: Rows, words: Words) -> str:
    reason = rows[-1].get("reason")
    if reason:
        return words.say("The 12-month churn is not known yet: {reason}.", reason=reason)
    return words.say("The 12-month churn is not known yet.")


def _draw_churn(rows: Rows, words: Words, width: int) -> LineChart:
    points = [
        Point(
            row["month_end"],
            row["churn_rate_12m"],
            words.say(
                "{month}: {rate} — {lost} lost of {active}",
                month=words.month(row["month_end"]),
                rate=words.percent(row["churn_rate_12m"]),
                lost=words.count(row["churned_customers_12m"]),
                active=words.count(row["average_customers_12m"]),
            ),
        )
        for row in rows
    ]
    return LineChart(
        words.say("12-month churn by month"),
        [Line("a", points)],
        lambda value: words.percent(value, 0),
        list_month_labels(rows[0]["month_end"], rows[-1]["month_end"], words, width),
        low=0,
        width=width,
    )


def _make_active_part(rows: Rows, words: Words) -> Part:
    points = [
        Point(
            row["month_end"],
            float(row["active_customers"]),
            words.say(
                "{month}: {active} active, {reactivated} came back",
                month=words.month(row["month_end"]),
                active=words.count(row["active_customers"]),
                reactivated=words.count(row["reactivated_customers"]),
            ),
        )
        for row in rows
    ]
    return Part(
        title=words.say("Active customers at the end of each month"),
        picture=LineChart(
            words.say("Active customers by month"),
            [Line("b", points)],
            words.short,
            list_month_labels(rows[0]["month_end"], rows[-1]["month_end"], words),
            low=0,
            height=180,
        ),
        table=_make_table(rows, words),
    )


def _make_table(rows: Rows, words: Words) -> Table:
    headers = [
        words.say("month"),
        words.say("12-month churn"),
        words.say("lost in 12 months"),
        words.say("active on average"),
        words.say("gone of those of a year before"),
        words.say("active"),
        words.say("came back"),
    ]
    body = [
        [
            words.month(row["month_end"]),
            words.percent(row["churn_rate_12m"]),
            words.count(row["churned_customers_12m"]),
            words.count(row["average_customers_12m"]),
            words.percent(row["gone_rate_12m"]),
            words.count(row["active_customers"]),
            words.count(row["reactivated_customers"]),
        ]
        for row in reversed(rows)
    ]
    return Table(words.say("Churn by month"), headers, body, fold=words.say("The numbers"))
