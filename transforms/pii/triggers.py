"""Decides what a sign sets off: cheap looks at its neighbours, in bytes, that keep dates and amounts out."""

from __future__ import annotations

import numpy as np
from numba import njit

from transforms.pii.alphabet import CLASS, DASH, DIGIT, DOT, LETTER, NEWLINE, NUMERAL, PAREN, SPACE, STAR, ZERO_WIDTH
from transforms.pii.clusters import (
    DIGITS,
    DOTS,
    END,
    FIRST_END,
    FIRST_GROUP,
    GROUP,
    LETTERS,
    MAX_GAP,
    PASSED,
    STANDINS,
    STARS,
    USAGE,
    misread_digit,
    read_cluster,
)
from transforms.pii.nearby import age_follows, birth_follows, case_follows, look_back, spelt_year
from transforms.pii.syllables import BIRTH, GA, LABEL, LOT, PLATE, POST, ROAD, SYLLABLE, UNIT
from transforms.pii.utf8 import decode, step_back

_NUMBER, _PLATE, _PLACE, _AT, _LINK, _LABELLED, _DATE = range(7)  # Trigger, spelt out for the kernels
_AT_SIGN, _COLON, _W, _GOL, _BRACKET = 2, 3, 4, 5, 6  # windows.ACTION
_BBAENG = np.frombuffer("뱅".encode(), dtype=np.uint8)
_EU, _SAN = ord("으"), ord("산")


@njit(cache=True)
def fire(data, start, at, stop, action, shape, hits):  # type: ignore[no-untyped-def]
    """Notes in `hits` (trigger → first, last byte) what the sign at byte `at` sets off.

    Returns:
        (byte where scanning goes on, signs passed up to there).
    """
    sign, size = decode(data, at, stop)
    if action == 1:
        if CLASS[sign] == NUMERAL and not _goes_on(data, at + size, stop):
            if spelt_year(data, start, at + size, stop, sign):
                hits[_DATE, 0], hits[_DATE, 1] = at, at + size
            return at + size, 1
        return _numeric(data, start, at, stop, shape, hits)
    if action == _AT_SIGN or (action == _GOL and _is(data, at + size, stop, _BBAENG)):
        hits[_AT, 0], hits[_AT, 1] = at, at + size
    elif action == _COLON and _hex_pairs(data, start, at, stop):
        hits[_NUMBER, 0], hits[_NUMBER, 1] = at, at + 12
    elif action == _BRACKET and _bracketed_at(data, at, stop):
        hits[_AT, 0], hits[_AT, 1] = at, at + 4
    elif (action == _COLON and at + 2 < stop and data[at + 1] == 47 and data[at + 2] == 47) or (
        action == _W and at + 3 < stop and data[at + 1] | 32 == 119 and data[at + 2] | 32 == 119 and data[at + 3] == 46
    ):
        hits[_LINK, 0], hits[_LINK, 1] = at, at + size
    return at + size, 1


@njit(cache=True)
def _goes_on(data, at, stop):  # type: ignore[no-untyped-def]
    """Whether a number goes on at byte `at` after a Hangul numeral; most 이 and 사 are syllables of words."""
    for _ in range(MAX_GAP + 1):
        if at >= stop:
            return False
        sign, size = decode(data, at, stop)
        kind = CLASS[sign]
        if kind in (DIGIT, NUMERAL, STAR, ZERO_WIDTH) or (kind == LETTER and misread_digit(sign)):
            return True
        if kind not in (DASH, DOT, SPACE, NEWLINE, PAREN):
            return False
        at += size
    return False


@njit(cache=True)
def _is(data, at, stop, word):  # type: ignore[no-untyped-def]
    return at + len(word) <= stop and np.array_equal(data[at : at + len(word)], word)


@njit(cache=True)
def _is_hex(byte):  # type: ignore[no-untyped-def]
    return 48 <= byte <= 57 or 97 <= byte | 32 <= 102


@njit(cache=True)
def _hex_pairs(data, start, at, stop):  # type: ignore[no-untyped-def]
    """Whether the colon at byte `at` stands between hexadecimal pairs with another colon after (a MAC address)."""
    if at < start + 2 or at + 12 > stop or data[at + 3] != 58:
        return False
    return _is_hex(data[at - 2]) and _is_hex(data[at - 1]) and _is_hex(data[at + 1]) and _is_hex(data[at + 2])


@njit(cache=True)
def _bracketed_at(data, at, stop):  # type: ignore[no-untyped-def]
    """Whether `(at)` or `[at]` stands at byte `at`."""
    return at + 4 <= stop and data[at + 1] | 32 == 97 and data[at + 2] | 32 == 116 and data[at + 3] in (41, 93)


@njit(cache=True)
def _numeric(data, start, at, stop, shape, hits):  # type: ignore[no-untyped-def]
    read_cluster(data, start, at, stop, shape)
    end, plain = shape[END], CLASS[decode(data, at, stop)[0]] == DIGIT
    if _is_number(shape) or (3 <= shape[FIRST_GROUP] <= 7 and _is_half(data, start, at, shape)):
        hits[_NUMBER, 0], hits[_NUMBER, 1] = at, end
    if (2 <= shape[GROUP] <= 3 or shape[DIGITS] in (2, 3)) and _plate_follows(data, end, stop):
        hits[_PLATE, 0], hits[_PLATE, 1] = at, end
    if shape[USAGE] > 0 and _plate_follows(data, shape[USAGE], stop):
        hits[_PLATE, 0], hits[_PLATE, 1] = at, end
    if plain and shape[FIRST_GROUP] <= 5 and _place_before(data, start, at) and not _unit_follows(data, shape, stop):
        hits[_PLACE, 0], hits[_PLACE, 1] = at, end
    words = look_back(data, start, at) if shape[DIGITS] >= 4 else 0
    if words & LABEL or (words & POST and shape[DIGITS] == 5) or _in_brackets(data, start, at, stop, shape):
        hits[_LABELLED, 0], hits[_LABELLED, 1] = at, end
    if plain and shape[FIRST_GROUP] == 4 and case_follows(data, shape[FIRST_END], stop):
        hits[_LABELLED, 0], hits[_LABELLED, 1] = at, end
    if shape[DIGITS] > 0 and (words & BIRTH or birth_follows(data, end, stop)):
        hits[_DATE, 0], hits[_DATE, 1] = at, end
    if 0 < shape[DIGITS] <= 3 and age_follows(data, end, stop):
        hits[_DATE, 0], hits[_DATE, 1] = at, end
    return end, shape[PASSED]


@njit(cache=True)
def _in_brackets(data, start, at, stop, shape):  # type: ignore[no-untyped-def]
    """Whether the cluster is `(06234)`."""
    end = shape[END]
    if shape[DIGITS] != 5 or shape[GROUP] != 5 or at <= start or end >= stop:
        return False
    return data[at - 1] == 40 and data[end] == 41


@njit(cache=True)
def _is_number(shape):  # type: ignore[no-untyped-def]
    digits = shape[DIGITS]
    if digits >= 9 or shape[DOTS] >= 3 or (shape[DOTS] == 1 and digits >= 5):
        return True
    if shape[LETTERS] > 0 and digits >= 4 and digits + shape[STANDINS] + shape[STARS] >= 7:
        return True
    return (shape[STANDINS] >= 3 and digits + shape[STANDINS] >= 9) or (shape[STARS] >= 2 and digits >= 6)


@njit(cache=True)
def _is_half(data, start, at, shape):  # type: ignore[no-untyped-def]
    """Whether the cluster is one part of a number that is read out: `010-2345` before a word, seven digits after one.

    The seven digits are a resident number's where six stand before them, two words away at most.
    """
    digits = shape[DIGITS]
    if shape[FIRST_GROUP] == 3:
        return 6 <= digits <= 7 and data[at] == 48 and data[at + 1] == 49
    if shape[FIRST_GROUP] != 7 or digits != 7:
        return False
    six = 0
    for _ in range(20):
        if at <= start:
            break
        at = step_back(data, at, start)
        kind = CLASS[decode(data, at, start + (1 << 62))[0]]
        if six and kind != DIGIT:
            return six == 6
        if kind in (DASH, DOT, NEWLINE):
            return False
        six += kind == DIGIT
    return six == 6


@njit(cache=True)
def _after_blank(data, at, stop):  # type: ignore[no-untyped-def]
    """The sign at `at`, one blank and any zero-width signs skipped, and the byte after it."""
    blanks = 0
    while at < stop:
        sign, size = decode(data, at, stop)
        kind = CLASS[sign]
        if kind == SPACE:
            blanks += 1
            if blanks > 1:
                return np.int64(0), at
        elif kind != ZERO_WIDTH:
            return sign, at + size
        at += size
    return np.int64(0), at


@njit(cache=True)
def _plate_follows(data, at, stop):  # type: ignore[no-untyped-def]
    sign, at = _after_blank(data, at, stop)
    if SYLLABLE[sign] & PLATE == 0:
        return False
    for place in range(4):
        sign, at = _after_blank(data, at, stop)
        if CLASS[sign] != DIGIT and (place == 0 or CLASS[sign] != STAR):
            return False
    return at >= stop or CLASS[decode(data, at, stop)[0]] != DIGIT


@njit(cache=True)
def _place_before(data, start, at):  # type: ignore[no-untyped-def]
    """Whether `…로`, `…길`, `…동`, `…리` or `3가` stands before byte `at`, with or without a blank."""
    blanks = 0
    sign = np.int64(0)
    while at > start:
        at = step_back(data, at, start)
        sign, _ = decode(data, at, start + (1 << 62))
        if CLASS[sign] not in (SPACE, ZERO_WIDTH) and sign != _SAN:
            break
        blanks += 1
        if blanks > 3:
            return False
    role = SYLLABLE[sign]
    if role & (ROAD | LOT | GA) == 0 or at <= start:
        return False
    earlier = _sign_before(data, start, at)
    if role & GA:
        return bool(CLASS[earlier] == DIGIT)
    return (0xAC00 <= earlier <= 0xD7A3 and earlier != _EU) or CLASS[earlier] == DIGIT


@njit(cache=True)
def _sign_before(data, start, at):  # type: ignore[no-untyped-def]
    """The sign before byte `at`, zero-width ones passed over; 0 at the start of the row."""
    sign = np.int64(0)
    while at > start:
        at = step_back(data, at, start)
        sign, _ = decode(data, at, start + (1 << 62))
        if CLASS[sign] != ZERO_WIDTH:
            break
    return sign


@njit(cache=True)
def _unit_follows(data, shape, stop):  # type: ignore[no-untyped-def]
    """Whether what the digits count follows them (`3년`, `2.`), which no building number does."""
    at = shape[FIRST_END]
    if at >= stop:
        return False
    sign, _ = decode(data, at, stop)
    if sign == 45 or CLASS[sign] == DASH:
        return False
    if sign == 44 and at + 1 < stop:
        return bool(CLASS[data[at + 1]] == DIGIT)
    if sign == 46:
        return True
    return bool(SYLLABLE[sign] & UNIT)
