"""Every pair of documents at or above a Jaccard, exactly: what near-duplicate search is judged against."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from transforms.dedup.shingles import shingles


@njit(nogil=True, cache=True)
def _shared_or_less(one: Any, other: Any, need: Any) -> Any:
    """Size of the intersection, or -1 as soon as it cannot reach `need`."""
    i, j, shared = np.uintp(0), np.uintp(0), np.int64(0)
    while i < one.size and j < other.size:
        stop = min(i + np.uintp(64), np.uintp(one.size))
        while i < stop and j < other.size:
            x, y = one[i], other[j]
            shared += np.int64(x == y)
            i += np.uintp(x <= y)
            j += np.uintp(y <= x)
        if shared + min(np.int64(one.size - i), np.int64(other.size - j)) < need:
            return np.int64(-1)
    return shared


@njit(nogil=True, cache=True)
def _pairs(offsets: Any, values: Any, order: Any, least: Any) -> Any:
    sizes = offsets[1:] - offsets[:-1]
    left, right, jaccard = [], [], []
    for i in range(order.size):
        small = order[i]
        for j in range(i + 1, order.size):
            large = order[j]
            # Sizes ascend: a union is at least the larger set, so no later document can qualify either.
            if sizes[small] < least * sizes[large]:
                break
            total = sizes[small] + sizes[large]
            need = np.int64(np.floor(least * total / (1 + least)))
            shared = _shared_or_less(
                values[offsets[small] : offsets[small + 1]], values[offsets[large] : offsets[large + 1]], need
            )
            if shared >= 0 and shared >= least * (total - shared):
                left.append(min(small, large))
                right.append(max(small, large))
                jaccard.append(shared / max(total - shared, 1))
    return np.array(left, np.int64), np.array(right, np.int64), np.array(jaccard, np.float64)


def all_pairs(text: pa.LargeStringArray, *, width: int, least: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and Jaccard of every pair of documents that reaches `least`; quadratic, no sketch, no sampling.

    Empty documents have no n-grams and are left out.
    """
    sets = shingles(text, width=width)
    order = np.argsort(sets.sizes(), kind="stable")
    order = order[sets.sizes()[order] > 0]
    return _pairs(sets.offsets, sets.values, order, least)
