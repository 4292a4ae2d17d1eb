"""Says how well a decoded text looks like a language: its letters, how they stand in words, words of its headers.

Put here: one text and one language. Keep out: which encoding is meant (`text_encodings.py`).
"""

import itertools
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_LANGUAGES = Path(__file__).with_name("languages.yaml")
_PUNCTUATION = frozenset("\u00a0\u202f\u00ad–—‑-‘’‚“”„«»‹›…·•°§©®™€£¥¢±×½¼¾²³¹ªº№´¡¿¤†‡%‰")
_WIDE = re.compile(r"[\u3000-\u303f\uff00-\uffef\u30fb\u30fc\u2010-\u2027]")
_WORD = re.compile(r"(?:[^\W\d_]|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u064b-\u0652])+")
"""Letters, with the marks that Thai and Arabic put above and below them."""
_SIGNS = re.escape("".join(sorted(_PUNCTUATION - frozenset("\u00ad\u00a0’‘´·-‑–"))))
_SIGN_IN_WORD = re.compile(rf"(?<=[^\W\d_])[{_SIGNS}](?=[^\W\d_])")
_SIGN_BEFORE_WORD = re.compile(r"(?<![^\W\d_])[©®¹²³¼½¾§×ªº¿¡»›](?=[^\W\d_]|[©®¹²³¼½¾§×ªº¿¡»›][^\W\d_])")
"""What other encodings make of capitals: `©»astný` for `Šťastný`."""
_LONG_WORD = 3
_FEW_STRANGE = 0.2
"""`Żółć` has no plain letter; few words are so."""
_MANY_LETTERS = 12
_LEVEL_ONE = {"gb2312": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "shift_jis": (0x88, 0x98)}
"""Encoding -> the first bytes of the characters that are in everyday use."""


@dataclass(frozen=True)
class Language:
    """A language, or several that are written alike.

    Attributes:
        name: Its name.
        encodings: What texts in it are written in, besides Unicode; the likelier ones first.
        letters: Its letters beyond a to z, capitals too; empty where `script` or `common` says which.
        nations: Letters of each nation, where several write alike.
        script: The first and the last character of its script.
        common: The encoding that knows its everyday characters; empty where it has an alphabet.
        words: Words of headers.
    """

    name: str
    encodings: tuple[str, ...]
    letters: frozenset[str]
    nations: tuple[frozenset[str], ...]
    script: tuple[int, int] | None
    common: str
    words: frozenset[str]

    @property
    def is_latin(self) -> bool:
        """Whether it is written in the Latin script."""
        return any(letter < "\u0250" for letter in self.letters)

    def knows(self, letter: str) -> bool:
        """Whether a character is a letter of it, in everyday use."""
        if self.script is not None:
            return self.script[0] <= ord(letter) <= self.script[1]
        return _is_common(letter, self.common) if self.common else letter in self.letters


@dataclass(frozen=True)
class Fit:
    """How well a text looks like a language.

    Attributes:
        language: The language.
        share: The share of the letters beyond ASCII that are its letters, where they may stand; 0 to 1.
        national: The same for the nation that fits best, where several write alike.
        letter_count: How many letters beyond ASCII there are.
        words: How many of the words of the header are its words; one beyond ASCII counts twice.
    """

    language: Language
    share: float
    national: float
    letter_count: int
    words: int


@cache
def list_languages() -> tuple[Language, ...]:
    """All languages of the list."""
    found = yaml.safe_load(_LANGUAGES.read_text(encoding="utf-8"))
    return tuple(
        Language(
            name,
            tuple(each["encodings"]),
            _with_capitals(each.get("letters", "")),
            tuple(map(_with_capitals, each.get("nations", {}).values())),
            tuple(each["script"]) if "script" in each else None,
            each.get("common", ""),
            frozenset(map(str, each["words"])),
        )
        for name, each in found.items()
    )


def measure_fit(text: str, header: str, language: Language) -> Fit:
    """How well a text looks like a language.

    Args:
        text: Lines with letters beyond ASCII.
        header: The line of its header.
        language: The language.
    """
    counts = Counter(letter for letter in text if not letter.isascii() and letter not in _PUNCTUATION)
    if not language.is_latin:
        counts = Counter({letter: n for letter, n in counts.items() if not _WIDE.match(letter)})
    total = counts.total()
    if not total:
        return Fit(language, 0.0, 0.0, 0, 0)
    words = Counter(_WORD.findall(text))
    strange = sum(_count_strange(word, language) * n for word, n in words.items())
    if language.is_latin and strange <= total * _FEW_STRANGE:
        strange = 0
    odd = strange + sum(_count_odd(word) * n for word, n in words.items())
    odd += len(_SIGN_IN_WORD.findall(text)) if language.is_latin else 0
    odd += len(_SIGN_BEFORE_WORD.findall(text)) if language.is_latin and not language.nations else 0
    if total >= _MANY_LETTERS and not language.is_latin and not _has_capitals(counts):
        odd = total  # no list of names is without capitals
    known = sum(n for letter, n in counts.items() if language.knows(letter))
    national = max(
        (sum(n for letter, n in counts.items() if letter in each) for each in language.nations), default=known
    )
    return Fit(language, max(0, known - odd) / total, national / total, total, _count_words(header, language))


def _has_capitals(letters: Counter[str]) -> bool:
    """Whether one letter is a capital, where the script has any."""
    return not any(each.islower() for each in letters) or any(each.isupper() for each in letters)


def _count_strange(word: str, language: Language) -> int:
    """How many letters beyond ASCII a word has that is of no such script: a Latin one has plain letters too."""
    beyond = sum(not letter.isascii() for letter in word)
    has_plain = beyond < len(word)
    is_strange = not has_plain and len(word) >= _LONG_WORD if language.is_latin else has_plain
    return beyond if beyond and is_strange else 0


def _count_odd(word: str) -> int:
    """How many letters beyond ASCII a word has where none has them: a capital behind a small letter, an end within."""
    beyond = sum(not letter.isascii() for letter in word)
    if not beyond:
        return 0
    inner = itertools.pairwise(word)
    if any(one.islower() and two.isupper() and not (one.isascii() and two.isascii()) for one, two in inner):
        return beyond
    is_ended_within = "ς" in word[:-1]
    begins_within = unicodedata.category(word[0])[0] == "M"
    return beyond if is_ended_within or begins_within else 0


def _count_words(header: str, language: Language) -> int:
    cells = re.split(r"[,;|\t\"]+", unicodedata.normalize("NFC", header).lower())
    words = {word for cell in cells for word in (cell.strip(), *re.split(r"[\W_]+", cell))}
    return sum(1 if word.isascii() else 2 for word in words & language.words)


def _with_capitals(letters: str) -> frozenset[str]:
    return frozenset(letter for letter in letters + letters.upper() if not letter.isascii())


@cache
def _is_common(letter: str, encoding: str) -> bool:
    """Whether a character is in everyday use; Japanese has syllables too."""
    if encoding == "shift_jis" and "\u3041" <= letter <= "\u30ff":
        return True
    try:
        lead = letter.encode(encoding)[0]
    except UnicodeEncodeError:
        return False
    first, last = _LEVEL_ONE[encoding]
    return first <= lead <= last
