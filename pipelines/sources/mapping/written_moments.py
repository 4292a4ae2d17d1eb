"""Reads days and moments that a tool wrote for people: months and weekdays in words, offsets such as `GMT+3`.

Put here: names of months, and turning such text into what `strptime` reads. Keep out: formats that `strptime` reads
by itself (`canonical.py`).

DuckDB's `strptime` knows English names and offsets of two digits. The names are those of Unicode's CLDR, full and
short, in the form beside a day. No name stands for two months, so that nobody has to say which language a file is in.
A weekday decides nothing, and is left out.
"""

import re

from regulars.pipelines.warehouse.sql_text import quote_literal

# English, German, French, Spanish, Italian, Portuguese, Dutch, Danish, Norwegian, Swedish, Finnish, Polish, Czech
MONTH_NAMES = (
    "january januar jänner janvier enero gennaio janeiro januari tammikuuta tammikuu stycznia styczeń ledna leden "
    "jan jän janv ene gen tammik sty led",
    "february februar février febrero febbraio fevereiro februari helmikuuta helmikuu lutego luty února únor "
    "feb févr fev helmik lut úno",
    "march märz mars marzo março maart marts maaliskuuta maaliskuu marca marzec března březen "
    "mar mär mrz mrt maalisk bře",
    "april avril abril aprile huhtikuuta huhtikuu kwietnia kwiecień dubna duben apr avr abr huhtik kwi dub",
    "may mai mayo maggio maio mei maj toukokuuta toukokuu maja května květen mag toukok kvě",
    "june juni juin junio giugno junho kesäkuuta kesäkuu czerwca czerwiec června červen jun giu kesäk cze čvn",
    "july juli juillet julio luglio julho heinäkuuta heinäkuu lipca lipiec července červenec "
    "jul juil lug heinäk lip čvc",
    "august août agosto augustus augusti elokuuta elokuu sierpnia sierpień srpna srpen aug ago elok sie srp",
    "september septembre septiembre settembre setembro syyskuuta syyskuu września wrzesień září "
    "sep sept set syysk wrz zář",
    "october oktober octobre octubre ottobre outubro lokakuuta lokakuu października październik října říjen "
    "oct okt ott out lokak paź říj",
    "november novembre noviembre novembro marraskuuta marraskuu listopada listopad listopadu nov marrask lis",
    "december dezember décembre diciembre dicembre dezembro desember joulukuuta joulukuu grudnia grudzień prosince "
    "prosinec dec dez déc dic des jouluk gru pro",
)
"""The names of the months, January first, in small letters."""

_TOKEN = re.compile(r"%-?[A-Za-z%]|[^%]+|%")
_WORD = r"[\p{L}]+"
_WEEKDAYS = ("%A", "%a")
_SIGNS = {"%p": "[AaPp][Mm]", "%z": "[+-][0-9:]+", "%Z": r"[\p{L}/_]+", "%%": "%"}


def parse_moment(value: str, pattern: str) -> str:
    """SQL of the timestamp that `value` means in `pattern`; NULL where it means none.

    Args:
        value: SQL of text.
        pattern: In the signs of `strptime`; with `%z`, the result has a zone.
    """
    plain = f"try_strptime({value}, {quote_literal(pattern)})"
    rewritten = _rewrite(value, pattern)
    if rewritten is None:
        return plain
    text, simpler = rewritten
    return f"coalesce({plain}, try_strptime({text}, {quote_literal(simpler)}))"


def _rewrite(value: str, pattern: str) -> tuple[str, str] | None:
    """SQL of the text with its words replaced, and the pattern that then fits; None where the pattern has no words."""
    text = value
    if pattern.endswith("%z"):  # `+3` is an offset too
        text = rf"regexp_replace({value}, '([+-])([0-9])$', '\10\2')"
    parts = _split_at_words(pattern)
    if not any(_is_word(part) for part in parts):
        return (text, pattern) if text != value else None
    kept = [part for part in parts if part not in _WEEKDAYS]
    regex = "".join(
        rf"{_WORD}\.?" if part in _WEEKDAYS else rf"({_WORD})\.?" if _is_word(part) else f"({_match_plain(part)})"
        for part in parts
    )
    found = [f"regexp_extract({text}, {quote_literal(f'^{regex}$')}, {n})" for n in range(1, len(kept) + 1)]
    written = [_number_month(word) if _is_word(part) else word for part, word in zip(kept, found, strict=True)]
    return " || ".join(written), "".join("%m" if _is_word(part) else part for part in kept)


def _split_at_words(pattern: str) -> list[str]:
    """The parts of a pattern: each sign of a word alone, and what stands between two of them together."""
    parts: list[str] = []
    for token in _TOKEN.findall(pattern):
        if parts and not _is_word(token) and not _is_word(parts[-1]):
            parts[-1] += token
        else:
            parts.append(token)
    return parts


def _is_word(token: str) -> bool:
    return token in _WEEKDAYS or token in ("%B", "%b", "%h")


def _match_plain(pattern: str) -> str:
    """A regular expression of what a pattern without words reads."""
    return "".join(
        _SIGNS.get(token, "[0-9]+") if token.startswith("%") else re.sub(r"([^\w\s])", r"\\\1", token)
        for token in _TOKEN.findall(pattern)
    )


def _number_month(word: str) -> str:
    """SQL of a month's number by its name; NULL where no month has that name."""
    # a map, because a CASE of hundreds of names would repeat `word` hundreds of times
    return f"{_NUMBERS}[lower({word})]"


def _write_numbers() -> str:
    named = [(name, number) for number, names in enumerate(MONTH_NAMES, start=1) for name in names.split()]
    names, numbers = (
        ", ".join(column) for column in zip(*((f"'{name}'", f"'{n:02}'") for name, n in named), strict=True)
    )
    return f"map([{names}], [{numbers}])"


_NUMBERS = _write_numbers()
