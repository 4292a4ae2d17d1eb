"""How much of the sales hangs on few customers.

Put here: this section. Keep out: how shares are counted (`transforms/money/revenue_concentration.py`).
"""

from regulars.pipelines.report.facts.reading import Row
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Part, Section, Sentence, Share, make_absent_part
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import Words

SHARES = {
    1: "top_1_percent_share",
    5: "top_5_percent_share",
    10: "top_10_percent_share",
    20: "top_20_percent_share",
}
"""Percent of the customers, largest first -> the column with their share."""


def build_concentration(facts: ReportFacts, words: Words) -> Section:
    """The shares of the largest customers, since the beginning and in the last year."""
    title = words.say("How much depends on few customers")
    means = words.say(
        "The share of net sales that the largest customers bring. The Gini index is 0 when all customers bring the "
        "same and close to 1 when one brings nearly all. Sales without a known customer are left out."
    )
    rows = [row for row in facts.concentration if row["customers_in_shares"]]
    if not rows:
        nothing = make_absent_part(words.say("No customer has brought any net sales yet."))
        return Section("concentration", title, "", [[nothing]], means)
    return Section(
        "concentration", title, _write_lede(rows[0], words), [[_make_part(row, words) for row in rows]], means
    )


def _write_lede(row: Row, words: Words) -> str:
    if row["top_20_percent_share"] is None:
        return ""
    return words.say(
        "The largest fifth of the customers brings {fifth} of the sales, the largest single one {single}.",
        fifth=words.percent(row["top_20_percent_share"], 0),
        single=words.percent(row["largest_customer_share"]),
    )


def _make_part(row: Row, words: Words) -> Part:
    names = {"to_date": words.say("Since the beginning"), "last_12_months": words.say("In the last 12 months")}
    unknown = Sentence(words.say("Not known yet: the data are younger than 12 months."), "note")
    return Part(
        title=names.get(row["scope"], str(row["scope"]).replace("_", " ")),
        shares=[
            Share(words.say("largest {percent}%", percent=top), row[column] or 0.0, words.percent(row[column]))
            for top, column in SHARES.items()
        ],
        caption=_write_caption(row, words),
        notes=[] if row["is_complete"] else [unknown],
    )


def _write_caption(row: Row, words: Words) -> str:
    values = {
        "customers": counts.format_customers(words, row["customers_in_shares"]),
        "single": words.percent(row["largest_customer_share"]),
    }
    if row["gini"] is None:
        return words.say("{customers} · largest single {single}", **values)
    gini = words.number(row["gini"], 2)
    return words.say("{customers} · largest single {single} · Gini {gini}", **values, gini=gini)
