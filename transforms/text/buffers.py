"""Arrow text seen as its buffers: NumPy views for kernels, never a Python string."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Text: TypeAlias = pa.LargeStringArray | pa.StringArray
Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Flags = npt.NDArray[np.uint8]
Whole: TypeAlias = Any  # a machine integer inside a kernel, where its width is its own


class View(NamedTuple):
    """Row i is `data[offsets[i]:offsets[i + 1]]`, UTF-8; where `valid[i]` is 0 the row is null."""

    offsets: Offsets
    data: Bytes
    valid: Flags


def large(text: Text) -> pa.LargeStringArray:
    """The same rows with 64-bit offsets; no copy of the bytes."""
    return text if pa.types.is_large_string(text.type) else text.cast(pa.large_string())


def view(text: Text) -> View:
    """Offsets, bytes and validity of an array, slices included; null rows count as empty.

    Source: Arrow columnar format, "Variable-size Binary Layout". A null row may own bytes there; we pass over them.
    """
    array = large(text)
    _, offsets, data = array.buffers()
    first, rows = array.offset, len(array)
    ends = np.frombuffer(offsets, np.int64)[first : first + rows + 1] if offsets else np.zeros(1, np.int64)
    content = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    valid = validity(array)
    for part in (ends, content, valid):  # read-only whatever the buffer says, so that kernels compile once
        part.setflags(write=False)
    return View(ends, content, valid)


def validity(array: pa.Array) -> Flags:
    """One byte a row: 1 valid, 0 null."""
    if array.null_count == 0:
        return np.ones(len(array), np.uint8)
    return array.is_valid().to_numpy(zero_copy_only=False).astype(np.uint8)


def assemble(offsets: Offsets, data: Bytes, valid: Flags) -> pa.LargeStringArray:
    """An array over `offsets` (n + 1) and `data` (UTF-8), null where `valid` is 0."""
    nulls = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.LargeStringArray.from_buffers(len(valid), pa.py_buffer(offsets), pa.py_buffer(data), nulls)
