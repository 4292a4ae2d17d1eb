"""Pictures of what goes wrong for customers and of their journey: for the pages of these tables in Dagster.

Put here: what such a picture shows of its table. Keep out: pictures of other tables (`mart_pictures.py`,
`pictures.py`).
"""

from collections.abc import Callable, Mapping, Sequence

import duckdb

from regulars.pipelines.report.charts.axes import HALF, list_month_labels
from regulars.pipelines.report.charts.bars import Bar, BarChart, Pair, PairedBars
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.reading import Row, read_rows
from regulars.pipelines.report.facts.report_facts import LAPSES, read_currency
from regulars.pipelines.report.parts import Key, Part, make_absent_part
from regulars.pipelines.report.sections.care import describe_lapses, name_level
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import Words

MONTHS_SHOWN = 24
EXPERIENCES = f"""
    select
        cast(date_trunc('month', experienced_on) as date) as month,
        count(*) filter (leading_sign in ('failed_delivery', 'late_delivery')) as deliveries,
        count(*) filter (leading_sign in ('complaint', 'reopened_ticket', 'late_reply')) as support,
        count(*) filter (leading_sign in ('refund', 'detractor', 'failed_payment')) as others,
        count(*) filter (is_unknown) as unknown,
        bool_and(experienced_on <= as_of and last_day(experienced_on) <= as_of) as is_complete,
    from marts.bad_experiences group by month order by month desc limit {MONTHS_SHOWN}
"""
AT_RISK = """
    select last_leading_sign, count(*) as customers, count(*) filter (lifecycle is distinct from 'lapsed') as present,
        coalesce(sum(service_risk_value_12m), 0)::double as value
    from marts.service_risk_customers group by last_leading_sign order by customers desc, last_leading_sign
"""
JOURNEYS = f"""
    select
        cast(date_trunc('month', event_date) as date) as month,
        count(*) filter (department in ('sales', 'finance')) as sales,
        count(*) filter (department in ('service', 'logistics')) as service,
        count(*) filter (department = 'marketing') as marketing,
        bool_and(last_day(event_date) <= as_of) as is_complete,
    from marts.customer_events group by month order by month desc limit {MONTHS_SHOWN}
"""
DELIVERIES = f"""
    select period_end, delivered_orders, late_orders, if(is_complete, late_rate, null) as late_rate
    from marts.order_delivery where grain = 'month' and dimension = 'all' order by period_end desc limit {MONTHS_SHOWN}
"""


def _draw_experiences(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, EXPERIENCES, "marts.bad_experiences")[::-1]
    if not rows:
        return [make_absent_part(words.say("Nothing is known to have gone wrong for a customer."))]
    parts = ("deliveries", "support", "others")
    total = sum(row[part] for row in rows for part in parts)
    caption = words.say(
        "Bad experiences of the months shown: {count}; of {unknown} of them no customer is known.",
        count=words.count(total),
        unknown=words.count(sum(row["unknown"] for row in rows)),
    )
    names = (words.say("deliveries"), words.say("support"), words.say("refunds, answers, payments"))
    chart = _stack_by_month(words.say("Bad experiences by month, by their gravest sign"), rows, parts, words)
    return [Part(legend=[Key(*each) for each in zip("abc", names, strict=True)], picture=chart, caption=caption)]


def _draw_lapses(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, LAPSES, "marts.lapse_after_experiences")
    known = [row for row in rows if row["lapse_ratio"] is not None]
    if not known:
        return [make_absent_part(words.say("What follows after bad experiences is not known yet."))]
    pairs = [Pair(name_level(row), row["expected_lapse_rate"], row["observed_lapse_rate"]) for row in known]
    chart = PairedBars(
        words.say("Customers who lapsed after so many bad experiences"), pairs, words.percent, width=HALF
    )
    caption = describe_lapses(known[-1], words)
    legend = [Key("b", words.say("expected without")), Key("a", words.say("lapsed"))]
    return [Part(legend=legend, picture=chart, caption=caption)]


def _draw_at_risk(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, AT_RISK, "marts.service_risk_customers")
    if not rows:
        return [make_absent_part(words.say("No customer had so many bad experiences."))]
    names = _name_signs(words)
    pairs = [Pair(names[str(row["last_leading_sign"])], row["customers"], row["present"]) for row in rows]
    chart = PairedBars(
        words.say("Customers with many bad experiences, by the last one"), pairs, words.count, width=HALF
    )
    caption = words.say(
        "{customers} with at least as many bad experiences as the settings say; expected of them in a year: {value}.",
        customers=counts.format_customers(words, sum(row["customers"] for row in rows)),
        value=words.amount(sum(row["value"] for row in rows), read_currency(con)),
    )
    legend = [Key("b", words.say("all of them")), Key("a", words.say("not lapsed yet"))]
    return [Part(legend=legend, picture=chart, caption=caption)]


def _name_signs(words: Words) -> Mapping[str, str]:
    return {
        "failed_delivery": words.say("not delivered"),
        "complaint": words.say("complaint"),
        "late_delivery": words.say("late"),
        "refund": words.say("refund"),
        "detractor": words.say("detractor"),
        "reopened_ticket": words.say("reopened"),
        "late_reply": words.say("late reply"),
        "failed_payment": words.say("payment"),
    }


def _draw_journeys(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, JOURNEYS, "marts.customer_events")[::-1]
    if not rows:
        return [make_absent_part(words.say("Nothing has happened yet."))]
    parts = ("sales", "service", "marketing")
    chart = _stack_by_month(words.say("Events by month and department"), rows, parts, words)
    caption = words.say(
        "Events of the months shown: {count}.", count=words.count(sum(row[part] for row in rows for part in parts))
    )
    names = (words.say("sales and finance"), words.say("support and deliveries"), words.say("marketing and surveys"))
    return [Part(legend=[Key(*each) for each in zip("abc", names, strict=True)], picture=chart, caption=caption)]


def _draw_deliveries(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, DELIVERIES, "marts.order_delivery")[::-1]
    delivered = sum(row["delivered_orders"] for row in rows)
    if not delivered:
        return [make_absent_part(words.say("No order says both when it was promised and when it was delivered."))]
    late = sum(row["late_orders"] for row in rows)
    chart = LineChart(
        words.say("Delivered orders that came late, by the promised month"),
        [Line("a", [Point(row["period_end"], row["late_rate"]) for row in rows])],
        lambda share: words.percent(share, 0),
        list_month_labels(rows[0]["period_end"], rows[-1]["period_end"], words, HALF),
        low=0,
        width=HALF,
    )
    caption = words.say(
        "Of {delivered} delivered orders of the months shown, {late} came late, {share}.",
        delivered=words.count(delivered),
        late=words.count(late),
        share=words.percent(late / delivered),
    )
    return [Part(picture=chart, caption=caption)]


def _stack_by_month(name: str, rows: Sequence[Row], parts: Sequence[str], words: Words) -> BarChart:
    bars = [Bar(row["month"], [row[part] for part in parts], is_complete=row["is_complete"]) for row in rows]
    months = list_month_labels(rows[0]["month"], rows[-1]["month"], words, HALF)
    return BarChart(name, bars, words.short, months, width=HALF)


CARE_PICTURES: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Words], Sequence[Part]]] = {
    "marts.bad_experiences": _draw_experiences,
    "marts.lapse_after_experiences": _draw_lapses,
    "marts.service_risk_customers": _draw_at_risk,
    "marts.customer_events": _draw_journeys,
    "marts.order_delivery": _draw_deliveries,
}
