"""A normalised copy of candidate windows, with the original place of every sign kept beside it.

What the patterns read: NFKC one to one, conjoining jamo composed, zero-width signs gone, dashes, dots and blanks of
every script as `-`, `.` and ` `, ` - ` between digits as `-`, digits that stand apart (`0 1 0`) put together, Hangul
numerals in a number (공일공) and misread digits (`O1O`) as digits. Offsets count code points of the original text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit

from transforms.pii.alphabet import CLASS, FOLD, ZERO_WIDTH
from transforms.pii.numerals import join_spaced, read_misread, read_numerals, squeeze_separators
from transforms.pii.utf8 import decode
from transforms.pii.windows import Windows, buffers

WALL = "\x00"  # stands after each window; no pattern crosses it


@dataclass(frozen=True)
class Block:
    """Normalised windows end to end.

    Attributes:
        text: each window followed by WALL.
        start: int32, original code point where each sign of `text` begins.
        end: int32, original code point after it.
        walls: int64, place of each window's WALL, ascending.
        row: int64, row of each window.
    """

    text: str
    start: np.ndarray
    end: np.ndarray
    walls: np.ndarray
    row: np.ndarray


def normalise_windows(text: pa.Array, windows: Windows) -> Block:
    """The normalised copy of some windows of a string column."""
    data = buffers(text)[0]
    capacity = int((windows.last - windows.first).sum()) + len(windows.row)
    units = np.empty(capacity, dtype=np.uint16)
    places = np.empty((2, capacity), dtype=np.int32)
    walls = np.empty(len(windows.row), dtype=np.int64)
    size = _normalise(data, windows.first, windows.last, windows.point, units, places, walls)
    copy = units[:size].astype("<u2", copy=False).tobytes().decode("utf-16-le", "replace")
    return Block(copy, places[0, :size], places[1, :size], walls, windows.row)


def normalise(text: str) -> Block:
    """The normalised copy of one text, as one window."""
    column = pa.array([text], pa.large_string())
    data = buffers(column)[1]
    zero = np.zeros(1, dtype=np.int64)
    return normalise_windows(column, Windows(zero, zero, data[:1], data[1:], zero))


@njit(cache=True)
def _normalise(data, first, last, point, units, places, walls):  # type: ignore[no-untyped-def]
    """Fills units, places and walls; returns how many units were written."""
    size = 0
    for window in range(len(first)):
        begin = size
        size = fold(data, first[window], last[window], point[window], units, places, begin)
        read_misread(units, begin, size)
        size = join_spaced(units, places, begin, squeeze_separators(units, places, begin, size))
        read_numerals(units, begin, size)
        units[size] = 0
        places[0, size] = places[1, size] = places[1, size - 1] if size > begin else point[window]
        walls[window] = size
        size += 1
    return size


@njit(cache=True)
def fold(data, at, stop, point, units, places, size):  # type: ignore[no-untyped-def]
    """Folds one window sign by sign: zero-width signs are left out, conjoining jamo join what stands before them."""
    begin = size
    while at < stop:
        sign, length = decode(data, at, stop)
        at += length
        point += 1
        if CLASS[sign] == ZERO_WIDTH:
            continue
        joined = _compose(units[size - 1], sign) if size > begin else 0
        if joined:
            units[size - 1], places[1, size - 1] = joined, point
            continue
        folded = FOLD[sign]
        units[size] = folded if folded != 0 and not 0xD800 <= folded < 0xE000 else 0xFFFD
        places[0, size], places[1, size] = point - 1, point
        size += 1
    return size


@njit(cache=True)
def _compose(earlier, sign):  # type: ignore[no-untyped-def]
    """Hangul composition of two signs (Unicode 3.12), or 0 where they do not compose."""
    if 0x1161 <= sign <= 0x1175 and 0x1100 <= earlier <= 0x1112:
        return 0xAC00 + ((np.int64(earlier) - 0x1100) * 21 + (sign - 0x1161)) * 28
    if 0x11A8 <= sign <= 0x11C2 and 0xAC00 <= earlier <= 0xD7A3 and (np.int64(earlier) - 0xAC00) % 28 == 0:
        return np.int64(earlier) + (sign - 0x11A7)
    return np.int64(0)
