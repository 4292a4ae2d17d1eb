"""Writes down why records are one person: every link with the two records and the key.

Put here: the table `identity.links`. Keep out: making links (`graph.py`, `accounts.py`).
"""

import polars as pl

from regulars.pipelines.identity.graph import Nodes

LINKS = {
    "matched_by": pl.String,
    "key": pl.String,
    "record_key": pl.String,
    "other_record_key": pl.String,
    "cut_by": pl.String,
}
"""One row per link: what makes it (`graph.MATCHED_BY`), the address or number (personal data: the table lies in the
state file only), the two records, and what kept it from being made: `never_match` of the settings, `names` that differ
clearly, or NULL. A key links its first record with every other one."""


def list_links(nodes: Nodes, edges: pl.DataFrame, guests: pl.DataFrame) -> pl.DataFrame:
    """Every link between two records.

    Args:
        nodes: The nodes.
        edges: `left`, `right`, `matched_by`, `cut_by`.
        guests: Orders, refunds … that name an address alone: `record_type`, `system`, `source_record_id`, `row_id`,
            `email`.

    Returns:
        The columns of `LINKS`.
    """
    names = nodes.records.select(pl.concat_str(pl.lit("customer"), "system", "record_id", separator="/")).to_series()
    is_of_key = (pl.col("right") >= len(names)) & (pl.col("matched_by") != "always_match")
    holders = _list_holders(nodes, edges.filter(is_of_key), guests, names)
    direct = edges.filter(~is_of_key)
    if (direct["matched_by"] == "always_match").any():  # which may name keys
        names = pl.concat([names, _name_keys(nodes, holders)])
    between_records = direct.select(
        pl.col("matched_by").cast(pl.String),
        pl.lit(None, pl.String).alias("key"),
        names.gather(direct["right"]).alias("record_key"),
        names.gather(direct["left"]).alias("other_record_key"),
        "cut_by",
    ).filter(pl.col("record_key") != pl.col("other_record_key"))
    return pl.concat([between_records, _link_holders(nodes, holders)])


def _list_holders(nodes: Nodes, edges: pl.DataFrame, guests: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
    """Which record holds which key: `matched_by`, `node` (of the key), `row_id`, `record_key`, `cut_by`."""
    by_record = edges.select(
        pl.col("matched_by").cast(pl.String),
        pl.col("right").alias("node"),
        nodes.records["row_id"].gather(edges["left"]).alias("row_id"),
        names.gather(edges["left"]).alias("record_key"),
        "cut_by",
    )
    by_guest = guests.join(nodes.of_key("email"), on="email").select(
        pl.lit("email").alias("matched_by"),
        "node",
        "row_id",
        pl.concat_str("record_type", "system", "source_record_id", separator="/").alias("record_key"),
        pl.lit(None, pl.String).alias("cut_by"),
    )
    return pl.concat([by_record, by_guest])


def _name_keys(nodes: Nodes, holders: pl.DataFrame) -> pl.Series:
    """The first record of every key: what stands for an address that `always_match` names."""
    first = (
        holders.sort(pl.col("cut_by").is_not_null(), "row_id", "record_key")
        .group_by("node")
        .agg(pl.col("record_key").first())
    )
    return nodes.keys.select("node").join(first, on="node", how="left", maintain_order="left")["record_key"]


def _link_holders(nodes: Nodes, holders: pl.DataFrame) -> pl.DataFrame:
    """Each key's first record with each of its others; a link that is cut makes no record the first."""
    linked = (
        holders.filter(pl.col("node").is_duplicated())
        .sort("node", pl.col("cut_by").is_not_null(), "row_id", "record_key")
        .with_columns(other_record_key=pl.col("record_key").first().over("node"))
        .filter(pl.col("record_key") != pl.col("other_record_key"))
    )
    return linked.select(
        "matched_by",
        nodes.keys["key"].gather(linked["node"] - len(nodes.records)).alias("key"),
        "record_key",
        "other_record_key",
        "cut_by",
    )
