"""Finds out whose ids a column holds that nothing reads, by its name and its values, and maps it.

Put here: which source the ids are of, and what is written for it. Keep out: reading ids (`found_ids.py`), and linking
records by them (`pipelines/identity`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from regulars.pipelines.command.init.drafts import Draft, Question
from regulars.pipelines.command.init.values.found_ids import WAYS, FoundIds, IdColumn, split_words
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.sources.columns import Derived
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

NAMED_SHARE = 0.5
"""So many of the different ids must be there where the column's name names the tool; others may not have bought yet."""
UNNAMED_SHARE = 0.9
"""So many where it does not."""
FEWEST_SIGNS = 6
"""Shorter numbers, counted from 1 by two tools, agree by chance."""
FEWEST_IDS = 2
ONE_TO_ONE = 0.9
"""So many different ids per record with one: an id that many customers share, as that of a firm, joins strangers."""


@dataclass(frozen=True)
class _Match:
    """Whose ids a column may hold.

    Attributes:
        system: The system.
        way: How they are read, of `WAYS`.
        found: How many different ids are customers there.
        total: How many there are.
        is_named: Whether the column's name names the tool.
    """

    system: str
    way: int
    found: int
    total: int
    is_named: bool

    @property
    def words(self) -> str:
        """How many ids are there, for people."""
        return f"{self.found:,} of its {self.total:,} different values ({self.found / self.total:.1%})"


def map_other_ids(drafts: Sequence[Draft], tools: Collection[str]) -> None:
    """Map the columns whose values are ids of another source's customers; say how many are, or ask.

    Args:
        drafts: All drafts, which are changed.
        tools: Words that name tools: of other systems, a column's name says nothing.
    """
    named = {each.name: each.system or each.name for each in drafts}
    own: dict[str, list[pl.Series]] = {}
    for draft in drafts:
        if draft.is_active and draft.ids is not None and len(draft.ids.own):
            own.setdefault(named[draft.name], []).append(draft.ids.own)
    known = {system: pl.concat(ids).unique() for system, ids in own.items()}
    with_customers = {named[each.name] for each in drafts if each.is_active and "customers" in each.kinds}
    for draft in drafts:
        if draft.is_active and draft.ids is not None:
            others = {system: ids for system, ids in known.items() if system != named[draft.name]}
            certain = list(_match_columns(draft, draft.ids, others, tools))
            _write(draft, draft.ids, certain, has_customers=named[draft.name] in with_customers)


def _match_columns(
    draft: Draft, ids: FoundIds, others: Mapping[str, pl.Series], tools: Collection[str]
) -> Iterator[tuple[str, _Match]]:
    """The columns whose ids are certainly another system's; of doubtful ones a question or a reason is left."""
    for name, column in ids.columns.items():
        matches = sorted(
            (_compare(column, system, known, _names(name, system, tools)) for system, known in others.items()),
            key=lambda each: (-each.is_named, -each.found / max(1, each.total), each.system),
        )
        if not matches:
            continue
        best = matches[0]
        if best.found == 0:
            if best.is_named:
                draft.reasons.append(
                    f"`{name}` names {best.system}, and none of its {best.total:,} different values is a customer "
                    "there: it is not read"
                )
        elif _is_certain(best, matches[1:], column):
            yield name, best
        elif best.is_named or best.found >= UNNAMED_SHARE * best.total:
            text = f"does `{name}` hold the ids of {best.system}? {best.words} are customers there"
            key = "other_record_ids" if "customers" in ids.mappings else "customer_record_id"
            draft.questions.append(Question(f"columns.{key}", text))


def _names(column: str, system: str, tools: Collection[str]) -> bool:
    """Whether a column's name names the tool of a system."""
    tool = split_words(system)[0]
    return tool in tools and tool in split_words(column)


def _compare(column: IdColumn, system: str, known: pl.Series, is_named: bool) -> _Match:
    """How many ids are customers of a system, by the plainest way to read them that finds most."""
    best: _Match | None = None
    for way in range(len(WAYS)):
        values = column.values[f"way_{way}"].drop_nulls().unique()
        found = int(values.is_in(known.implode()).sum())
        match = _Match(system, way, found, len(values), is_named)
        if best is None or (found, -len(values)) > (best.found, -best.total):
            best = match
    assert best is not None
    return best


def _is_certain(best: _Match, others: Sequence[_Match], column: IdColumn) -> bool:
    if best.found < FEWEST_IDS:
        return False
    if best.is_named:
        return best.found >= NAMED_SHARE * best.total and not any(
            each.is_named and each.found >= best.found for each in others
        )
    lengths = column.values[f"way_{best.way}"].drop_nulls().str.len_chars()
    is_telling = 2 * int((lengths >= FEWEST_SIGNS).sum()) > len(lengths)
    return is_telling and best.found >= UNNAMED_SHARE * best.total and all(each.found < best.found for each in others)


def _write(draft: Draft, ids: FoundIds, certain: Sequence[tuple[str, _Match]], *, has_customers: bool) -> None:
    written: dict[str, dict[str, Any]] = {}
    for kind, mapping in ids.mappings.items():
        columns: dict[str, Any] = {}
        if kind == "customers" and "other_record_ids" not in mapping.columns:
            columns = _list_other_records(draft, ids, certain)
        elif KINDS[kind].reference and "customer_system" not in mapping.columns and certain:
            columns = _name_customer(draft, ids, kind, certain, has_customers=has_customers)
        if columns:
            written[kind] = columns
    for kind, columns in written.items():
        place = draft.written
        if ids.has_kinds:
            place = place.setdefault("kinds", {}).setdefault(kind, {})
        place.setdefault("columns", {}).update(columns)
    if written.keys() - {"customers"}:  # of customers it asks about their own ids
        draft.questions = [each for each in draft.questions if each.key != "columns.customer_record_id"]


def _list_other_records(draft: Draft, ids: FoundIds, certain: Sequence[tuple[str, _Match]]) -> dict[str, Any]:
    parts = []
    for name, match in certain:
        column = ids.columns[name]
        if match.total < ONE_TO_ONE * column.count_filled(match.way):
            text = f"does `{name}` name the same person in {match.system}? Its values repeat, as those of a firm would"
            draft.questions.append(Question("columns.other_record_ids", text))
            continue
        parts.append(f"{quote_literal(match.system + ':')} || {_word_cell(name, match.way)}")
        draft.reasons.append(f"`{name}` holds ids of {match.system}: {match.words} are customers there")
    if not parts:
        return {}
    return {"other_record_ids": {"sql": parts[0] if len(parts) == 1 else f"concat_ws('; ', {', '.join(parts)})"}}


def _name_customer(
    draft: Draft, ids: FoundIds, kind: str, certain: Sequence[tuple[str, _Match]], *, has_customers: bool
) -> dict[str, Any]:
    """`customer_system` and `customer_record_id` by the column with most ids, beside what names a customer already."""
    name, match = max(certain, key=lambda each: (each[1].found, each[0]))
    before = ids.mappings[kind].columns.get("customer_record_id")
    if before is not None and has_customers:
        text = f"`{name}` holds ids of {match.system} ({match.words}): is it to name the customer of each row?"
        draft.questions.append(Question("columns.customer_record_id", text))
        return {}
    reason = f"`{name}` holds ids of {match.system}: {match.words} are customers there"
    if reason not in draft.reasons:
        draft.reasons.append(reason)
    cell = _word_cell(name, match.way)
    if before is None or ids.columns[name].count_filled(match.way) == ids.row_count:
        whole: Any = name if match.way == 0 else {"sql": cell}
        return {"customer_system": {"value": match.system}, "customer_record_id": whole}
    if not isinstance(before, str | Derived):
        return {}
    rest = quote_identifier(before) if isinstance(before, str) else f"({before.sql})"
    return {
        "customer_system": {"sql": f"case when {cell} is not null then {quote_literal(match.system)} end"},
        "customer_record_id": {"sql": f"coalesce({cell}, {rest})"},
    }


def _word_cell(name: str, way: int) -> str:
    cell = quote_identifier(name)
    return f"nullif({cell}, '')" if way == 0 else WAYS[way].format(cell)
