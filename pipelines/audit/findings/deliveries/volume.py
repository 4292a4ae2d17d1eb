"""Compares each new delivery with those before it: rows, empty values, amounts, customers.

Put here: findings from `meta.delivery_profiles`. Keep out: measuring the deliveries (`delivery_profiles.py`).

A bound is the lowest or highest usual value of the last four weeks of deliveries: weekends and months of growth lie
within it, and one odd delivery does not move it.
"""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from regulars.pipelines.audit.findings.deliveries.usual import COMPARED, find_highest, find_lowest, measure_chance
from regulars.pipelines.findings.catalogue import Details, make_finding
from regulars.pipelines.findings.finding import Finding

FEWEST_DELIVERIES = 5
FEWEST_FOR_SHARES = 3
FEWEST_ROWS = 5
LARGEST_OF_NO_INTEREST = 20
FEWEST_MISSING = 3
COMPARED_FULL = 14


@dataclass(frozen=True)
class Profile:
    """The numbers of one delivery of one source and kind.

    Attributes:
        source: The source.
        kind: The kind.
        delivery: The number of the delivery.
        file_name: The name of the file.
        rows: Rows of the kind.
        median_amount: The median amount; None where rows have none.
        customers_per_row: Different customers per row that names one; None where none does.
        empty: Column -> the share of rows without a value.
    """

    source: str
    kind: str
    delivery: int
    file_name: str
    rows: float
    median_amount: float | None = None
    customers_per_row: float | None = None
    empty: Mapping[str, float] = field(default_factory=dict)


Compare = Callable[[Profile, Sequence[Profile]], Iterable[Finding]]


def compare_deliveries(
    profiles: Sequence[Profile], new: Iterable[int], deliveries: Mapping[str, str]
) -> Iterator[Finding]:
    """What is odd about the new deliveries.

    Args:
        profiles: Of all deliveries, in the order of landing.
        new: Which of them, by their place, are new in this run.
        deliveries: Source -> `full`, `incremental` or `append`.
    """
    for place in new:
        profile = profiles[place]
        same = [each for each in profiles[:place] if (each.source, each.kind) == (profile.source, profile.kind)]
        rows = _compare_full_rows if deliveries[profile.source] == "full" else _compare_incremental_rows
        for compare in (rows, _compare_empty_values, _compare_amounts, _compare_customers):
            yield from compare(profile, same[-COMPARED:])


def _details(profile: Profile, share: float, count: float) -> Details:
    return {"source": profile.source, "kind": profile.kind, "share": min(max(share, 0.0), 1.0), "count": round(count)}


def _compare_incremental_rows(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    if len(before) < FEWEST_DELIVERIES:
        return
    least, most = find_lowest([each.rows for each in before]), find_highest([each.rows for each in before])
    if least >= FEWEST_ROWS and profile.rows < least:
        yield make_finding(
            "delivery_small",
            f"{profile.source}: {profile.file_name} holds {profile.rows:,.0f} rows of {profile.kind} where its last "
            f"{len(before)} deliveries held {least:,.0f} and more.",
            "See whether the tool exported everything; if not, deliver the file again.",
            **_details(profile, 1 - profile.rows / least - measure_chance(least), least - profile.rows),
        )
    most = max(most, LARGEST_OF_NO_INTEREST)
    if profile.rows > most:
        yield make_finding(
            "delivery_large",
            f"{profile.source}: {profile.file_name} holds {profile.rows:,.0f} rows of {profile.kind} where its last "
            f"{len(before)} deliveries held at most {most:,.0f}.",
            "See whether the tool exported a longer time, or everything; if so, nothing counts twice that has an id.",
            **_details(profile, 1 - most / profile.rows, profile.rows - most),
        )


def _compare_full_rows(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    if not before:
        return
    recent = before[-COMPARED_FULL:]
    usual = statistics.median(each.rows for each in recent)
    if usual - profile.rows >= FEWEST_MISSING:
        yield make_finding(
            "full_delivery_shrank",
            f"{profile.source}: {profile.file_name} holds {profile.rows:,.0f} rows of {profile.kind} where its last "
            f"{len(recent)} deliveries held {usual:,.0f} (median); what is missing counts as deleted.",
            "See whether they were deleted on purpose; if not, deliver the whole file again.",
            **_details(profile, 1 - profile.rows / usual, usual - profile.rows),
        )


def _compare_empty_values(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    if len(before) < FEWEST_FOR_SHARES:
        return
    for column, share in profile.empty.items():
        usual = find_highest([each.empty.get(column, 1.0) for each in before])
        rise = share - usual - measure_chance(profile.rows)
        if rise > 0:
            yield make_finding(
                "empty_values_rose",
                f"{profile.source}: in {profile.file_name}, `{column}` of {profile.kind} is empty in {share:.0%} of "
                f"{profile.rows:,.0f} rows where it was in at most {usual:.0%} of its last {len(before)} deliveries.",
                "See whether the tool still exports the column under the name in the settings.",
                **_details(profile, rise, (share - usual) * profile.rows),
            )


def _compare_amounts(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    known = [each.median_amount for each in before if each.median_amount and each.median_amount > 0]
    amount = profile.median_amount
    if len(known) < FEWEST_FOR_SHARES or amount is None or profile.rows < FEWEST_ROWS:
        return
    least, most = find_lowest(known), find_highest(known)
    short = 1 - max(amount, 0) / least if amount < least else 1 - most / amount if amount > most else 0.0
    short -= measure_chance(profile.rows)
    if short > 0:
        yield make_finding(
            "amounts_shifted",
            f"{profile.source}: in {profile.file_name}, the median amount of {profile.kind} is {amount:,.2f} where "
            f"its last {len(known)} deliveries had {least:,.2f} to {most:,.2f}.",
            "See whether amounts are in another currency, in cents, or written with another decimal sign.",
            **_details(profile, short, profile.rows),
        )


def _compare_customers(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
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
            **_details(profile, fall, (usual - now) * profile.rows),
        )
