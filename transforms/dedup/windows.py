"""Windows of `width` characters over Arrow text: rows are cut into batches that fit the first-level cache.

A batch takes windows from as many rows as fit, so that short reviews run as fast as long judgments, and a
long row runs over many batches. Its bytes are copied once to a padded scratch, which lets the hash read whole
words past the end of a window without leaving the buffer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from transforms.dedup.compiled import kernel

# Windows in a batch: the columns of width 5 then take 12 KiB of a 32 KiB first-level cache.
BATCH = 512
_BLOCK = 64


class Batch(NamedTuple):
    """Scratch of one thread. Segment s is the windows first[s] .. first[s + 1] of row rows[s]."""

    text: np.ndarray  # uint8, the batch's bytes and padding
    chars: np.ndarray  # uint32, first byte of each character, relative to the row's part
    starts: np.ndarray  # uint32, first byte of each window in `text`
    lengths: np.ndarray  # int32, bytes of each window
    column: np.ndarray  # uint32, scratch of the hash
    rows: np.ndarray  # int64
    first: np.ndarray  # int64
    origin: np.ndarray  # int64, one: the place in the column's bytes where `text` begins


def new_batch(width: int) -> Batch:
    """Scratch for windows of `width` characters."""
    return Batch(
        np.zeros(BATCH * 4 * width + 64, np.uint8),
        np.empty(BATCH + width + _BLOCK + 1, np.uint32),
        np.empty(BATCH, np.uint32),
        np.empty(BATCH, np.int32),
        np.empty(BATCH, np.uint32),
        np.empty(BATCH, np.int64),
        np.empty(BATCH + 1, np.int64),
        np.zeros(1, np.int64),
    )


def text_buffers(text: pa.StringArray | pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """Views of an Arrow text column: offsets (int64, rows + 1) and bytes (uint8); the text is not copied.

    Raises:
        TypeError: not a string array.
        ValueError: it holds nulls, which have no signature.
    """
    if not (pa.types.is_string(text.type) or pa.types.is_large_string(text.type)):
        raise TypeError(f"text must be string or large_string, not {text.type}")
    if text.null_count:
        raise ValueError(f"text holds {text.null_count} nulls; leave them out first, they have no characters to hash")
    _, offsets, data = text.buffers()
    if offsets is None or not len(text):
        return np.zeros(len(text) + 1, np.int64), np.zeros(0, np.uint8)
    kind = np.int32 if pa.types.is_string(text.type) else np.int64
    bounds = np.frombuffer(offsets, kind, len(text) + 1, text.offset * np.dtype(kind).itemsize).astype(np.int64)
    return bounds, np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)


@kernel
def _decode(data: Any, begin: Any, end: Any, want: Any, chars: Any) -> Any:
    """First byte of up to `want` characters (or a block more); returns their number and where it stopped."""
    count, at = np.uintp(0), np.int64(begin)
    while at < end and count < np.uintp(want):
        stop = min(at + _BLOCK, end)
        for p in range(np.uintp(at), np.uintp(stop)):
            # Always written, counted only where a character begins: no branch to mispredict.
            chars[count] = np.uint32(p - np.uintp(begin))
            count += np.uintp((data[p] & np.uint8(0xC0)) != np.uint8(0x80))
        at = stop
    return np.int64(count), at


@kernel
def _add_windows(batch: Any, used: Any, shift: Any, counted: Any, width: Any) -> None:
    chars, starts, lengths = batch.chars, batch.starts, batch.lengths
    for i in range(np.uintp(counted)):
        starts[np.uintp(used) + i] = np.uint32(chars[i] + np.uint32(shift))
        lengths[np.uintp(used) + i] = np.int32(chars[i + np.uintp(width)] - chars[i])


@kernel
def _take(data: Any, begin: Any, end: Any, width: Any, batch: Any, used: Any) -> Any:
    """Adds windows of data[begin:end] to the batch; returns the new number used and the next window's first byte."""
    room, shift = BATCH - used, begin - batch.origin[0]
    count, at = _decode(data, begin, end, room + width, batch.chars)
    batch.chars[count] = np.uint32(at - begin)
    if at == end and count < width:
        batch.starts[used], batch.lengths[used] = np.uint32(shift), np.int32(end - begin)
        return used + 1, end
    if at == end and count - width + 1 <= room:
        _add_windows(batch, used, shift, count - width + 1, width)
        return used + count - width + 1, end
    _add_windows(batch, used, shift, room, width)
    return BATCH, begin + np.int64(batch.chars[room])


@kernel
def fill(text: Any, row: Any, at: Any, stop: Any, width: Any, batch: Any) -> Any:
    """Fills the batch with windows from byte `at` of `row` on, up to row `stop`.

    Args:
        text: offsets and bytes, as `text_buffers` gives them.
        row: where to begin.
        at: byte of the column where to begin in the row.
        stop: row to stop before.
        width: code points a window.
        batch: filled.

    Returns:
        Segments filled, windows filled, the next row and the byte of the column where it goes on.
    """
    offsets, data = text
    batch.origin[0] = base = at
    used, segments, last = 0, 0, at
    while row < stop and used < BATCH:
        end = offsets[row + 1]
        if at < end:
            batch.rows[segments], batch.first[segments] = row, used
            segments += 1
            used, at = _take(data, at, end, width, batch, used)
            last = max(last, base + np.int64(batch.starts[used - 1]) + np.int64(batch.lengths[used - 1]))
        if at >= end:
            row += 1
            at = end
    batch.first[segments] = used
    for p in range(np.uintp(last - base)):
        batch.text[p] = data[np.uintp(base) + p]
    return segments, used, row, at
