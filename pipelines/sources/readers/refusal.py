"""Defines the refusal of a delivered file, and words the header names that its sentence may show.

Put here: the refusal itself. Keep out: reading files, and deciding what a refusal means for the run.
"""

import difflib
from collections.abc import Iterable
from typing import Literal

ReasonCode = Literal[
    "missing",
    "unfetched",
    "late",
    "empty",
    "growing",
    "truncated",
    "damaged",
    "not_a_table",
    "undecodable",
    "too_large",
    "shrunk",
    "missing_column",
    "ambiguous_column",
    "unreadable",
    "mapping",
    "quarantined",
    "finding",
]

_LONGEST_NAME = 60


class Refusal(Exception):
    """The run does not use a file (or a source).

    Args:
        reason_code: A word for machines.
        sentence: Which file, where in it, and what to do. Holds no value of the file.
    """

    def __init__(self, reason_code: ReasonCode, sentence: str) -> None:
        super().__init__(sentence)
        self.reason_code = reason_code
        self.sentence = sentence


def find_nearest(name: str, names: Iterable[str]) -> str | None:
    """The most similar of `names` that look like names, whatever the case; None when none is similar."""
    by_folded = {candidate.strip().casefold(): candidate for candidate in names if _looks_like_a_name(candidate)}
    close = difflib.get_close_matches(name.strip().casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """` (did you mean `x`?)`, or nothing when no name is similar."""
    found = find_nearest(name, names)
    return f" (did you mean `{found}`?)" if found else ""


def list_header(names: Iterable[str]) -> str:
    """`the file has ...`, with the header names that look like names.

    A file delivered without its header line has a customer's values there, which no sentence may hold.
    """
    cells = list(names)
    shown = [f"`{cell}`" for cell in cells if _looks_like_a_name(cell)]
    hidden = len(cells) - len(shown)
    if not hidden:
        return f"the file has {', '.join(shown)}"
    do = "does" if hidden == 1 else "do"
    more = f"{hidden} more that {do} not look like a name: see that its first line is the header"
    return f"the file has {', '.join(shown)} and {more}" if shown else f"the file has no name in its header and {more}"


def list_columns(names: Iterable[str]) -> str:
    """`the column `a`, `b``; what does not look like a name, and may be a value, is only counted."""
    cells = list(names)
    shown = [f"`{cell}`" for cell in cells if _looks_like_a_name(cell)]
    hidden = len(cells) - len(shown)
    more = [f"{hidden} more"] if hidden and shown else [f"{hidden} that do not look like names"] if hidden else []
    return f"the column{'s' if len(cells) > 1 else ''} {', '.join([*shown, *more])}"


def _looks_like_a_name(cell: str) -> bool:
    letters = [letter for letter in cell if not letter.isspace()]
    digits = sum(letter.isdigit() for letter in letters)
    return "@" not in cell and len(cell) <= _LONGEST_NAME and 2 * digits <= len(letters)
