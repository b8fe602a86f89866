"""One table over the Basic Multilingual Plane: what a code point is to a number, and what it normalises to.

Two arrays of 65,536 entries that the kernels index with a code point. `CLASS` sorts signs into what can stand inside
a number; `FOLD` is the one-to-one part of NFKC (full-width forms, presentation forms), with dashes, spaces and dots of
every script folded to ASCII. Circled and superscript digits keep their place: folding `①010-` would glue a list mark
to a number.
"""

from __future__ import annotations

import unicodedata

import numpy as np

OTHER, DIGIT, DASH, DOT, SPACE, NEWLINE, ZERO_WIDTH, PAREN, LETTER, NUMERAL, COMMA, STAR = range(12)

DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\ufe63\ufe58\u30fc\u2043"
DOTS = ".\uff0e\u3002\u2024\u2027\u00b7\u318d\u30fb\u2022"
SPACES = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
NEWLINES = "\n\r\x0b\x0c\u0085\u2028\u2029"
ZERO_WIDTHS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u200b"
    "\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u3164\ufe0f"
)
STARS = "*\uff0a\u25cf\u25cb\u25ef\u25a0\u25a1\u26aa\u26ab\u00d7\u2715\u203b"
# Hangul numerals as a number is read out; 육 and 륙, 공 and 영 and 령 are the same digit.
NUMERALS = {
    "공": 0,
    "영": 0,
    "령": 0,
    "일": 1,
    "이": 2,
    "삼": 3,
    "사": 4,
    "오": 5,
    "육": 6,
    "륙": 6,
    "칠": 7,
    "팔": 8,
    "구": 9,
}
# Circled, parenthesised, superscript and subscript forms stay as they are.
_UNFOLDED = [(0xB2, 0xB3), (0xB9, 0xB9), (0x2070, 0x209F), (0x2460, 0x24FF), (0x2776, 0x2793), (0x3200, 0x33FF)]
NO_NUMERAL = 255


def _fold_table() -> np.ndarray:
    table = np.arange(0x10000, dtype=np.uint16)
    for code in range(0x80, 0x10000):
        folded = unicodedata.normalize("NFKC", chr(code)) if not 0xAC00 <= code <= 0xDFFF else ""
        if len(folded) == 1 and ord(folded) < 0x10000 and not any(low <= code <= high for low, high in _UNFOLDED):
            table[code] = ord(folded)
    for signs, plain in ((DASHES, "-"), (DOTS, "."), (SPACES, " "), (NEWLINES, "\n"), (STARS, "*")):
        for sign in signs:
            table[ord(sign)] = ord(plain)
    return table


def _class_table(fold: np.ndarray) -> np.ndarray:
    plain = np.zeros(0x10000, dtype=np.uint8)
    plain[ord("0") : ord("9") + 1] = DIGIT
    plain[ord("A") : ord("Z") + 1] = LETTER
    plain[ord("a") : ord("z") + 1] = LETTER
    for signs, kind in (
        ("-", DASH),
        (".", DOT),
        (" ", SPACE),
        ("\n", NEWLINE),
        ("()", PAREN),
        (",", COMMA),
        ("*", STAR),
    ):
        for sign in signs:
            plain[ord(sign)] = kind
    for sign in NUMERALS:
        plain[ord(sign)] = NUMERAL
    table = plain[fold]
    for sign in ZERO_WIDTHS:
        table[ord(sign)] = ZERO_WIDTH
    return table


def _numeral_table() -> np.ndarray:
    table = np.full(0x10000, NO_NUMERAL, dtype=np.uint8)
    for sign, value in NUMERALS.items():
        table[ord(sign)] = value
    return table


FOLD = _fold_table()
CLASS = _class_table(FOLD)
NUMERAL_VALUE = _numeral_table()
