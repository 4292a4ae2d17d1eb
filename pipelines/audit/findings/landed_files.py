"""Finds what is odd about landed files: stale sources, other columns, limits of exports.

Put here: findings about files of this run. Keep out: what makes a file unusable or odd (`pipelines/sources`).
"""

from collections.abc import Collection, Iterable, Iterator

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.sources.landed_source import LandedSource
from regulars.pipelines.sources.odd_files import COMPARED_DELIVERIES, find_oddities


def find_stale_sources(landed_sources: Iterable[LandedSource]) -> Iterator[Finding]:
    """One finding per source of which a file, or the source as a whole, is not used."""
    for landed in landed_sources:
        if landed.is_stale:
            why = "; ".join(dict.fromkeys(landed.reasons)).rstrip(".")
            yield make_finding(
                "source_stale",
                f"{landed.source} is stale: {why}.",
                "Until then its earlier deliveries are used.",
                source=landed.source,
                count=len(landed.reasons),
            )


def find_odd_files(landed_sources: Iterable[LandedSource], known: Collection[tuple[str, int]]) -> Iterator[Finding]:
    """What is odd about the files that are new since the parent generation.

    Not those that landed in this run: a file may have landed in a run that ended before it published. What the parent
    knows is cut after some deliveries, so that one before the oldest that it knows is no news.

    Args:
        landed_sources: What landed of each source.
        known: (source, number of the delivery) of those that the parent knows.
    """
    for landed in landed_sources:
        last = landed.last_deliveries
        numbers = {number for source, number in known if source == landed.source}
        oldest = min(numbers, default=0)
        is_cut = len(last) == 2 * COMPARED_DELIVERIES
        for place, delivery in enumerate(last):
            number = delivery.delivery or 0
            if number > oldest and number not in numbers and not (is_cut and place == 0):
                before = last[max(0, place - COMPARED_DELIVERIES) : place]
                yield from find_oddities(landed.source, delivery.file_name, delivery, before)
