"""Finds when a ticket was first answered, in a file that no profile knows; or asks.

Put here: the names of such columns, and what follows from their values. Keep out: every other column (`guess.py`).
"""

import re
from collections.abc import Sequence
from typing import Any

from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.sources.recognition.column_names import plain_name

_FIRST_REPLY = re.compile(
    r"first (public )?(reply|response|answer|agent reply)|erste\w* (antwort|reaktion)|erst(antwort|reaktion)"
    r"|premi[eè]re réponse|primera respuesta|primeira resposta|prima risposta|ensi(mmäi\w+ )?vasta"
)
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
