"""Puts the digits of a number together inside a normalised window. All functions work in place on code units."""

from __future__ import annotations

from numba import njit

from transforms.pii.alphabet import CLASS, DASH, DOT, NEWLINE, NO_NUMERAL, NUMERAL_VALUE, SPACE
from transforms.pii.syllables import PLATE, SYLLABLE

ZERO, ONE, BLANK, HYPHEN, POINT, STAR = 48, 49, 32, 45, 46, 42
LEAST_NUMERALS = 3  # Hangul numerals in a row of digits before they are read as digits
LEAST_DIGITS = 7  # digits and numerals in that row
LEAST_SPACED = 5  # digits that stand apart before they are put together
LEAST_BLANKS = 3
_I = ord("이")
_AFTER_COPULA = tuple(ord(sign) for sign in "고며라었어나지니네면자기거")


@njit(cache=True)
def _is_digit(unit):  # type: ignore[no-untyped-def]
    return 48 <= unit <= 57


@njit(cache=True)
def _misread(unit):  # type: ignore[no-untyped-def]
    """The digit that O, o, l or I stands for, or 0."""
    if unit == 79 or unit == 111:
        return ZERO
    return ONE if unit == 108 or unit == 73 else 0


@njit(cache=True)
def _is_word(unit):  # type: ignore[no-untyped-def]
    return _is_digit(unit) or 65 <= unit <= 90 or 97 <= unit <= 122


@njit(cache=True)
def _read_run(units, at, stop):  # type: ignore[no-untyped-def]
    for i in range(at, stop):
        if _misread(units[i]):
            units[i] = _misread(units[i])


@njit(cache=True)
def _dashed(units, at, size):  # type: ignore[no-untyped-def]
    """Whether a dash and a digit, or what is read for one and a digit, stand at `at`."""
    if at + 2 >= size or units[at] != HYPHEN:
        return False
    return _is_digit(units[at + 1]) or (_misread(units[at + 1]) != 0 and _is_digit(units[at + 2]))


@njit(cache=True)
def _lettered(units, at, stop, digits):  # type: ignore[no-untyped-def]
    """Whether a run is a passport number or a customs code, in which one letter leads: M12E45678, Ml2345678, Pl234….

    Where the first letter may be a misread digit itself, all else must be digits.
    """
    length = stop - at
    if length not in (9, 13) or _is_digit(units[at]) or digits < (length - 1 if _misread(units[at]) else length // 2):
        return False
    for i in range(at + 1, stop):
        fourth = length == 9 and i == at + 4
        if not (_is_digit(units[i]) or _misread(units[i]) or fourth):
            return False
    return True


@njit(cache=True)
def read_misread(units, begin, size):  # type: ignore[no-untyped-def]
    """O1O-l234 becomes 010-1234: a run of digits and O, o, l, I with a digit in it, or beside a dash and a digit."""
    at = begin
    while at < size:
        stop, digits, letters = at, 0, 0
        while stop < size and _is_word(units[stop]):
            digits += _is_digit(units[stop])
            letters += not _is_digit(units[stop]) and not _misread(units[stop])
            stop += 1
        if _lettered(units, at, stop, digits):
            _read_run(units, at + 1, stop)
        elif letters == 0 and stop - at > 1 and (digits > 0 or (stop - at == 3 and _dashed(units, stop, size))):
            _read_run(units, at, stop)
        at = stop + 1 if stop == at else stop


@njit(cache=True)
def _is_numeral(unit):  # type: ignore[no-untyped-def]
    return NUMERAL_VALUE[unit] != NO_NUMERAL


@njit(cache=True)
def _is_hangul(unit):  # type: ignore[no-untyped-def]
    return 0xAC00 <= unit <= 0xD7A3


@njit(cache=True)
def _word_end(units, begin, at, size):  # type: ignore[no-untyped-def]
    """Where a word ends whose last one or two syllables only look like numerals (생년월일이 1990); `at` where none."""
    if at == begin or not _is_hangul(units[at - 1]) or _is_numeral(units[at - 1]):
        return at
    stop = at
    while stop < size and stop - at < 3 and _is_numeral(units[stop]):
        stop += 1
    return stop if stop - at <= 2 and stop < size and units[stop] == BLANK else at


@njit(cache=True)
def _copula_goes_on(unit):  # type: ignore[no-untyped-def]
    """Whether 이 before this syllable is the copula (이고, 이며, 이라) and no digit of the number before it."""
    return unit in _AFTER_COPULA


@njit(cache=True)
def read_numerals(units, begin, size):  # type: ignore[no-untyped-def]
    """공일공-1234-오육칠팔 becomes 010-1234-5678; a stray 이 or 일 beside a number stays."""
    at = begin
    while at < size:
        if not (_is_digit(units[at]) or _is_numeral(units[at])):
            at += 1
            continue
        word = _word_end(units, begin, at, size)
        if word > at:
            at = word
            continue
        stop, numerals, digits, gap = at, 0, 0, 0
        group = 0
        while stop < size and gap <= 1:
            unit = units[stop]
            if _is_digit(unit) or _is_numeral(unit):
                numerals += _is_numeral(unit)
                digits += 1
                group += 1
                gap = 0
            elif unit in (BLANK, HYPHEN, POINT):
                gap += 1
                group = 0
            else:
                break
            stop += 1
        if numerals >= LEAST_NUMERALS and digits >= LEAST_DIGITS:
            copula = stop < size and group in (5, 8) and units[stop - 1] == _I and _copula_goes_on(units[stop])
            for i in range(at, stop - copula):
                if _is_numeral(units[i]):
                    units[i] = ZERO + NUMERAL_VALUE[units[i]]
        at = stop


@njit(cache=True)
def _move(units, places, source, target):  # type: ignore[no-untyped-def]
    units[target] = units[source]
    places[0, target], places[1, target] = places[0, source], places[1, source]


@njit(cache=True)
def _numeric(unit):  # type: ignore[no-untyped-def]
    return _is_digit(unit) or _is_numeral(unit) or unit == STAR


@njit(cache=True)
def squeeze_separators(units, places, begin, size):  # type: ignore[no-untyped-def]
    """` - `, `-\n` and ` . ` between two digits become `-` and `.`. Returns the new size."""
    source, target = begin, begin
    while source < size:
        stop, dashes, dots = source, 0, 0
        while stop < size and stop - source < 4 and _separates(units[stop]):
            dashes += units[stop] == HYPHEN
            dots += units[stop] == POINT
            stop += 1
        between = target > begin and stop < size and _numeric(units[target - 1]) and _numeric(units[stop])
        framed = stop - source == 3 and dots == 1 and units[source] == BLANK and units[stop - 1] == BLANK
        if between and 1 < stop - source <= 3 and (dashes > 0 or framed):
            units[target] = HYPHEN if dashes > 0 else POINT
            places[0, target], places[1, target] = places[0, source], places[1, stop - 1]
            target += 1
            source = stop
            continue
        stop = max(stop, source + 1)
        while source < stop:
            _move(units, places, source, target)
            source += 1
            target += 1
    return target


@njit(cache=True)
def _separates(unit):  # type: ignore[no-untyped-def]
    kind = CLASS[unit]
    return kind in (DASH, SPACE, NEWLINE, DOT)


@njit(cache=True)
def join_spaced(units, places, begin, size):  # type: ignore[no-untyped-def]
    """`0 1 0-1 2 3 4` becomes 010-1234 and `1 2 가 3 4 5 6` 12가3456. Returns the new size."""
    source, target = begin, begin
    while source < size:
        inside = source > begin and _single(units[source - 1])
        stop, together = (source + 1, False) if inside else _spaced_until(units, source, size)
        for taken in range(source, stop):
            if not together or units[taken] != BLANK:
                _move(units, places, taken, target)
                target += 1
        source = stop
    return target


@njit(cache=True)
def _spaced_until(units, at, size):  # type: ignore[no-untyped-def]
    """End of a run of single signs with one separator between two of them, and whether it is a spaced number."""
    stop, digits, blanks = at, 0, 0
    end = at + 1
    while stop < size and _single(units[stop]):
        # A particle is glued to the last digit: 0 1 2 3이고, 1 2 3 4로.
        glued = stop + 1 < size and _single(units[stop + 1])
        if glued and not (_is_digit(units[stop]) and _is_hangul(units[stop + 1])):
            break
        digits += _is_digit(units[stop]) or _is_numeral(units[stop]) or units[stop] == STAR
        end = stop + 1
        if glued or stop + 1 >= size or units[stop + 1] not in (BLANK, HYPHEN, POINT):
            break
        blanks += units[stop + 1] == BLANK
        stop += 2
    return end, digits >= LEAST_SPACED and blanks >= LEAST_BLANKS


@njit(cache=True)
def _single(unit):  # type: ignore[no-untyped-def]
    """What may stand alone in a spaced number: a digit, a letter, a usage letter of a plate."""
    return _is_word(unit) or _is_numeral(unit) or unit == STAR or SYLLABLE[unit] & PLATE != 0
