"""Finds out which encoding a text is in that is no UTF-8: the one in which it looks like one language.

Put here: comparing encodings, and when several signs agree. Keep out: what a language looks like (`languages.py`), and
decoding files (`decoding.py`).
A detector alone is not believed: of short lists of names charset-normalizer takes Czech for Slovene and cp1250 for a
Mac's encoding. An encoding is sure where the letters fit one language in it and no other encoding, and the header has
words of that language, or charset-normalizer reads the same text.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charset_normalizer import from_bytes

from regulars.pipelines.sources.readers.encodings.languages import Fit, list_languages, measure_fit

_FITTING = 0.97
_FITTING_CHARACTERS = 0.85
"""Names are written in rarer characters too."""
_NATIONAL = 0.9
"""So much of a text's letters a Western European nation must know where another language fits as well."""
_FEWEST_LETTERS = 12
"""Of so many, the letters and charset-normalizer together are two signs; of fewer, they are none."""
_FEWEST_TO_GUESS = 3
"""Of fewer letters, one language fits as well as another."""
_SHOWN_WORDS = 4


@dataclass(frozen=True)
class Reading:
    """A text as one encoding reads it.

    Attributes:
        encoding: The encoding, as the settings write it.
        text: The text.
        fit: The language that it looks like most.
    """

    encoding: str
    text: str
    fit: Fit

    @property
    def words(self) -> str:
        """Some of its words, for people.

        Plain letters of Latin words, and all but the first letters of others, are dots, so that nobody is named.
        """
        found = dict.fromkeys(_mask(word) for word in re.findall(r"[^\W\d_]{2,}", self.text) if not word.isascii())
        return " ".join(list(found)[:_SHOWN_WORDS])


@dataclass(frozen=True)
class EncodingFound:
    """What the bytes say.

    Attributes:
        readings: The encodings in which the text looks like a language, the likelier ones first.
        is_sure: Whether several signs agree in the first.
        signs: What says so, in words.
    """

    readings: tuple[Reading, ...] = ()
    is_sure: bool = False
    signs: str = ""

    @property
    def encoding(self) -> str:
        """The likeliest encoding; empty: none."""
        return self.readings[0].encoding if self.readings else ""

    @property
    def guess(self) -> str:
        """The likeliest encoding where there are enough letters for a guess; else empty."""
        is_enough = bool(self.readings) and self.readings[0].fit.letter_count >= _FEWEST_TO_GUESS
        return self.encoding if is_enough else ""

    @property
    def is_western(self) -> bool:
        """Whether it may well be Windows-1252, as which it is read where nothing is said."""
        return not self.readings or self.is_clearly_western or [each.encoding for each in self.readings] == ["cp1252"]

    @property
    def is_clearly_western(self) -> bool:
        """Whether its letters are those of one nation whose texts are in Windows-1252."""
        return self.guess == "cp1252" and self.readings[0].fit.national >= _NATIONAL


def find_utf16(start: bytes) -> str:
    """`utf-16-le` or `utf-16-be` for a text without a mark; empty where it is none.

    Args:
        start: The first bytes of a file.
    """
    whole = start[: len(start) // 2 * 2]
    zeros = whole[::2].count(0), whole[1::2].count(0)
    for encoding, here, there in (("utf-16-le", zeros[1], zeros[0]), ("utf-16-be", zeros[0], zeros[1])):
        if there * 5 <= here and here * 20 > len(whole):
            try:
                text = codecs.getincrementaldecoder(encoding)().decode(whole)
            except UnicodeDecodeError:
                continue
            if "\n" in text or "\r" in text:
                return encoding
    return ""


def find_text_encoding(header: bytes, sample: bytes) -> EncodingFound:
    """The encoding of a text that is no UTF-8, with what speaks for it.

    Args:
        header: Its first line.
        sample: Some of its lines that have bytes beyond ASCII.
    """
    readings = _drop_unlikely(list(_list_readings(header, sample)))
    if not readings:
        return EncodingFound()
    best = readings[0]
    others = [each for each in readings[1:] if each.fit.words >= best.fit.words]
    rivals = [each for each in readings[1:] if each.text != best.text]
    letters = best.fit.letter_count
    said = "1 letter beyond ASCII is" if letters == 1 else f"{letters:,} letters beyond ASCII are"
    signs = [f"its {said} {best.fit.language.name}"]
    if best.fit.words >= 2:
        signs.append("its header has words of that language")
    if letters >= _FEWEST_LETTERS and _agrees(sample, best):
        signs.append("charset-normalizer reads the same text")
    is_sure = len(signs) > 1 and not (others if best.fit.words >= 2 else rivals)
    return EncodingFound(tuple(readings), is_sure, ", and ".join(signs))


def _list_readings(header: bytes, sample: bytes) -> Iterator[Reading]:
    """The text in each encoding in which it looks like a language; of equal texts, in the likeliest encoding."""
    seen: dict[str, Reading] = {}
    for language in list_languages():
        for encoding in language.encodings:
            try:
                text, first = codecs.getincrementaldecoder(encoding)().decode(sample), header.decode(encoding)
            except UnicodeDecodeError:
                continue
            fit = measure_fit(text, first, language)
            fitting = _FITTING_CHARACTERS if language.common else _FITTING
            if fit.share >= fitting and (text not in seen or fit.words > seen[text].fit.words):
                seen[text] = Reading(encoding.replace("_", "-") if "iso" in encoding else encoding, text, fit)
    yield from sorted(seen.values(), key=lambda each: (-each.fit.words, -each.fit.national, -each.fit.share))


def _drop_unlikely(readings: Sequence[Reading]) -> list[Reading]:
    """Without those that another makes unlikely: Chinese characters that are all Korean syllables too."""
    kept = list(readings)
    if any(each.fit.language.name == "Korean" for each in kept):
        kept = [each for each in kept if not each.fit.language.common or each.fit.words]
    western = [each for each in kept if each.fit.language.nations]
    if western and western[0].encoding == "cp1252" and western[0].fit.national >= _NATIONAL:
        kept = [western[0], *(each for each in kept if each.fit.words > western[0].fit.words)]
        kept.sort(key=lambda each: -each.fit.words)
    return kept


def _agrees(sample: bytes, reading: Reading) -> bool:
    best = from_bytes(sample).best()
    return best is not None and str(best).replace("\r\n", "\n") == reading.text.replace("\r\n", "\n")


def _mask(word: str) -> str:
    if re.search(r"[a-zA-Z]", word) or ord(max(word)) < 0x250:
        return re.sub("[a-zA-Z]", "·", word)
    return word[0] + "·" * (len(word) - 1)
