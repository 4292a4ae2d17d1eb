"""Turns likely pairs into proposals or links, as the settings say.

Put here: which likely pairs are linked. Keep out: the probability of a pair (`likely_pairs.py`).
"""

from dataclasses import dataclass

import polars as pl

from regulars.pipelines.identity.components import Codes
from regulars.pipelines.identity.fuzzy.blocks import list_compared
from regulars.pipelines.identity.fuzzy.likely_pairs import find_likely_pairs
from regulars.pipelines.identity.graph import Nodes
from regulars.pipelines.identity.keys.emails import EmailRules
from regulars.pipelines.identity.references import Staging

LIKELY_PAIRS = {
    "record_key": pl.String,
    "other_record_key": pl.String,
    "probability": pl.Float64,
    "in_common": pl.String,
    "is_linked": pl.Boolean,
}
"""One row per pair of persons by exact keys who are probably one: their most similar records, the probability (0 to 1),
what the records have in common, and whether they are linked. Stored in the state file only."""


@dataclass(frozen=True)
class FuzzyRules:
    """What the settings say about likely pairs; `docs/settings.md` says what each means."""

    threshold: float = 0.9
    joins: bool = False
    attributes: tuple[str, ...] = ("names", "email", "phone", "city")


@dataclass(frozen=True)
class Likely:
    """Likely pairs.

    Attributes:
        pairs: The columns of `LIKELY_PAIRS`.
        edges: What is to be linked: `left`, `right`, both nodes.
        partly_compared_count: As in `blocks.Compared`.
        uncompared_count: As in `blocks.Compared`.
    """

    pairs: pl.DataFrame
    edges: pl.DataFrame
    partly_compared_count: int = 0
    uncompared_count: int = 0


NOBODY = Likely(
    pl.DataFrame(schema=LIKELY_PAIRS),
    pl.DataFrame(schema={"left": pl.Int64, "right": pl.Int64}),
)


def find_likely(
    nodes: Nodes, labels: Codes, apart: pl.DataFrame, staging: Staging, emails: EmailRules, rules: FuzzyRules | None
) -> Likely:
    """Compare the records of different persons.

    Where likely pairs are linked, a person is linked only with the most likely other person, and only if that is
    mutual: of three records in a chain whose outer two are not similar, only two become one person.

    Args:
        nodes: The nodes.
        labels: The person of every node by exact keys.
        apart: Nodes whose persons must stay apart: `left`, `right`.
        staging: The staging tables.
        emails: How addresses are normalised.
        rules: What the settings say; None: nothing is compared.
    """
    if rules is None:
        return NOBODY
    label = pl.Series("contact", labels, dtype=pl.Int64)
    compared = list_compared(nodes, label, staging, emails)
    records = compared.records
    found = find_likely_pairs(records, threshold=rules.threshold, attributes=rules.attributes)
    sides = {
        side: records.select(pl.col("unique_id").alias(side), *(pl.col(name).alias(f"{side}_{name}") for name in _SIDE))
        for side in ("left", "right")
    }
    pairs = found.join(sides["left"], on="left").join(sides["right"], on="right")
    pairs = _leave_out(pairs, apart, label).sort(-pl.col("probability"), "left", "right")
    pairs = pairs.with_columns(is_linked=pl.Series(_are_mutual(pairs), dtype=pl.Boolean) & rules.joins)
    return Likely(
        pairs.select(
            pl.col("left_record_key").alias("record_key"),
            pl.col("right_record_key").alias("other_record_key"),
            "probability",
            "in_common",
            "is_linked",
        ),
        pairs.filter("is_linked").select(left="left_node", right="right_node"),
        compared.partly_compared_count,
        compared.uncompared_count,
    )


_SIDE = ("node", "contact", "record_key")


def _leave_out(pairs: pl.DataFrame, apart: pl.DataFrame, label: pl.Series) -> pl.DataFrame:
    """The pairs without those that `never_match` keeps apart."""
    left, right = label.gather(apart["left"]), label.gather(apart["right"])
    forbidden = pl.DataFrame(
        {"left_contact": pl.concat([left, right]), "right_contact": pl.concat([right, left])}
    ).unique()
    return pairs.join(forbidden, on=["left_contact", "right_contact"], how="anti")


def _are_mutual(pairs: pl.DataFrame) -> list[bool]:
    """Whether each pair, the likeliest first, is the first of both of its persons."""
    seen: set[int] = set()
    mutual = []
    for one, other in pairs.select("left_contact", "right_contact").rows():
        mutual.append(one not in seen and other not in seen)
        seen |= {one, other}
    return mutual
