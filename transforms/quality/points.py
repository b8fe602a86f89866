"""Documents as code points, a few at a time, so that every measure is a plain loop over numbers in cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from transforms.text.buffers import Bytes, View

SLICE_BYTES = 1 << 18  # of UTF-8; its code points (at most 1 MiB) stay in a core's second-level cache


class Points(NamedTuple):
    """Document k of a slice is `points[starts[k]:starts[k + 1]]`."""

    points: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]


def slices(rows: View) -> Iterator[tuple[int, int, Points]]:
    """First row, row after the last, and code points of each slice; a null row has none.

    The buffer behind one slice is used again for the next.
    """
    if len(rows.valid) == 0:
        return
    cuts = _cuts(rows.offsets)
    sizes = rows.offsets[cuts[1:]] - rows.offsets[cuts[:-1]]
    scratch = np.empty(int(sizes.max()), np.uint32)
    for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        starts = _decode_rows(rows.offsets[first : last + 1], rows.data, rows.valid[first:last], scratch)
        yield first, last, Points(scratch, starts)


def _cuts(offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rows at which slices begin: one where a row reaches into a new span of SLICE_BYTES; the end closes them."""
    spans = (offsets[1:] - offsets[0] - 1) // SLICE_BYTES
    inner = np.flatnonzero(np.diff(spans)) + 1
    return np.concatenate(([0], inner, [len(offsets) - 1]))


@njit(cache=True, nogil=True)
def _decode_rows(offsets: np.ndarray, data: Bytes, valid: np.ndarray, out: np.ndarray) -> np.ndarray:
    starts = np.zeros(len(valid) + 1, np.int64)
    at = 0
    for row in range(len(valid)):
        if valid[row]:
            at = _decode_row(data, offsets[row], offsets[row + 1], out, at)
        starts[row + 1] = at
    return starts


@njit(cache=True, nogil=True)
def _decode_row(data: Bytes, i: int, end: int, out: np.ndarray, at: int) -> int:
    """Writes the code points of one row; what is cut off or out of range becomes U+FFFD, a byte at a time."""
    while i < end:
        b = np.uint32(data[i])
        if b < 0x80:
            out[at] = b
            i += 1
        elif 0xE0 <= b < 0xF0 and i + 2 < end:
            out[at] = (b & 0x0F) << 12 | np.uint32(data[i + 1] & 0x3F) << 6 | np.uint32(data[i + 2] & 0x3F)
            i += 3
        elif b < 0xE0 and i + 1 < end:
            out[at] = (b & 0x1F) << 6 | np.uint32(data[i + 1] & 0x3F)
            i += 2
        elif i + 3 < end and (b < 0xF4 or (b == 0xF4 and data[i + 1] < 0x90)) and b >= 0xF0:
            high = (b & 0x07) << 18 | np.uint32(data[i + 1] & 0x3F) << 12
            out[at] = high | np.uint32(data[i + 2] & 0x3F) << 6 | np.uint32(data[i + 3] & 0x3F)
            i += 4
        else:
            out[at] = 0xFFFD
            i += 1
        at += 1
    return at
