"""What the name tagger sees at each sign: its neighbours, the words of the lexicon over it, the eojeol (어절) around.

Every feature is a hash into the weight table, so the model is that table and nothing else. Training and tagging call
the same kernels.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from transforms.pii.lexicon import (
    LOCATION,
    LONGEST,
    NOUN,
    PERSON,
    PROPER,
    SEED,
    classes_of,
    has_bit,
    mix,
    word_hash,
)

FEATURES = 32
BITS = 18
_SHIFT = np.uint64(64 - BITS)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
SALT = (np.arange(1, FEATURES + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(16)
_EDGE_BEFORE, _EDGE_AFTER = 2, 3  # stand for what lies outside the row

HANGUL, NUMBER, UPPER, LOWER, BLANK, BREAK, BRACKET, LIST, STOP, COLON, HANJA, REST = range(1, 13)

RUN = 160  # signs that are tagged together, at most
AROUND = 40  # signs before and after them in which their neighbouring eojeol are looked for
# Rows of the int32 scratch that `prepare` fills, one column a sign from LONGEST before the first one on.
FIRST, LAST, WORD, NAME_LENGTH, NAME_START, NOUN_LENGTH, NOUN_START, HITS, PREVIOUS = range(9)
SCRATCH = (9, RUN + LONGEST)
# Rows of the int64 scratch, one column an eojeol.
WHOLE, HEAD, TAIL = range(3)
EOJEOL = (3, RUN + 2 * AROUND + 2)


def sign_types() -> np.ndarray:
    """Type of every code point of the Basic Multilingual Plane, uint8."""
    table = np.full(0x10000, REST, dtype=np.uint8)
    table[0xAC00:0xD7A4] = HANGUL
    table[0x4E00:0xA000] = HANJA
    table[48:58], table[65:91], table[97:123] = NUMBER, UPPER, LOWER
    for signs, kind in ((" ", BLANK), ("\n\t", BREAK), ("()[]", BRACKET), (",·ㆍ", LIST), (".!?", STOP), (":", COLON)):
        for sign in signs:
            table[ord(sign)] = kind
    return table


TYPE = sign_types()
GAP = (TYPE == BLANK) | (TYPE == BREAK)  # what parts two eojeol


@njit(cache=True)
def prepare(size, first, stop, tables, work):  # type: ignore[no-untyped-def]
    """Fills the scratch for the signs first to stop of a row: eojeol bounds, and words of the lexicon over them.

    Returns the number of eojeol looked at: those of the signs, one before and one after.
    """
    units, scratch, eojeol = work.units, work.scratch, work.eojeol
    origin = first - LONGEST
    place, high = _context(units, size, first, stop)
    count = 0
    while place < high:
        blank, end = GAP[units[place]], place + 1
        while not blank and end < high and not GAP[units[end]]:
            end += 1
        for sign in range(max(place, first), min(end, stop)):
            scratch[FIRST, sign - origin], scratch[LAST, sign - origin] = place, end
            scratch[WORD, sign - origin], scratch[PREVIOUS, sign - origin] = -1 if blank else count, count - 1
        if not blank:
            eojeol[WHOLE, count] = word_hash(units, place, end)
            eojeol[HEAD, count] = word_hash(units, place, min(end, place + 2))
            eojeol[TAIL, count] = word_hash(units, max(place, end - 2), end)
            count += 1
        place = end
    _cover(size, first, stop, tables, work)
    return count


@njit(cache=True)
def _context(units, size, first, stop):  # type: ignore[no-untyped-def]
    """Where the eojeol before sign `first` begins and where the one after sign `stop` ends, within AROUND signs."""
    low, least = first, max(0, first - AROUND)
    high, most = stop, min(size, stop + AROUND)
    while low > least and not GAP[units[low - 1]]:
        low -= 1
    while low > least and GAP[units[low - 1]]:
        low -= 1
    while low > least and not GAP[units[low - 1]]:
        low -= 1
    while high < most and not GAP[units[high]]:
        high += 1
    while high < most and GAP[units[high]]:
        high += 1
    while high < most and not GAP[units[high]]:
        high += 1
    return low, high


@njit(cache=True)
def _cover(size, first, stop, tables, work):  # type: ignore[no-untyped-def]
    """The longest name and the longest other word over each sign, and the hits that start there."""
    units, scratch = work.units, work.scratch
    origin = first - LONGEST
    begin = first
    while begin > max(0, origin + 1) and TYPE[units[begin - 1]] == HANGUL:  # no word reaches over another sign
        begin -= 1
    for start in range(stop - 1, begin - 1, -1):
        for row in range(NAME_LENGTH, PREVIOUS):
            scratch[row, start - origin] = 0
        if TYPE[units[start]] != HANGUL:
            continue
        name, noun, location, proper = _hits(units, start, size, tables)
        scratch[HITS, start - origin] = ((name * 8 + noun) * 8 + location) * 8 + proper
        _mark(scratch, NAME_LENGTH, start, min(start + name, stop), name, origin)
        longest = max(noun, location, proper)
        _mark(scratch, NOUN_LENGTH, start, min(start + longest, stop), longest, origin)


@njit(cache=True, inline="always")
def _mark(scratch, row, start, stop, length, origin):  # type: ignore[no-untyped-def]
    """Notes a word over signs start to stop: its length in `row`, its start in the row after."""
    for place in range(start - origin, stop - origin):
        if length >= scratch[row, place]:
            scratch[row, place], scratch[row + 1, place] = length, start


@njit(cache=True)
def _hits(units, start, stop, tables):  # type: ignore[no-untyped-def]
    """Lengths of the longest name, noun, place and other proper noun that start here."""
    name, noun, location, proper = 0, 0, 0, 0
    if start + 1 >= stop or not has_bit(tables.prefixes, mix(units[start], units[start + 1])):
        return name, noun, location, proper
    state, length = mix(mix(SEED, units[start]), units[start + 1]), 2
    while True:
        classes = classes_of(tables.lexicon, state)
        name = length if classes & PERSON else name
        noun = length if classes & NOUN else noun
        location = length if classes & LOCATION else location
        proper = length if classes & PROPER else proper
        if length == LONGEST or start + length >= stop or not has_bit(tables.longer, state):
            return name, noun, location, proper
        state = mix(state, units[start + length])
        length += 1


@njit(cache=True, inline="always")
def features_at(size, first, at, tables, work, words):  # type: ignore[no-untyped-def]
    """Writes the weight rows of sign `at`, of signs that `prepare` has seen from `first` on, into work.rows."""
    out = work.rows
    _near(work.units, size, at, tables.syllables, out)
    _covered(work.units, at, at - first + LONGEST, work.scratch, out)
    _around(work.units, at, at - first + LONGEST, tables.syllables, work, words)
    for feature in range(FEATURES):
        out[feature] = np.int64(((np.uint64(out[feature]) ^ SALT[feature]) * _SPREAD) >> _SHIFT)


@njit(cache=True, inline="always")
def _near(units, size, at, syllables, out):  # type: ignore[no-untyped-def]
    """Signs, and classes of name syllables, from two before to three after."""
    here = np.int64(units[at])
    one_before = np.int64(units[at - 1]) if at > 0 else _EDGE_BEFORE
    two_before = np.int64(units[at - 2]) if at > 1 else _EDGE_BEFORE
    one_after = np.int64(units[at + 1]) if at + 1 < size else _EDGE_AFTER
    two_after = np.int64(units[at + 2]) if at + 2 < size else _EDGE_AFTER
    three_after = np.int64(units[at + 3]) if at + 3 < size else _EDGE_AFTER
    out[0] = (np.int64(TYPE[one_before]) * 20 + TYPE[here]) * 20 + TYPE[one_after]
    out[1], out[2], out[3], out[4], out[5] = here, one_before, one_after, two_before, two_after
    out[6], out[7] = mix(one_before, here), mix(here, one_after)
    out[8], out[9] = mix(two_before, one_before), mix(one_after, two_after)
    out[10], out[11], out[12] = mix(out[6], one_after), mix(out[7], two_after), mix(out[8], here)
    out[13] = mix(out[7], mix(two_after, three_after))
    first, second, third = np.int64(syllables[two_before]), np.int64(syllables[one_before]), np.int64(syllables[here])
    fourth, fifth, sixth = np.int64(syllables[one_after]), np.int64(syllables[two_after]), syllables[three_after]
    out[27] = ((second & 63) * 64 + (third & 63)) * 64 + (fourth & 63)
    out[28] = ((third & 63) * 64 + (fourth & 63)) * 64 + (fifth & 63)
    out[29] = mix(((first & 63) * 64 + (second & 63)) * 64 + (third & 63), TYPE[one_after])
    foreign = (((first >> 6) * 4 + (second >> 6)) * 4 + (third >> 6)) * 4 + (fourth >> 6)
    out[30] = (foreign * 4 + (fifth >> 6)) * 4 + (np.int64(sixth) >> 6)


@njit(cache=True)
def _place_in(length, start, at):  # type: ignore[no-untyped-def]
    """Length of a covering word and place in it as one number, 0 where no word covers."""
    return (length << 4) | (at - start) if length > 0 else 0


@njit(cache=True, inline="always")
def _covered(units, at, column, scratch, out):  # type: ignore[no-untyped-def]
    """Words of the lexicon over the sign, and what stands right before and after a name among them."""
    name = np.int64(_place_in(scratch[NAME_LENGTH, column], scratch[NAME_START, column], at))
    noun = np.int64(_place_in(scratch[NOUN_LENGTH, column], scratch[NOUN_START, column], at))
    out[14] = scratch[HITS, column]
    out[15], out[16] = name, name * 256 + noun
    out[22], out[23] = 0, 0
    if name:
        start = scratch[NAME_START, column]
        stop = start + scratch[NAME_LENGTH, column]
        out[22] = mix(word_hash(units, stop, min(scratch[LAST, column], stop + 4)), name)
        before = np.int64(units[start - 1]) if start > 0 else _EDGE_BEFORE
        earlier = np.int64(units[start - 2]) if start > 1 else _EDGE_BEFORE
        out[23] = mix(mix(before, earlier), name)


@njit(cache=True, inline="always")
def _around(units, at, column, syllables, work, words):  # type: ignore[no-untyped-def]
    """The eojeol before, around and after the sign."""
    scratch, eojeol, out = work.scratch, work.eojeol, work.rows
    first, last = scratch[FIRST, column], scratch[LAST, column]
    word, previous = scratch[WORD, column], scratch[PREVIOUS, column]
    blank = word < 0
    after = previous + 1 if blank else word + 1
    before_tail = eojeol[TAIL, previous] if previous >= 0 else np.int64(7)
    name = np.int64(_place_in(scratch[NAME_LENGTH, column], scratch[NAME_START, column], at))
    noun = np.int64(_place_in(scratch[NOUN_LENGTH, column], scratch[NOUN_START, column], at))
    ahead, behind = min(last - at, 7), min(at - first, 7)
    out[17] = eojeol[WHOLE, previous] if previous >= 0 else np.int64(7)
    out[18] = mix(before_tail, min(behind, 6))
    out[19] = mix(eojeol[WHOLE, after] if after < words else np.int64(9), min(ahead, 6))
    out[20] = np.int64(1) if blank else word_hash(units, at + 1, min(last, at + 5))
    out[21] = word_hash(units, max(first, at - 3), at)
    out[24] = mix(eojeol[HEAD, after] if after < words else np.int64(9), name * 8 + ahead)
    out[25] = mix(before_tail, name * 8 + behind)
    here = np.int64(syllables[units[at]])
    out[26] = ((behind * 16 + min(last - first, 15)) * 4 + (here & 3)) * 16 + scratch[NAME_LENGTH, column]
    out[31] = ((noun * 8 + ahead) * 8 + behind) * 4 + (here >> 6)
