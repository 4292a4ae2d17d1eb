"""Says of a file that fits no kind what is missing, so that somebody can map it by hand or have the tool export more.

Put here: which kind is nearest, and what it lacks. Keep out: guessing (`guess.py`).
"""

from collections.abc import Sequence

from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.sources.recognition.column_names import match_names, name_facts
from regulars.pipelines.sources.recognition.guess import NEEDED
from regulars.pipelines.sources.recognition.other_rows import find_staff_column, question_row_types

_NOTHING = "no kind fits the names of its columns"
_TELLING = {"email", "order_id", "ticket_id", "product_id", "customer_record_id", "score", "rate", "subscription_id"}
"""Columns of ours whose names speak for a kind; a day or an amount is in every file."""


def explain_unfit(facts: Sequence[ColumnFacts]) -> str:
    """Why a file is of no kind: a sentence without its values.

    Args:
        facts: What its columns look like.
    """
    staff = find_staff_column(facts)
    if staff:
        return f"`{staff}` is a column of a list of employees, who are no customers"
    by_name = name_facts(facts)
    best, kind, found = 0.0, "", {}
    for each, needed in NEEDED.items():
        named = {ours: fact for ours, fact in match_names(each, by_name) if ours in needed}
        if not {*named}.isdisjoint(_TELLING) and len(named) / len(needed) > best:
            best, kind, found = len(named) / len(needed), each, named
    if best < 1 / 2:
        return f"{_NOTHING}: none is known as the id of an order, a customer, an answer, a ticket or a product"
    has = ", ".join(f"`{fact.column}` may be {ours}" for ours, fact in found.items())
    lacks = [ours for ours in NEEDED[kind] if ours not in found]
    empty = [f"`{fact.column}`" for fact in found.values() if not fact.filled]
    mixed = "".join(f". {text}" for _, text in question_row_types(kind, facts, {}))
    what = f"and by its name no column is {' or '.join(lacks)}" if lacks else f"and {', '.join(empty)} has no value"
    return f"{_NOTHING}; the nearest is {kind}, where {has}, {what}: map it by hand, if its rows are that{mixed}"
