"""The answers on the report: who comes back, who is lost, how customers feel, who brings the money.

Put here: one function per section, facts in, HTML out. Keep out: reading (`report_facts.py`), drawing
(`report_charts.py`), and whether the numbers can be trusted (`report_proof.py`).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_charts import Bar, Point, bar_chart, line_chart, sparkline
from regulars.pipelines.publish.report_facts import ReportFacts
from regulars.pipelines.publish.report_reading import Row, Rows

MONTHS_SHOWN = 36
DAYS_SHOWN = 730


def section(key: str, title: str, lede: str, inside: str, means: str) -> str:
    """One section; `inside` is HTML, the other texts are escaped here."""
    return (
        f'<section aria-labelledby="{key}"><h2 id="{key}">{words.esc(title)}</h2>'
        + (f'<p class="lede">{words.esc(lede)}</p>' if lede else "")
        + inside
        + f'<p class="means"><b>How to read it.</b> {words.esc(means)}</p></section>'
    )


def headline(facts: ReportFacts) -> str:
    """The numbers a person wants first, each with what it rests on."""
    tiles = "".join(_tile(facts, number) for number in facts.numbers)
    return f'<div class="tiles">{tiles}</div>' if tiles else words.nothing("No headline was computed for this run.")


def _tile(facts: ReportFacts, number: Row) -> str:
    label, value = str(number.get("label", "")), number.get("value")
    formats: dict[str, Callable[[float], str]] = {"customers": words.count, "NPS": words.score}
    shown = words.ABSENT if value is None else formats.get(label, words.percent)(value)
    told, history = _beside(facts, label)
    text = told if told and value is not None else str(number.get("text", ""))
    name = label[:1].upper() + label[1:]
    return (
        f'<div class="tile"><h2>{words.esc(name)}</h2><p class="big">{words.esc(shown)}</p>'
        f"<p>{words.esc(text)}</p>{sparkline(history)}</div>"
    )


def _beside(facts: ReportFacts, label: str) -> tuple[str, Sequence[float | None]]:
    """The sentence under a headline number, and how the number came about."""
    if label == "customers":
        sums, total = [], 0
        for row in facts.sales:
            total += row["new_customers"]
            sums.append(float(total))
        whole = [row for row in facts.sales if row["is_complete"]]
        new = (
            f"{words.count(whole[-1]['new_customers'])} of them new in {words.month(whole[-1]['month'])}"
            if whole
            else ""
        )
        return f"have bought at least once{', ' + new if new else ''}", sums[-MONTHS_SHOWN:]
    if label == "12-month churn":
        known = [row for row in facts.churn if row["churn_rate_12m"] is not None]
        if known:
            last = known[-1]
            told = (
                f"{words.count(last['churned_customers_12m'])} lost in the 12 months to "
                f"{words.day(last['month_end'])}, of {words.count(last['average_customers_12m'])} active on average"
            )
            return told, [row["churn_rate_12m"] for row in facts.churn[-MONTHS_SHOWN:]]
    window = last_window(facts.nps)
    if label == "NPS" and window is not None:
        return _window_told(window), [row["nps"] for row in _rolling(facts.nps)[-365::7]]
    return "", []


def last_window(nps: Rows) -> Row | None:
    """The rolling window that ends on the day of the last answer: later ones only lose votes."""
    answered = [row["period_end"] for row in nps if row["grain"] == "day" and row["responses"]]
    windows = [row for row in _rolling(nps) if row["responses"] and row["period_end"] == max(answered, default=None)]
    return windows[-1] if windows else None


def _rolling(nps: Rows) -> list[Row]:
    return [row for row in nps if str(row["grain"]).startswith("rolling")]


def _window_told(window: Row) -> str:
    return (
        f"95% interval {words.score(window['nps_ci_low'])} to {words.score(window['nps_ci_high'])} · "
        f"{words.plural(window['responses'], 'answer')}, {words.day(window['period_start'])} to "
        f"{words.day(window['period_end'])}"
    )


def churn(facts: ReportFacts) -> str:
    """Churn over time, and how many customers are active."""
    means = (
        f"A customer is lost {words.count(facts.lapse_days)} days after the last order, and not while a subscription "
        "is paid for. The 12-month churn counts those who were lost in the 12 months to a month's end and have not "
        "come back by then, out of the customers active on average. Where the history is too short to know, nothing "
        "is drawn."
    )
    rows = facts.churn[-MONTHS_SHOWN:]
    known = [row for row in rows if row["churn_rate_12m"] is not None]
    if not rows:
        inside, lede = words.nothing("There is no month with customers yet."), ""
    else:
        inside = _churn_chart(rows) if known else words.nothing(_why_no_churn(rows))
        inside += "<h3>Active customers at the end of each month</h3>" + _active_chart(rows)
        inside += words.folded("The figures", _churn_table(rows))
        lede = _churn_lede(known)
    return section("churn", "Who is lost", lede, inside, means)


def _churn_lede(known: Rows) -> str:
    if not known:
        return ""
    last = known[-1]
    lede = (
        f"At the end of {words.month(last['month_end'])} the 12-month churn was {words.percent(last['churn_rate_12m'])}"
    )
    before = [row for row in known if row["month_end"].year * 12 + row["month_end"].month == _a_year_before(last)]
    return f"{lede}; a year before it was {words.percent(before[0]['churn_rate_12m'])}." if before else f"{lede}."


def _a_year_before(row: Row) -> int:
    month_end: dt.date = row["month_end"]
    return (month_end.year - 1) * 12 + month_end.month


def _why_no_churn(rows: Rows) -> str:
    reason = rows[-1].get("reason")
    return f"The 12-month churn is not known yet{': ' + str(reason) if reason else ''}."


def _churn_chart(rows: Rows) -> str:
    points = [
        Point(
            row["month_end"],
            row["churn_rate_12m"],
            f"{words.month(row['month_end'])}: {words.percent(row['churn_rate_12m'])} — "
            f"{words.count(row['churned_customers_12m'])} lost of {words.count(row['average_customers_12m'])}",
        )
        for row in rows
    ]
    return line_chart("12-month churn by month", [("a", points)], lambda value: words.percent(value, 0), low=0)


def _active_chart(rows: Rows) -> str:
    points = [
        Point(
            row["month_end"],
            float(row["active_customers"]),
            f"{words.month(row['month_end'])}: {words.count(row['active_customers'])} active, "
            f"{words.count(row['reactivated_customers'])} came back",
        )
        for row in rows
    ]
    return line_chart("Active customers by month", [("b", points)], words.short, low=0, height=180)


def _churn_table(rows: Rows) -> str:
    headers = ["month", "12-month churn", "lost in 12 months", "active on average", "active", "came back"]
    names = ["churned_customers_12m", "average_customers_12m", "active_customers", "reactivated_customers"]
    body = [
        [
            words.month(row["month_end"]),
            words.percent(row["churn_rate_12m"]),
            *(words.count(row[name]) for name in names),
        ]
        for row in reversed(rows)
    ]
    return words.table("Churn by month", headers, body)


def nps(facts: ReportFacts) -> str:
    """NPS: the rolling score with its interval, and the weeks as dots."""
    means = (
        "NPS is the share of promoters (9 and 10) less the share of detractors (0 to 6), from −100 to 100; a person "
        "votes once per window, with the latest answer. The band is the 95% interval: two values whose bands overlap "
        "may well be the same."
    )
    title = "How customers feel"
    window = last_window(facts.nps)
    if window is None:
        return section("nps", title, "", words.nothing("There are no answers on a 0 to 10 scale yet."), means)
    since = window["period_end"] - dt.timedelta(days=DAYS_SHOWN)
    rolling = [row for row in _rolling(facts.nps) if since <= row["period_end"] <= window["period_end"]]
    thin = max(1, len(rolling) // 180)
    rolling = rolling[::-1][::thin][::-1]  # from the last one back, so that the last is drawn
    weeks = [row for row in facts.nps if row["grain"] == "week" and row["period_end"] >= since]
    lines = [("c", [_nps_point(row, with_band=False) for row in weeks]), ("a", [_nps_point(row) for row in rolling])]
    days = (window["period_end"] - window["period_start"]).days + 1
    lede = f"In the last {days} days with answers the NPS was {words.score(window['nps'])}: {_window_told(window)}."
    inside = words.legend(("a line", f"rolling {days} days with 95% interval"), ("c dot", "week"))
    inside += line_chart(f"NPS, rolling {days} days and by week", lines, words.score, low=-20, high=60, dots="c")
    inside += words.folded("The figures by week", _nps_table(weeks))
    return section("nps", title, lede, inside, means)


def _nps_point(row: Row, *, with_band: bool = True) -> Point:
    title = (
        f"{words.day(row['period_start'])} to {words.day(row['period_end'])}: {words.score(row['nps'])} "
        f"({words.score(row['nps_ci_low'])} to {words.score(row['nps_ci_high'])}), "
        f"{words.plural(row['responses'], 'answer')}{'' if row['is_complete'] else ', not complete'}"
    )
    band = (row["nps_ci_low"], row["nps_ci_high"]) if with_band else (None, None)
    return Point(row["period_end"], row["nps"] if row["responses"] else None, title, *band)


def _nps_table(weeks: Rows) -> str:
    headers = ["week from", "NPS", "95% interval", "answers", "promoters", "passives", "detractors"]
    body = [
        [
            words.day(row["period_start"]),
            words.score(row["nps"]),
            f"{words.score(row['nps_ci_low'])} to {words.score(row['nps_ci_high'])}",
            *(words.count(row[name]) for name in ("responses", "promoters", "passives", "detractors")),
        ]
        for row in reversed(weeks)
        if row["responses"]
    ]
    return words.table("NPS by week", headers, body)


def sales(facts: ReportFacts) -> str:
    """Sales of new and of returning customers, month by month."""
    means = (
        "An order is new when it is its customer's first, and returning when it is a later one. Sales are before "
        "refunds, which are not shared out between new and returning. A hatched month is not over."
    )
    title = "Won anew, or come back"
    rows = facts.sales[-MONTHS_SHOWN:]
    parts = ("returning_customer_sales", "new_customer_sales", "unknown_customer_sales")
    if not any(row[part] > 0 for row in rows for part in parts):
        return section("sales", title, "", words.nothing("Nothing has been sold yet."), means)
    bars = [
        Bar(
            row["month"],
            [max(0.0, float(row[part])) for part in parts],
            f"{words.month(row['month'])}: returning {words.money(row[parts[0]])}, new {words.money(row[parts[1]])}, "
            f"unknown {words.money(row[parts[2]])} {facts.currency}".rstrip(),
            bool(row["is_complete"]),
        )
        for row in rows
    ]
    inside = words.legend(("a", "returning customers"), ("b", "new customers"), ("c", "customer unknown"))
    inside += bar_chart("Sales by month", bars, words.short)
    inside += words.folded("The figures", _sales_table(rows, facts.currency))
    return section("sales", title, _sales_lede(rows), inside, means)


def _sales_lede(rows: Rows) -> str:
    whole = [row for row in rows if row["is_complete"]][-12:]
    sold = sum((row["returning_customer_sales"] + row["new_customer_sales"] for row in whole), Decimal(0))
    if not whole or sold <= 0:
        return ""
    returning = sum((row["returning_customer_sales"] for row in whole), Decimal(0))
    span = words.month(whole[0]["month"]) + " to " + words.month(whole[-1]["month"])
    return (
        f"{words.percent(float(returning / sold))} of the sales from {span} came from customers who had bought before."
    )


def _sales_table(rows: Rows, currency: str) -> str:
    names = ["returning_customer_sales", "new_customer_sales", "unknown_customer_sales", "refunds", "net_sales"]
    headers = ["month", "returning", "new", "unknown", "refunds", f"net sales {currency}".rstrip()]
    body = [[words.month(row["month"]), *(words.money(row[name]) for name in names)] for row in reversed(rows)]
    return words.table("Sales by month", headers, body)


def concentration(facts: ReportFacts) -> str:
    """How much of the sales hangs on few customers."""
    means = (
        "The share of net sales that the largest customers bring. The Gini index is 0 when all customers bring the "
        "same and close to 1 when one brings nearly all. Sales without a known customer are left out."
    )
    title = "How much hangs on few"
    rows = [row for row in facts.concentration if row["customers"]]
    if not rows:
        return section("concentration", title, "", words.nothing("No customer has brought any net sales yet."), means)
    inside = "".join(_shares(row) for row in rows)
    first = rows[0]
    lede = ""
    if first["top_20_percent_share"] is not None:
        lede = (
            f"The largest fifth of the customers brings {words.percent(first['top_20_percent_share'], 0)} "
            f"of the sales, the largest single one {words.percent(first['largest_customer_share'])}."
        )
    return section("concentration", title, lede, f'<div class="two">{inside}</div>', means)


def _shares(row: Row) -> str:
    names = {"to_date": "Since the beginning", "last_12_months": "In the last 12 months"}
    scope = names.get(row["scope"], str(row["scope"]).replace("_", " "))
    bars = ""
    for top in (1, 5, 10, 20):
        share = row[f"top_{top}_percent_share"]
        wide = f"{100 * (share or 0):.1f}%"
        bars += (
            f"<dt>largest {top}%</dt><dd><span class='track'><span style='width:{wide}'></span></span>"
            f"<b>{words.percent(share)}</b></dd>"
        )
    rest = (
        f"{words.plural(row['customers'], 'customer')} · largest single {words.percent(row['largest_customer_share'])}"
    )
    gini = "" if row["gini"] is None else f" · Gini {row['gini']:.2f}"
    why = "" if row["is_complete"] else words.nothing("Not known yet: the data are younger than 12 months.")
    below = f"{why}<p>{words.esc(rest + gini)}</p>"
    return f'<div><h3>{words.esc(scope)}</h3><dl class="shares">{bars}</dl>{below}</div>'
