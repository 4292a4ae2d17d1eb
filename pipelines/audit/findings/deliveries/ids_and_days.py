"""Compares what the rows of a delivery lead to, and when they happened, with the deliveries before it.

Put here: findings about known ids, repeated rows, currencies, days and hours. Keep out: measuring them
(`id_measures.py`, `day_measures.py`), and rows, amounts and empty values (`volume.py`).
"""

from collections.abc import Iterator, Sequence

from regulars.pipelines.audit.findings.deliveries.id_measures import CUSTOMER
from regulars.pipelines.audit.findings.deliveries.profile import Profile, describe_profile
from regulars.pipelines.audit.findings.deliveries.usual import (
    ENOUGH_TO_DROP_ONE,
    find_highest,
    find_lowest,
    measure_chance,
    measure_chance_of_share,
    write_at_least,
    write_at_most,
)
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEWEST_FOR_SHARES = 3
FEWEST_ROWS = 3
FEWEST_FOR_HOURS = 10
FEWEST_FOR_DAYS = 5
HOURS_STRAYED = 12
NOUNS = {CUSTOMER: "customers", "product_id": "products", "order_id": "orders"}


def compare_known_ids(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """Rows whose customers, orders or products are known far less often than those of the deliveries before."""
    for column, share in profile.known.items():
        known = [each.known[column] for each in before if column in each.known]
        if len(known) < FEWEST_FOR_SHARES:
            continue
        usual = find_lowest(known)
        count = (usual - share) * profile.rows
        fall = usual - share - measure_chance_of_share(usual, profile.rows)
        if fall > 0 and count >= FEWEST_ROWS:
            yield make_finding(
                "fewer_known_ids",
                f"{profile.source}: of the {NOUNS[column]} that the {profile.kind} of {profile.file_name} name, "
                f"{share:.0%} are known from elsewhere where {write_at_least(usual)} were in its last {len(known)} "
                "deliveries.",
                "See whether the tool writes ids in another form, such as with a prefix, or another id; or whether the "
                f"{NOUNS[column]} are missing in their own export.",
                **describe_profile(profile, fall, count),
            )


def compare_repeated_rows(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """Rows that say the same as rows under other ids, far more often than in the deliveries before."""
    known = [each.repeated for each in before if each.repeated is not None]
    share = profile.repeated
    if len(known) < FEWEST_FOR_SHARES or share is None:
        return
    usual = find_highest(known)
    rise = share - usual - measure_chance_of_share(usual, profile.rows)
    if rise > 0 and (share - usual) * profile.rows >= FEWEST_ROWS:
        yield make_finding(
            "rows_repeated_under_other_ids",
            f"{profile.source}: {share:.0%} of the {profile.rows:,.0f} rows of {profile.kind} in {profile.file_name} "
            f"repeat a row that has another id and is the same in all else; in its last {len(known)} deliveries "
            f"{write_at_most(usual)} did. What is repeated counts twice.",
            "See whether the tool exported the same rows twice, or gave them new ids; exclude one of the two.",
            **describe_profile(profile, rise, share * profile.rows),
        )


def compare_currencies(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """A currency that far more rows are in than in the deliveries before."""
    known = [each.currencies for each in before if each.currencies]
    if len(known) < FEWEST_FOR_SHARES:
        return
    for currency, share in profile.currencies.items():
        usual = find_highest([each.get(currency, 0.0) for each in known])
        rise = share - usual - measure_chance_of_share(usual, profile.rows)
        if rise > 0 and (share - usual) * profile.rows >= FEWEST_ROWS:
            yield make_finding(
                "currencies_shifted",
                f"{profile.source}: {share:.0%} of the {profile.rows:,.0f} rows of {profile.kind} in "
                f"{profile.file_name} are in {currency} where {write_at_most(usual)} were in its last {len(known)} "
                "deliveries.",
                "See whether the tool writes the currency of the customer into the column, or that of the company.",
                **describe_profile(profile, rise, (share - usual) * profile.rows),
            )


def compare_days(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """Rows that are older than their file by more than twice as many days as those of the deliveries before."""
    known = [each.lag_days for each in before if each.lag_days is not None]
    if len(known) < FEWEST_FOR_DAYS or profile.lag_days is None or profile.rows < FEWEST_FOR_DAYS:
        return
    usual = find_highest(known)
    if profile.lag_days > 2 * usual:
        yield make_finding(
            "rows_older_than_usual",
            f"{profile.source}: half of the {profile.rows:,.0f} rows of {profile.kind} in {profile.file_name} are of "
            f"{profile.lag_days:,.0f} days and more before the file was written where it was at most {usual:,.0f} days "
            f"in its last {len(known)} deliveries.",
            "See whether the tool exported older rows again, or writes days in another form, such as the month first.",
            **describe_profile(profile, None, profile.lag_days - 2 * usual),
        )


def compare_hours(profile: Profile, before: Sequence[Profile]) -> Iterator[Finding]:
    """Rows whose hours lie outside those of the deliveries before, as when the time zone is another one.

    Of hours that lie within six of their median, the median strays by twelve divided by the root of their number.
    """
    known = [each.median_hour for each in before if each.median_hour is not None and each.rows >= FEWEST_FOR_HOURS]
    hour = profile.median_hour
    if len(known) < ENOUGH_TO_DROP_ONE or hour is None or profile.rows < FEWEST_FOR_HOURS:
        return
    earliest, latest = find_lowest(known), find_highest(known)
    beyond = max(earliest - hour, hour - latest) - HOURS_STRAYED * measure_chance(profile.rows)
    if beyond > 0:
        yield make_finding(
            "hours_shifted",
            f"{profile.source}: half of the {profile.rows:,.0f} rows of {profile.kind} in {profile.file_name} are of "
            f"{_write_hour(hour)} and later where that time lay between {_write_hour(earliest)} and "
            f"{_write_hour(latest)} in its last {len(known)} deliveries.",
            "See whether the tool writes times in another zone than `timezone` of the source says, or without a time.",
            **describe_profile(profile, None, beyond),
        )


def _write_hour(hour: float) -> str:
    return f"{int(hour):02}:{int(hour % 1 * 60):02}"
