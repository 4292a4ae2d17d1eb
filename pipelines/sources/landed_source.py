"""Holds what one source contributes to a run, as landing found it.

Put here: the result of landing a source. Keep out: landing it (`source_landing.py`), and reading its deliveries.
"""

from dataclasses import dataclass, field

from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.sources.ledger import Delivery
from regulars.pipelines.sources.readers.refusal import Refusal


@dataclass
class LandedSource:
    """What one source contributes to the run.

    Attributes:
        source: Its name.
        deliveries: The deliveries to read, in order.
        refusals: Which files (or the source as a whole) did not land, and why.
        withheld: Which landed files of an optional source the run goes on without, and why.
        landed: The numbers of the deliveries that landed in this run.
        previous: The delivery before the only one that a `full` source reads; None: there is none.
        replaced: What was read before the last whole fetch, of a source that is fetched by a cursor.
        wholes: The deliveries of such a source that hold everything.
        findings: What was odd about the files that are used.
        last_deliveries: The last deliveries that landed, used or not, in order: what a new one is compared with.
        found: The deliveries that landing found, where the run reads others since it withheld some.
    """

    source: str
    deliveries: list[Delivery] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    withheld: list[Refusal] = field(default_factory=list)
    landed: list[int] = field(default_factory=list)
    previous: Delivery | None = None
    replaced: list[Delivery] = field(default_factory=list)
    wholes: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    last_deliveries: list[Delivery] = field(default_factory=list)
    found: list[Delivery] | None = None

    @property
    def found_deliveries(self) -> list[Delivery]:
        """What landing found, whatever the run reads in the end."""
        return self.deliveries if self.found is None else self.found

    @property
    def is_stale(self) -> bool:
        """Whether the newest state of the source is missing from `deliveries`."""
        return bool(self.refusals or self.withheld)

    @property
    def reasons(self) -> list[str]:
        """Why it is stale, a sentence each."""
        return [refusal.sentence for refusal in (*self.refusals, *self.withheld)]
