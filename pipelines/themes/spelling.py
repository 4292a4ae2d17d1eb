"""Brings the spellings of one language together: what its writers type for the same word.

Put here: spellings that mean the same in one language alone. Keep out: spellings of a script, which all languages share
(`text.py`).
"""

from collections.abc import Sequence

import polars as pl

from regulars.pipelines.themes.gaps import GAP

_GERMAN = {"ae": "a", "oe": "o", "ue": "u"}
"""Umlauts on a keyboard without them; `text.py` has already taken their dots."""
_PORTUGUESE = {
    **{" n ": " nao ", " nn ": " nao ", " q ": " que ", " oq ": " o que ", " pq ": " porque ", " p ": " para "},
    **{" pra ": " para ", " pro ": " para o ", " pros ": " para os ", " pras ": " para as ", " c ": " com "},
    **{" vc ": " voce ", " vcs ": " voces ", " tb ": " tambem ", " tbm ": " tambem ", " hj ": " hoje "},
    **{" mt ": " muito ", " mto ": " muito ", " mta ": " muita ", " qdo ": " quando ", " td ": " tudo "},
    **{" dps ": " depois ", " msg ": " mensagem ", " ta ": " esta ", " to ": " estou ", " tava ": " estava "},
}
"""Words as they are typed on a phone."""
_ROMANISED_BENGALI = {
    **dict.fromkeys(("cchh", "cch", "chh", "ch", "ssh", "ss", "sh"), "s"),
    **dict.fromkeys(("bh", "vh", "v"), "b"),
    **dict.fromkeys(("zh", "z", "jh", "jj"), "j"),
    **{"ph": "f", "kh": "k", "kk": "k", "gh": "g", "th": "t", "tt": "t", "dh": "d", "dd": "d", "ll": "l", "nn": "n"},
    **{"aa": "a", "ee": "i", "oo": "u", "ow": "o", "w": "o", "ay": "ai", "ey": "ei", "oy": "oi", "y": "i"},
}
"""Letters that stand for one sound, since no rule says how Bengali is written in Latin letters: bhalo, valo, vhalo."""
_DENIED_IN_ENGLISH = r"\b(did|does|do|is|was|were|are|has|have|had|ca|wo|would|could|should|must|need|ai)n t\b"
"""What is left of didn't, which many write as didnt."""


def spell_alike(text: pl.Expr, language: str | None) -> pl.Expr:
    """Write the words of a language in one spelling, so that a term finds each of them.

    Args:
        text: As `normalize_text` writes it.
        language: None, or one without such spellings: the text as it is.
    """
    match language:
        case "en":
            return text.str.replace_all(_DENIED_IN_ENGLISH, "${1}nt")
        case "de":
            return text.str.replace_many(_GERMAN)
        case "pt":
            apart = text.str.replace_all(" ", "  ", literal=True)  # so that two words do not share a blank
            return apart.str.replace_many(_PORTUGUESE).str.replace_all("  ", " ", literal=True)
        case "bn":
            return text.str.replace_many(_ROMANISED_BENGALI, leftmost=True)
    return text


def spell_each(patterns: Sequence[str], language: str | None) -> list[str]:
    """As `spell_alike`, of the patterns of terms; the end of one counts as the end of its word.

    Args:
        patterns: As `make_patterns` returns them.
        language: Of the terms.
    """
    parts = [part for pattern in patterns for part in pattern.split(GAP)]
    texts = pl.DataFrame({"text": parts}, schema={"text": pl.String})
    ended = pl.col("text").str.ends_with(" ")
    whole = spell_alike(pl.format("{} ", pl.col("text").str.strip_suffix(" ")), language)
    spelled = iter(texts.select(pl.when(ended).then(whole).otherwise(whole.str.strip_suffix(" ")))["text"])
    return [GAP.join(next(spelled) for _ in pattern.split(GAP)) for pattern in patterns]
