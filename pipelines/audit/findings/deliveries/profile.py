"""Defines the numbers of one delivery, with which later ones are compared.

Put here: the shape. Keep out: measuring them (`delivery_profiles.py`), and comparing them (the other modules).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from regulars.pipelines.findings.catalogue import Details


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
        known: Column -> of the rows that name a customer, order or product in it, the share of those known from
            elsewhere.
        currencies: Currency -> the share of rows in it; of the most frequent ones.
        repeated: The share of rows that say the same as a row under another id.
        weekday: The weekday that nearly all rows are of, 1 is Monday; None where they are of several days.
        median_hour: The median time of day, in hours.
        lag_days: By how many days the rows are older than their file: the median.
        newest_day: The newest day of a row, in days since 1970; of those until the day of the run that measured it.
        age_days: How many days before the day of that run the newest day was.
    """

    source: str
    kind: str
    delivery: int
    file_name: str
    rows: float
    median_amount: float | None = None
    customers_per_row: float | None = None
    empty: Mapping[str, float] = field(default_factory=dict)
    known: Mapping[str, float] = field(default_factory=dict)
    currencies: Mapping[str, float] = field(default_factory=dict)
    repeated: float | None = None
    weekday: float | None = None
    median_hour: float | None = None
    lag_days: float | None = None
    newest_day: float | None = None
    age_days: float | None = None


def describe_profile(profile: Profile, share: float | None, count: float) -> Details:
    """What a finding about a delivery is about: its source and kind, a share within 0 to 1, and a whole count."""
    return {
        "source": profile.source,
        "kind": profile.kind,
        "share": None if share is None else min(max(share, 0.0), 1.0),
        "count": round(count),
    }
