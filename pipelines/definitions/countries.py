"""The countries of ISO 3166-1, and the names by which tools call them.

Put here: names and codes as they are published by ISO and its translators, and the few that people use beside them.
Keep out: what becomes of a name that is none of them (`sql/staging/countries.sql`).
"""

import gettext
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pycountry

LANGUAGES = (
    *("ar", "bg", "ca", "cs", "da", "de", "el", "es", "et", "fi", "fr", "he", "hr", "hu", "it", "ja", "ko", "lt", "lv"),
    *("nb_NO", "nl", "pl", "pt", "pt_BR", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk", "zh_CN", "zh_TW"),
)
"""The languages in which names of countries are known, beside English."""

OTHER_NAMES = {
    "America": "US",
    "Britain": "GB",
    "Bosnia": "BA",
    "Czech Republic": "CZ",
    "EIRE": "IE",
    "EL": "GR",
    "England": "GB",
    "Great Britain": "GB",
    "Großbritannien": "GB",
    "Holland": "NL",
    "Hong Kong SAR": "HK",
    "Iran": "IR",
    "Ivory Coast": "CI",
    "Korea": "KR",
    "Laos": "LA",
    "Macau": "MO",
    "Macedonia": "MK",
    "Moldova": "MD",
    "Northern Ireland": "GB",
    "Palestine": "PS",
    "Republic of Ireland": "IE",
    "RSA": "ZA",
    "Rusia": "RU",
    "Russia": "RU",
    "Russie": "RU",
    "Russland": "RU",
    "Россия": "RU",
    "Scotland": "GB",
    "South Korea": "KR",
    "Syria": "SY",
    "Tanzania": "TZ",
    "The Netherlands": "NL",
    "Turkey": "TR",
    "UAE": "AE",
    "UK": "GB",
    "United States of America": "US",
    "USA": "US",
    "Vatican": "VA",
    "Vereinigte Staaten von Amerika": "US",
    "Venezuela": "VE",
    "Vietnam": "VN",
    "Wales": "GB",
}
"""Names in use that are neither ISO's nor a translation of it -> code."""


@dataclass(frozen=True)
class CountryName:
    """A name or code of a country.

    Attributes:
        name: As somebody may write it.
        country: The code of two letters, ISO 3166-1 alpha-2.
        country_name: The usual English name.
        is_translated: Whether only other languages than English have it.
    """

    name: str
    country: str
    country_name: str
    is_translated: bool


@cache
def list_country_names() -> tuple[CountryName, ...]:
    """Every name once, in lower case: codes of two and three letters, names in English and in `LANGUAGES`.

    A name that is one country's in English and another's elsewhere is the first one's; a name that only other
    languages have, for several countries, is nobody's.
    """
    usual = {each.alpha_2: getattr(each, "common_name", each.name) for each in pycountry.countries}
    english = {name.lower(): code for name, code in _list_english()}
    english |= {name.lower(): code for name, code in OTHER_NAMES.items()}
    translated = {(name.lower(), code) for name, code in _list_translated() if name.lower() not in english}
    meanings = Counter(name for name, _ in translated)
    names = english | {name: code for name, code in translated if meanings[name] == 1}
    return tuple(CountryName(name, code, usual[code], name not in english) for name, code in sorted(names.items()))


def _list_english() -> Iterator[tuple[str, str]]:
    for each in pycountry.countries:
        for attribute in ("name", "official_name", "common_name", "alpha_3", "alpha_2"):
            if name := getattr(each, attribute, None):
                yield name, each.alpha_2
                surname, comma, first = name.partition(", ")  # `Korea, Republic of`
                if comma:
                    yield f"{first} {surname}", each.alpha_2


def _list_translated() -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        words = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for each in pycountry.countries:
            for attribute in ("name", "official_name", "common_name"):
                name = getattr(each, attribute, None)
                translated = words.gettext(name) if name else name
                if translated and translated != name:
                    yield translated, each.alpha_2
