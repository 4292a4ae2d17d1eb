"""Reads telephone numbers that are written plainly, a whole column at a time, as `phonenumbers` would read each.

Put here: what the library's own numbering plans say of plain digits. Keep out: every other way of writing a number
(`phones.py`), which the library parses one by one.

A number is plain when it is digits, with a `+` before them or not, and between them at most blanks, hyphens, brackets,
full stops and slashes. It is read when its plan says that it is a person's, as it is written or without the national
prefix (the 0 of `030`). A number of which that is not certain is left to the library: nothing here refuses a number.
"""

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, country_code_for_region
from phonenumbers.phonemetadata import PhoneNumberDesc

KINDS_OF_PERSONS = ("fixed_line", "mobile", "voip", "personal_number", "pager")
"""Kinds of numbers by which a person is called, as the library's plans name them."""
KINDS_OF_FIRMS = ("toll_free", "premium_rate", "shared_cost", "uan", "voicemail")
"""Kinds of numbers that firms rent and nobody is called by."""

_DIGITS = r"(?:[0-9][ ()./-]{0,3}){2,20}[0-9]$"
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
    national = numbers.filter(
        pl.col("phone").str.contains(_NATIONAL), pl.col("region").is_in(sorted(SUPPORTED_REGIONS))
    ).with_columns(plan="region", national=digits)
    read = [pl.DataFrame(schema={"phone": pl.String, "region": pl.String, "normal": pl.String})]
    for (region,), rows in international.group_by("plan"):
        if plan := _get_plan(region):
            read.append(_read_by_plan(rows, plan))
    for (region,), rows in national.group_by("plan"):
        if plan := _get_plan(region):
            read.append(_read_by_plan(rows.filter(~_has_country_code(plan)), plan))
    return pl.concat(read)


def _get_plan(region: object) -> PhoneMetadata | None:
    """The numbering plan of a region; None of what is no region, such as `001` for the whole world."""
    return PhoneMetadata.metadata_for_region(region, None) if isinstance(region, str) else None


def _has_country_code(plan: PhoneMetadata) -> pl.Expr:
    """Whether the digits may begin with a country code, with or without what is dialled before it, such as 00."""
    begins = pl.col("national").str.starts_with(str(plan.country_code))
    return begins | _begins_with(plan.international_prefix) if plan.international_prefix else begins


def _read_by_plan(rows: pl.DataFrame, plan: PhoneMetadata) -> pl.DataFrame:
    """The rows of `read_plain_phones` whose digits (`national`) the plan of one region reads."""
    rows = _remove_national_prefix(rows, plan)
    regions = COUNTRY_CODE_TO_REGION_CODE[country_code_for_region(plan.id)]
    read = []
    for own in filter(None, map(_get_plan, regions)):  # as in the library, the first that claims a number has it
        claims = _claims(own) if len(regions) > 1 else pl.lit(True)
        read.append(rows.filter(claims & _names_person(own)))
        rows = rows.filter(~claims)
    normal = pl.concat_str(pl.lit(f"+{plan.country_code}"), "national").alias("normal")
    return pl.concat(read).select("phone", "region", normal)


def _remove_national_prefix(rows: pl.DataFrame, plan: PhoneMetadata) -> pl.DataFrame:
    """Rows without the prefix; those are left out of which the plan may make other digits, or keep the prefix."""
    if not plan.national_prefix_for_parsing:
        return rows
    rows = rows.with_columns(short=pl.col("national").str.replace(f"^(?:{plan.national_prefix_for_parsing})", ""))
    is_as_written = pl.col("short") == pl.col("national")
    if plan.national_prefix_transform_rule:
        rows = rows.filter(is_as_written)
    else:
        local_lengths = plan.general_desc.possible_length_local_only if plan.general_desc else ()
        has_local_length = pl.col("short").str.len_chars().is_in(local_lengths)
        rows = rows.filter(is_as_written | (_fits(plan.general_desc, "short") & ~has_local_length))
    return rows.with_columns(national="short").drop("short")


def _claims(plan: PhoneMetadata) -> pl.Expr:
    """Whether a number is of this one of the regions that share a country code."""
    if plan.leading_digits:
        return _begins_with(plan.leading_digits)
    return _fits(plan.general_desc) & _is_of_kind(plan, *KINDS_OF_PERSONS, *KINDS_OF_FIRMS)


def _names_person(plan: PhoneMetadata) -> pl.Expr:
    is_persons = _is_of_kind(plan, *KINDS_OF_PERSONS) & ~_is_of_kind(plan, *KINDS_OF_FIRMS)
    return _fits(plan.general_desc) & is_persons


def _is_of_kind(plan: PhoneMetadata, *kinds: str) -> pl.Expr:
    return pl.any_horizontal(_fits(getattr(plan, kind)) for kind in kinds)


def _fits(kind: PhoneNumberDesc | None, column: str = "national") -> pl.Expr:
    """Whether digits have a length and the pattern of a kind."""
    if kind is None or not kind.national_number_pattern:
        return pl.lit(False)
    fits = pl.col(column).str.contains(f"^(?:{kind.national_number_pattern})$")
    return pl.col(column).str.len_chars().is_in(kind.possible_length) & fits if kind.possible_length else fits


def _begins_with(pattern: str) -> pl.Expr:
    return pl.col("national").str.contains(f"^(?:{pattern})")
