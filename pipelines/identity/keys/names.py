"""Folds the names of people, and decides whether two names belong to two people.

Put here: names as evidence. Keep out: which records a key links (`phones.py`, `named_emails.py`).
"""

from functools import cache
from pathlib import Path

import polars as pl
import yaml

NICKNAMES_FILE = Path(__file__).with_name("nicknames.yaml")

Name = tuple[str, str]
"""Given and family name, folded."""


def fold_names() -> list[pl.Expr]:
    """`given` and `family`: the first and the last word of a name, without accents and capitals; NULL without one."""
    full = pl.concat_str(pl.col("first_name", "last_name").fill_null(""), separator=" ")
    words = (
        full.str.normalize("NFKD")
        .str.replace_all(r"\p{M}", "")
        .str.to_lowercase()
        .str.extract_all(r"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")
    )
    return [
        words.list.first().alias("given"),
        pl.when(words.list.len() > 1).then(words.list.last()).alias("family"),
    ]


def differ_clearly(one: Name, other: Name) -> bool:
    """Whether two names cannot be one person's: the given names differ, and neither is like the other's family name.

    Two words are like each other if they are equal, if one begins the other (`Jo`, `Johanna`, `J`), if they are
    nicknames of each other (`Bob`, `Robert`), or if they differ by one typing error (two in words of six letters and
    more). So a married name, or a given name written after the family name, is not a difference.
    """
    return not (_are_like(one[0], other[0]) or one[0] == other[1] or other[0] == one[1])


def _are_like(one: str, other: str) -> bool:
    if one.startswith(other) or other.startswith(one) or not _read_nicknames(one).isdisjoint(_read_nicknames(other)):
        return True
    return _count_typing_errors(one, other) <= (2 if min(len(one), len(other)) >= 6 else 1)


def _count_typing_errors(one: str, other: str) -> int:
    """The least number of letters left out, added, replaced or swapped with the next (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, against in enumerate(other, 1):
            fewest = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != against))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == against:
                fewest = min(fewest, before[column - 2] + 1)
            current.append(fewest)
        before, last = last, current
    return last[-1]


@cache
def _group_nicknames() -> dict[str, frozenset[int]]:
    groups: dict[str, set[int]] = {}
    for number, line in enumerate(yaml.safe_load(NICKNAMES_FILE.read_text(encoding="utf-8"))):
        for name in line.split():
            groups.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in groups.items()}


def _read_nicknames(name: str) -> frozenset[int]:
    """The lines of the file of nicknames on which a name stands."""
    return _group_nicknames().get(name, frozenset())
