"""Finds the connected components of a graph.

Put here: the graph. Keep out: the meaning of its nodes.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

Codes = npt.NDArray[np.int64]


def find_components(node_count: int, edges: list[tuple[Codes, Codes]]) -> Codes:
    """The component of every node.

    Args:
        node_count: Nodes are numbered from 0.
        edges: Pairs of equally long arrays: each node of the first is linked with its neighbour of the second.

    Returns:
        One label per node, from 0; connected nodes have the same label. The labels have no other meaning.
    """
    left = np.concatenate([np.empty(0, np.int64), *(pair[0] for pair in edges)])
    right = np.concatenate([np.empty(0, np.int64), *(pair[1] for pair in edges)])
    links = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(node_count, node_count))
    _, labels = connected_components(links, directed=False)
    return np.asarray(labels, np.int64)
