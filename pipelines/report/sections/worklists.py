"""Whom to call first: the customers of the highest priority, by id.

Put here: this section, its table, and a picture of what calls can keep by owner. Keep out: who is on a list, and why
(`transforms/worklists`).
"""

from regulars.pipelines.definitions.enumerations import UNASSIGNED
from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.bars import Pair, PairedBars
from regulars.pipelines.report.facts.reading import Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Key, Part, Section, Sentence, Table, make_absent_part
from regulars.pipelines.report.words.words import Words

CUSTOMERS_SHOWN, OWNERS_SHOWN = 10, 8
BY_OWNER = f"""
    select owner, sum(keepable_value)::double as listed, any_value(owner_keepable_value_left_out)::double as left_out,
        count(*) as customers, any_value(owner_customers_left_out) as more
    from marts.owner_worklists
    group by owner
    order by sum(keepable_value) desc, owner
    limit {OWNERS_SHOWN}
"""


def build_worklists(facts: ReportFacts, words: Words) -> Section:
    """The first customers of all worklists together."""
    means = words.say(
        "At stake is a year of the customer, unless a subscription, a due order or an unpaid one alone is in question. "
        "What a call can keep is the part that is not lost already: orders count with the probability that the "
        "customer still buys (p_alive). It decides the order, together with how urgent the reason is. "
        "Each owner's whole list is in marts.owner_worklists; `regulars worklists --export` writes it with contact "
        "details."
    )
    lede = ""
    if facts.worklists:
        first = facts.worklists[0]
        lede = words.say(
            "Customers to call: {customers}. What calls can keep: {money}.",
            customers=words.count(first["customers"]),
            money=words.amount(first["keepable_together"], facts.currency),
        )
    return Section(
        "worklists",
        words.say("Whom to call first"),
        lede,
        [[make_worklist_part(facts.worklists, facts.currency, words)]],
        means,
    )


def make_worklist_part(rows: Rows, currency: str, words: Words) -> Part:
    """The table of the first customers.

    Args:
        rows: What `report_facts.WORKLISTS` selects.
        currency: The company's.
        words: Of the sentences.
    """
    if not rows:
        return make_absent_part(words.say("Nobody is to be called today."))
    table = Table(
        words.say("The customers to call first, on whichever list"),
        [
            words.say("customer"),
            words.say("owner"),
            words.say("why"),
            words.say("until"),
            words.say("at stake, {currency}", currency=currency),
            words.say("a call can keep, {currency}", currency=currency),
        ],
        [
            [
                row["customer_id"],
                _name_owner(row["owner"], words),
                row["why"],
                words.day(row["until_date"]),
                words.number(row["at_stake"], 0),
                words.number(row["keepable_value"], 0),
            ]
            for row in rows[:CUSTOMERS_SHOWN]
        ],
        texts=4,
    )
    left_out = rows[0]["left_out"]
    note = words.say_count(
        "{n} more customer calls for action below the end of a list.",
        "{n} more customers call for action below the end of a list.",
        left_out,
    )
    return Part(table=table, notes=[Sentence(note, "note")] if left_out else [])


def make_owners_picture(rows: Rows, words: Words) -> Part:
    """What calls can keep of the customers on each owner's list, and of those below its end.

    Args:
        rows: What `BY_OWNER` selects.
        words: Of the sentences.
    """
    if not any(row["listed"] for row in rows):
        return make_absent_part(words.say("Nobody is to be called today."))
    pairs = [Pair(_name_owner(row["owner"], words), row["left_out"], row["listed"]) for row in rows]
    return Part(
        legend=[Key("a", words.say("on the list")), Key("b", words.say("below its end"))],
        picture=PairedBars(words.say("Money that calls can keep, by owner"), pairs, words.short, width=HALF),
        caption=words.say(
            "Customers on the lists shown: {customers}; below their ends: {more}.",
            customers=words.count(sum(row["customers"] for row in rows)),
            more=words.count(sum(row["more"] for row in rows)),
        ),
    )


def _name_owner(owner: str, words: Words) -> str:
    return words.say("unassigned") if owner == UNASSIGNED else owner
