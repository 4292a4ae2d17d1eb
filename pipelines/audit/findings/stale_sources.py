"""Finds sources whose last delivery was used again because nothing newer could be used.

Put here: that finding. Keep out: what makes a file unusable (`pipelines/sources`).
"""

from collections.abc import Iterable, Iterator

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.sources.source_landing import LandedSource


def find_stale_sources(landed_sources: Iterable[LandedSource]) -> Iterator[Finding]:
    """One finding per source of which a file, or the source as a whole, is not used."""
    for landed in landed_sources:
        if landed.is_stale:
            why = "; ".join(dict.fromkeys(refusal.sentence for refusal in landed.refusals))
            yield make_finding(
                "source_stale",
                f"{landed.source} is stale: {why}.",
                "Until then its earlier deliveries are used.",
                source=landed.source,
                count=len(landed.refusals),
            )
