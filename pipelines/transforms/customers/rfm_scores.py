"""RFM scores of customers, and the named segment of each combination.

Put here: the bounds of scores, and which scores make which segment. Keep out: where the lifecycle
corrects a segment (`customer_segments.py`), reading the company's rules (`pipelines/settings/customers/rfm.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
import polars as pl

from regulars.pipelines.definitions.enumerations import RfmRule, RfmSegment

Integers = np.ndarray[Any, np.dtype[np.int64]]

SEGMENTS: tuple[RfmRule, ...] = (
    ("champions", (4, 5), (4, 5), (3, 5)),  # often and recently, large baskets
    ("loyal", (4, 5), (4, 5), (1, 2)),  # often and recently, small baskets
    ("loyal", (3, 3), (4, 5), (1, 5)),
    ("loyal", (4, 5), (3, 3), (4, 5)),
    ("potential_loyalists", (4, 5), (3, 3), (1, 3)),  # recently, and more than once
    ("potential_loyalists", (4, 5), (2, 2), (1, 5)),
    ("new", (5, 5), (1, 1), (1, 5)),  # least often, most recently
    ("promising", (3, 4), (1, 1), (1, 5)),
    ("needs_attention", (3, 3), (2, 3), (1, 5)),  # average in both
    ("cannot_lose", (1, 2), (4, 5), (4, 5)),  # once among the best, not seen for long
    ("at_risk", (1, 2), (4, 5), (1, 3)),
    ("at_risk", (1, 2), (3, 3), (1, 5)),
    ("hibernating", (2, 2), (1, 2), (1, 5)),
    ("hibernating", (1, 1), (2, 2), (1, 5)),
    ("lost", (1, 1), (1, 1), (1, 5)),
)
"""By default: segment, and its inclusive ranges of recency, frequency and monetary score; each combination has one.

Scores compare customers with each other, not with the calendar: `choose_segment` corrects segments that contradict the
lifecycle.
"""


class ScoreSettings(Protocol):
    """What a company sets about RFM scores; without bounds, customers are cut in fifths."""

    @property
    def recency_days(self) -> Sequence[int]:
        """Days since the last purchase, rising: at most so many score 5, 4, 3 and 2; more score 1."""

    @property
    def frequency(self) -> Sequence[int]:
        """Repeat purchases, rising: at least so many score 2, 3, 4 and 5; fewer score 1."""

    @property
    def monetary_value(self) -> Sequence[Decimal]:
        """Net sales per repeat purchase, rising: at least so much scores 2, 3, 4 and 5; less scores 1."""

    @property
    def rules(self) -> Sequence[RfmRule]:
        """The company's own rules, which take precedence over `SEGMENTS`."""

    @property
    def names(self) -> Mapping[RfmSegment, str]:
        """The company's own names of segments: our name -> its name; only for renamed segments."""


@dataclass(frozen=True)
class RankedScores:
    """Scores that compare customers with each other only, and the default rules."""

    recency_days: Sequence[int] = ()
    frequency: Sequence[int] = ()
    monetary_value: Sequence[Decimal] = ()
    rules: Sequence[RfmRule] = ()
    names: Mapping[RfmSegment, str] = field(default_factory=dict)


RANKED = RankedScores()
"""The settings of a company that sets nothing."""


def name_segment(segment: pl.Expr, rfm: ScoreSettings) -> pl.Expr:
    """Rename segments as the company calls them; two segments may swap names."""
    return segment.replace_strict(dict(rfm.names), default=segment) if rfm.names else segment


def score_customers(buyers: pl.DataFrame, rfm: ScoreSettings) -> dict[str, pl.Expr]:
    """Score recency, frequency and monetary value of each customer, 1 to 5.

    A customer without a repeat purchase has the lowest score of frequency and monetary value, even if no customer has
    one.

    Args:
        buyers: `recency_days`, `frequency`, `monetary_value`; one row per customer.
        rfm: The bounds; without them, fifths of the customers.

    Returns:
        `recency_score`, `frequency_score` and `monetary_score`, for the rows of `buyers`.
    """
    recency, frequency = buyers["recency_days"], buyers["frequency"]
    worth = buyers["monetary_value"].fill_null(0)
    came_back = pl.when(pl.col("frequency") > 0)
    of_recency = _score_by_bounds(-recency, [-days for days in rfm.recency_days])
    of_frequency, of_worth = _score_by_bounds(frequency, rfm.frequency), _score_by_bounds(worth, rfm.monetary_value)
    return {
        "recency_score": pl.lit(of_recency),
        "frequency_score": came_back.then(pl.lit(of_frequency)).otherwise(1),
        "monetary_score": came_back.then(pl.lit(of_worth)).otherwise(1),
    }


def _score_by_bounds(values: pl.Series, bounds: Sequence[int] | Sequence[Decimal]) -> pl.Series:
    """Score 1 plus the number of bounds that a value reaches; in fifths without bounds."""
    if not bounds:
        return score_in_fifths(values)
    reached = [(pl.col(values.name) >= bound).cast(pl.Int64) for bound in bounds]
    return values.to_frame().select(score=1 + pl.sum_horizontal(reached))["score"]


def score_in_fifths(values: pl.Series) -> pl.Series:
    """Score 1 (lowest) to 5 (highest) in five groups as equal in size as possible; equal values have equal scores.

    Most customers of most shops bought once, so fixed quintiles would either separate equal customers or leave scores
    unused. Here the groups are cut from below: each takes its share of the rest, up to the nearest boundary between two
    values. All five scores occur whenever there are five distinct values; four values score 1 2 4 5, three 1 3 5, two
    1 5, a single one 3.

    Args:
        values: One number per customer, never NULL.

    Returns:
        Int64 scores, in the order of `values`.
    """
    counts = values.value_counts(name="customers").sort(values.name)
    distinct = counts.height
    if distinct < 5:
        scores = np.array([1 + round(4 * n / (distinct - 1)) if distinct > 1 else 3 for n in range(distinct)])
    else:
        scores = _cut_in_fifths(counts["customers"].cast(pl.Int64).cum_sum().to_numpy())
    scored = counts.with_columns(score=pl.Series(scores, dtype=pl.Int64))
    return values.to_frame().join(scored, on=values.name, how="left", maintain_order="left")["score"]


def _cut_in_fifths(up_to: Integers) -> Integers:
    """Cut distinct values into fifths, given how many customers have at most each value; returns their scores."""
    scores = np.full(len(up_to), 5, dtype=np.int64)
    start, below = 0, 0
    for score in range(1, 5):
        share = (int(up_to[-1]) - below) / (6 - score)
        end = int(np.searchsorted(up_to, below + share))
        if end > start and below + share - up_to[end - 1] < up_to[end] - below - share:
            end -= 1
        end = min(max(end, start), len(up_to) - (6 - score))  # leave a value for each score to come
        scores[start : end + 1] = score
        start, below = end + 1, int(up_to[end])
    return scores


def list_segments_by_score(rfm: ScoreSettings = RANKED) -> pl.DataFrame:
    """List the `segment` of every `rfm_score`, '111' to '555'; the company's own rules come before `SEGMENTS`."""
    chosen = {
        f"{r}{f}{m}": segment
        for segment, recency, frequency, monetary in (*SEGMENTS, *rfm.rules)
        for r in range(recency[0], recency[1] + 1)
        for f in range(frequency[0], frequency[1] + 1)
        for m in range(monetary[0], monetary[1] + 1)
    }
    return pl.DataFrame({"rfm_score": list(chosen), "segment": list(chosen.values())})
