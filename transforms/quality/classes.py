"""Which class each code point counts in, as the measures mean it: one byte a code point, built once a process."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

CODE_POINTS = 0x110000
OTHER, WHITE, SYLLABLE, JAMO, HANJA, LATIN, DIGIT, SYMBOL, KANA, LETTER = range(10)
CLASS = 0x0F
# CLOSER: may follow the sign that ends a sentence. DAMAGE: part of what UTF-8 or CP949 read as Latin looks like.
# SUSPECT: a text without any of these is not damaged.
CLOSER, DAMAGE, SUSPECT = 0x10, 0x20, 0x40

HANGUL_SYLLABLES = (0xAC00, 0xD7A4)
JAMO_RANGES = ((0x1100, 0x1200), (0x3131, 0x318F), (0xA960, 0xA97D), (0xD7B0, 0xD7FC), (0xFFA1, 0xFFDD))
HANJA_RANGES = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x31350))
KANA_RANGES = (
    (0x3041, 0x3097),
    (0x309D, 0x30A0),
    (0x30A1, 0x30FB),
    (0x30FC, 0x3100),
    (0x31F0, 0x3200),
    (0xFF66, 0xFF9E),
)
CLOSERS = "\"'”’)]}>〉》」』】\u3015\uff09\uff3d\uff5d\uff1e"
# How Windows-1252 shows the bytes 0x80 to 0x9F.
CP1252 = "".join(bytes([b]).decode("cp1252", "ignore") for b in range(0x80, 0xA0))
ASSIGNED = ((0, 0xD800), (0xE000, 0x40000), (0xE0000, 0xE1000))


@cache
def classes() -> npt.NDArray[np.uint8]:
    """Class (low four bits) and marks of every code point."""
    table = np.zeros(CODE_POINTS, np.uint8)
    for first, last in ASSIGNED:
        table[first:last] = [_by_category(point) for point in range(first, last)]
    table[slice(*HANGUL_SYLLABLES)] = SYLLABLE
    for ranges, value in ((JAMO_RANGES, JAMO), (HANJA_RANGES, HANJA), (KANA_RANGES, KANA)):
        for first, last in ranges:
            table[first:last] = value
    table[[ord(sign) for sign in CLOSERS]] |= CLOSER
    table[0x80:0x100] |= DAMAGE
    table[[ord(sign) for sign in CP1252]] |= DAMAGE
    table[0xC0:0x100] |= SUSPECT
    table[[0xD7, 0xF7]] &= 0xFF ^ SUSPECT  # the signs for times and divided by
    table[[0xFFFD, ord("占")]] |= SUSPECT
    return table


def _by_category(point: int) -> int:
    sign = chr(point)
    if sign.isspace():
        return WHITE
    category = unicodedata.category(sign)
    if category == "Nd":
        return DIGIT
    if category[0] in "PS":
        return SYMBOL
    if category[0] == "L":
        return LATIN if unicodedata.name(sign, "").startswith(("LATIN ", "FULLWIDTH LATIN ")) else LETTER
    return OTHER
