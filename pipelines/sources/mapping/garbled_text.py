"""Recognises text that was damaged before it reached us: read in a wrong encoding once, or written as HTML.

Put here: what damage looks like in a text that is valid UTF-8. Keep out: the encoding of a file
(`readers/decoding.py`).

`Köln` read as Windows-1252 and saved as UTF-8 is `KÃ¶ln`; a letter that a tool could not write is U+FFFD; a web shop
writes `K&ouml;ln`.
"""

from regulars.pipelines.warehouse.sql_text import quote_literal

_CONTINUATION = r"\x{80}-\x{bf}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
"""What bytes 80 to BF are in Windows-1252 and in Latin-1: a letter of UTF-8 continues with them."""
GARBLED = rf"\x{{fffd}}|[ÃÂÄÅĂĹ][{_CONTINUATION}]|â€|&([A-Za-z]{{2,8}}|#[0-9]{{2,6}});"
"""A regular expression of such damage; `Ä` before `™` and the like stands in no word of any language."""


def is_garbled(value: str) -> str:
    """SQL: whether a text, given as SQL, shows such damage."""
    return f"regexp_matches({value}, {quote_literal(GARBLED)})"
