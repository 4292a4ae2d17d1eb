"""What the words of columns of states mean for a file of sales that no profile knows.

Put here: which orders never count, and what stays a question. Keep out: the words (`states.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regulars.pipelines.sources.recognition.flags import Flags
from regulars.pipelines.sources.recognition.states import States
from regulars.pipelines.warehouse.sql_text import quote_identifier

_KEYS = {"orders": "columns.is_cancelled", "order_lines": "exclude.no_sale"}
"""Kind -> where the settings say which rows are no sale."""
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
    if kind not in _KEYS:
        return found
    certain = [each for each in states if each.no_sale and each.is_certain]
    conditions = [each.no_sale for each in certain]
    if conditions and kind == "orders":
        before = columns.get("is_cancelled")
        if before is not None:
            conditions.insert(0, _write_condition(before))
        found.columns["is_cancelled"] = {"sql": " or ".join(conditions)}
    elif conditions:
        found.exclude["no_sale"] = " or ".join(conditions)
    for each in certain:
        said = "is cancelled, and never counts" if kind == "orders" else "is left out"
        found.reasons.append(f"what `{each.column}` calls {_list_words(each.no_sale_words)} {said}")
    open_states = [text for each in states for text in _list_questions(each, has_refunds=has_refunds)]
    if open_states:
        found.questions.ask(
            _KEYS[kind],
            f"{'; '.join(open_states)}. Those that are no sale: name them in `{_KEYS[kind]}`. Until then they count",
        )
    return found


def _list_questions(states: States, *, has_refunds: bool) -> Iterator[str]:
    """What stays open about a column: words of ours that leave it open, and how many words nobody knows."""
    if states.no_sale_words and not states.is_certain:
        yield (
            f"`{states.column}` calls {_count_rows(states, states.no_sale_words)} "
            f"{_list_words(states.no_sale_words)}, and nothing says that it is the sale that it speaks of"
        )
    if states.open_words and states.topic == "sale":
        yield (
            f"nothing says whether {_count_rows(states, states.open_words)} that `{states.column}` calls "
            f"{_list_words(states.open_words)} are sales"
        )
    if states.refunded_words and not has_refunds:
        yield (
            f"`{states.column}` calls {_count_rows(states, states.refunded_words)} "
            f"{_list_words(states.refunded_words)}, and no column says how much was given back"
        )
    if states.unknown_count and (states.topic == "sale" or states.part_words):
        count = states.unknown_count
        parts = f", some of which hold {_list_words(states.part_words)}" if states.part_words else ""
        yield (
            f"`{states.column}` has {count:,} {'word' if count == 1 else 'words'} that nobody here knows "
            f"({_count_rows(states, ('',))}){parts}"
        )


def _count_rows(states: States, words: Sequence[str]) -> str:
    count = sum(states.row_counts[word] for word in words)
    return "1 row" if count == 1 else f"{count:,} rows"


def _list_words(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _write_condition(column: Any) -> str:
    if isinstance(column, Mapping):
        return f"({column['sql']})"
    return f"lower(trim(coalesce({quote_identifier(str(column))}, ''))) in {_YES}"
