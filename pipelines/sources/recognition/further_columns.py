"""Settles what a kind needs beyond names, in a file that no profile knows: first answers, intervals, channels.

Put here: what follows from the values of such columns. Keep out: which column is which by its name (`guess.py`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regulars.pipelines.sources.recognition.amounts import find_tax_basis
from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.sources.recognition.column_names import plain_name
from regulars.pipelines.sources.recognition.open_questions import Questions
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_FIRST_REPLY = re.compile(
    r"first (public )?(reply|response|answer|agent reply)|erste\w* (antwort|reaktion)|erst(antwort|reaktion)"
    r"|premi[eè]re réponse|primera respuesta|primeira resposta|prima risposta|ensi(mmäi\w+ )?vasta"
)
_INTERVALS: Mapping[str, str] = {
    "day": "day|dai|tag|tägl|päiv|jour|d[ií]a|giorn|dag",
    "week": "week|woch|wöch|viik|sema|hebdo|setti|veck|uge|uke",
    "month": "month|monat|kuuk|mois|mens|mes|mês|maand|månad|måned|mies",
    "quarter": "quarter|viertelj|trimes|kvart|neljänn",
    "year": "year|annu|jahr|jähr|vuo|anual|ano|año|anno|jaar|år|rok|rocz",
}
"""An interval of ours -> how the words begin by which tools say it; any other word stays, and is quarantined."""
_PER_YEAR = {"day": "365", "week": "52", "month": "12", "quarter": "4", "year": "1"}
"""An interval -> how many there are in a year."""
_INTERVAL_COUNT = {
    *("interval count", "interval frequency", "charge interval frequency", "billing interval count", "interval length"),
    *("billing frequency count", "order interval frequency", "billing interval frequency"),
}
_MOST = 0.9


def settle_first_reply(facts: Sequence[ColumnFacts], columns: dict[str, Any], reasons: list[str]) -> dict[str, str]:
    """Map the one column that says when a ticket was first answered; else say that none does.

    Args:
        facts: The columns of the file.
        columns: Our columns, as they are mapped so far, which are changed.
        reasons: Why, which are added to.

    Returns:
        What is asked: a column that seems to say it but holds no moments, such as how long it took.
    """
    if "first_public_reply_at" in columns:
        return {}
    named = [each for each in facts if each.filled and _FIRST_REPLY.search(plain_name(each.column))]
    moments = [each for each in named if each.share(each.days) >= _MOST]
    if len(moments) == 1:
        columns["first_public_reply_at"] = moments[0].column
        reasons.append(f"first_public_reply_at by the name `{moments[0].column}`, whose values are moments")
        return {}
    columns["no_reply_due_reason"] = {"value": "reply_not_exported"}
    reasons.append("no column says when a ticket was first answered, so that it is in no number about replies")
    if not named:
        return {}
    each = named[0]
    asked = (
        f"`{each.column}` is written like `{each.shape}` ({each.filled:,} of {each.row_count:,} tickets looked at): is "
        "it how long the first reply took, by the clock or within opening hours? By the clock, write the moment as an "
        "expression and take `no_reply_due_reason` away"
    )
    if moments:
        listed = ", ".join(f"`{each.column}`" for each in moments)
        asked = f"which of {listed} is the first answer of a person that the customer could read?"
    return {"columns.first_public_reply_at": asked}


def settle_subscriptions(
    found: Mapping[str, ColumnFacts],
    facts: Sequence[ColumnFacts],
    columns: dict[str, Any],
    reasons: list[str],
    questions: Questions,
) -> None:
    """Say what the amount of a subscription pays for, and ask what else decides how much it is worth and how long.

    Args:
        found: Our column -> the file's.
        facts: The columns of the file.
        columns: Our columns, as they are mapped so far, which are changed.
        reasons: Why, which are added to.
        questions: What must be answered, which is added to.
    """
    priced = "monthly_amount" if "monthly_amount" in columns else "amount"
    amount = found[priced]
    if "monthly_amount" in columns:
        for other in ("amount", "quantity", "billing_interval"):
            columns.pop(other, None)
    else:
        questions.ask_all(_settle_interval(found, facts, columns, reasons).items())
    if find_tax_basis(amount.column) in ("with", "either"):
        questions.ask(priced, f"`{amount.column}` is with tax, or may be: which column is the amount without?")
    key = found["subscription_id"]
    if key.distinct < key.filled:
        questions.ask(
            "subscription_id",
            f"`{key.column}` repeats: is a row a period of a subscription, one of its items, or an order that it made?",
        )
    if not {"cancelled_at", "ended_at"} & columns.keys():
        said = f"`{columns['status']}` says how they stand, and " if "status" in columns else ""
        questions.ask("cancelled_at", f"{said}no column says since when one is cancelled: all would count as live")


def _settle_interval(
    found: Mapping[str, ColumnFacts], facts: Sequence[ColumnFacts], columns: dict[str, Any], reasons: list[str]
) -> dict[str, str]:
    amount, unit = found["amount"], found.get("billing_interval")
    counts = [each for each in facts if plain_name(each.column) in _INTERVAL_COUNT and each.filled]
    if unit is None or unit.share(unit.numbers) >= _MOST:
        columns.pop("billing_interval", None)
        return {
            "billing_interval": f"no column says in words what `{amount.column}` pays for: a month, a year? "
            "It would be taken for a month"
        }
    cell = f"lower(trim({quote_identifier(unit.column)}))"
    if not counts:
        cases = " ".join(f"when {_begins(cell, each)} then {quote_literal(each)}" for each in _INTERVALS)
        columns["billing_interval"] = {"sql": f"case {cases} else {quote_identifier(unit.column)} end"}
        reasons.append(f"`{amount.column}` is paid for each `{unit.column}`, as its words say")
        return {}
    count = quote_identifier(counts[0].column)
    if re.search("[^9.]", amount.shape):
        return {"amount": f"`{amount.column}` is paid every so many (`{counts[0].column}`) of a unit (`{unit.column}`)"}
    per_year = " ".join(f"when {_begins(cell, each)} then {_PER_YEAR[each]}" for each in _INTERVALS)
    quantity = columns.pop("quantity", None)
    pieces = f" * coalesce(nullif({quote_identifier(quantity)}, '')::decimal(18, 4), 1)" if quantity else ""
    whole = f"{quote_identifier(amount.column)}::decimal(18, 4){pieces} * case {per_year} end"
    columns["monthly_amount"] = {"sql": f"round(({whole}) / ({count}::decimal(18, 4) * 12), 4)"}
    for other in ("amount", "billing_interval"):
        columns.pop(other, None)
    reasons.append(
        f"`{amount.column}` is paid every so many (`{counts[0].column}`) of a unit (`{unit.column}`), and made monthly"
    )
    return {}


def question_spend(found: Mapping[str, ColumnFacts], facts: Sequence[ColumnFacts]) -> Iterator[tuple[str, str]]:
    """What must be answered of a report of spend.

    Args:
        found: Our column -> the file's.
        facts: The columns of the file.
    """
    if "channel" not in found:
        yield (
            "channel",
            "no column names the channel: write it as `channel: {value: …}`, in the words of acquisition_channel of "
            "customers",
        )
    ends = [each for each in facts if plain_name(each.column) in _REPORT_ENDS]
    if ends and ends[0].distinct <= 1 < ends[0].filled:
        yield (
            "month",
            f"all rows end on one day (`{ends[0].column}`): are they of one month? Else export the report by month",
        )


_REPORT_ENDS = {"reporting ends", "end date", "date stop", "to", "bis"}


def _begins(cell: str, interval: str) -> str:
    return f"regexp_matches({cell}, '^({_INTERVALS[interval]})')"
