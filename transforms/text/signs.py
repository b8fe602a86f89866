"""What each code point asks of normalisation: one byte a code point, built once a process."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np

from transforms.text import clean
from transforms.text.buffers import Flags

CODE_POINTS = 0x110000
PLAIN, INVISIBLE, SPACE, NEWLINE, JOINER, COMPOSING, BLANK, NEWLINE_PROPER = range(8)
KIND = 0x0F  # the low bits hold one of the above
EMOJI, PICTOGRAPH, LEADING, TRAILING = 0x10, 0x20, 0x40, 0x80

# Planes 4 to 13 hold nothing; 15 and 16 are for private use and have no properties.
ASSIGNED = ((0, 0xD800), (0xE000, 0x40000), (0xE0000, 0xE1000))
# Blocks whose every member is its own normal form, by far the largest: left out of slow table building.
UNIFORM = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0x20000, 0x2A6E0), (0x2A700, 0x2EBE1))

_L, _V, _T = (0x1100, 0x1113), (0x1161, 0x1176), (0x11A8, 0x11C3)


@cache
def signs() -> Flags:
    """Kind and marks of every code point, for `normalise`'s kernels."""
    table = np.zeros(CODE_POINTS, np.uint8)
    table[sorted(composing())] = COMPOSING
    for members, kind in ((clean.INVISIBLE, INVISIBLE), (clean.SPACES, SPACE), (clean.NEWLINES, NEWLINE)):
        table[[ord(sign) for sign in members]] = kind
    table[ord(clean.ZWJ)] = JOINER
    table[[0x09, 0x20]] = BLANK
    table[0x0A] = NEWLINE_PROPER
    for members, mark in ((clean.EMOJI, EMOJI), (clean.PICTOGRAPHS, PICTOGRAPH)):
        table[[ord(sign) for sign in members]] |= mark
    table[[ord(sign) for sign in clean.LEADING]] |= LEADING
    table[[ord(sign) for sign in clean.TRAILING]] |= TRAILING
    return table


@cache
def openings() -> Flags:
    """Per first byte of a character: 1 where some character that begins so needs a look (blanks need none)."""
    table = np.zeros(256, np.uint8)
    wanted = np.flatnonzero(((signs() & (0xFF ^ TRAILING)) != PLAIN) & (signs() != BLANK))
    table[sorted({first_byte(int(point)) for point in wanted})] = 1
    return table


def first_byte(point: int) -> int:
    """First byte of a code point's UTF-8."""
    if point < 0x80:
        return point
    return 0xC0 | point >> 6 if point < 0x800 else 0xE0 | point >> 12 if point < 0x10000 else 0xF0 | point >> 18


def slow_points() -> list[int]:
    """Assigned code points outside the uniform blocks."""
    uniform = np.zeros(CODE_POINTS, bool)
    for first, last in UNIFORM:
        uniform[first:last] = True
    return [point for first, last in ASSIGNED for point in range(first, last) if not uniform[point]]


@cache
def composing() -> frozenset[int]:
    """Code points that may change, or change a neighbour, under NFC (its quick check says No or Maybe).

    Source: Unicode UAX #15, section 9; derived from decompositions, since Python has no such property.
    """
    found = set(range(*_V)) | set(range(*_T))
    for point in slow_points():
        sign = chr(point)
        if unicodedata.combining(sign) or unicodedata.normalize("NFC", sign) != sign:
            found.add(point)
        parts = unicodedata.decomposition(sign).split()
        if len(parts) == 2 and "<" not in parts[0]:
            found.add(int(parts[1], 16))
    return frozenset(found)
