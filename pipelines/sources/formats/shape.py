"""Shows how a value is written without showing the value: `26.01.2023 um 9:05` becomes `99.99.9999 aa 9:99`.

Put here: the shape of a value, in SQL and in Python. Keep out: what the value means.
"""

import unicodedata

LONGEST_SHAPE = 60


def mask_value(value: str) -> str:
    """The shape of a value: digits become 9, capitals A, other letters a; every other character stays.

    Cut after 60 characters, with `…`.
    """
    shape = "".join(_mask_character(character) for character in value)
    return shape if len(shape) <= LONGEST_SHAPE else shape[: LONGEST_SHAPE - 1] + "…"


def _mask_character(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LM":
        return "A" if category == "Lu" else "a"
    if category[0] == "N":
        return "9"
    return " " if category[0] in "CZ" else character


def write_shape(value: str) -> str:
    """SQL of `mask_value` of a text."""
    masked = value
    for letters, sign in (
        (r"\p{N}", "9"),
        (r"\p{Lu}", "A"),
        (r"[\p{Ll}\p{Lt}\p{Lm}\p{Lo}\p{M}]", "a"),
        (r"[\p{C}\p{Z}]", " "),
    ):
        masked = f"regexp_replace({masked}, '{letters}', '{sign}', 'g')"
    cut = f"left({masked}, {LONGEST_SHAPE - 1}) || '…'"
    return f"case when length({masked}) > {LONGEST_SHAPE} then {cut} else {masked} end"
