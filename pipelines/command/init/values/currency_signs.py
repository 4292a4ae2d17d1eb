"""Finds the currency of amounts that no column names: by the sign beside the numbers, or by the header.

Put here: which currencies a sign may mean. Keep out: how numbers are written (`written_formats.py`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regulars.pipelines.command.init.drafts import Draft, Question

_SIGNS: Mapping[str, tuple[str, ...]] = {
    "€": ("EUR",),
    "£": ("GBP",),
    "R$": ("BRL",),
    "zł": ("PLN",),
    "Kč": ("CZK",),
    "Ft": ("HUF",),
    "CHF": ("CHF",),
    "₹": ("INR",),
    "₽": ("RUB",),
    "₺": ("TRY",),
    "₩": ("KRW",),
    "₪": ("ILS",),
    "৳": ("BDT",),
    "฿": ("THB",),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"),
}
_CODES = {code for codes in _SIGNS.values() for code in codes}
_AMOUNTS = ("gross_sales", "unit_price", "amount")


def settle_currencies(drafts: Sequence[Draft], company_currency: str) -> None:
    """Set the currency that the signs or headers of a source name; ask where a sign may mean several.

    Args:
        drafts: The drafts, which are changed.
        company_currency: The currency of the company, which amounts without another are in; empty: not known yet.
    """
    for draft in drafts:
        if not draft.currency and "currency" not in draft.written:
            _settle(draft, company_currency)


def _settle(draft: Draft, company_currency: str) -> None:
    found = list(_list_currencies(draft))
    if not found:
        return
    what, codes = found[0]
    if len(codes) == 1:
        draft.written["currency"] = draft.currency = codes[0]
        draft.reasons.append(f"{what} says that its amounts are {codes[0]}")
        draft.questions = [each for each in draft.questions if each.key != "currency"]
    elif company_currency not in codes and all(each.key != "currency" for each in draft.questions):
        draft.questions.append(Question("currency", f"{what} may mean {', '.join(codes)}: which currency is it?"))


def _list_currencies(draft: Draft) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What names a currency, and which it may be: the sign of the numbers, then codes and signs in headers."""
    sign = draft.written.get("options", {}).get("currency_sign", "")
    if sign in _SIGNS:
        yield f"the sign `{sign}`", _SIGNS[sign]
    for header in _list_amounts(draft.written):
        for code in re.findall(r"\b[A-Z]{3}\b", header):
            if code in _CODES:
                yield f"the header `{header}`", (code,)
        for sign in re.findall(r"R\$|[€£$¥₹₽₺₩₪৳฿]", header):
            yield f"the header `{header}`", _SIGNS[sign]


def _list_amounts(written: Mapping[str, Any]) -> Iterator[str]:
    """The columns of the file that are amounts, as a guess has mapped them."""
    mappings = [written, *written.get("kinds", {}).values()]
    for mapping in mappings:
        for ours in _AMOUNTS:
            if isinstance(theirs := mapping.get("columns", {}).get(ours), str):
                yield theirs
