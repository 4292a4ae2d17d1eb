"""What makes a theme: terms per language, and phrases in which a term does not count.

Put here: the shape of the rules, and what a written term looks for. Keep out: reading the file (`rules_file.py`) and
looking through comments (`matching.py`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from regulars.pipelines.definitions.enumerations import UNKNOWN
from regulars.pipelines.themes.gaps import GAP
from regulars.pipelines.themes.text import normalize_texts

UNKNOWN_LANGUAGE = UNKNOWN
FEWEST_LETTERS = 3
"""A shorter term of Latin letters would begin every tenth word."""
WORD_ENDS = "."
"""Written behind a term: the word has to end there, so that `late.` does not find `later`."""
_WITHOUT_BLANKS = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of Chinese, Japanese, Thai, Lao and Khmer, which are written without blanks between words."""
_LATIN = re.compile("[a-z]")


@dataclass(frozen=True)
class Term:
    """One term of a theme.

    Attributes:
        theme: The theme's name.
        language: Such as `fi`.
        written: As it stands in the file.
        line: Where it stands, from 1.
        column: Where it stands, from 1.
        pattern: What is looked for in a text that `normalize_text` wrote.
        is_weak: Whether it counts only where no theme of `Theme.unless` is found.
    """

    theme: str
    language: str
    written: str
    line: int
    column: int
    pattern: str = ""
    is_weak: bool = False


@dataclass(frozen=True)
class Theme:
    """A theme: the patterns of each language.

    Attributes:
        name: In snake_case.
        terms: Any of them makes a comment one of the theme.
        exceptions: Language -> phrases inside which a term does not count, as patterns.
        unless: Themes beside which a weak term does not count; None: all others.
    """

    name: str
    terms: tuple[Term, ...]
    exceptions: Mapping[str, tuple[str, ...]]
    unless: tuple[str, ...] | None = None

    def list_patterns(self, language: str | None, *, is_weak: bool = False) -> list[str]:
        """The patterns for a comment in a language; None: all languages'."""
        terms = [each for each in self.terms if each.is_weak == is_weak]
        return sorted({each.pattern for each in terms if language in (None, each.language)})

    def list_exceptions(self, language: str | None) -> list[str]:
        """The exceptions for a comment in a language; None: all languages'."""
        found = [each for name, phrases in self.exceptions.items() if language in (None, name) for each in phrases]
        return sorted(set(found))


@dataclass(frozen=True)
class ThemeRules:
    """All themes of a company.

    Attributes:
        file: The file's name, for sentences.
        sha256: Of the file's bytes.
        themes: In the order of the file.
    """

    file: str
    sha256: str
    themes: tuple[Theme, ...]

    @property
    def languages(self) -> frozenset[str]:
        """The languages that have a term."""
        return frozenset(term.language for theme in self.themes for term in theme.terms)


def make_patterns(written: Sequence[str]) -> list[str]:
    """What is looked for when a term is written: the begin of a word, or of the last word of a phrase.

    A term of a script without blanks is found anywhere; one with a full stop behind it ends with its word. One with a
    gap is several of these, with `GAP` between them.

    Args:
        written: The terms of the file.

    Returns:
        A pattern for each; empty where a term has no letter.
    """
    parts = [(number, part) for number, term in enumerate(written) for part in term.split(GAP)]
    normalized = normalize_texts(pl.Series([part for _, part in parts], dtype=pl.String)).to_list()
    patterns: list[list[str]] = [[] for _ in written]
    for (number, part), text in zip(parts, normalized, strict=True):
        patterns[number].append(_make_pattern(part, text.strip()))
    return [GAP.join(each) if all(each) else "" for each in patterns]


def _make_pattern(written: str, normalized: str) -> str:
    if not normalized or _WITHOUT_BLANKS.search(normalized):
        return normalized
    return f" {normalized} " if written.rstrip().endswith(WORD_ENDS) else f" {normalized}"


def is_too_short(pattern: str) -> bool:
    """Whether a pattern of Latin letters has fewer than `FEWEST_LETTERS` of them."""
    return bool(_LATIN.search(pattern)) and sum(letter.isalnum() for letter in pattern) < FEWEST_LETTERS
