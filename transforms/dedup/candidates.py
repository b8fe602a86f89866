"""Candidate edges from keys: documents that share a key are linked to the smallest of them, and to their next ones.

A star alone loses pairs: in a family of templates the smallest document of a bucket is often like neither of two
real duplicates. Which edges are enough is measured in docs/decisions/dedup-edges.md.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

Edges = tuple[np.ndarray, np.ndarray]

REACH = 8


def _sorted(edges: pl.DataFrame) -> Edges:
    done = edges.sort("left", "right")
    return done["left"].to_numpy(), done["right"].to_numpy()


def _star(frame: pl.DataFrame, keys: list[str]) -> Edges:
    """Edges (smallest document of the bucket, other document), sorted; one a document at most."""
    # Most keys are met once: dropping those first leaves little to sort.
    shared = frame.filter(pl.struct(keys).is_duplicated() if len(keys) > 1 else pl.col(keys[0]).is_duplicated())
    starred = shared.with_columns(left=pl.col("doc").min().over(keys))
    return _sorted(starred.filter(pl.col("left") != pl.col("doc")).select("left", right="doc").unique())


def star_edges(keys: np.ndarray, docs: np.ndarray) -> Edges:
    """Min-star edges of one band: every document to the smallest one with its key.

    Args:
        keys: int64, one a document.
        docs: int64 document numbers, in any order.

    Returns:
        left (the bucket's smallest) and right, int64, sorted by both, none twice.
    """
    return _star(pl.DataFrame({"key": keys, "doc": docs}), ["key"])


def bucket_edges(keys: np.ndarray, docs: np.ndarray, *, reach: int = REACH) -> Edges:
    """Star edges of one band, and edges from each document to the next `reach` of its bucket.

    Buckets of up to reach + 1 documents give all their pairs; larger ones reach + 1 edges a document at most.

    Args:
        keys: int64, one a document.
        docs: int64 document numbers, none twice, in any order.
        reach: following documents of the bucket, by number.

    Returns:
        left < right, int64, sorted by both, none twice.
    """
    shared = pl.DataFrame({"key": keys, "doc": docs}).filter(pl.col("key").is_duplicated()).sort("key", "doc")
    left, key = shared["doc"].to_numpy(), shared["key"].to_numpy()
    edges = [np.stack(star_edges(key, left))]
    for step in range(1, reach + 1):
        same = key[step:] == key[:-step]
        edges.append(np.stack([left[:-step][same], left[step:][same]]))
    frame = pl.DataFrame(np.concatenate(edges, axis=1).T, schema=["left", "right"], orient="row").unique()
    return _sorted(frame)


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
