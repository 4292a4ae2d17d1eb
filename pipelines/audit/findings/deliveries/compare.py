"""Compares each new delivery with those before it of the same source and kind.

Put here: which comparisons there are. Keep out: each of them (the modules beside this one).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from regulars.pipelines.audit.findings.deliveries.ids_and_days import (
    compare_currencies,
    compare_days,
    compare_hours,
    compare_known_ids,
    compare_repeated_rows,
)
from regulars.pipelines.audit.findings.deliveries.profile import Profile
from regulars.pipelines.audit.findings.deliveries.usual import COMPARED
from regulars.pipelines.audit.findings.deliveries.volume import (
    compare_amounts,
    compare_customers,
    compare_empty_values,
    compare_full_rows,
    compare_incremental_rows,
)
from regulars.pipelines.findings.finding import Finding

Compare = Callable[[Profile, Sequence[Profile]], Iterable[Finding]]

COMPARISONS: Sequence[Compare] = (
    compare_empty_values,
    compare_amounts,
    compare_customers,
    compare_known_ids,
    compare_repeated_rows,
    compare_currencies,
    compare_days,
    compare_hours,
)


def compare_deliveries(
    profiles: Sequence[Profile],
    new: Iterable[int],
    deliveries: Mapping[str, str],
    wholes: Collection[int] = (),
) -> Iterator[Finding]:
    """What is odd about the new deliveries.

    Args:
        profiles: Of all deliveries, in the order of landing.
        new: Which of them, by their place, are new in this run.
        deliveries: Source -> `full`, `incremental` or `append`.
        wholes: Deliveries of sources with a cursor that hold everything; they are compared with each other only.
    """
    for place in new:
        profile = profiles[place]
        same = [
            each
            for each in profiles[:place]
            if (each.source, each.kind) == (profile.source, profile.kind)
            and (each.delivery in wholes) == (profile.delivery in wholes)
        ]
        rows = compare_full_rows if deliveries[profile.source] == "full" else compare_incremental_rows
        for compare in (rows, *COMPARISONS):
            yield from compare(profile, same[-COMPARED:])
