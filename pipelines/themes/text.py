"""Brings what customers write into one spelling, so that a term needs to be written once.

Put here: spelling. Keep out: which terms make a theme (`rules.py`) and looking for them (`matching.py`).
"""

import polars as pl

from regulars.pipelines.themes.chinese_letters import SIMPLIFIED

_SAME_LETTERS = {"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i", "ς": "σ"}
"""Letters that many keyboards and writers replace, and that no form of Unicode takes apart."""
_SAME_BENGALI = {
    **{"ী": "ি", "ূ": "ু", "ঈ": "ই", "ঊ": "উ", "ণ": "ন", "ঁ": "", "ষ্ট": "স্ট"},
    **{"ভালো": "ভাল", "এখনও": "এখনো", "আরও": "আরো", "কখনও": "কখনো"},
    **dict(zip("০১২৩৪৫৬৭৮৯", "0123456789", strict=True)),
}
"""Letters of Bengali that sound alike, words that are written in two ways, and figures."""
_BENGALI_NOT = "([ইে\u09bc]) ?(?:নাই|নি) "
"""The particle that denies what has been, joined to its verb or behind a blank, in its two forms: পাইনি, পাই নাই."""
_MARKS = "[\u0300-\u036f\u200c\u200d]"
"""Accents of Latin, Greek and Cyrillic letters, and joiners that nobody sees. The vowels of Bengali are marks too: what
lies outside this range stays."""
_LATIN_BEFORE, _LATIN_BEHIND = r"([a-z0-9])([\p{Han}\p{Bengali}])", r"([\p{Han}\p{Bengali}])([a-z0-9])"
"""Where a Latin word or a figure stands among letters of another script without a blank: 这app卡."""


def normalize_text(text: pl.Expr) -> pl.Expr:
    """Write a text in one spelling: its words in small letters without accents, one blank between and around them.

    Compatibility forms (`ＯＫ！`) become plain ones, `spóźnione` and `spoznione` the same, Chinese simplified, and the
    spellings of a Bengali word one. Latin words and figures among Chinese or Bengali letters stand apart. A text
    without any word becomes a single blank.

    Args:
        text: String; NULL stays NULL.
    """
    plain = text.str.normalize("NFKC").str.to_lowercase().str.normalize("NFD").str.replace_all(_MARKS, "")
    words = (
        plain.str.normalize("NFC")
        .str.replace_many(_SAME_LETTERS | _SAME_BENGALI | SIMPLIFIED)
        .str.replace_all(r"\W+", " ")
    )
    apart = words.str.replace_all(_LATIN_BEFORE, "$1 $2").str.replace_all(_LATIN_BEHIND, "$1 $2")
    blanks = pl.format(" {} ", apart.str.strip_chars(" ")).str.replace_all("^ +$", " ")
    return blanks.str.replace_all(_BENGALI_NOT, "${1}নি ")


def normalize_texts(texts: pl.Series) -> pl.Series:
    """As `normalize_text`, of a column; equal texts are worked on once."""
    return texts.to_frame("text").select(normalize_text(pl.col("text"))).to_series()
