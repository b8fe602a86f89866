"""Candidate edges from keys: documents that share a key are linked to the smallest of them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

Edges = tuple[np.ndarray, np.ndarray]


def _star(frame: pl.DataFrame, keys: list[str]) -> Edges:
    """Edges (smallest document of the bucket, other document), sorted; one a document at most."""
    # Most keys are met once: dropping those first leaves little to sort.
    shared = frame.filter(pl.struct(keys).is_duplicated() if len(keys) > 1 else pl.col(keys[0]).is_duplicated())
    edges = (
        shared.with_columns(left=pl.col("doc").min().over(keys))
        .filter(pl.col("left") != pl.col("doc"))
        .select("left", "doc")
        .unique()
        .sort("left", "doc")
    )
    return edges["left"].to_numpy(), edges["doc"].to_numpy()


def star_edges(keys: np.ndarray, docs: np.ndarray) -> Edges:
    """Min-star edges of one band: every document to the smallest one with its key.

    Args:
        keys: int64, one a document.
        docs: int64 document numbers, in any order.

    Returns:
        left (the bucket's smallest) and right, int64, sorted by both, none twice.
    """
    return _star(pl.DataFrame({"key": keys, "doc": docs}), ["key"])


def exact_edges(keys: pa.FixedSizeBinaryArray, docs: np.ndarray) -> Edges:
    """Min-star edges of exact duplicates by 16-byte digests of their text; as `star_edges`.

    Raises:
        TypeError: the keys are not 16 bytes each.
        ValueError: a key is null.
    """
    if keys.type != pa.binary(16):
        raise TypeError(f"keys must be fixed_size_binary[16], not {keys.type}")
    if keys.null_count:
        raise ValueError(f"{keys.null_count} keys are null; leave those documents out")
    halves = np.frombuffer(keys.buffers()[1], np.int64, 2 * len(keys), 16 * keys.offset).reshape(-1, 2)
    return _star(pl.DataFrame({"high": halves[:, 0], "low": halves[:, 1], "doc": docs}), ["high", "low"])
