"""What a company sets about RFM scores and segments.

Put here: the shape of `rfm:`, reading its rules, and the company's names of segments. Keep out: scoring and the
default rules (`pipelines/transforms/customers/rfm_scores.py`), segments of the company's own (`segments.py`).
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise, product
from typing import Annotated, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from regulars.pipelines.definitions.enumerations import ALL, OTHER, UNKNOWN, RfmRule, RfmSegment
from regulars.pipelines.settings.part import Part

Range = tuple[int, int]
SegmentName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
RESERVED = {ALL, OTHER, UNKNOWN, "none", "member", "not_member"}
"""What stands beside segments in the same columns and means something else."""
_PART = re.compile(r"([RFM])([1-5])(?:-([1-5]))?")


class Rfm(Part):
    """How customers are scored from 1 to 5, and which scores make which RFM segment.

    Each list of bounds has four, rising. An empty list cuts the customers in five groups as equal as equal values
    allow, so that a score says where a customer stands among the others; bounds make it say the same every night.
    """

    recency_days: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=4)] = []
    """Days since the last purchase: at most the first of them scores 5, at most the last scores 2, more scores 1. Such
    as `[30, 90, 180, 365]`."""
    frequency: Annotated[list[Annotated[int, Field(ge=1)]], Field(max_length=4)] = []
    """Days with a purchase after the first one: at least the first of them scores 2, at least the last scores 5. Such
    as `[1, 2, 4, 9]`. Who bought on one day only scores 1."""
    monetary_value: Annotated[list[Annotated[Decimal, Field(gt=0)]], Field(max_length=4)] = []
    """Net sales per repeat purchase, in the company's currency: at least the first of them scores 2, at least the last
    scores 5."""
    segments: dict[RfmSegment, list[str]] = {}
    """Segment: the scores that make it, such as `R4-5 F4-5 M3-5`; a letter left out means any score. Scores that are
    named nowhere here make the segment that they make by default. What is known of the lifecycle still goes before:
    lapsed customers are `cannot_lose`, `lost` or `hibernating`, and nobody else is `lost`."""

    names: dict[RfmSegment, SegmentName] = {}
    """Segment: what the company calls it, such as `champions: Stammgäste`, in every table, list and picture. The other
    settings of `rfm` keep the names on the left."""

    @model_validator(mode="after")
    def _names_tell_segments_apart(self) -> Self:
        taken: dict[str, str] = {}
        for segment in get_args(RfmSegment):
            name = self.names.get(segment, segment)
            if name.casefold() in RESERVED:
                raise ValueError(f"`names` calls {segment} {name}, which has a meaning of its own in the tables")
            if taken.setdefault(name.casefold(), segment) != segment:
                raise ValueError(f"`names` calls both {taken[name.casefold()]} and {segment} {name}")
        return self

    @model_validator(mode="after")
    def _bounds_rise(self) -> Self:
        lists: dict[str, Sequence[Decimal]] = {
            "recency_days": [Decimal(days) for days in self.recency_days],
            "frequency": [Decimal(purchases) for purchases in self.frequency],
            "monetary_value": self.monetary_value,
        }
        for name, bounds in lists.items():
            if bounds and (len(bounds) != 4 or any(low >= high for low, high in pairwise(bounds))):
                raise ValueError(f"`{name}` needs four bounds that rise, or none")
        return self

    @model_validator(mode="after")
    def _each_score_has_one_segment(self) -> Self:
        taken: dict[tuple[int, ...], str] = {}
        for segment, *ranges in self.rules:
            for scores in product(*(range(low, high + 1) for low, high in ranges)):
                if taken.setdefault(scores, segment) != segment:
                    both = "R{} F{} M{}".format(*scores)
                    raise ValueError(f"`segments` names {both} for {taken[scores]} and for {segment}")
        return self

    @property
    def rules(self) -> list[RfmRule]:
        """The rules of `segments`, as ranges of scores."""
        return [(segment, *_read_rule(text)) for segment, texts in self.segments.items() for text in texts]


def _read_rule(text: str) -> tuple[Range, Range, Range]:
    """Read `R4-5 F4-5 M3-5`.

    Raises:
        ValueError: Where it is written otherwise.
    """
    found: dict[str, Range] = {}
    for word in text.split():
        part = _PART.fullmatch(word)
        if part is None or part[1] in found:
            raise ValueError(f"`{text}` is no rule of scores: write it such as R4-5 F4-5 M3-5")
        found[part[1]] = (int(part[2]), int(part[3] or part[2]))
    if not found or any(low > high for low, high in found.values()):
        raise ValueError(f"`{text}` is no rule of scores: write it such as R4-5 F4-5 M3-5")
    return found.get("R", (1, 5)), found.get("F", (1, 5)), found.get("M", (1, 5))
