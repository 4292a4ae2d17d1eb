"""Separates records that must not be one person, although links connect them.

Put here: which links are cut. Keep out: reading the pairs (`graph.py`), and finding components (`components.py`).

In a component that would join such a pair, the links are taken one after the other, as in Kruskal's algorithm: the
strongest kind first (the order of `graph.MATCHED_BY`), and of one kind by the ids of the records and keys, shorter ids
first. A link that would join two parts of which each holds one side of a pair is not made. The result does not depend
on the order of rows or deliveries, so the same records are cut in the same way in every run.
"""

import numpy as np
import polars as pl

from regulars.pipelines.identity.components import Codes
from regulars.pipelines.identity.graph import Nodes, make_edges


def keep_apart(nodes: Nodes, edges: pl.DataFrame, labels: Codes, pairs: pl.DataFrame) -> tuple[Codes, pl.DataFrame]:
    """Cut every component that joins a pair.

    Args:
        nodes: The nodes.
        edges: `left`, `right`, `matched_by`.
        labels: The component of every node.
        pairs: Nodes that must stay apart: `left`, `right`.

    Returns:
        The labels after cutting, and the edges with the column `cut_by`: `never_match`, or NULL.
    """
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    torn = np.unique(labels[left[labels[left] == labels[right]]])
    if not len(torn):
        return labels, edges.with_columns(cut_by=pl.lit(None, pl.String))
    is_torn = pl.Series(np.isin(labels, torn))
    edges = edges.with_row_index("edge")
    doubtful = _sort_edges(edges.filter(is_torn.gather(edges["left"])), nodes)
    parts = _Parts(pairs.filter(is_torn.gather(pairs["left"])).rows())
    cut = [edge for edge, one, other in doubtful.rows() if not parts.join(one, other)]
    labels = labels.copy()
    members = np.flatnonzero(is_torn.to_numpy())
    _, fresh = np.unique([parts.find(int(node)) for node in members], return_inverse=True)
    labels[members] = labels.max() + 1 + fresh
    cut_by = pl.when(pl.col("edge").is_in(cut)).then(pl.lit("never_match"))
    return labels, edges.with_columns(cut_by=cut_by).drop("edge")


def list_named_apart(strangers: pl.DataFrame, first_email: int, labels: Codes) -> pl.DataFrame:
    """Links that are not made because names differ, unless another link joins the two records anyway."""
    edges = make_edges(strangers.select(left="node", right=pl.col("key") + first_email), "email")
    edges = edges.with_columns(cut_by=pl.lit("names"))
    label = pl.Series(labels, dtype=pl.Int64)
    return edges.filter(label.gather(edges["left"]) != label.gather(edges["right"]))


def _sort_edges(edges: pl.DataFrame, nodes: Nodes) -> pl.DataFrame:
    """`edge`, `left`, `right`, the strongest first, in an order that only ids decide."""
    wanted = pl.concat([edges["left"], edges["right"]]).unique().implode()
    names = pl.concat(
        [
            nodes.records.select("node", group="system", name="record_id"),
            nodes.keys.select("node", group="key_type", name="key"),
        ]
    ).filter(pl.col("node").is_in(wanted))
    places = names.sort("group", pl.col("name").str.len_chars(), "name").with_row_index("place").select("node", "place")
    return (
        edges.join(places.rename({"place": "left_place"}), left_on="left", right_on="node")
        .join(places.rename({"place": "right_place"}), left_on="right", right_on="node")
        .sort(pl.col("matched_by").to_physical(), "left_place", "right_place")
        .select("edge", "left", "right")
    )


class _Parts:
    """A union-find that refuses to join parts which hold both sides of a pair."""

    def __init__(self, pairs: list[tuple[int, int]]) -> None:
        self._parent: dict[int, int] = {}
        self._foes: dict[int, set[int]] = {}
        for one, other in pairs:
            self._foes.setdefault(one, set()).add(other)
            self._foes.setdefault(other, set()).add(one)

    def find(self, node: int) -> int:
        """The node that stands for the part."""
        root = node
        while (above := self._parent.get(root, root)) != root:
            root = above
        while (above := self._parent.get(node, node)) != root:
            self._parent[node], node = root, above
        return root

    def join(self, one: int, other: int) -> bool:
        """Join the parts of two nodes; False where a pair forbids it."""
        one, other = self.find(one), self.find(other)
        if one == other:
            return True
        foes = self._foes.get(one, set())
        if any(self.find(foe) == other for foe in foes):
            return False
        self._parent[other] = one
        self._foes[one] = foes | self._foes.pop(other, set())
        return True
