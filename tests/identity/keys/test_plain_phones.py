"""Plain telephone numbers: read a column at a time, and never otherwise than the library reads them."""

import random

import polars as pl
import pytest
from phonenumbers import SUPPORTED_REGIONS, PhoneMetadata

from regulars.pipelines.identity.keys.phones import normalise_phone
from regulars.pipelines.identity.keys.plain_phones import KINDS_OF_FIRMS, KINDS_OF_PERSONS, read_plain_phones

NUMBERS = {"phone": pl.String, "region": pl.String}


def read(*numbers: tuple[str, str | None]) -> dict[str, str]:
    """What is read of numbers: as delivered -> as E.164."""
    found = read_plain_phones(pl.DataFrame(numbers, NUMBERS, orient="row"))
    return dict(found.select("phone", "normal").iter_rows())


@pytest.mark.parametrize(
    ("written", "region", "normal"),
    [
        ("+4930901820", None, "+4930901820"),
        ("+49 (0)30 90-18-20", None, "+4930901820"),
        ("030/901820", "DE", "+4930901820"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("+1 604-555-0123", "DE", "+16045550123"),  # Canada's, with the country code of the United States
        ("+39 06 1234567", None, "+39061234567"),  # the 0 is part of an Italian number
        ("06 1234567", "IT", "+39061234567"),
    ],
)
def test_plain_numbers_are_read(written, region, normal):
    assert read((written, region)) == {written: normal}


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("030 901820", None),  # of which country?
        ("030 901820", "de"),  # which is no region
        ("0049 30 901820", "DE"),
        ("4930901820", "DE"),  # with the country code, or without?
        ("+49 30 90182.0", None),  # of a double
        ("+49 30 901820 ext 4", None),
        ("0800 1234567", "DE"),  # free to call: a firm
        ("+800 1234 5678", None),  # of the whole world
    ],
)
def test_what_is_not_certain_is_left_to_the_library(written, region):
    assert read((written, region)) == {}


def draw_numbers(count: int, seed: int) -> pl.DataFrame:
    """Numbers of all regions and kinds, most with some digits changed, in every way of writing, some nonsense."""
    draw = random.Random(seed)
    plans = [PhoneMetadata.metadata_for_region(region, None) for region in sorted(SUPPORTED_REGIONS)]
    kinds = (*KINDS_OF_PERSONS, *KINDS_OF_FIRMS)
    known = [
        (plan.id, str(plan.country_code), plan.national_prefix or "", getattr(plan, kind).example_number)
        for plan in plans
        for kind in kinds
        if getattr(plan, kind) and getattr(plan, kind).example_number
    ]
    rows = []
    for _ in range(count):
        region, code, prefix, example = draw.choice(known)
        digits = _change_digits(example, draw)
        written = draw.choice(
            [
                f"+{code}{digits}",
                f"+{code}{_spread(digits, draw)}",
                f"+{code} (0){digits}",
                f"+{code}{prefix}{digits}",
                _spread(prefix + digits, draw),
                digits,
                f"({prefix}{digits[:3]}) {digits[3:]}",
                f"{draw.choice(['00', '011', ''])}{code}{digits}",
                f"{draw.choice(['+', ''])}{draw.randrange(10 ** draw.randint(2, 16))}",
            ]
        )
        rows.append((written, draw.choice([region, region, None, draw.choice(known)[0]])))
    return pl.DataFrame(rows, NUMBERS, orient="row").unique(maintain_order=True)


def _change_digits(digits: str, draw: random.Random) -> str:
    kept = draw.randint(0, len(digits))
    changed = digits[:kept] + "".join(draw.choices("0123456789", k=len(digits) - kept))
    return draw.choice([digits, changed, changed, changed + "5", changed[:-1]])


def _spread(digits: str, draw: random.Random) -> str:
    return "".join(digit + draw.choice(["", "", "", " ", "-", ".", "/", ") ", " ("]) for digit in digits)


def _compare_with_library(numbers: pl.DataFrame) -> None:
    found = read_plain_phones(numbers)
    assert len(found.unique(["phone", "region"])) == len(found)
    assert len(found) > 0.1 * len(numbers)  # most of the rest are no numbers of persons
    others = [row for row in found.rows() if normalise_phone(row[0], row[1]) != row[2]]
    assert others == []


def test_plain_numbers_are_read_as_the_library_reads_them():
    _compare_with_library(draw_numbers(10_000, seed=1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_of_hundreds_of_thousands_of_numbers_none_is_read_otherwise(seed):
    _compare_with_library(draw_numbers(300_000, seed=seed))
