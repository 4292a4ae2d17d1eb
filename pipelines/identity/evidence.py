"""Lists why records are one person: every link with the two records and the key.

Put here: the table `identity.links`. Keep out: making links (`graph.py`, `accounts.py`).
"""

import polars as pl

from regulars.pipelines.identity.dense import look_up, sort_numbers_and_texts
from regulars.pipelines.identity.graph import HOW, Nodes

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
    """List every link between two records.

    Args:
        nodes: The nodes.
        edges: `left`, `right`, `matched_by`, `cut_by`.
        guests: Orders, refunds … that name only an address: `record_type`, `system`, `source_record_id`, `row_id`,
            `node` (of the address).

    Returns:
        The columns of `LINKS`.
    """
    own = nodes.records.select(pl.concat_str(pl.lit("customer"), "system", "record_id", separator="/")).to_series()
    of_guests = guests.select(pl.concat_str("record_type", "system", "source_record_id", separator="/")).to_series()
    names = pl.concat([own, of_guests])
    is_of_key = (pl.col("right") >= len(own)) & (pl.col("matched_by") != "always_match")
    holders = _sort_holders(_list_holders(nodes, edges.filter(is_of_key), guests), names)
    direct = edges.filter(~is_of_key)
    of_node = own
    if (direct["matched_by"] == "always_match").any():  # which may name keys
        of_node = pl.concat([own, _name_keys(nodes, holders, names)])
    between_records = direct.select(
        pl.col("matched_by").cast(pl.String),
        pl.lit(None, pl.String).alias("key"),
        of_node.gather(direct["right"]).alias("record_key"),
        of_node.gather(direct["left"]).alias("other_record_key"),
        "cut_by",
    ).filter(pl.col("record_key") != pl.col("other_record_key"))
    return pl.concat([between_records, _link_holders(nodes, holders, names)])


def _list_holders(nodes: Nodes, edges: pl.DataFrame, guests: pl.DataFrame) -> pl.DataFrame:
    """Which record holds which key: `matched_by`, `node` (of the key), `row_id`, `place` (of its name), `cut_by`."""
    by_record = edges.select(
        "matched_by",
        pl.col("right").alias("node"),
        nodes.records["row_id"].gather(edges["left"]).alias("row_id"),
        pl.col("left").alias("place"),
        "cut_by",
    )
    by_guest = guests.select(
        pl.lit("email", HOW).alias("matched_by"),
        "node",
        "row_id",
        pl.int_range(len(nodes.records), len(nodes.records) + pl.len()).alias("place"),
        pl.lit(None, pl.String).alias("cut_by"),
    )
    return pl.concat([by_record, by_guest])


def _sort_holders(holders: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
    """The holders of each key, the first delivered one first, unless its link is cut."""
    numbers = holders.select("node", pl.col("cut_by").is_not_null().cast(pl.Int8), "row_id")
    order = sort_numbers_and_texts([each.to_numpy() for each in numbers], names.gather(holders["place"]))
    return holders[order].with_columns(is_first=pl.col("node").ne_missing(pl.col("node").shift()))


def _name_keys(nodes: Nodes, holders: pl.DataFrame, names: pl.Series) -> pl.Series:
    """The first record of every key, which represents an address that `always_match` names."""
    first = look_up(holders.filter("is_first").select("node", "place"), "node", nodes.keys["node"])
    return names.gather(first["place"])


def _link_holders(nodes: Nodes, holders: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
    """Each key's first record with each of its others."""
    first = holders.select(pl.when("is_first").then("place").forward_fill()).to_series()
    linked = holders.with_columns(first.alias("other")).filter(~pl.col("is_first"))
    linked = linked.with_columns(
        record_key=names.gather(linked["place"]), other_record_key=names.gather(linked["other"])
    )
    return linked.select(
        pl.col("matched_by").cast(pl.String),
        nodes.keys["key"].gather(linked["node"] - len(nodes.records)).alias("key"),
        "record_key",
        "other_record_key",
        "cut_by",
    ).filter(pl.col("record_key") != pl.col("other_record_key"))
