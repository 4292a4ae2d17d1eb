"""Finds out in which country a company's telephone numbers without a country code are written.

Put here: how many numbers are valid where, and what follows. Keep out: how a number is read
(`pipelines/identity/keys/phones.py`), and which numbers link records.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from regulars.pipelines.definitions.countries import list_country_names
from regulars.pipelines.identity.keys.phones import normalise_phone
from regulars.pipelines.settings.sources.columns import KindMapping
from regulars.pipelines.sources.mapping.canonical import clean_text
from regulars.pipelines.sources.mapping.mapping import select_delivered_text

LOOKED_AT = 2_000
"""So many different numbers of a source are read: each costs some microseconds per country."""
_LEAST_SHARE = 0.8
"""So many of the numbers must be valid in a country for it to be assumed."""
_SHOWN = 3
_OF_CURRENCY = {
    **{"USD": "US", "GBP": "GB", "CHF": "CH", "SEK": "SE", "NOK": "NO", "DKK": "DK", "PLN": "PL", "CZK": "CZ"},
    **{"CAD": "CA", "AUD": "AU", "NZD": "NZ", "JPY": "JP", "INR": "IN", "BRL": "BR", "MXN": "MX", "TRY": "TR"},
    **{"HUF": "HU", "RON": "RO", "ZAR": "ZA", "SGD": "SG", "ILS": "IL"},
}
_OF_EURO = ("DE", "AT", "FR", "IT", "ES", "NL", "BE", "FI", "IE", "PT", "GR", "SK", "SI", "LT", "LV", "EE", "LU", "HR")


@dataclass(frozen=True)
class PhoneRegion:
    """The country of numbers without a country code.

    Attributes:
        region: Its code, where the files tell; empty: they do not.
        sentence: What the numbers say: how many are valid where, how many are none.
    """

    region: str
    sentence: str


def read_phones(
    con: duckdb.DuckDBPyConnection, rows: str, mappings: Mapping[str, KindMapping], names: tuple[str, ...]
) -> list[tuple[str, str | None]]:
    """Some different telephone numbers of a source's customers, each with the country beside it, as delivered."""
    if "customers" not in mappings:
        return []
    columns = mappings["customers"].columns
    phone, country = (select_delivered_text(columns.get(name), names) for name in ("phone", "country"))
    if phone is None:
        return []
    beside = f"try({country})" if country else "null::varchar"
    found = con.execute(f"""
        select distinct {clean_text("phone")} as phone, lower({clean_text("country")}) as country
        from (select try({phone}) as phone, {beside} as country from {rows} as file)
        where regexp_matches(phone, '[0-9]{{5}}|([0-9][^0-9]{{0,3}}){{5}}')
        order by md5(phone), country
        limit {LOOKED_AT}
    """).fetchall()
    return [(str(phone), country) for phone, country in found]


def find_phone_region(numbers: Sequence[tuple[str, str | None]], currency: str) -> PhoneRegion | None:
    """The country in which most of the numbers without a country code are valid, if the files name it.

    Args:
        numbers: As `read_phones` gives them, of all sources.
        currency: The company's.

    Returns:
        None where no number needs a country.
    """
    codes = {each.name: each.country for each in list_country_names()}
    countries = [codes.get(country) if country else None for _, country in numbers]
    is_read = [normalise_phone(phone, own) is not None for (phone, _), own in zip(numbers, countries, strict=True)]
    open_numbers = [
        phone for (phone, _), own, done in zip(numbers, countries, is_read, strict=True) if own is None and not done
    ]
    if not open_numbers:
        return None
    usual = [country for country, _ in Counter(filter(None, countries)).most_common(_SHOWN)]
    own = [_OF_CURRENCY[currency]] if currency in _OF_CURRENCY else []
    tried = list(dict.fromkeys([*usual, *own, *(_OF_EURO if currency == "EUR" else ()), "US", "GB"]))
    valid = {region: sum(normalise_phone(each, region) is not None for each in open_numbers) for region in tried}
    best = sorted(tried, key=lambda region: (-valid[region], tried.index(region)))[:_SHOWN]
    likely = next((each for each in [*usual[:1], *own] if valid[each] >= _LEAST_SHARE * len(open_numbers)), "")
    return PhoneRegion(likely, _word(len(numbers), len(open_numbers), {each: valid[each] for each in best}, likely))


def _word(total: int, open_count: int, valid: Mapping[str, int], region: str) -> str:
    shares = [f"{count:,} ({count / open_count:.1%}) are valid in {name}" for name, count in valid.items() if count]
    sentence = (
        f"of {total:,} different telephone numbers looked at, {open_count:,} have neither a country code nor a country "
        f"beside them; of these, {', '.join(shares) or 'none is valid in a country that was tried'}"
    )
    if region:
        return f"{sentence}; with {region}, {open_count - valid.get(region, 0):,} are no valid number and link nothing"
    return f"{sentence}; until it is set, they link nothing"
