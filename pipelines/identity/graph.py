"""The graph behind identity: records and keys as nodes, links as edges.

Put here: numbering nodes, and making edges of every kind. Keep out: which component is which person (`people.py`), and
edges that are not made because of `never_match` (`cuts.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from regulars.pipelines.identity.dense import find_least_by_code, mark_codes, number_rows
from regulars.pipelines.identity.keys.emails import EmailRules, add_normal_email

MATCHED_BY = {
    "always_match": "The settings say so.",
    "merged_record": "The tool has merged one of the records into the other.",
    "other_record": "One of the records names the other, of another system.",
    "email": "Both have the same e-mail address.",
    "phone": "Both have the same telephone number, and no two names differ.",
    "fuzzy": "Both are so alike that they are probably one person.",
}
"""Kind of link -> what it means; the strongest first, which decides where `never_match` cuts."""

HOW = pl.Enum(list(MATCHED_BY))
"""The type of the column `matched_by` of edges, whose other columns are two nodes, `left` and `right`. A key is always
on the right; only `always_match` may link two keys."""


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


def number_records(named: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number the customer records.

    Args:
        named: Every place that names one: `system`, `record_id`, `email`, `row_id`, `is_customer`.

    Returns:
        `Nodes.records`, and `named` with the column `node`.
    """
    records, node = number_rows(named.select("system", "record_id"))
    paying = mark_codes(node[named["is_customer"].to_numpy()], len(records))
    numbered = records.select(
        pl.Series("node", range(len(records)), pl.Int64),
        "system",
        "record_id",
        find_least_by_code(named["row_id"], node, len(records)),
        pl.Series("is_customer", paying),
    )
    return numbered, named.with_columns(node=pl.Series(node, dtype=pl.Int64))


def number_keys(records: pl.DataFrame, emails: pl.Series, phones: pl.Series) -> Nodes:
    """Number the keys behind the records.

    Args:
        records: `Nodes.records`.
        emails: The distinct addresses.
        phones: The distinct keys made of telephone numbers.
    """
    keys = pl.concat(
        [
            pl.select(pl.repeat(key_type, len(keys), dtype=pl.String).alias("key_type"), keys.alias("key"))
            for key_type, keys in (("email", emails), ("phone", phones))
        ]
    )
    node = pl.Series("node", range(len(records), len(records) + len(keys)), pl.Int64)
    return Nodes(records, keys.insert_column(0, node))


def link_records(nodes: Nodes, merged: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The edges between records.

    Args:
        nodes: The nodes.
        merged: Records that a tool merged: `system`, `record_id`, `merged_into`.
        others: Records that name records of other systems: `system`, `record_id`, `other_system`, `other_record_id`.

    Returns:
        `left`, `right`, `matched_by` (`HOW`).
    """
    record = nodes.records.select("system", "record_id", left="node")
    other = record.rename({"left": "right"})
    by_merge = merged.join(record, on=["system", "record_id"]).join(
        other, left_on=["system", "merged_into"], right_on=["system", "record_id"]
    )
    by_name = others.join(record, on=["system", "record_id"]).join(
        other, left_on=["other_system", "other_record_id"], right_on=["system", "record_id"]
    )
    return pl.concat([make_edges(by_merge, "merged_record"), make_edges(by_name, "other_record")])


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
        `left`, `right`, and the number of pairs with a record or address that occurs nowhere else.
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
