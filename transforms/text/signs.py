"""What each code point asks of normalisation: one byte a code point, built once a process."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np

from transforms.text import clean
from transforms.text.buffers import Flags

CODE_POINTS = 0x110000
PLAIN, INVISIBLE, SPACE, NEWLINE, JOINER, COMPOSING, BLANK, LINE_END = range(8)
KIND = 0x0F  # the low bits hold one of the above
EMOJI, PICTOGRAPH, LEADING, TRAILING = 0x10, 0x20, 0x40, 0x80

# Planes 4 to 13 hold nothing; 15 and 16 are for private use and have no properties.
ASSIGNED = ((0, 0xD800), (0xE000, 0x40000), (0xE0000, 0xE1000))
# Blocks whose every member is its own normal form, by far the largest: left out of slow table building.
UNIFORM = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0x20000, 0x2A6E0), (0x2A700, 0x2EBE1))

_VOWELS, _TAILS = (0x1161, 0x1176), (0x11A8, 0x11C3)  # jamo that join what stands before them


class Signs(NamedTuple):
    """Which characters need a look.

    Attributes:
        table: kind and marks of every code point.
        opening: by first byte, whether some character that begins so needs a look.
        pairs: the same by the first two bytes (256 times the first, plus the second): most syllables that share a
            first byte with an old jamo are told apart here.
    """

    table: Flags
    opening: Flags
    pairs: Flags


@cache
def signs() -> Signs:
    """The tables of `normalise`'s kernels."""
    table = _marked()
    wanted = np.flatnonzero(((table & (0xFF ^ TRAILING)) != PLAIN) & (table != BLANK))
    pairs = np.zeros((256, 256), np.uint8)
    for point in wanted.tolist():
        first, *rest = chr(point).encode("utf-8", "surrogatepass")
        pairs[first, rest[0] if rest else slice(None)] = 1
    return Signs(table, pairs.max(axis=1), pairs.ravel())


def _marked() -> Flags:
    table = np.zeros(CODE_POINTS, np.uint8)
    table[sorted(composing())] = COMPOSING
    for members, kind in ((clean.INVISIBLE, INVISIBLE), (clean.SPACES, SPACE), (clean.NEWLINES, NEWLINE)):
        table[_points(members)] = kind
    table[ord(clean.ZWJ)] = JOINER
    table[_points("\t ")] = BLANK
    table[ord("\n")] = LINE_END
    table[_points(clean.EMOJI)] |= EMOJI
    table[_points(clean.PICTOGRAPHS)] |= PICTOGRAPH
    table[_points(clean.LEADING)] |= LEADING
    table[_points(clean.TRAILING)] |= TRAILING
    return table


def _points(members: str) -> list[int]:
    return [ord(sign) for sign in members]


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
    found = set(range(*_VOWELS)) | set(range(*_TAILS))
    for point in slow_points():
        sign = chr(point)
        if unicodedata.combining(sign) or unicodedata.normalize("NFC", sign) != sign:
            found.add(point)
        parts = unicodedata.decomposition(sign).split()
        if len(parts) == 2 and "<" not in parts[0]:
            found.add(int(parts[1], 16))
    return frozenset(found)
