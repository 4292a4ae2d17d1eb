"""Decides whether bytes that are not UTF-8 are clearly text in Windows-1252, or may be in another encoding.

Put here: the doubt. Keep out: decoding (`decoding.py`).
Almost any bytes can be decoded as Windows-1252, so that they can says nothing. Two judges must both doubt it: in
Western European words accented letters stand between plain ones and signs stand between words; and charset-normalizer,
which knows how languages look, must not count Windows-1252 among the encodings that fit.

Where they do not doubt it, it may still be wrong: `Plzeň` in cp1250 is a well-formed `Plzeò` in cp1252. No detector
tells them apart in a file of names: of Czech, Hungarian and Turkish cities charset-normalizer finds both as coherent.
A file whose letters are the same in all Windows encodings of the Latin script (`ä ö ü é` …) is safe; any other is said.
"""

from pathlib import Path

from charset_normalizer import from_bytes

_SAMPLE_BYTES = 1 << 16
_CHUNK = 1 << 20
_ODD_SHARE = 0.25
_TELLING_COHERENCE = 0.3
_SIGNS_IN_WORDS = "\u2019\u00b4\u00b7\u00a0\u00ad"
_SIGNS_BEFORE_WORDS = "\u20ac\u00ab\u201c\u201e\u2018\u201a\u00bf\u00a1"


def _list_doubtful_bytes() -> frozenset[int]:
    """The bytes of letters that other encodings of the Latin script read as another character.

    These are letters that cp1250 (Czech, Hungarian, Polish …) and cp1254 (Turkish) have elsewhere, and those from 80 to
    9F, which hardly occur in Western European words but are `ä ö ü` of a Mac.
    """
    others = ("cp1250", "cp1254")
    read = {byte: bytes([byte]).decode("cp1252", errors="replace") for byte in range(0x80, 0x100)}
    return frozenset(
        byte
        for byte, letter in read.items()
        if letter.isalpha()
        and (byte < 0xA0 or any(bytes([byte]).decode(other, errors="replace") != letter for other in others))
    )


_DOUBTFUL = _list_doubtful_bytes()


def has_doubtful_letters(path: Path) -> bool:
    """Whether a text that is read as Windows-1252 has letters that another Latin encoding reads otherwise.

    Args:
        path: The text.
    """
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if not chunk.isascii() and not _DOUBTFUL.isdisjoint(chunk):
                return True
    return False


def guess_other_encoding(path: Path) -> str | None:
    """The encoding that a text is probably in, empty when it is too short to tell; None where Windows-1252 is as good.

    Args:
        path: A text that can be decoded as Windows-1252, and not as UTF-8.
    """
    sample = read_lines_with_letters(path)
    if _is_clearly_western(sample.decode("cp1252", errors="replace")):
        return None
    matches = from_bytes(sample)
    fitting = {name for match in matches for name in (match.encoding, *match.could_be_from_charset)}
    best = matches.best()
    if best is None or "cp1252" in fitting:
        return None
    return str(best.encoding) if best.coherence >= _TELLING_COHERENCE else ""


def read_lines_with_letters(path: Path) -> bytes:
    """The first lines of a file that have bytes beyond ASCII.

    Args:
        path: The file.
    """
    sample = b""
    with path.open("rb") as stream:
        while len(sample) < _SAMPLE_BYTES and (line := stream.readline(_SAMPLE_BYTES)):
            sample += b"" if line.isascii() else line
    return sample


def _is_clearly_western(text: str) -> bool:
    """Whether few of the characters beyond ASCII stand where Western European words have none."""
    beyond = [place for place, character in enumerate(text) if not character.isascii()]
    odd = sum(_is_odd(text, place) for place in beyond)
    return odd <= _ODD_SHARE * len(beyond)


def _is_odd(text: str, place: int) -> bool:
    """Whether a letter beyond ASCII has such a neighbour, or a sign beyond ASCII stands in a word."""
    before, here, behind = text[max(place - 1, 0) : place], text[place], text[place + 1 : place + 2]
    if here.isalpha():
        return any(not other.isascii() for other in (before, behind))
    return here not in _SIGNS_IN_WORDS and behind.isalpha() and (before.isalpha() or here not in _SIGNS_BEFORE_WORDS)
