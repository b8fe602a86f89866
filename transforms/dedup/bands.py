"""LSH bands: a signature cut into groups of rows, each mixed down to one 64-bit key."""

from __future__ import annotations

from typing import Any

import numpy as np

from transforms.dedup.compiled import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel
def _mix(value: Any) -> Any:
    """SplitMix64's finaliser, a bijection. Source: Steele, Lea and Flood, OOPSLA 2014."""
    z = np.uint64((value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
    z = np.uint64((z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
    return np.uint64(z ^ (z >> np.uint64(31)))


@kernel
def _keys(signatures: Any, rows: Any, out: Any) -> None:
    for doc in range(out.shape[0]):
        for band in range(out.shape[1]):
            # The band's number goes in, so that keys of all bands may share one sorted file.
            key = np.uint64(_GOLDEN * np.uint64(band + 1))
            for row in range(band * rows, (band + 1) * rows):
                key = _mix(np.uint64(np.uint64(key + _GOLDEN) ^ np.uint64(signatures[doc, row])))
            out[doc, band] = np.int64(key)


def band_keys(signatures: np.ndarray, *, bands: int, rows: int) -> np.ndarray:
    """64-bit keys of every band, int64, shape (documents, bands); equal rows give equal keys.

    Two different bands of rows share a key with chance 2^-64, and verification would see it.

    Args:
        signatures: uint32 or uint64, shape (documents, bands * rows).
        bands: groups.
        rows: permutations a band.

    Raises:
        ValueError: the signatures have another width.
    """
    if signatures.ndim != 2 or signatures.shape[1] != bands * rows:
        raise ValueError(f"signatures of shape {signatures.shape} cannot be cut into {bands} bands of {rows} rows")
    out = np.empty((len(signatures), bands), np.int64)
    _keys(np.ascontiguousarray(signatures), rows, out)
    return out
