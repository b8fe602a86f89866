"""Estimate: where a released text was purged, sketches say how alike a new document is to it. The ledger marks it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from transforms.dedup.index import estimate
from transforms.dedup.verify import reaches


class Guessed(NamedTuple):
    """Rows whose survivor was found by estimate, their survivors' rows, and how alike they are (0 to 1)."""

    rows: np.ndarray
    survivors: np.ndarray
    similarities: np.ndarray


def estimated(table: pa.Table, rank: np.ndarray, left: np.ndarray, right: np.ndarray, bound: float) -> Guessed:
    """New documents that reach the bound by their sketch: each with the best-ranked of the purged ones it is like.

    Equal bytes of 128 stray by .035 about a similarity of .8, and by chance one in 256 is equal: so much may be taken
    for a duplicate that is none, and the other way round.

    Args:
        table: rows with text (null where purged) and sketch (null where unknown, or not asked: of released texts that
            are there).
        rank: of each row.
        left: one end of each edge, as a row.
        right: the other.
        bound: least similarity.
    """
    known = table["sketch"].combine_chunks()
    gone = table["text"].combine_chunks().is_null().to_numpy(zero_copy_only=False)
    has = known.is_valid().to_numpy(zero_copy_only=False)
    apart = (gone[left] != gone[right]) & has[left] & has[right]
    left, right = left[apart], right[apart]
    old, new = np.where(gone[left], left, right), np.where(gone[left], right, left)
    if not len(old):
        return Guessed(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    shared, total = estimate(_matrix(known, new), _matrix(known, old))
    good = reaches(shared, total, bound)
    order = np.lexsort((rank[old], new))
    order = order[good[order]]
    rows, first = np.unique(new[order], return_index=True)
    chosen = order[first]
    return Guessed(rows.astype(np.int64), old[chosen].astype(np.int64), shared[chosen] / total[chosen])


def _matrix(sketches: pa.BinaryArray, rows: np.ndarray) -> np.ndarray:
    data = b"".join(sketches.take(pa.array(rows)).to_pylist())
    return np.frombuffer(data, np.uint8).reshape(len(rows), -1)
