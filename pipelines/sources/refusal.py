"""Why a delivered file is not used, in one sentence, and the nearest name to one that was misspelt.

Put here: the refusal itself. Keep out: looking at files, and deciding what a refusal means for the night.
"""

import difflib
from collections.abc import Iterable
from typing import Literal

ReasonCode = Literal[
    "missing",
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
]


class Refusal(Exception):
    """One file (or source) is not used tonight.

    Args:
        reason_code: A word for machines.
        sentence: Which file, where in it, and what to do. Holds no value of the file.
    """

    def __init__(self, reason_code: ReasonCode, sentence: str) -> None:
        super().__init__(sentence)
        self.reason_code = reason_code
        self.sentence = sentence


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The most similar of `names`, whatever the case; None when none is similar."""
    by_folded = {candidate.strip().casefold(): candidate for candidate in names}
    close = difflib.get_close_matches(name.strip().casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """` (did you mean `x`?)`, or nothing when no name is similar."""
    found = nearest(name, names)
    return f" (did you mean `{found}`?)" if found else ""
