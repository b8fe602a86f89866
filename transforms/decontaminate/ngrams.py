"""Character n-grams of text forms as 64-bit hashes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from transforms.text.buffers import Text, View, view
from transforms.text.keys import text_form


class Grams(NamedTuple):
    """Row k's n-grams, in order, are `hashes[starts[k]:starts[k + 1]]`; a form shorter than n has none."""

    hashes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]


def ngrams(text: Text, width: int) -> Grams:
    """Hashes of every window of `width` code points of each row's text form."""
    rows = view(text_form(text))
    return Grams(*_hash_rows(rows, width))


@njit(cache=True, nogil=True)
def _hash_rows(rows: View, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Rolling polynomial over code points, mixed: h = sum of point[k] * factor^(width - 1 - k), modulo 2^64."""
    offsets, data, count = rows.offsets, rows.data, len(rows.valid)
    hashes, starts = np.empty(offsets[count] - offsets[0], np.uint64), np.zeros(count + 1, np.int64)
    ring, factor, out = np.zeros(width, np.uint64), np.uint64(0x9E3779B97F4A7C15), np.uint64(1)
    for _ in range(width):
        out *= factor
    at = 0
    for row in range(count):
        i, end, seen, value = offsets[row], offsets[row + 1], 0, np.uint64(0)
        ring[:] = 0
        while i < end:
            point, b = np.uint64(data[i]), data[i]
            i += 1
            if b >= 0x80:
                point &= np.uint64(0x1F if b < 0xE0 else 0x0F)
                while i < end and data[i] & 0xC0 == 0x80:
                    point = point << np.uint64(6) | np.uint64(data[i] & 0x3F)
                    i += 1
            slot = seen % width
            value = value * factor + point - ring[slot] * out
            ring[slot] = point
            seen += 1
            if seen >= width:
                hashes[at] = _mix(value)
                at += 1
        starts[row + 1] = at
    return hashes[:at], starts


@njit(cache=True, nogil=True)
def _mix(value: np.uint64) -> np.uint64:
    """Murmur3's 64-bit finaliser."""
    value = (value ^ value >> np.uint64(33)) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ value >> np.uint64(33)) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ value >> np.uint64(33)
