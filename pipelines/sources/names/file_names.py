"""Reads what the name of a file claims about its age: a number, or a day.

Put here: the claim. Keep out: which version is newest; a name never decides that.
"""

import re
from pathlib import PurePosixPath

_DIGITS = re.compile(r"(\d+)")
_COPY = re.compile(r"^(?P<name>.*?)(?: ?\((?P<copy>\d+)\))?$")
_DAY_FIRST = re.compile(r"(?<!\d)\d{1,2}[-._]\d{1,2}[-._]\d{4}(?!\d)")

Claim = tuple[str, tuple[int, ...]]
"""The name without its numbers, and the numbers: the claims of two names can be compared where the first is equal."""


def split_digits(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts names in natural order."""
    parts = _DIGITS.split(name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts] + [(2, 0, name)]


def read_claim(file_name: str) -> Claim | None:
    """What a name claims; None where it has no number, or a day with the year last, whose parts sort otherwise.

    A browser's copies claim an order too: `orders.csv`, `orders (1).csv`, `orders (2).csv`.
    """
    path = PurePosixPath(PurePosixPath(file_name).name.removesuffix(".gz"))
    stem, ending = path.stem, path.suffix
    copied = _COPY.match(stem)
    if copied is None or _DAY_FIRST.search(stem):
        return None
    parts = _DIGITS.split(copied["name"])
    numbers = tuple(int(part) for part in [*parts[1::2], copied["copy"] or 0])
    return f"{'#'.join(parts[::2])}{ending}", numbers
