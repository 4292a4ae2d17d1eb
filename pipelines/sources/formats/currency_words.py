"""The signs and codes of currencies in the names of columns: `Net (USD)`, `total_eur`, `Total US$`.

Put here: which currencies a sign may mean. Keep out: which of them a file is in (`command/init/values/`).
"""

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

_WORDS = yaml.safe_load(Path(__file__).with_name("currency_words.yaml").read_text(encoding="utf-8"))
_MEANINGS: Mapping[str, tuple[str, ...]] = {sign.casefold(): tuple(codes) for sign, codes in _WORDS["signs"].items()}
SIGNS = "|".join(re.escape(sign) for sign in sorted(_WORDS["signs"], key=len, reverse=True))
"""A regular expression of every sign."""
CODES = "|".join(_WORDS["codes"])
"""A regular expression of every code that is no word."""
_LONGER_SIGNS = "|".join(re.escape(sign) for sign in sorted(_WORDS["signs"], key=len, reverse=True) if sign != "R")
_SIGN = re.compile(rf"(?<![^\W\d_])({_LONGER_SIGNS})(?![^\W\d_])|(?<=[(\[])(R)(?=[)\]])|^(R)$", re.IGNORECASE)
"""A sign with no letter at either end of it."""
_CODE = re.compile(rf"(?<![^\W\d_])({CODES})(?![^\W\d_])", re.IGNORECASE)
_WORD_CODE = re.compile(rf"(?<=[(\[])({'|'.join(_WORDS['words'])})(?=[)\]])")


def find_currency_codes(name: str) -> tuple[str, ...]:
    """The codes in the name of a column, each once."""
    divided = _divide(name)
    return tuple(dict.fromkeys([*(code.upper() for code in _CODE.findall(divided)), *_WORD_CODE.findall(divided)]))


def find_sign_codes(text: str) -> tuple[str, ...]:
    """What the signs in a text may mean: `$` in `Total ($)` one of ten currencies."""
    return tuple(dict.fromkeys(code for sign in _SIGN.finditer(text) for code in _MEANINGS[sign[0].casefold()]))


def drop_currency_words(name: str) -> str:
    """A name without its codes and signs of currencies; whole where nothing else stays."""
    rest = _WORD_CODE.sub(" ", _CODE.sub(" ", _SIGN.sub(" ", _divide(name))))
    return rest if re.search(r"\w", rest) else name


def _divide(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
