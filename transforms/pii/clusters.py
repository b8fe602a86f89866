"""Reads one cluster of digits in UTF-8 bytes: digits, what may separate them, and signs that stand in for digits.

A cluster is the widest stretch that could be one number: digits with at most three separators between two of them.
Its shape lies in a small int64 array, indexed by the names below, so that the reading functions stay small.
"""

from __future__ import annotations

from numba import njit

from transforms.pii.alphabet import CLASS, DASH, DIGIT, DOT, LETTER, NEWLINE, NUMERAL, PAREN, SPACE, STAR, ZERO_WIDTH
from transforms.pii.utf8 import decode, step_back

MAX_GAP = 3  # signs between two digit groups of one number (` - `)

END, PASSED = 0, 1  # byte after the last digit, signs up to there
DIGITS, STANDINS, LETTERS, DOTS, STARS = 2, 3, 4, 5, 6
FIRST_GROUP, FIRST_END, GROUP = 7, 8, 9  # digits of the first group, byte after it, digits of the last group
GAP, SEPARATOR = 10, 11
USAGE = 12  # byte of a numeral that may be a plate's usage letter (사, 오, 구), or 0
SHAPE_SIZE = 13


@njit(cache=True)
def misread_digit(sign):  # type: ignore[no-untyped-def]
    """O, o, l and I, which optical readers take 0 and 1 for."""
    return sign == 79 or sign == 111 or sign == 108 or sign == 73


@njit(cache=True)
def three_digits(data, at, stop):  # type: ignore[no-untyped-def]
    """Whether three digits stand at byte `at`, full-width ones too. After `. ` they tell a number from a date."""
    for _ in range(3):
        if at >= stop:
            return False
        sign, size = decode(data, at, stop)
        if CLASS[sign] != DIGIT:
            return False
        at += size
    return True


@njit(cache=True)
def read_cluster(data, start, at, stop, shape):  # type: ignore[no-untyped-def]
    """Fills `shape` with the cluster whose first digit or numeral stands at byte `at` of the row [start, stop)."""
    shape[:] = 0
    shape[END] = at
    shape[LETTERS] = _letter_before(data, start, at)
    pos, passed = at, 0
    while pos < stop:
        sign, size = decode(data, pos, stop)
        passed += 1
        if not _take(data, pos, size, stop, sign, shape):
            break
        pos += size
        if shape[GAP] == 0:
            shape[END], shape[PASSED] = pos, passed


@njit(cache=True)
def _letter_before(data, start, at):  # type: ignore[no-untyped-def]
    """1 where a letter, a letter and a blank, or a misread digit and a dash stand before byte `at`."""
    if at <= start:
        return 0
    if data[at - 1] >= 0x80:
        wide = at > start + 2 and data[at - 3] == 0xEF  # the block of full-width forms
        return 1 if wide and CLASS[decode(data, step_back(data, at, start), at)[0]] == LETTER else 0
    if CLASS[data[at - 1]] == LETTER:
        return 1
    if at > start + 1 and data[at - 1] == 32 and data[at - 2] < 0x80 and CLASS[data[at - 2]] == LETTER:
        return 1
    return 1 if at > start + 1 and data[at - 1] == 45 and misread_digit(data[at - 2]) else 0


@njit(cache=True)
def _take(data, pos, size, stop, sign, shape):  # type: ignore[no-untyped-def]
    """Adds one sign to the shape; False where the cluster ends before it."""
    kind = CLASS[sign]
    if kind in (DIGIT, NUMERAL) or (kind == LETTER and shape[GAP] <= 1 and misread_digit(sign)):
        _take_digit(pos, size, kind, shape)
        return True
    if kind in (DASH, DOT, SPACE, NEWLINE, PAREN):
        return _take_separator(data, pos, size, stop, kind, shape)
    if kind == STAR:
        shape[STARS] += 1
        shape[GAP] = 0
        return True
    if kind == LETTER and shape[DIGITS] > 0 and shape[GAP] == 0:
        shape[LETTERS] += 1
        return _digit_at(data, pos + size, stop)
    if kind == LETTER and shape[GAP] == 1 and shape[GROUP] == 1 and shape[SEPARATOR] == SPACE:  # M 1 2 3 A 4 5 6 7
        shape[LETTERS] += 1
        shape[GAP] = 0
        return pos + size < stop and CLASS[data[pos + size]] == SPACE
    return bool(kind == ZERO_WIDTH)


@njit(cache=True)
def _digit_at(data, at, stop):  # type: ignore[no-untyped-def]
    """Whether a digit, or what is read for one, stands at byte `at`."""
    if at >= stop:
        return False
    sign, _ = decode(data, at, stop)
    return CLASS[sign] == DIGIT or misread_digit(sign)


@njit(cache=True)
def _take_digit(pos, size, kind, shape):  # type: ignore[no-untyped-def]
    if kind == NUMERAL and 2 <= shape[GROUP] <= 3 and shape[GAP] <= 1 and shape[USAGE] == 0:
        shape[USAGE] = pos
    if shape[GAP] > 0:
        if shape[GAP] == 1 and shape[SEPARATOR] == DOT:
            shape[DOTS] += 1
        shape[GROUP] = 0
    shape[GAP] = 0
    shape[GROUP] += 1
    shape[DIGITS if kind == DIGIT else STANDINS] += 1
    if shape[GROUP] == shape[DIGITS] + shape[STANDINS]:
        shape[FIRST_GROUP], shape[FIRST_END] = shape[GROUP], pos + size


@njit(cache=True)
def _take_separator(data, pos, size, stop, kind, shape):  # type: ignore[no-untyped-def]
    shape[GAP] += 1
    blank = kind in (SPACE, NEWLINE)
    if shape[GAP] > MAX_GAP:
        return False
    if blank and shape[SEPARATOR] == DOT and shape[GAP] == 2 and not three_digits(data, pos + size, stop):
        return False
    shape[SEPARATOR] = kind
    return True
