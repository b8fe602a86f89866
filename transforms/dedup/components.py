"""Connected components of candidate edges: union-find in one process, alternating stars across many.

Source: Kiveris et al., "Connected Components in MapReduce and Beyond", SoCC 2014 (large-star, small-star).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from transforms.dedup.compiled import kernel

Edges = tuple[np.ndarray, np.ndarray]


@kernel
def _root(parent: Any, node: Any) -> Any:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel
def _unite(parent: Any, left: Any, right: Any) -> None:
    for edge in range(left.size):
        one, other = _root(parent, left[edge]), _root(parent, right[edge])
        # The smaller index wins, so a root is the smallest document of its component.
        parent[max(one, other)] = min(one, other)
    for node in range(parent.size):
        parent[node] = parent[parent[node]]


def components(left: np.ndarray, right: np.ndarray) -> Edges:
    """Components of a graph given by edges between document numbers.

    Args:
        left: int64.
        right: int64, same length.

    Returns:
        docs (sorted, each once) and root (the smallest document of its component), int64.
        Memory: 8 bytes an edge end to sort, then 8 or 12 a document.
    """
    docs = np.unique(np.concatenate([left, right]).astype(np.int64, copy=False))
    kind = np.uint32 if len(docs) < 1 << 32 else np.int64
    parent = np.arange(len(docs), dtype=kind)
    _unite(parent, np.searchsorted(docs, left).astype(kind), np.searchsorted(docs, right).astype(kind))
    return docs, docs[parent]


@kernel
def _unite_packed(parent: Any, met: Any, edges: Any) -> None:
    low = np.uint64(0xFFFFFFFF)
    for edge in edges:
        left, right = np.int64(edge >> np.uint64(32)), np.int64(edge & low)
        met[left] = met[right] = True
        one, other = _root(parent, left), _root(parent, right)
        parent[max(one, other)] = min(one, other)
    for node in range(parent.size):
        parent[node] = parent[parent[node]]


def packed_components(edges: np.ndarray, count: int) -> Edges:
    """As `components`, over documents 0 to count - 1.

    Args:
        edges: uint64, left << 32 | right.
        count: documents there are, at most 2^32.

    Returns:
        docs and root, as `components`. Memory: 5 bytes a document that there is, and nothing an edge.
    """
    parent, met = np.arange(count, dtype=np.uint32), np.zeros(count, bool)
    _unite_packed(parent, met, edges)
    docs = np.flatnonzero(met)
    return docs, parent[docs].astype(np.int64)


def _both_ways(left: np.ndarray, right: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"node": np.concatenate([left, right]), "near": np.concatenate([right, left])})


def _edges(frame: pl.DataFrame) -> Edges:
    """(parent, child) pairs, parent < child, sorted, none twice."""
    done = frame.filter(pl.col("left") != pl.col("right")).unique().sort("left", "right")
    return done["left"].to_numpy(), done["right"].to_numpy()


def large_star(left: np.ndarray, right: np.ndarray) -> Edges:
    """One large-star round: every neighbour larger than a node is linked to the least of its neighbourhood."""
    frame = _both_ways(left, right).with_columns(
        left=pl.min_horizontal(pl.col("near").min().over("node"), "node"), right=pl.col("near")
    )
    return _edges(frame.filter(pl.col("near") > pl.col("node")).select("left", "right"))


def small_star(left: np.ndarray, right: np.ndarray) -> Edges:
    """One small-star round: a node and its smaller neighbours are linked to the least of them."""
    below = _both_ways(left, right).filter(pl.col("near") < pl.col("node"))
    below = below.with_columns(left=pl.col("near").min().over("node"))
    itself = below.select("left", right="node")
    return _edges(pl.concat([below.select("left", right="near"), itself]))


def alternating_stars(left: np.ndarray, right: np.ndarray, *, rounds: int = 8) -> tuple[np.ndarray, np.ndarray, bool]:
    """Large-star then small-star until nothing moves or `rounds` pairs are done.

    Returns:
        root and member of every edge left, and whether it converged, that is whether every edge is
        (smallest of the component, other member).
    """
    for _ in range(rounds):
        new = small_star(*large_star(left, right))
        if np.array_equal(new[0], left) and np.array_equal(new[1], right):
            return *new, True
        left, right = new
    return left, right, False
