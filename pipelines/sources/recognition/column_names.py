"""Compares the names of a file's columns with what columns are called in exports (`column_names.yaml`).

Put here: names without their writing, and which column of ours a name means. Keep out: what values say (`guess.py`).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from regulars.pipelines.sources.formats.currency_words import drop_currency_words
from regulars.pipelines.sources.recognition.amounts import (
    drop_doubtful_tax_words,
    drop_tax_words,
    is_nothing_but_tax,
    order_by_tax,
)
from regulars.pipelines.sources.recognition.column_facts import ColumnFacts

_NAMES = Path(__file__).with_name("column_names.yaml")


@cache
def read_names() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Kind -> our column -> its plain names, the likelier ones first."""
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(_NAMES.read_text(encoding="utf-8"))
    return {
        kind: {ours: [plain_name(name) for name in names] for ours, names in columns.items()}
        for kind, columns in found.items()
    }


def plain_name(name: str) -> str:
    """`Customer_ID (UTC)` as `customer id`: small letters, one blank for whatever stands between them."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"\(.*?\)", " ", name))
    # a mark that joins a letter, as Indic vowels do, is no blank between two words
    letters = (letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " " for letter in spaced)
    return " ".join("".join(letters).casefold().split())


def match_names(kind: str, by_name: Mapping[str, ColumnFacts]) -> Iterator[tuple[str, ColumnFacts]]:
    """Our columns of a kind that a file has by name, each with the file's; no column means two.

    Args:
        kind: The kind.
        by_name: The file's columns by their plain names.
    """
    used: set[str] = set()
    for ours, names in read_names()[kind].items():
        named = [by_name[name] for name in names if name in by_name and by_name[name].column not in used]
        # a column without a value gives way to one that has some
        found = next((each for each in named if each.filled), named[0] if named else None)
        if found is not None:
            used.add(found.column)
            yield ours, found


def bare_name(name: str) -> str:
    """A plain name without what it says of tax and of the currency: `total_eur (incl. VAT)` as `total`."""
    return plain_name(drop_currency_words(drop_tax_words(name)))


def name_facts(facts: Sequence[ColumnFacts]) -> dict[str, ColumnFacts]:
    """Columns by their plain names, with and without what these say of tax and of the currency.

    Of equal names the one without tax is taken.
    """
    ordered = order_by_tax(facts)[::-1]
    amounts = {*read_names()["orders"]["gross_sales"], *read_names()["order_lines"]["unit_price"]}
    doubtful = {plain_name(drop_doubtful_tax_words(each.column)): each for each in ordered}
    doubtful = {name: each for name, each in doubtful.items() if name in amounts}
    # `TTC` alone is an amount, and so is `Netto DKK`
    alone = [each for each in ordered if is_nothing_but_tax(drop_currency_words(each.column))]
    nameless = {"amount": alone[-1]} if alone else {}
    bare = {bare_name(each.column): each for each in ordered}
    without = {plain_name(drop_tax_words(each.column)): each for each in ordered}
    undivided = {plain_name(each.column.casefold()): each for each in ordered}  # `MwSt` is one word
    return nameless | doubtful | bare | without | undivided | {plain_name(each.column): each for each in ordered}
