"""Near-duplicate search over one text column: signatures, bands, candidates, verified clusters.

The pipeline runs the same steps file by file; this is the whole of it for one process. Text is met twice, batch by
batch: once to be signed, once to pick the candidates out, so only candidates are held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

# Batches are any collection that can be gone through twice: a list, or an object that opens its file in __iter__.
Text: TypeAlias = pa.StringArray | pa.LargeStringArray | pa.ChunkedArray | Iterable[pa.Array]

# Signatures are four times the size of their keys, so they are made and cut in blocks of rows.
_BLOCK_ROWS = 1 << 14
# Text verified together; its n-grams take about twice as much again.
_GROUP_BYTES = 16 << 20


def _batches(text: Text) -> Iterable[pa.Array]:
    if isinstance(text, pa.Array):
        return [text]
    return text.chunks if isinstance(text, pa.ChunkedArray) else text


def sign(text: Text, chosen: Preset, *, threads: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Band keys, int64, shape (bands, documents), and UTF-8 bytes, int64, of every document."""
    keys, sizes = [np.zeros((chosen.bands, 0), np.int64)], [np.zeros(0, np.int64)]
    for batch in _batches(text):
        sizes.append(np.diff(text_buffers(batch)[0]))
        for row in range(0, len(batch), _BLOCK_ROWS):
            block = batch.slice(row, _BLOCK_ROWS)
            signed = signatures(block, width=chosen.width, seed=chosen.seed, a=chosen.a, b=chosen.b, threads=threads)
            keys.append(band_keys(signed, bands=chosen.bands, rows=chosen.rows).T)
    return np.concatenate(keys, axis=1), np.concatenate(sizes)


def candidate_edges(keys: np.ndarray) -> Edges:
    """Edges of every band's buckets, each once, between row numbers; `keys` has shape (bands, documents)."""
    rows = np.arange(keys.shape[1], dtype=np.int64)
    return union_edges([bucket_edges(band, rows) for band in keys])


def _taken(text: Text, rows: np.ndarray) -> pa.LargeStringArray:
    """The documents of these rows, which are sorted."""
    parts, begin = [pa.array([], pa.large_string())], 0
    for batch in _batches(text):
        inside = rows[np.searchsorted(rows, begin) : np.searchsorted(rows, begin + len(batch))]
        parts.append(batch.take(pa.array(inside - begin)).cast(pa.large_string()))
        begin += len(batch)
    return pa.concat_arrays(parts)


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
        text: a column, or its batches, gone through twice; no nulls.
        chosen: the preset.
        rank: int64 a document, smallest survives; None prefers the longer text, then the earlier row.
        bound: None takes the preset's.
        rounds: as in `verify.verify`.
        threads: None takes Numba's setting; the result does not depend on it.

    Returns:
        As `verify.verify`, sorted by doc, for the documents that met a candidate; all others keep themselves.
        Counters are added up.
    """
    keys, sizes = sign(text, chosen, threads=threads)
    ranks = -sizes if rank is None else rank
    left, right = candidate_edges(keys)
    met = np.union1d(left, right)
    candidates = _taken(text, met)

    def settle(group: tuple[np.ndarray, np.ndarray]) -> pa.Table:
        rows, edges = group
        part = candidates.take(pa.array(np.searchsorted(met, rows)))
        limit = chosen.bound if bound is None else bound
        ends = left[edges], right[edges]
        return verify(rows, ranks[rows], part, *ends, width=chosen.width, bound=limit, rounds=rounds)

    if not len(left):
        return settle((met, met))
    with ThreadPoolExecutor(numba_threads() if threads is None else threads) as pool:
        parts = list(pool.map(settle, _groups(sizes, left, right)))
    return with_counters(pa.concat_tables(parts).sort_by("doc"), [counters(part) for part in parts])
