"""Normalised text: `clean.clean` for whole Arrow arrays, at the speed of a scan where nothing is amiss.

A scan over the bytes says per row what it needs: trimmed ends, an edit (done by a kernel), composition (`unicodedata`), or a look
for misread UTF-8 (`clean.clean`). Rows that need nothing are not touched.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from transforms.text.buffers import Bytes, Flags, Offsets, Text, View, assemble, large, view
from transforms.text.clean import clean
from transforms.text.signs import (
    BLANK,
    COMPOSING,
    EMOJI,
    INVISIBLE,
    JOINER,
    KIND,
    LEADING,
    NEWLINE,
    NEWLINE_PROPER,
    PICTOGRAPH,
    SPACE,
    TRAILING,
    openings,
    signs,
)

TRIM, EDIT, COMPOSE, MISREAD = 1, 2, 4, 8
_LINE_FEED, _SPACE, _TAB, _RETURN = 0x0A, 0x20, 0x09, 0x0D


def normalise(text: Text) -> pa.LargeStringArray:
    """Clean text, row by row; nulls stay null; rows that are clean already keep their bytes.

    What clean means stands in `transforms.text.clean`. `normalise(normalise(t))` equals `normalise(t)`.
    """
    array = large(text)
    needs = scan(view(array))
    array = _replace(array, (needs & (TRIM | EDIT)) == TRIM, _trimmed)
    for need, treat in ((EDIT, _edited), (COMPOSE, _composed)):
        array = _replace(array, (needs & need) > 0, treat)
    changed = (needs & (EDIT | COMPOSE)) > 0
    if changed.any():  # an edit or a composition may have put a misread run together
        needs[changed] |= scan(view(array.filter(pa.array(changed)))) & MISREAD
    return _replace(array, (needs & MISREAD) > 0, _repaired)


def scan(rows: View) -> Flags:
    """Per row the sum of TRIM, EDIT, COMPOSE and MISREAD: what it may need; 0 is certain, the others are a maybe."""
    return _scan(rows.offsets, rows.data, rows.valid, openings(), signs())


def _replace(array: pa.LargeStringArray, mask: np.ndarray, treat) -> pa.LargeStringArray:  # type: ignore[no-untyped-def]
    if not mask.any():
        return array
    chosen = pa.array(mask)
    return pc.replace_with_mask(array, chosen, treat(array.filter(chosen)))


def _trimmed(array: pa.LargeStringArray) -> pa.LargeStringArray:
    return pc.ascii_rtrim(pc.ascii_ltrim(array, "\n"), " \t\n")


def _edited(array: pa.LargeStringArray) -> pa.LargeStringArray:
    rows = view(array)
    offsets, data = _edit(rows, openings(), signs())
    return assemble(offsets, data, rows.valid)


def _composed(array: pa.LargeStringArray) -> pa.LargeStringArray:
    return pa.array([unicodedata.normalize("NFC", row) for row in array.to_pylist()], pa.large_string())


def _repaired(array: pa.LargeStringArray) -> pa.LargeStringArray:
    return pa.array([clean(row) for row in array.to_pylist()], pa.large_string())


@njit(cache=True, nogil=True)
def _scan(offsets: Offsets, data: Bytes, valid: Flags, opening: Flags, table: Flags) -> Flags:
    needs = np.zeros(len(valid), np.uint8)
    for row in range(len(valid)):
        start, end = offsets[row], offsets[row + 1]
        if valid[row] and start < end:
            needs[row] = _row_needs(data, start, end, opening, table)
    return needs


@njit(cache=True, nogil=True)
def _row_needs(data: Bytes, start: int, end: int, opening: Flags, table: Flags) -> int:
    last = data[end - 1]
    need = TRIM if data[start] == _LINE_FEED or last == _LINE_FEED or last == _SPACE or last == _TAB else 0
    i = start
    while i < end:
        if opening[data[i]] == 0:
            i += 1
            continue
        point, width = _decode(data, i, end)
        mark = table[point]
        kind = mark & KIND
        if kind == NEWLINE_PROPER:
            need |= _untidy_line(data, start, i)
        elif kind == COMPOSING:
            need |= COMPOSE
        elif kind != 0 and kind != BLANK:
            need |= EDIT
        if mark & LEADING and i + width < end:
            after, _ = _decode(data, i + width, end)
            if table[after] & TRAILING:
                need |= MISREAD
        i += width
    return need


@njit(cache=True, nogil=True)
def _untidy_line(data: Bytes, start: int, at: int) -> int:
    """EDIT where the line end at `at` follows a blank or three line ends; TRIM where nothing stands before it."""
    if at == start:
        return TRIM
    before = data[at - 1]
    if before == _SPACE or before == _TAB:
        return EDIT
    gap = at - start >= 3 and before == _LINE_FEED and data[at - 2] == _LINE_FEED and data[at - 3] == _LINE_FEED
    return EDIT if gap else 0


@njit(cache=True, nogil=True)
def _decode(data: Bytes, i: int, end: int) -> tuple[int, int]:
    """Code point and width at `i`; a sequence that is cut off or out of range reads as U+FFFD, one byte wide."""
    b = np.int64(data[i])
    if b < 0x80:
        return b, 1
    if b < 0xE0 and i + 1 < end:
        return (b & 0x1F) << 6 | (data[i + 1] & 0x3F), 2
    if 0xE0 <= b < 0xF0 and i + 2 < end:
        return (b & 0x0F) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | (data[i + 2] & 0x3F), 3
    if 0xF0 <= b < 0xF4 and i + 3 < end or b == 0xF4 and i + 3 < end and data[i + 1] < 0x90:
        high = (b & 0x07) << 18 | np.int64(data[i + 1] & 0x3F) << 12
        return high | np.int64(data[i + 2] & 0x3F) << 6 | (data[i + 3] & 0x3F), 4
    return 0xFFFD, 1


@njit(cache=True, nogil=True)
def _edit(rows: View, opening: Flags, table: Flags) -> tuple[Offsets, Bytes]:
    """Rows without invisible characters, with plain blanks and tidy lines; every edit shortens a row."""
    offsets, count = rows.offsets, len(rows.valid)
    ends, out = np.zeros(count + 1, np.int64), np.empty(offsets[count] - offsets[0], np.uint8)
    at = 0
    for row in range(count):
        at = _edit_row(rows.data, offsets[row], offsets[row + 1], opening, table, out, at)
        ends[row + 1] = at
    return ends, out[:at]


@njit(cache=True, nogil=True)
def _edit_row(data: Bytes, i: int, end: int, opening: Flags, table: Flags, out: Bytes, first: int) -> int:
    at, before = first, 0  # `before`: mark of the last character that is not invisible
    while i < end:
        plain = i
        while i < end and opening[data[i]] == 0:
            i += 1
        out[at : at + i - plain] = data[plain:i]
        at += i - plain
        if i == end:
            break
        before = table[0x41] if i > plain else before
        point, width = _decode(data, i, end)
        mark = table[point]
        kind = mark & KIND
        if kind == NEWLINE or kind == NEWLINE_PROPER:
            at = _break_line(out, first, at)
            width += point == _RETURN and i + 1 < end and data[i + 1] == _LINE_FEED
        elif kind == SPACE:
            out[at] = _SPACE
            at += 1
        elif kind != INVISIBLE and (kind != JOINER or (before & EMOJI and _joins(data, i + width, end, table))):
            for k in range(width):
                out[at + k] = data[i + k]
            at += width
        before = before if kind == INVISIBLE else mark
        i += width
    while at > first and (out[at - 1] == _LINE_FEED or out[at - 1] == _SPACE or out[at - 1] == _TAB):
        at -= 1
    return at


@njit(cache=True, nogil=True)
def _break_line(out: Bytes, first: int, at: int) -> int:
    """Ends a line: blanks before the end go, so do line ends at the start of a text and beyond three in a row."""
    while at > first and (out[at - 1] == _SPACE or out[at - 1] == _TAB):
        at -= 1
    run = 0
    while run < 3 and at - run > first and out[at - run - 1] == _LINE_FEED:
        run += 1
    if at == first or run == 3:
        return at
    out[at] = _LINE_FEED
    return at + 1


@njit(cache=True, nogil=True)
def _joins(data: Bytes, i: int, end: int, table: Flags) -> bool:
    """Whether the next visible character is a pictograph."""
    while i < end:
        point, width = _decode(data, i, end)
        if table[point] & KIND != INVISIBLE:
            return table[point] & PICTOGRAPH > 0
        i += width
    return False
