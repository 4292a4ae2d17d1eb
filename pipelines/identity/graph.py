"""The graph of who is who: records and keys as nodes, and what links them as edges.

Put here: numbering nodes, and making edges of every kind. Keep out: which component is which person (`people.py`), and
edges that are not made because of `never_match` (`cuts.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from regulars.pipelines.identity.keys.emails import EmailRules, add_normal_email

MATCHED_BY = {
    "always_match": "The settings say so.",
    "merged_record": "The tool has merged one of the records into the other.",
    "other_record": "One of the records names the other, of another system.",
    "email": "Both have the same e-mail address.",
    "phone": "Both have the same telephone number, and no two names differ.",
    "fuzzy": "Both are so alike that they are probably one person.",
}
"""What links records: how -> what it means; the strongest first, which decides where `never_match` cuts."""

HOW = pl.Enum(list(MATCHED_BY))
"""The type of the column `matched_by` of edges, whose other columns are two nodes, `left` and `right`. A key stands on
the right; only `always_match` may link two keys."""


@dataclass(frozen=True)
class Nodes:
    """The graph's nodes: customer records first, then keys.

    Attributes:
        records: `node`, `system`, `record_id`, `row_id`, `is_customer`.
        keys: `node`, `key_type` (`email`|`phone`), `key`.
    """

    records: pl.DataFrame
    keys: pl.DataFrame

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return len(self.records) + len(self.keys)

    def of_key(self, key_type: str) -> pl.DataFrame:
        """`node` and, under the name of the type, the key."""
        return self.keys.filter(pl.col("key_type") == key_type).select("node", pl.col("key").alias(key_type))


def number_nodes(found: pl.DataFrame, guest_records: pl.DataFrame, phone_keys: pl.DataFrame) -> Nodes:
    """Number all records and keys.

    Args:
        found: Customer records with their addresses: `system`, `record_id`, `email`, `row_id`, `is_customer`.
        guest_records: What names an address alone: `email`.
        phone_keys: Customer records with their numbers: `phone`.
    """
    records = (
        found.lazy()
        .group_by("system", "record_id")
        .agg(pl.col("row_id").min(), pl.col("is_customer").any())
        .collect(engine="streaming")
        .with_row_index("node")
        .with_columns(pl.col("node").cast(pl.Int64))
    )
    emails = pl.concat([found.select("email"), guest_records.select("email")]).drop_nulls().unique()
    keys = (
        pl.concat(
            [
                emails.select(pl.lit("email").alias("key_type"), pl.col("email").alias("key")),
                phone_keys.select(pl.lit("phone").alias("key_type"), "key").unique(),
            ]
        )
        .with_row_index("node", offset=len(records))
        .with_columns(pl.col("node").cast(pl.Int64))
    )
    return Nodes(records, keys)


def link_records(
    nodes: Nodes, found: pl.DataFrame, phone_keys: pl.DataFrame, merged: pl.DataFrame, others: pl.DataFrame
) -> pl.DataFrame:
    """All edges but those of `always_match`.

    Args:
        nodes: The nodes.
        found: As for `number_nodes`.
        phone_keys: Which customer record carries which number: `system`, `record_id`, `key`.
        merged: Records that a tool merged: `system`, `record_id`, `merged_into`.
        others: Records that name records of other systems: `system`, `record_id`, `other_system`, `other_record_id`.

    Returns:
        `left`, `right`, `matched_by` (`HOW`).
    """
    record = nodes.records.select("system", "record_id", left="node")
    other = record.rename({"left": "right"})
    by_email = (
        found.lazy()
        .select("system", "record_id", "email")
        .filter(pl.col("email").is_not_null())
        .join(record.lazy(), on=["system", "record_id"])
        .join(nodes.of_key("email").rename({"node": "right"}).lazy(), on="email")
        .collect(engine="streaming")
    )
    by_phone = phone_keys.join(record, on=["system", "record_id"]).join(
        nodes.of_key("phone").rename({"node": "right"}), left_on="key", right_on="phone"
    )
    by_merge = merged.join(record, on=["system", "record_id"]).join(
        other, left_on=["system", "merged_into"], right_on=["system", "record_id"]
    )
    by_name = others.join(record, on=["system", "record_id"]).join(
        other, left_on=["other_system", "other_record_id"], right_on=["system", "record_id"]
    )
    ways = {"email": by_email, "phone": by_phone, "merged_record": by_merge, "other_record": by_name}
    return pl.concat([make_edges(frame, matched_by) for matched_by, frame in ways.items()])


def make_edges(frame: pl.DataFrame, matched_by: str) -> pl.DataFrame:
    """The columns `left` and `right` of a frame, and how these nodes are linked."""
    return frame.select("left", "right", pl.lit(matched_by, HOW).alias("matched_by"))


def find_listed_nodes(nodes: Nodes, pairs: Sequence[Sequence[str]], rules: EmailRules) -> tuple[pl.DataFrame, int]:
    """The nodes of pairs that the settings list.

    Args:
        nodes: The nodes.
        pairs: Two sides each: `system:record id`, or an e-mail address.
        rules: How addresses are normalised.

    Returns:
        `left`, `right`, and how many pairs name somebody whom nothing else names.
    """
    if not pairs:
        return pl.DataFrame(schema={"left": pl.Int64, "right": pl.Int64}), 0
    sides = pl.DataFrame(
        [(number, place, side) for number, pair in enumerate(pairs) for place, side in enumerate(pair)],
        {"pair": pl.Int64, "place": pl.Int64, "side": pl.String},
        orient="row",
    ).with_columns(
        system=pl.col("side").str.extract(r"^\s*([A-Za-z][A-Za-z0-9_-]*):"),
        record_id=pl.col("side").str.extract(r"^\s*[A-Za-z][A-Za-z0-9_-]*:\s*(.*?)\s*$"),
    )
    records = sides.join(nodes.records.select("system", "record_id", "node"), on=["system", "record_id"])
    addressed = add_normal_email(
        sides.filter(pl.col("system").is_null()).with_columns(email=pl.col("side").str.strip_chars()), rules
    )
    emails = addressed.join(nodes.of_key("email"), on="email")
    known = pl.concat([frame.select("pair", "place", "node") for frame in (records, emails)])
    both = known.filter(pl.col("place") == 0).join(known.filter(pl.col("place") == 1), on="pair", suffix="_other")
    found = both.select(left="node", right="node_other").filter(pl.col("left") != pl.col("right"))
    return found, len(pairs) - both["pair"].n_unique()
