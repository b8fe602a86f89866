"""Documents as code points, a few at a time, so that every measure is a plain loop over numbers in cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.quality.classes import classes
from transforms.text.buffers import Offsets, View
from transforms.text.kernels import decode_rows

SLICE_BYTES = 1 << 17  # of UTF-8; its code points (at most 512 KiB) and their classes stay in a core's own cache


class Points(NamedTuple):
    """Document k of a slice has the code points `points[starts[k]:starts[k + 1]]`, of these `kinds`."""

    points: npt.NDArray[np.uint32]
    kinds: npt.NDArray[np.uint8]
    starts: Offsets


def slices(rows: View) -> Iterator[tuple[int, int, Points]]:
    """First row, row after the last, and code points of each slice; a null row has none.

    The memory behind one slice is used again for the next.
    """
    if len(rows.valid) == 0:
        return
    cuts = _cuts(rows.offsets)
    largest = int((rows.offsets[cuts[1:]] - rows.offsets[cuts[:-1]]).max())
    points, kinds = np.empty(largest, np.uint32), np.empty(largest, np.uint8)
    for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        part = View(rows.offsets[first : last + 1], rows.data, rows.valid[first:last])
        yield first, last, Points(points, kinds, decode_rows(part, classes(), points, kinds))


def _cuts(offsets: Offsets) -> npt.NDArray[np.int64]:
    """Rows at which slices begin: where a row starts in a new span of SLICE_BYTES. The end closes them."""
    spans = (offsets[:-1] - offsets[0]) // SLICE_BYTES
    return np.concatenate(([0], np.flatnonzero(np.diff(spans)) + 1, [len(spans)]))
