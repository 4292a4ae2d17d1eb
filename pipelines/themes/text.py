"""Brings what customers write into one spelling, so that a term needs to be written once.

Put here: spelling. Keep out: which terms make a theme (`rules.py`) and looking for them (`matching.py`).
"""

import polars as pl

_SAME_LETTERS = {"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i", "ς": "σ"}
"""Letters that many keyboards and writers replace, and that no form of Unicode takes apart."""
_MARKS = "[\u0300-\u036f\u200c\u200d]"
"""Accents of Latin, Greek and Cyrillic letters, and joiners that nobody sees. The vowels of Bengali are marks too: what
lies outside this range stays."""


def normalize_text(text: pl.Expr) -> pl.Expr:
    """Write a text in one spelling: its words in small letters without accents, one blank between and around them.

    Compatibility forms (`ＯＫ！`) become plain ones, `spóźnione` and `spoznione` the same, and the two spellings of
    Bengali letters one. A text without any word becomes a single blank.

    Args:
        text: String; NULL stays NULL.
    """
    plain = text.str.normalize("NFKC").str.to_lowercase().str.normalize("NFD").str.replace_all(_MARKS, "")
    words = plain.str.normalize("NFC").str.replace_many(_SAME_LETTERS).str.replace_all(r"\W+", " ")
    return pl.format(" {} ", words.str.strip_chars(" ")).str.replace_all("^ +$", " ")


def normalize_texts(texts: pl.Series) -> pl.Series:
    """As `normalize_text`, of a column; equal texts are worked on once."""
    return texts.to_frame("text").select(normalize_text(pl.col("text"))).to_series()
