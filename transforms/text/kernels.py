"""Kernels over UTF-8 bytes: decode, scan, edit, form.

They stand in one file because Numba's cache looks for changes only in the file of the function it is called for: a
decoder kept elsewhere could change and leave stale machine code behind. Loops that run for every byte take arrays, not
tuples of arrays: where Numba does not inline a call, handing on arrays costs more than the work on a byte.

A sequence that is cut off or out of range, which a valid Arrow array does not hold, reads as U+FFFD a byte at a time,
and never past the row.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from transforms.text.buffers import Bytes, Flags, Offsets, View, Whole
from transforms.text.form import DROP, EXACT, KEEP, LEAD, MAP, TAIL, VOWEL, Forms
from transforms.text.signs import (
    BLANK,
    COMPOSING,
    EMOJI,
    INVISIBLE,
    JOINER,
    KIND,
    LEADING,
    LINE_END,
    NEWLINE,
    PICTOGRAPH,
    SPACE,
    TRAILING,
    Signs,
)

TRIM, EDIT, COMPOSE, MISREAD, ACCENTED = 1, 2, 4, 8, 16
_LINE_FEED, _SPACE, _TAB, _RETURN = 0x0A, 0x20, 0x09, 0x0D
_LETTER = 0x41
_BLOCK = 32  # bytes that are looked at together
_SYLLABLES, _SYLLABLES_END = 0xAC00, 0xD7A4


@njit(cache=True, nogil=True)
def decode(data: Bytes, i: Whole, end: Whole) -> tuple[Whole, Whole]:
    """Code point at byte `i` and its width in bytes."""
    b = np.int64(data[i])
    if b < 0x80:
        return b, 1
    if 0xE0 <= b < 0xF0 and i + 2 < end:
        return (b & 0x0F) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | (data[i + 2] & 0x3F), 3
    if 0xC0 <= b < 0xE0 and i + 1 < end:
        return (b & 0x1F) << 6 | (data[i + 1] & 0x3F), 2
    if i + 3 < end and (0xF0 <= b < 0xF4 or (b == 0xF4 and data[i + 1] < 0x90)):
        high = (b & 0x07) << 18 | np.int64(data[i + 1] & 0x3F) << 12
        return high | np.int64(data[i + 2] & 0x3F) << 6 | (data[i + 3] & 0x3F), 4
    return 0xFFFD, 1


@njit(cache=True, nogil=True)
def decode_rows(rows: View, table: Flags, points: np.ndarray, kinds: Flags) -> Offsets:
    """Writes the code points of all rows, and `table[point]` of each; returns where rows begin (n + 1)."""
    starts, at = np.zeros(len(rows.valid) + 1, np.int64), np.uintp(0)
    for row in range(len(rows.valid)):
        if rows.valid[row]:
            first, last = np.uintp(rows.offsets[row]), np.uintp(rows.offsets[row + 1])
            at = _decode_row(rows.data, first, last, table, (points, kinds), at)
        starts[row + 1] = at
    return starts


@njit(cache=True, nogil=True)
def _decode_row(
    data: Bytes, i: np.uintp, end: np.uintp, table: Flags, out: tuple[np.ndarray, Flags], at: np.uintp
) -> np.uintp:
    points, kinds = out
    one, two, three = np.uintp(1), np.uintp(2), np.uintp(3)  # unsigned, or each access checks for a negative index
    while i < end:
        b = np.uint32(data[i])
        if b < np.uint32(0x80):
            point, width = b, one
        elif b >= np.uint32(0xE0) and b < np.uint32(0xF0) and i + two < end:
            middle, low = np.uint32(data[i + one] & np.uint8(0x3F)), np.uint32(data[i + two] & np.uint8(0x3F))
            point, width = (b & np.uint32(0x0F)) << np.uint32(12) | middle << np.uint32(6) | low, three
        else:
            rare, length = decode(data, np.int64(i), np.int64(end))
            point, width = np.uint32(rare), np.uintp(length)
        points[at] = point
        kinds[at] = table[point]
        i += width
        at += one
    return at


@njit(cache=True, nogil=True)
def scan(rows: View, signs: Signs) -> Flags:
    """Per row the sum of TRIM, EDIT, COMPOSE and MISREAD: what it may need; of ACCENTED too, which asks for nothing."""
    needs = np.zeros(len(rows.valid), np.uint8)
    for row in range(len(needs)):
        start, end = rows.offsets[row], rows.offsets[row + 1]
        if rows.valid[row] and start < end:
            needs[row] = _row_needs(rows.data, start, end, signs)
    return needs


@njit(cache=True, nogil=True)
def _row_needs(data: Bytes, start: int, end: int, signs: Signs) -> int:
    need = TRIM if data[start] == _LINE_FEED or data[end - 1] in (_LINE_FEED, _SPACE, _TAB) else 0
    i, opening, pairs = start, signs.opening, signs.pairs  # a tuple handed on is counted in and out at each call
    while i < end:
        i = _skip(data, i, end, opening, pairs)
        if i == end:
            break
        point, width = decode(data, i, end)
        mark = signs.table[point]
        kind = mark & KIND
        if kind == LINE_END:
            need |= _untidy_line(data, start, i)
        elif kind == COMPOSING:
            need |= COMPOSE
        elif kind != 0 and kind != BLANK:
            need |= EDIT
        if mark & LEADING:
            after, _ = decode(data, i + width, end) if i + width < end else (0, 0)
            need |= MISREAD | ACCENTED if signs.table[after] & TRAILING else ACCENTED
        i += width
    return need


@njit(cache=True, nogil=True)
def _skip(data: Bytes, i: Whole, end: Whole, opening: Flags, pairs: Flags) -> Whole:
    """First byte from `i` on that begins a character that needs a look; bytes inside a character begin none."""
    one, eight, block = np.uintp(1), np.uintp(8), np.uintp(_BLOCK)
    at, last = np.uintp(i), np.uintp(end)
    while at + block < last:
        if _plain(data, at):
            at += block
            continue
        stop = at + block
        while at < stop:
            if opening[data[at]] and pairs[np.uintp(data[at]) << eight | np.uintp(data[at + one])]:
                return np.int64(at)
            at += one
    while at < last:
        if opening[data[at]] and (at + one == last or pairs[np.uintp(data[at]) << eight | np.uintp(data[at + one])]):
            break
        at += one
    return np.int64(at)


@njit(cache=True, nogil=True)
def _plain(data: Bytes, at: np.uintp) -> bool:
    """Whether no byte of a block can begin a character that needs a look, by ranges alone: many bytes at a time.

    It looks at one byte more. Hangul syllables begin with EA B0 to ED, Hanja with E4 to E9; `opening` and `pairs` have
    the exact answer, which is never stricter.
    """
    seen, one = np.uint8(0), np.uintp(1)
    for k in range(np.uintp(_BLOCK)):
        b, after = data[at + k], data[at + k + one]
        control = np.uint8(b < np.uint8(0x20)) | np.uint8(b == np.uint8(0x7F))
        rare = np.uint8(b - np.uint8(0xC2) < np.uint8(0xE4 - 0xC2)) | np.uint8(b >= np.uint8(0xEE))
        other = np.uint8(b == np.uint8(0xEA)) & np.uint8(after < np.uint8(0xB0))
        seen |= control | rare | other
    return seen == 0


@njit(cache=True, nogil=True)
def _untidy_line(data: Bytes, start: int, at: int) -> int:
    """EDIT where the line end at `at` follows a blank or three line ends; TRIM where nothing stands before it."""
    if at == start:
        return TRIM
    if data[at - 1] in (_SPACE, _TAB):
        return EDIT
    fourth = at - start >= 3 and data[at - 1] == data[at - 2] == data[at - 3] == _LINE_FEED
    return EDIT if fourth else 0


@njit(cache=True, nogil=True)
def edit(rows: View, signs: Signs) -> tuple[Offsets, Bytes]:
    """Rows without invisible characters, with plain blanks and tidy lines; every edit shortens a row."""
    count = len(rows.valid)
    offsets, out, at = np.zeros(count + 1, np.int64), np.empty(rows.offsets[count] - rows.offsets[0], np.uint8), 0
    for row in range(count):
        at = _edit_row(rows.data, rows.offsets[row], rows.offsets[row + 1], signs, out, at)
        offsets[row + 1] = at
    return offsets, out[:at]


@njit(cache=True, nogil=True)
def _edit_row(data: Bytes, i: Whole, end: Whole, signs: Signs, out: Bytes, first: Whole) -> Whole:
    table, opening, pairs = signs
    at: Whole = first
    before: Whole = 0  # `before`: mark of the last character that is not invisible
    while i < end:
        plain = i
        i = _skip(data, i, end, opening, pairs)
        _copy(data, np.uintp(plain), np.uintp(i - plain), out, np.uintp(at))
        at += i - plain
        if i == end:
            break
        before = table[_LETTER] if i > plain else before
        point, width = decode(data, i, end)
        mark = table[point]
        kind = mark & KIND
        if kind in (NEWLINE, LINE_END):
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
    while at > first and out[at - 1] in (_LINE_FEED, _SPACE, _TAB):
        at -= 1
    return at


@njit(cache=True, nogil=True)
def _copy(data: Bytes, first: np.uintp, count: np.uintp, out: Bytes, at: np.uintp) -> None:
    # Unsigned, or each access checks for a negative index and no two bytes are copied at once.
    for k in range(count):
        out[at + k] = data[first + k]


@njit(cache=True, nogil=True)
def _break_line(out: Bytes, first: int, at: int) -> int:
    """Ends a line: blanks before the end go, and so do line ends at the start of a text and beyond three in a row."""
    while at > first and out[at - 1] in (_SPACE, _TAB):
        at -= 1
    run = 0
    while run < 3 and at - run > first and out[at - run - 1] == _LINE_FEED:
        run += 1
    if at == first or run == 3:
        return at
    out[at] = _LINE_FEED
    return at + 1


@njit(cache=True, nogil=True)
def _joins(data: Bytes, i: Whole, end: Whole, table: Flags) -> bool:
    """Whether the next visible character is a pictograph."""
    while i < end:
        point, width = decode(data, i, end)
        if table[point] & KIND != INVISIBLE:
            return bool(table[point] & PICTOGRAPH)
        i += width
    return False


@njit(cache=True, nogil=True)
def form(rows: View, tables: Forms) -> tuple[Offsets, Bytes, Flags]:
    """Forms of all rows, and which of them need the exact way (they have none here)."""
    count = len(rows.valid)
    offsets, exact = np.zeros(count + 1, np.int64), np.zeros(count, np.uint8)
    out, at = np.empty(rows.offsets[count] - rows.offsets[0] + 1, np.uint8), 0
    for row in range(count):
        if rows.valid[row]:
            end = _form_row(rows.data, rows.offsets[row], rows.offsets[row + 1], tables, out, at)
            exact[row] = end < 0
            at = max(at, end)
        offsets[row + 1] = at
    return offsets, out[:at], exact


@njit(cache=True, nogil=True)
def _form_row(data: Bytes, i: Whole, end: Whole, tables: Forms, out: Bytes, at: Whole) -> Whole:
    """Writes a row's form at `at`; where it ends, or -1 when only the exact way will do. No form is longer."""
    before: Whole = DROP
    while i < end:
        b = data[i]
        if b < 0x80:
            out[at] = tables.ascii[b]
            at += tables.ascii[b] != 0
            before = DROP
            i += 1
            continue
        point, width = decode(data, i, end)
        kind = KEEP if _SYLLABLES <= point < _SYLLABLES_END else tables.kinds[point]
        if kind == KEEP:
            for k in range(width):
                out[at + k] = data[i + k]
            at += width
        elif kind != DROP:
            if kind == EXACT or _may_compose(before, kind):
                return -1
            at = _put_mapped(point, tables, out, at)
        before = kind
        i += width
    return at


@njit(cache=True, nogil=True)
def _may_compose(before: Whole, kind: Whole) -> bool:
    """Whether NFKC may join two neighbours into one syllable: a lead and a vowel, or a syllable and a tail."""
    return (kind == VOWEL and before in (LEAD, MAP)) or (kind == TAIL and before in (KEEP, MAP))


@njit(cache=True, nogil=True)
def _put_mapped(point: Whole, tables: Forms, out: Bytes, at: Whole) -> Whole:
    k = np.searchsorted(tables.points, point)
    for j in range(tables.starts[k], tables.starts[k + 1]):
        out[at] = tables.data[j]
        at += 1
    return at
