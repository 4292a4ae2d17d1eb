"""Terms with a gap: two words, the second of which comes soon behind the first.

Put here: what such a term looks for. Keep out: what other terms look for (`rules.py`).
"""

import re
from collections.abc import Sequence

GAP = "..."
"""Stands between the words of such a term: `waited ... reply`."""
_DOTS = re.compile(r"[.．。…⋯‥]{2,}|[…⋯‥]")
MOST_WORDS_BETWEEN, MOST_LETTERS_BETWEEN = 3, 6
"""Letters count where a script has no blanks between words."""
_TERMS_AT_ONCE = 20
"""Of 300 in one regular expression, the search took a thousand times longer than of 20."""


def find_odd_dots(written: str) -> str | None:
    """Dots of a written term that look like a gap and are none, such as `..` and `…`; None without any."""
    return next((dots for dots in _DOTS.findall(written) if dots != GAP), None)


def has_gap(pattern: str) -> bool:
    """Whether a pattern is of a term with a gap."""
    return GAP in pattern


def write_expressions(patterns: Sequence[str]) -> list[str]:
    """Regular expressions that find what any of the patterns with a gap finds.

    Args:
        patterns: As `make_patterns` returns them; those without a gap are left out.
    """
    each = [write_expression(pattern) for pattern in patterns if has_gap(pattern)]
    return ["|".join(each[start : start + _TERMS_AT_ONCE]) for start in range(0, len(each), _TERMS_AT_ONCE)]


def write_expression(pattern: str) -> str:
    """The regular expression of one pattern with a gap."""
    first, *others = pattern.split(GAP)
    written = re.escape(first)
    for before, behind in zip([first, *others], others, strict=False):
        if before.startswith(" ") and behind.startswith(" "):
            end_of_word = "" if before.endswith(" ") else "[^ ]* "
            written += end_of_word + f"(?:[^ ]+ ){{0,{MOST_WORDS_BETWEEN}}}" + re.escape(behind[1:])
        else:
            written += f".{{0,{MOST_LETTERS_BETWEEN}}}" + re.escape(behind)
    return written
