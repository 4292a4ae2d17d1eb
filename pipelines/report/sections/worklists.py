"""Whom to call first: the customers with the most money at stake, by id.

Put here: this section and its table. Keep out: who is on a list, and why (`transforms/worklists`).
"""

from regulars.pipelines.report.facts.reading import Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Part, Section, Sentence, Table, make_absent_part
from regulars.pipelines.report.words.words import Words

CUSTOMERS_SHOWN = 10


def build_worklists(facts: ReportFacts, words: Words) -> Section:
    """The first customers of all worklists together."""
    means = words.say(
        "At stake is a year of the customer, unless a subscription, a due order or an unpaid one alone is in question. "
        "Each owner's whole list is in marts.owner_worklists; `regulars worklists --export` writes it with contact "
        "details."
    )
    lede = ""
    if facts.worklists:
        first = facts.worklists[0]
        lede = words.say(
            "Customers to call: {customers}. At stake with them: {money}.",
            customers=words.count(first["customers"]),
            money=words.money(first["at_stake_together"]),
        )
    return Section(
        "worklists", words.say("Whom to call first"), lede, [[make_worklist_part(facts.worklists, words)]], means
    )


def make_worklist_part(rows: Rows, words: Words) -> Part:
    """The table of the first customers.

    Args:
        rows: What `report_facts.WORKLISTS` selects.
        words: Of the sentences.
    """
    if not rows:
        return make_absent_part(words.say("Nobody is to be called today."))
    table = Table(
        words.say("The customers with the most money at stake"),
        [words.say("customer"), words.say("owner"), words.say("why"), words.say("until"), words.say("at stake")],
        [
            [row["customer_id"], row["owner"], row["why"], words.day(row["until_date"]), words.money(row["at_stake"])]
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
