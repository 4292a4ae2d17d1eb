"""Plain telephone numbers: read a column at a time, and never otherwise than the library reads them."""

import itertools
import random
import re

import polars as pl
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata

from regulars.pipelines.identity.keys.phones import normalise_phone
from regulars.pipelines.identity.keys.plain_phones import KINDS_OF_FIRMS, KINDS_OF_PERSONS, read_plain_phones
from tests.identity.keys.number_patterns import Pattern, find_number, read_after, read_pattern

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
        ("006018241", "RW"),  # which looks like a number of Kigali, and is dialled abroad
        ("+49 4930000", None),  # like a number of Berlin, which has no such one
        ("+241 011066313 02295667", None),  # two numbers in one cell
        ("+49 " + 250 * " " + "30901820", None),  # too long a text
    ],
)
def test_what_is_not_certain_is_left_to_the_library(written, region):
    assert read((written, region)) == {}


PLANS = {region: PhoneMetadata.metadata_for_region(region, None) for region in sorted(SUPPORTED_REGIONS)}
KINDS = (*KINDS_OF_PERSONS, *KINDS_OF_FIRMS)


def join_patterns(plan: PhoneMetadata, kinds: tuple[str, ...]) -> Pattern:
    """A pattern of the numbers of any of these kinds."""
    known = [getattr(plan, kind).national_number_pattern for kind in kinds if getattr(plan, kind)]
    return read_pattern("|".join(f"(?:{each})" for each in known) or "x")


def test_patterns_are_searched_to_the_end():
    written = r"1(?:2|3\d){2}|[5-7]8?"
    pattern = read_pattern(written)
    for length in range(6):
        one = find_number([pattern], lambda fits, n, length=length: fits[0] and n == length)
        numbers = ["".join(digits) for digits in itertools.product("01235678", repeat=length)]
        assert (one is not None) == any(re.fullmatch(written, number) for number in numbers)
        assert one is None or re.fullmatch(written, one)
    begins = [pattern, read_pattern("12", is_beginning=True)]
    assert find_number(begins, lambda fits, _: all(fits)) == "122"
    ends = [pattern, read_pattern("99[58]")]
    assert (
        find_number(ends, lambda fits, _: all(fits), [pattern.start, read_after(ends[1], read_pattern("9{2}|3"))])
        == "5"
    )


def test_the_patterns_of_kinds_say_how_long_their_numbers_are():
    for region, plan in PLANS.items():
        for kind in filter(None, (getattr(plan, kind) for kind in KINDS)):
            patterns = [read_pattern(kind.national_number_pattern)]
            found = find_number(
                patterns, lambda fits, length, kind=kind: fits[0] and length not in kind.possible_length
            )
            assert found is None, region


@pytest.mark.parametrize("code", sorted(COUNTRY_CODE_TO_REGION_CODE))
def test_plans_of_one_country_code_agree_on_who_is_a_person(code):
    """The library asks the first region that claims a number, and firms before persons; here any region may say so."""
    plans = [PLANS[region] for region in COUNTRY_CODE_TO_REGION_CODE[code] if region in PLANS]
    if not plans:
        return  # of the whole world
    everybody = read_pattern("|".join(p.general_desc.national_number_pattern for p in plans))
    questions = [
        (
            read_pattern(plan.general_desc.national_number_pattern),
            join_patterns(plan, KINDS_OF_PERSONS),
            join_patterns(plan, KINDS_OF_FIRMS),
            read_pattern(plan.leading_digits or "x", is_beginning=True),
        )
        for plan in plans
    ]

    def is_read_otherwise(fits, length):
        answers = [fits[1 + 4 * n : 5 + 4 * n] for n in range(len(plans))]
        here = any(general and person for general, person, *_ in answers)
        for plan, (general, person, firm, begins) in zip(plans, answers, strict=True):
            is_valid = general and (person or firm) and length in plan.general_desc.possible_length
            if begins if plan.leading_digits else is_valid or len(plans) == 1:
                return here != (is_valid and not firm)
        return here

    assert find_number([everybody, *(each for of_plan in questions for each in of_plan)], is_read_otherwise) is None


@pytest.mark.parametrize(
    "plan", [each for each in PLANS.values() if each.national_prefix_for_parsing], ids=lambda p: p.id
)
def test_the_library_takes_the_national_prefix_off_every_number_of_a_person(plan):
    """It keeps it where only the whole is possible, and where the rest has a length that the plan does not have."""
    if plan.national_prefix_transform_rule:
        return  # such numbers are left to the library
    general, lengths = read_pattern(plan.general_desc.national_number_pattern), plan.general_desc.possible_length
    after_prefix = read_after(general, read_pattern(plan.national_prefix_for_parsing))

    def is_kept(fits, length):
        is_odd = length not in lengths and (
            length < max(lengths) or length in plan.general_desc.possible_length_local_only
        )
        is_persons, is_possible, is_rest_possible, is_whole_possible = fits
        return is_persons and is_possible and (is_odd or (is_whole_possible and not is_rest_possible))

    for own in (PLANS[region] for region in COUNTRY_CODE_TO_REGION_CODE[plan.country_code]):
        possible = read_pattern(own.general_desc.national_number_pattern)
        patterns = [join_patterns(own, KINDS_OF_PERSONS), possible, general, general]
        assert find_number(patterns, is_kept, [*(each.start for each in patterns[:3]), after_prefix]) is None


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
