"""The numbers a person wants first, each with what it rests on and how it came about.

Put here: the tiles at the top of the page. Keep out: which numbers these are (`transforms/customers/headline.py`).
"""

from collections.abc import Sequence
from itertools import accumulate

from regulars.pipelines.definitions.windows import REPEAT_DAYS
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Tile
from regulars.pipelines.report.sections.nps import describe_window, find_last_window, rolling_windows
from regulars.pipelines.report.words.words import Words

MONTHS_SHOWN = 36
DAYS_SHOWN, DAYS_APART = 365, 7


def make_headline_tiles(facts: ReportFacts, words: Words) -> Sequence[Tile]:
    """Customers, churn (or the repeat rate until churn is known) and NPS."""
    coming_back = (
        _make_repeat_rate_tile(facts, words)
        if facts.headline.churn_rate_12m is None
        else _make_churn_tile(facts, words)
    )
    return [_make_customers_tile(facts, words), coming_back, _make_nps_tile(facts, words)]


def _make_customers_tile(facts: ReportFacts, words: Words) -> Tile:
    whole = [row for row in facts.sales if row["is_complete"]]
    active = words.count(facts.headline.active_customers)
    text = words.say("have bought or subscribed; {active} of them are active", active=active)
    if whole:
        text = words.say(
            "have bought or subscribed; {active} of them are active, {customers} new in {month}",
            active=active,
            customers=words.count(whole[-1]["new_customers"]),
            month=words.month(whole[-1]["month"]),
        )
    history = [float(total) for total in accumulate(row["new_customers"] for row in facts.sales)]
    value = words.count(facts.headline.customers)
    return Tile(words.say("Customers"), value, text, history[-MONTHS_SHOWN:])


def _make_churn_tile(facts: ReportFacts, words: Words) -> Tile:
    known = [row for row in facts.churn if row["churn_rate_12m"] is not None]
    text = words.say("at {day}", day=words.day(facts.headline.churn_month_end))
    if known:
        text = words.say(
            "{lost} lost in the 12 months to {day}, of {active} active on average",
            lost=words.count(known[-1]["churned_customers_12m"]),
            day=words.day(known[-1]["month_end"]),
            active=words.count(known[-1]["average_customers_12m"]),
        )
    history = [row["churn_rate_12m"] for row in facts.churn[-MONTHS_SHOWN:]] if known else []
    value = words.percent(facts.headline.churn_rate_12m)
    return Tile(words.say("12-month churn"), value, text, history)


def _make_repeat_rate_tile(facts: ReportFacts, words: Words) -> Tile:
    rate, customers = facts.headline.repeat_rate, facts.headline.repeat_customers
    text = words.say("not known yet: no customer's first {days} days are over", days=REPEAT_DAYS)
    if rate is not None:
        text = words.say_count("of {n} customer", "of {n} customers", customers)
    return Tile(words.say("Bought again within {days} days", days=REPEAT_DAYS), words.percent(rate), text)


def _make_nps_tile(facts: ReportFacts, words: Words) -> Tile:
    name, value = words.say("NPS"), words.score(facts.headline.nps)
    if facts.headline.nps is None:
        return Tile(name, value, words.say("no answers on a scale of 0 to 10"))
    window = find_last_window(facts.nps)
    if window is None:
        text = words.say_count("of {n} answer", "of {n} answers", facts.headline.nps_responses)
        return Tile(name, value, text)
    history = [row["nps"] for row in rolling_windows(facts.nps)[-DAYS_SHOWN::DAYS_APART]]
    return Tile(name, value, describe_window(window, words), history)
