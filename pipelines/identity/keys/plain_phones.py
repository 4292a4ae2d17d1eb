"""Reads plainly written telephone numbers, a whole column at a time, with the results of `phonenumbers`.

Put here: reading plain digits by the library's own numbering plans. Keep out: every other way of writing a number
(`phones.py`), which the library parses one by one.

A number is plain when it is digits, with a `+` before them or not, and between them at most blanks, hyphens, brackets,
full stops and slashes. It is read when its plan says that it is a person's, as it is written or without the national
prefix (the 0 of `030`). A number for which that is not certain is left to the library; no number is rejected here. The
library applies more checks, in its own order: the tests prove that the results are the same for the current plans, and
fail if a new plan needs another check.
"""

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, country_code_for_region
from phonenumbers.phonemetadata import PhoneNumberDesc

KINDS_OF_PERSONS = ("fixed_line", "mobile", "voip", "personal_number", "pager")
"""Types of numbers by which a person is called, as the library's plans name them."""
KINDS_OF_FIRMS = ("toll_free", "premium_rate", "shared_cost", "uan", "voicemail")
"""Types of numbers that firms rent, by which a person is not called."""

_DIGITS = r"(?:[0-9][ ()./-]{0,3})+[0-9]$"
_INTERNATIONAL = rf"^\+{_DIGITS}"
_NATIONAL = rf"^\(?{_DIGITS}"
_MAIN_REGIONS = {str(code): regions[0] for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}
"""Country code -> the region whose plan reads the digits after it. No code begins with another one."""


def read_plain_phones(numbers: pl.DataFrame) -> pl.DataFrame:
    """Read the plain numbers of persons.

    Args:
        numbers: `phone` (as delivered) and `region` (of numbers without a country code; may be NULL).

    Returns:
        Those that are read: `phone`, `region` and, as E.164, `normal`.
    """
    numbers = numbers.filter(~pl.col("phone").str.ends_with(".0"))  # which a double may have left behind
    digits = pl.col("phone").str.replace_all("[^0-9]", "")
    code = digits.str.extract(f"^({'|'.join(_MAIN_REGIONS)})")
    international = numbers.filter(pl.col("phone").str.contains(_INTERNATIONAL)).with_columns(
        plan=code.replace_strict(_MAIN_REGIONS, default=None, return_dtype=pl.String),
        national=digits.str.slice(code.str.len_chars()),
    )
    national = numbers.filter(pl.col("phone").str.contains(_NATIONAL)).with_columns(plan="region", national=digits)
    read = [pl.DataFrame(schema={"phone": pl.String, "region": pl.String, "normal": pl.String})]
    for (region,), rows in international.group_by("plan"):
        if plan := _get_plan(region):
            read.append(_read_by_plan(rows, plan))
    for (region,), rows in national.group_by("plan"):
        if plan := _get_plan(region):
            read.append(_read_by_plan(rows.filter(~_has_country_code(plan)), plan))
    return pl.concat(read)


def _get_plan(region: object) -> PhoneMetadata | None:
    """The numbering plan of a region; None for what is not a region, such as `001` for the whole world."""
    return PhoneMetadata.metadata_for_region(region, None) if isinstance(region, str) else None


def _has_country_code(plan: PhoneMetadata) -> pl.Expr:
    """Whether the digits may begin with a country code, with or without what is dialled before it, such as 00."""
    before = pl.col("national").str.contains(f"^(?:{plan.international_prefix})")
    return before | pl.col("national").str.starts_with(str(plan.country_code))


def _read_by_plan(rows: pl.DataFrame, plan: PhoneMetadata) -> pl.DataFrame:
    """The rows of `read_plain_phones` whose digits (`national`) the plan of one region reads."""
    regions = COUNTRY_CODE_TO_REGION_CODE[country_code_for_region(plan.id)]
    # the library first finds of which region a number is; plans that share a country code never contradict each other
    names_person = pl.any_horizontal(_names_person(own) for own in map(_get_plan, regions) if own)
    normal = pl.concat_str(pl.lit(f"+{plan.country_code}"), "national").alias("normal")
    return _remove_national_prefix(rows, plan).filter(names_person).select("phone", "region", normal)


def _remove_national_prefix(rows: pl.DataFrame, plan: PhoneMetadata) -> pl.DataFrame:
    """Rows without the prefix; those are left out of which the plan may make other digits."""
    if not plan.national_prefix_for_parsing:
        return rows
    short = pl.col("national").str.replace(f"^(?:{plan.national_prefix_for_parsing})", "")
    if plan.national_prefix_transform_rule:
        return rows.filter(short == pl.col("national"))
    return rows.with_columns(national=short)


def _names_person(plan: PhoneMetadata) -> pl.Expr:
    """Whether digits are a person's number; which lengths it may have say the patterns too."""
    is_persons = pl.any_horizontal(_fits(getattr(plan, kind)) for kind in KINDS_OF_PERSONS)
    return _fits(plan.general_desc) & is_persons


def _fits(kind: PhoneNumberDesc | None) -> pl.Expr:
    """Whether digits have the pattern of a kind; None: the plan has no such numbers."""
    if kind is None:
        return pl.lit(False)
    return pl.col("national").str.contains(f"^(?:{kind.national_number_pattern})$")
