"""The signs and codes of currencies in the names of columns: `Net (USD)`, `total_eur`, `Total US$`.

Put here: which currencies a sign may mean. Keep out: which of them a file is in (`command/init/values/`).
"""

import re
from collections.abc import Mapping

_SIGNS: Mapping[str, tuple[str, ...]] = {
    "€": ("EUR",),
    "£": ("GBP",),
    "R$": ("BRL",),
    "zł": ("PLN",),
    "Kč": ("CZK",),
    "Ft": ("HUF",),
    "CHF": ("CHF",),
    "₹": ("INR",),
    "₽": ("RUB",),
    "₺": ("TRY",),
    "₩": ("KRW",),
    "₪": ("ILS",),
    "৳": ("BDT",),
    "฿": ("THB",),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"),
    "US$": ("USD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "NZ$": ("NZD",),
    "HK$": ("HKD",),
    "S$": ("SGD",),
}
_FOLDED = {sign.casefold(): codes for sign, codes in _SIGNS.items()}
_SIGN = re.compile(
    rf"(?<![^\W\d_])({'|'.join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))})(?![^\W\d_])",
    re.IGNORECASE,
)
"""A sign with no letter at either end of it."""
_CODES = {code for codes in _SIGNS.values() for code in codes}
_CODE = re.compile(rf"(?<![^\W\d_])({'|'.join(sorted(_CODES))})(?![^\W\d_])", re.IGNORECASE)


def find_currency_codes(name: str) -> tuple[str, ...]:
    """The codes in the name of a column, each once."""
    return tuple(dict.fromkeys(code.upper() for code in _CODE.findall(_divide(name))))


def find_sign_codes(text: str) -> tuple[str, ...]:
    """What the signs in a text may mean: `$` in `Total ($)` one of ten currencies."""
    return tuple(dict.fromkeys(code for sign in _SIGN.findall(text) for code in _FOLDED[sign.casefold()]))


def drop_currency_words(name: str) -> str:
    """A name without its codes and signs of currencies; whole where nothing else stays."""
    rest = _CODE.sub(" ", _SIGN.sub(" ", _divide(name)))
    return rest if re.search(r"\w", rest) else name


def _divide(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
