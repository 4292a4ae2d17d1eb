"""Normalises telephone numbers so that they can identify people, and decides which records a number may link.

Put here: which spellings are the same number, and when different names prevent a link. Keep out: reading plain
spellings fast (`plain_phones.py`), shared numbers (`shared_keys.py`) and the graph (`pipelines/identity/people.py`).
"""

import re
from dataclasses import dataclass

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberType

from regulars.pipelines.definitions.countries import list_country_names
from regulars.pipelines.identity.dense import is_repeated, mark_codes, number_rows
from regulars.pipelines.identity.keys.names import fold_names
from regulars.pipelines.identity.keys.plain_phones import KINDS_OF_FIRMS, read_plain_phones

NAMES_NO_PERSON = frozenset(
    {
        PhoneNumberType.UNKNOWN,  # which is every number that is not valid
        *(getattr(PhoneNumberType, kind.upper()) for kind in KINDS_OF_FIRMS),
    }
)
"""Types of numbers by which a person cannot be called, and the type of invalid numbers."""
SHARED_DIGITS = 6
"""Spellings of one number end with the same digits: a number links no records if its last six occur only once."""

ASCII_DIGITS = {chr(zero + digit): str(digit) for zero in (0x0660, 0x06F0, 0xFF10) for digit in range(10)}
"""Arabic, Persian and full-width digits, and the same in ASCII."""


def normalise_phone(delivered: str, region: str | None) -> str | None:
    """One spelling (E.164, with its extension) for all ways to write a number; None when it is not a number.

    Args:
        delivered: May have blanks, brackets, hyphens, an apostrophe before it, an extension or the `.0` of a double
            behind it.
        region: The country of numbers without a country code, as ISO 3166-1 alpha-2; None: such numbers are unknown.
    """
    written = re.sub(r"\.0$", "", delivered.strip().lstrip("'"))
    if region is None:
        written = re.sub(r"^00", "+", written)
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(number) in NAMES_NO_PERSON:
        return None
    spelling = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{spelling};ext={number.extension}" if number.extension else spelling


PHONE_KEYS = {
    "node": pl.Int64,
    "system": pl.String,
    "phone": pl.String,
    "key": pl.String,
}
"""One row per customer record with a number: the number, and the key by which it may be linked, which may include
names; NULL where the number may not link it."""


@dataclass(frozen=True)
class PhoneKeys:
    """The records that each number may link.

    Attributes:
        rows: The columns of `PHONE_KEYS`, `phone` normalised; records without a usable number are left out.
        unread_count: The number of records with a number that could link them but lacks a country.
    """

    rows: pl.DataFrame
    unread_count: int = 0


def find_phone_keys(rows: pl.DataFrame | None, region: str | None, *, links_unnamed: bool = True) -> PhoneKeys:
    """Find the records that each number may link.

    Either a number links those with equal given and family names only, and the key is the number with these names. Or,
    where it may link unnamed records too, a number links all its records when no two of them have different given or
    family names; records without a name differ from nobody.

    Args:
        rows: Customer records with a number: `node`, `system`, `phone`, `country`, `first_name`, `last_name`, all but
            the first as delivered; None where numbers link nothing.
        region: The country of numbers without a country code, where a record names no country.
        links_unnamed: Whether a number may link records without names.
    """
    if rows is None:
        return PhoneKeys(pl.DataFrame(schema=PHONE_KEYS))
    named = _leave_out_lonely(rows).lazy().with_columns(fold_names()).collect()  # lazily, names are folded once
    if not links_unnamed:
        named = _leave_out_namesakes(named)
    spelled = _add_normal_phone(named, region)
    read = spelled.filter(pl.col("phone").is_not_null())
    differ = (pl.col("given").drop_nulls().n_unique().over("phone") > 1) | (
        pl.col("family").drop_nulls().n_unique().over("phone") > 1
    )
    by_name = pl.concat_str("phone", "given", "family", separator=" ")  # NULL without both names
    key = pl.when(differ).then(by_name).otherwise("phone") if links_unnamed else by_name
    unread = spelled.filter(pl.col("phone").is_null() & pl.col("region").is_null())
    return PhoneKeys(read.with_columns(key=key).select(PHONE_KEYS.keys()), len(unread))


def _leave_out_lonely(rows: pl.DataFrame) -> pl.DataFrame:
    """Only rows whose last digits are those of another record too: nothing else needs to be parsed.

    The digits become the column `ending`, as a number with a 1 before them, so that `07` is not `7`.
    """
    is_plain = rows["phone"].str.contains(rf"^[^xX#]*[0-9]{{{SHARED_DIGITS}}}$")
    plain = rows.filter(is_plain).with_columns(ending=pl.col("phone").str.tail(SHARED_DIGITS))
    number = pl.col("phone").str.replace(r"(?i)\s*(ext|x|#).*$", "").str.replace(r"\.0$", "")
    digits = number.str.replace_many(ASCII_DIGITS).str.replace_all(r"\D", "")
    others = rows.filter(~is_plain).with_columns(ending=digits.str.tail(SHARED_DIGITS))
    ending = pl.concat([plain, others.filter(pl.col("ending") != "")]).with_columns(
        ending=("1" + pl.col("ending")).cast(pl.Int64)
    )
    return ending.filter(is_repeated(ending["ending"].to_numpy()))


def _leave_out_namesakes(named: pl.DataFrame) -> pl.DataFrame:
    """Only rows whose last digits are those of two records of one name: other numbers link nobody.

    Rows without that name stay, since they count when a number is shared by too many.
    """
    whole = named.filter(pl.col("given").is_not_null() & pl.col("family").is_not_null())
    _, person = number_rows(whole.select("ending", "given", "family"))
    twice = whole["ending"].filter(is_repeated(person))
    links = mark_codes(twice.to_numpy(), 2 * 10**SHARED_DIGITS)
    return named.filter(pl.Series(links[named["ending"].to_numpy()]))


def _add_normal_phone(rows: pl.DataFrame, region: str | None) -> pl.DataFrame:
    """Replace `phone` by its normal spelling, NULL without one, and add `region`. Equal spellings are parsed once."""
    countries = pl.DataFrame(
        [(each.name, each.country) for each in list_country_names()],
        {"name": pl.String, "own_region": pl.String},
        orient="row",
    ).unique("name", keep="first", maintain_order=True)
    written, number = number_rows(rows.select("phone", "country"))
    written = written.join(
        countries,
        left_on=pl.col("country").str.strip_chars().str.to_lowercase(),
        right_on="name",
        how="left",
        maintain_order="left",
    ).select("phone", region=pl.coalesce("own_region", pl.lit(region, pl.String)))
    distinct = written.unique()
    plain = read_plain_phones(distinct)
    others = distinct.join(plain, on=["phone", "region"], how="anti", nulls_equal=True)
    normal = pl.Series("normal", [normalise_phone(*each) for each in others.rows()], pl.String)
    read = pl.concat([plain, others.with_columns(normal)])
    written = written.join(read, on=["phone", "region"], how="left", nulls_equal=True, maintain_order="left")
    of_row = written[number]
    return rows.with_columns(of_row["normal"].alias("phone"), of_row["region"])
