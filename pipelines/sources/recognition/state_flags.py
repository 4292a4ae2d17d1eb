"""What the words of columns of states mean for a file of sales that no profile knows.

Put here: which orders never count, and what stays a question. Keep out: the words (`states.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.pipelines.sources.recognition.flags import Flags
from regulars.pipelines.sources.recognition.states import States
from regulars.pipelines.warehouse.sql_text import quote_identifier

_KEY = "columns.is_cancelled"
_YES = "('true', 't', 'yes', 'y', '1')"


def read_states(kind: str, states: Sequence[States], columns: Mapping[str, Any], *, has_refunds: bool) -> Flags:
    """What the words say; of kinds without sales nothing.

    Args:
        kind: What the rows are.
        states: The columns of states of the file.
        columns: Our columns, as they are mapped so far.
        has_refunds: Whether a column says how much was given back.
    """
    found = Flags()
    if kind not in ("orders", "order_lines"):
        return found
    conditions = [each.no_sale for each in states if each.no_sale]
    if conditions and kind == "orders":
        before = columns.get("is_cancelled")
        if before is not None:
            conditions.insert(0, _write_condition(before))
        found.columns["is_cancelled"] = {"sql": " or ".join(conditions)}
    elif conditions:
        found.exclude["no_sale"] = " or ".join(conditions)
    for each in states:
        if each.no_sale_words:
            said = "is cancelled, and never counts" if kind == "orders" else "is left out"
            found.reasons.append(f"what `{each.column}` calls {_list_words(each.no_sale_words)} {said}")
    open_states = [text for each in states if (text := _word_question(each, has_refunds=has_refunds))]
    if open_states:
        do = "name them in `columns.is_cancelled`" if kind == "orders" else "leave them out with a rule in `exclude`"
        found.questions[_KEY] = f"{'; '.join(open_states)}. Those that are no sale: {do}. Until then they count"
    return found


def _word_question(states: States, *, has_refunds: bool) -> str:
    """What stays open about a column: words of ours that leave it open, and how many words nobody knows."""
    parts = []
    if states.open_words:
        parts.append(
            f"nothing says whether rows that `{states.column}` calls {_list_words(states.open_words)} are sales"
        )
    if states.refunded_words and not has_refunds:
        words = _list_words(states.refunded_words)
        parts.append(f"`{states.column}` calls rows {words}, and no column says how much was given back")
    if states.unknown_count:
        count = states.unknown_count
        parts.append(f"`{states.column}` has {count} {'word' if count == 1 else 'words'} that nobody here knows")
    return "; ".join(parts)


def _list_words(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _write_condition(column: Any) -> str:
    if isinstance(column, Mapping):
        return f"({column['sql']})"
    return f"lower(trim(coalesce({quote_identifier(str(column))}, ''))) in {_YES}"
