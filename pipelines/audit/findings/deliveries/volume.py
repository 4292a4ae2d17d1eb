"""Compares each new delivery with those before it: rows, empty values, amounts, customers.

Put here: findings from `meta.delivery_profiles`. Keep out: measuring the deliveries (`delivery_profiles.py`).

A bound is the lowest or highest usual value of the last four weeks of deliveries: weekends and months of growth lie
within it, and one odd delivery does not move it.
"""

import statistics
from collections.abc import Iterator, Sequence

from regulars.pipelines.audit.findings.deliveries.profile import Profile, describe_profile
from regulars.pipelines.audit.findings.deliveries.usual import (
    ENOUGH_TO_DROP_ONE,
    find_highest,
    find_lowest,
    measure_chance,
    write_at_most,
)
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEWEST_DELIVERIES = 5
FEWEST_FOR_SHARES = 3
FEWEST_ROWS = 5
FEWEST_OF_WEEKDAY = 3
NEW_WEEKDAY = 2
"""Of a weekday without a delivery nobody knows what is usual: it may have half as many rows."""
FEWEST_FOR_MEDIAN = 3
OTHER_UNIT = 1 / 20
"""An amount so many times as large as usual, or so much less, is in another unit, however few rows there are."""
LARGEST_OF_NO_INTEREST = 20
FEWEST_MISSING = 3
COMPARED_FULL = 14
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def compare_incremental_rows(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """A delivery that is far smaller than usual, on its weekday where its rows are of one day, or far larger."""
    if len(before) < FEWEST_DELIVERIES:
        return
    yield from _compare_with_smallest(profile, before)
    most = find_highest([each.rows for each in before])
    most = max(most, LARGEST_OF_NO_INTEREST)
    if profile.rows > most:
        yield make_finding(
            "delivery_large",
            f"{profile.source}: {profile.file_name} holds {_count_rows(profile)} of {profile.kind} where its last "
            f"{len(before)} deliveries held at most {most:,.0f}.",
            "See whether the tool exported a longer time, everything, or orders that are tests; what has an id that "
            "was delivered before counts once.",
            **describe_profile(profile, 1 - most / profile.rows, profile.rows - most),
        )


def _compare_with_smallest(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    least, compared = find_lowest([each.rows for each in before]), f"last {len(before)} deliveries"
    same_weekday = [each.rows for each in before if each.weekday == profile.weekday]
    is_new_weekday = profile.weekday is not None and not same_weekday
    if profile.weekday and len(same_weekday) >= FEWEST_OF_WEEKDAY and min(same_weekday) > least:
        least = min(same_weekday)
        compared = f"last {len(same_weekday)} deliveries of a {WEEKDAYS[round(profile.weekday) - 1]}"
    if least >= FEWEST_ROWS and profile.rows < least:
        left = profile.rows / least * (NEW_WEEKDAY if is_new_weekday else 1)
        yield make_finding(
            "delivery_small",
            f"{profile.source}: {profile.file_name} holds {_count_rows(profile)} of {profile.kind} where its "
            f"{compared} held {least:,.0f} and more.",
            "See whether the tool exported everything; if not, deliver the file again.",
            **describe_profile(profile, 1 - left - measure_chance(least), least - profile.rows),
        )


def _count_rows(profile: Profile) -> str:
    return "1 row" if profile.rows == 1 else f"{profile.rows:,.0f} rows"


def compare_full_rows(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """A whole export that has fewer rows than those before."""
    if not before:
        return
    recent = before[-COMPARED_FULL:]
    usual = statistics.median(each.rows for each in recent)
    if usual - profile.rows >= FEWEST_MISSING:
        yield make_finding(
            "full_delivery_shrank",
            f"{profile.source}: {profile.file_name} holds {_count_rows(profile)} of {profile.kind} where its last "
            f"{len(recent)} deliveries held {usual:,.0f} (median); what is missing counts as deleted.",
            "See whether they were deleted on purpose; if not, deliver the whole file again.",
            **describe_profile(profile, 1 - profile.rows / usual, usual - profile.rows),
        )


def compare_empty_values(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """Columns that are empty in many more rows than in the deliveries before."""
    if len(before) < FEWEST_FOR_SHARES:
        return
    for column, share in profile.empty.items():
        usual = find_highest([each.empty.get(column, 1.0) for each in before])
        rise = share - usual - measure_chance(profile.rows)
        if rise > 0:
            yield make_finding(
                "empty_values_rose",
                f"{profile.source}: in {profile.file_name}, `{column}` of {profile.kind} is empty in {share:.0%} of "
                f"{profile.rows:,.0f} rows; in its last {len(before)} deliveries it was in {write_at_most(usual)} of "
                "them.",
                "See whether the tool still exports the column under the name in the settings.",
                **describe_profile(profile, rise, (share - usual) * profile.rows),
            )


def compare_amounts(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """A median amount far outside those before.

    What chance does in so few rows is taken off, unless the amount is further from those before than they are from
    each other, and twenty times as far: so that cents are found in three rows too.
    """
    known = [each.median_amount for each in before if each.median_amount and each.median_amount > 0]
    amount = profile.median_amount
    if len(known) < FEWEST_FOR_SHARES or amount is None or not profile.rows:
        return
    least, most = find_lowest(known), find_highest(known)
    short = 1 - max(amount, 0) / least if amount < least else 1 - most / amount if amount > most else 0.0
    strays = least / most / 2 if len(known) >= ENOUGH_TO_DROP_ONE else 0.0
    is_far_beyond = profile.rows >= FEWEST_FOR_MEDIAN and 1 - short < min(strays, OTHER_UNIT)
    if not is_far_beyond:
        short = short - measure_chance(profile.rows) if profile.rows >= FEWEST_ROWS else 0.0
    if short > 0:
        yield make_finding(
            "amounts_shifted",
            f"{profile.source}: in {profile.file_name}, the median amount of {profile.kind} is {amount:,.2f} where "
            f"its last {len(known)} deliveries had {least:,.2f} to {most:,.2f}.",
            "See whether amounts are in another currency, in cents, or written with another decimal sign.",
            **describe_profile(profile, short, profile.rows),
        )


def compare_customers(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """Rows that name far fewer different customers than those before."""
    known = [each.customers_per_row for each in before if each.customers_per_row is not None]
    now = profile.customers_per_row
    if len(known) < FEWEST_FOR_SHARES or now is None:
        return
    usual = find_lowest(known)
    fall = usual - now - measure_chance(profile.rows)
    if fall > 0:
        yield make_finding(
            "customers_collapsed",
            f"{profile.source}: the {profile.rows:,.0f} rows of {profile.kind} in {profile.file_name} name "
            f"{now * 100:,.0f} different customers per 100 rows where its last {len(known)} deliveries named "
            f"{usual * 100:,.0f} and more.",
            "See whether the tool writes one id or address, such as the till's, for many customers.",
            **describe_profile(profile, fall, (usual - now) * profile.rows),
        )
