"""Keys of texts: the form that copies share, its keyed digest, and the digest of the bytes as they came."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from blake3 import blake3
from numba import njit

from transforms.text.buffers import Bytes, Flags, Text, View, assemble, large, view
from transforms.text.form import EXACT, JAMO, KEEP, MAP, Forms, forms, plain_form

DIGEST_BYTES = 16
_SYLLABLES, _SYLLABLES_END = 0xAC00, 0xD7A4


def text_form(text: Text) -> pa.LargeStringArray:
    """Letters and digits, NFKC and case folded: equal for copies that differ in spacing, punctuation, width or case.

    `form.plain_form` states it; nulls stay null. Note that a text without letters and digits has the empty form.
    """
    array = large(text)
    rows = view(array)
    offsets, data, exact = _form(rows, forms())
    formed = assemble(offsets, data, rows.valid)
    if not exact.any():
        return formed
    chosen = pa.array(exact > 0)
    plain = [plain_form(row) for row in array.filter(chosen).to_pylist()]
    return pc.replace_with_mask(formed, chosen, pa.array(plain, pa.large_string()))


def text_keys(text: Text, key: bytes) -> pa.FixedSizeBinaryArray:
    """16-byte BLAKE3 keyed digests of `text_form`; null for null.

    Args:
        key: 32 bytes.
    """
    form = text_form(text)
    keys = [blake3(row, key=key).digest(length=DIGEST_BYTES) for row in _slices(view(form))]
    return pa.array(keys, pa.binary(DIGEST_BYTES), mask=form.is_null().to_numpy(zero_copy_only=False))


def raw_digests(text: Text) -> list[bytes]:
    """16-byte BLAKE3 of each row's UTF-8 bytes as they came; a null row has the digest of no bytes."""
    return [blake3(row).digest(length=DIGEST_BYTES) for row in _slices(view(text))]


def _slices(rows: View) -> list[memoryview]:
    whole, ends = memoryview(rows.data), rows.offsets.tolist()
    return [
        whole[start : end if valid else start]
        for start, end, valid in zip(ends[:-1], ends[1:], rows.valid.tolist(), strict=True)
    ]


@njit(cache=True, nogil=True)
def _form(rows: View, tables: Forms) -> tuple[np.ndarray, Bytes, Flags]:
    """Forms of all rows, and which of them need the exact way (their bytes here mean nothing)."""
    offsets, count = rows.offsets, len(rows.valid)
    ends, exact = np.zeros(count + 1, np.int64), np.zeros(count, np.uint8)
    out = np.empty(offsets[count] - offsets[0] + 4, np.uint8)
    at = 0
    for row in range(count):
        if rows.valid[row]:
            first = at
            at = _form_row(rows.data, offsets[row], offsets[row + 1], tables, out, at)
            if at < 0:
                at, exact[row] = first, 1
        ends[row + 1] = at
    return ends, out[:at], exact


@njit(cache=True, nogil=True)
def _form_row(data: Bytes, start: int, end: int, tables: Forms, out: Bytes, at: int) -> int:
    """Writes a row's form at `at`; where it ends, or -1 when only the exact way will do."""
    i, composed = start, -1  # `composed`: where the source stood after the last jamo that may still take another
    while i < end:
        b = np.int64(data[i])
        if b < 0x80:
            out[at] = tables.ascii[b]
            at += out[at] != 0
            i += 1
            continue
        point, width = _decode(data, i, end)
        kind = KEEP if _SYLLABLES <= point < _SYLLABLES_END else tables.kinds[point]
        if kind == KEEP:
            for k in range(width):
                out[at + k] = data[i + k]
            at += width
        elif kind == MAP:
            at = _put_mapped(point, tables, out, at)
        elif kind == JAMO:
            at, open_ = _put_jamo(data, start, i, composed, tables, out, at, point)
            if at < 0:
                return -1
            composed = i + width if open_ else -1
        elif kind == EXACT:
            return -1
        i += width
    return at


@njit(cache=True, nogil=True)
def _decode(data: Bytes, i: int, end: int) -> tuple[int, int]:
    """Code point and width at `i` (not ASCII); a sequence that is cut off or out of range reads as U+FFFD."""
    b = np.int64(data[i])
    if 0xE0 <= b < 0xF0 and i + 2 < end:
        return (b & 0x0F) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | (data[i + 2] & 0x3F), 3
    if b < 0xE0 and i + 1 < end:
        return (b & 0x1F) << 6 | (data[i + 1] & 0x3F), 2
    if 0xF0 <= b < 0xF4 and i + 3 < end or b == 0xF4 and i + 3 < end and data[i + 1] < 0x90:
        high = (b & 0x07) << 18 | np.int64(data[i + 1] & 0x3F) << 12
        return high | np.int64(data[i + 2] & 0x3F) << 6 | (data[i + 3] & 0x3F), 4
    return 0xFFFD, 1


@njit(cache=True, nogil=True)
def _put_mapped(point: int, tables: Forms, out: Bytes, at: int) -> int:
    k = np.searchsorted(tables.points, point)
    for j in range(tables.starts[k], tables.starts[k + 1]):
        out[at] = tables.data[j]
        at += 1
    return at


@njit(cache=True, nogil=True)
def _put_point(point: int, out: Bytes, at: int) -> int:
    out[at] = 0xE0 | point >> 12
    out[at + 1] = 0x80 | (point >> 6 & 0x3F)
    out[at + 2] = 0x80 | (point & 0x3F)
    return at + 3


@njit(cache=True, nogil=True)
def _put_jamo(
    data: Bytes, start: int, i: int, composed: int, tables: Forms, out: Bytes, at: int, point: int
) -> tuple[int, bool]:
    """Writes a jamo, joined to the one before where NFKC composes them; whether another may still join it.

    Source: Unicode chapter 3.12, Hangul syllable composition. Compatibility jamo become conjoining ones under NFKC.
    """
    k = tables.starts[np.searchsorted(tables.points, point)]
    jamo = (
        np.int64(tables.data[k] & 0x0F) << 12 | np.int64(tables.data[k + 1] & 0x3F) << 6 | (tables.data[k + 2] & 0x3F)
    )
    if jamo < 0x1113:
        return _put_point(jamo, out, at), True
    before = _before(data, start, i, composed, tables, out, at)
    if before < 0:
        return -1, False
    if jamo < 0x1176 and 0x1100 <= before < 0x1113:
        return _put_point(_SYLLABLES + ((before - 0x1100) * 21 + jamo - 0x1161) * 28, out, at - 3), True
    if jamo >= 0x11A8 and _SYLLABLES <= before < _SYLLABLES_END and (before - _SYLLABLES) % 28 == 0:
        return _put_point(before + jamo - 0x11A7, out, at - 3), False
    return _put_point(jamo, out, at), False


@njit(cache=True, nogil=True)
def _before(data: Bytes, start: int, i: int, composed: int, tables: Forms, out: Bytes, at: int) -> int:
    """The form's last character where the source's last one gave it, 0 where nothing can compose, -1 where unsure."""
    if composed == i:
        return np.int64(out[at - 3] & 0x0F) << 12 | np.int64(out[at - 2] & 0x3F) << 6 | (out[at - 1] & 0x3F)
    j = i - 1
    while j >= start and data[j] & 0xC0 == 0x80:
        j -= 1
    if j < start or data[j] < 0x80:
        return 0
    point, _ = _decode(data, j, i)
    if tables.kinds[point] == MAP:
        return -1
    return point if _SYLLABLES <= point < _SYLLABLES_END else 0
