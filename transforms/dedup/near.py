"""Near-duplicate search over one text column in memory: signatures, bands, candidates, verified clusters.

The pipeline runs the same steps file by file; this is the whole of it for a column that fits in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from transforms.dedup.bands import band_keys
from transforms.dedup.candidates import Edges, bucket_edges, union_edges
from transforms.dedup.components import components
from transforms.dedup.minhash import numba_threads, signatures
from transforms.dedup.presets import Preset
from transforms.dedup.verify import counters, verify, with_counters
from transforms.dedup.windows import text_buffers

Text: TypeAlias = pa.StringArray | pa.LargeStringArray | pa.ChunkedArray

# Signatures are four times the size of their keys, so they are made and cut in blocks of rows.
_BLOCK_ROWS = 1 << 15
# Text verified together; its n-grams take about twice as much again.
_GROUP_BYTES = 16 << 20


def _chunks(text: Text) -> list[pa.Array]:
    return text.chunks if isinstance(text, pa.ChunkedArray) else [text]


def _sizes(text: Text) -> np.ndarray:
    """Bytes of every document, int64."""
    return np.concatenate([np.zeros(0, np.int64), *(np.diff(text_buffers(chunk)[0]) for chunk in _chunks(text))])


def _taken(text: Text, rows: np.ndarray) -> pa.LargeStringArray:
    """The documents of these rows, which are sorted; only they are copied."""
    parts, begin = [pa.array([], pa.large_string())], 0
    for chunk in _chunks(text):
        inside = rows[np.searchsorted(rows, begin) : np.searchsorted(rows, begin + len(chunk))]
        parts.append(chunk.take(pa.array(inside - begin)).cast(pa.large_string()))
        begin += len(chunk)
    return pa.concat_arrays(parts)


def text_keys(text: Text, chosen: Preset, *, threads: int | None = None) -> np.ndarray:
    """Band keys of every document, int64, shape (bands, documents)."""
    keys = np.empty((chosen.bands, len(text)), np.int64)
    begin = 0
    for chunk in _chunks(text):
        for row in range(0, len(chunk), _BLOCK_ROWS):
            block = chunk.slice(row, _BLOCK_ROWS)
            signed = signatures(block, width=chosen.width, seed=chosen.seed, a=chosen.a, b=chosen.b, threads=threads)
            keys[:, begin : begin + len(block)] = band_keys(signed, bands=chosen.bands, rows=chosen.rows).T
            begin += len(block)
    return keys


def candidate_edges(keys: np.ndarray) -> Edges:
    """Edges of every band's buckets, each once, between row numbers; `keys` has shape (bands, documents)."""
    rows = np.arange(keys.shape[1], dtype=np.int64)
    return union_edges([bucket_edges(band, rows) for band in keys])


def _groups(sizes: np.ndarray, left: np.ndarray, right: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Whole components together, about `_GROUP_BYTES` of text each: their rows, and the numbers of their edges."""
    rows, roots = components(left, right)
    order = np.argsort(roots, kind="stable")
    rows, roots = rows[order], roots[order]
    filled = np.cumsum(sizes[rows]) // _GROUP_BYTES
    # A component belongs to the group that its first document falls in.
    first = np.flatnonzero(np.concatenate([[True], roots[1:] != roots[:-1]]))
    group = np.repeat(filled[first], np.diff(np.append(first, len(rows))))
    edge_group = group[np.argsort(rows)][np.searchsorted(np.sort(rows), left)]
    for number in np.unique(group):
        yield np.sort(rows[group == number]), np.flatnonzero(edge_group == number)


def near_duplicates(
    text: Text,
    chosen: Preset,
    *,
    rank: np.ndarray | None = None,
    bound: float | None = None,
    rounds: int = 3,
    threads: int | None = None,
) -> pa.Table:
    """Verified clusters of a text column; documents are row numbers.

    Args:
        text: no nulls; chunks are not joined.
        chosen: the preset.
        rank: int64 a document, smallest survives; None prefers the longer text, then the earlier row.
        bound: None takes the preset's.
        rounds: as in `verify.verify`.
        threads: None takes Numba's setting; the result does not depend on it.

    Returns:
        As `verify.verify`, sorted by doc, for the documents that met a candidate; all others keep themselves.
        Counters are added up.
    """
    sizes = _sizes(text)
    ranks = -sizes if rank is None else rank
    left, right = candidate_edges(text_keys(text, chosen, threads=threads))

    def settle(group: tuple[np.ndarray, np.ndarray]) -> pa.Table:
        rows, edges = group
        return verify(
            rows,
            ranks[rows],
            _taken(text, rows),
            left[edges],
            right[edges],
            width=chosen.width,
            bound=chosen.bound if bound is None else bound,
            rounds=rounds,
        )

    if not len(left):
        none = np.zeros(0, np.int64)
        return settle((none, none))
    with ThreadPoolExecutor(numba_threads() if threads is None else threads) as pool:
        parts = list(pool.map(settle, _groups(sizes, left, right)))
    return with_counters(pa.concat_tables(parts).sort_by("doc"), [counters(part) for part in parts])
