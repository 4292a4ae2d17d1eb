"""Finds the currency of amounts by the signs beside the numbers and by headers; asks where these disagree.

Put here: what follows for a source. Keep out: which currencies a sign may mean (`currency_words.py`), and how numbers
are written (`written_formats.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.pipelines.command.init.drafts import Draft, Question
from regulars.pipelines.sources.formats.currency_words import find_currency_codes, find_sign_codes

_AMOUNTS = ("gross_sales", "unit_price", "amount")


@dataclass(frozen=True)
class _Said:
    """What one thing says of the currency: its words, the currencies it may mean, and whether it names them."""

    what: str
    codes: tuple[str, ...]
    is_named: bool = False


def settle_currencies(drafts: Sequence[Draft], company_currency: str) -> None:
    """Set the currency that the signs and headers of a source agree in; ask where they leave it open or disagree.

    Args:
        drafts: The drafts, which are changed.
        company_currency: The currency of the company, which amounts without another are in; empty: not known yet.
    """
    for draft in drafts:
        said = list(_list_said(draft))
        if draft.currency:
            _compare_column(draft, said)
        elif said and "currency" not in draft.written:
            _settle(draft, said, company_currency)


def _settle(draft: Draft, said: Sequence[_Said], company_currency: str) -> None:
    codes = tuple(code for code in said[0].codes if all(code in each.codes for each in said))
    what = " and ".join(each.what for each in said)
    if len(codes) == 1:
        draft.written["currency"] = draft.currency = codes[0]
        draft.reasons.append(f"{what} {'says' if len(said) == 1 else 'say'} that its amounts are {codes[0]}")
        draft.questions = [each for each in draft.questions if each.key != "currency"]
        return
    is_named = any(each.is_named for each in said)
    if not codes:
        text = f"{_list_meanings(said)}: which currency is it?"
        draft.sureness = "unsure"
    elif company_currency in codes and not is_named:
        return
    else:
        text = f"{what} may mean {', '.join(codes)}: which currency is it?"
    draft.questions = [each for each in draft.questions if each.key != "currency"]
    draft.questions.append(Question("currency", text))


def _compare_column(draft: Draft, said: Sequence[_Said]) -> None:
    """Ask where a column says of each row which currency it is, and the amounts say another one."""
    others = [each for each in said if _disagrees(draft, each)]
    place, column = next(_list_columns(draft.written, "currency"), ("", ""))
    if not others or not column:
        return
    names = f"`{column}` names {draft.currency}{'' if draft.is_one_currency else ' and others'}"
    text = f"{_list_meanings(others)}, and {names}: that column, or which currency are the amounts in?"
    draft.questions.append(Question(f"{place}columns.currency", text))
    draft.sureness = "unsure"


def _disagrees(draft: Draft, said: _Said) -> bool:
    is_one_of_many = said.is_named and not draft.is_one_currency  # one currency for all rows, or one for each
    return draft.currency not in said.codes or is_one_of_many


def _list_meanings(said: Sequence[_Said]) -> str:
    return ", and ".join(f"{each.what} means {' or '.join(each.codes)}" for each in said)


def _list_said(draft: Draft) -> Iterator[_Said]:
    """What names a currency: codes in headers of amounts, else signs in them, and the sign of the numbers."""
    for _, header in _list_amounts(draft.written):
        codes = find_currency_codes(header)
        if codes or find_sign_codes(header):
            yield _Said(f"the header `{header}`", codes or find_sign_codes(header), is_named=bool(codes))
    sign = draft.written.get("options", {}).get("currency_sign", "").strip()
    named = find_currency_codes(sign)
    if codes := named or find_sign_codes(sign):
        yield _Said(f"the sign `{sign}`", codes, is_named=bool(named))


def _list_amounts(written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for ours in _AMOUNTS:
        yield from _list_columns(written, ours)


def _list_columns(written: Mapping[str, Any], ours: str) -> Iterator[tuple[str, str]]:
    """The columns of the file that a guess has mapped as ours, each with the place of its mapping in the source."""
    mappings = {"": written} | {f"kinds.{kind}.": each for kind, each in written.get("kinds", {}).items() if each}
    for place, mapping in mappings.items():
        if isinstance(theirs := mapping.get("columns", {}).get(ours), str):
            yield place, theirs
