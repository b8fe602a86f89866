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
    mix,
    prefix_slot,
    word_hash,
)

FEATURES = 30
BITS = 20
_SHIFT = np.uint64(64 - BITS)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
SALT = (np.arange(1, FEATURES + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(16)
_EDGE_BEFORE, _EDGE_AFTER = 2, 3  # stand for what lies outside the segment

HANGUL, NUMBER, UPPER, LOWER, BLANK, BREAK, BRACKET, LIST, STOP, COLON, HANJA, REST = range(1, 13)

# Rows of the int32 scratch that `prepare` fills, one column a sign.
FIRST, LAST, WORD, NAME_LENGTH, NAME_START, NOUN_LENGTH, NOUN_START, HITS, PREVIOUS = range(9)
SCRATCH = 9
# Rows of the int64 scratch, one column an eojeol.
WHOLE, HEAD, TAIL = range(3)


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


@njit(cache=True)
def prepare(units, begin, end, active, lexicon, prefixes, scratch, eojeol):  # type: ignore[no-untyped-def]
    """Fills the scratch for units[begin:end]: eojeol bounds, and words of the lexicon near active signs.

    Returns the number of eojeol.
    """
    size = end - begin
    count, place, before, ended = 0, 0, 0, 0
    near = False  # an active sign in this eojeol or the one before
    while place < size:
        kind = TYPE[units[begin + place]]
        blank = kind in (BLANK, BREAK)
        stop, inside = place + 1, active[place] != 0
        while not blank and stop < size and TYPE[units[begin + stop]] != BLANK and TYPE[units[begin + stop]] != BREAK:
            inside |= active[stop] != 0
            stop += 1
        for sign in range(place, stop):
            if active[sign]:
                scratch[FIRST, sign], scratch[LAST, sign] = place, stop
                scratch[WORD, sign], scratch[PREVIOUS, sign] = -1 if blank else count, count - 1
        if not blank:
            if near or inside:
                _hash_eojeol(units, begin, place, stop, eojeol, count)
            if inside and not near and count > 0:
                _hash_eojeol(units, begin, before, ended, eojeol, count - 1)
            near, before, ended, count = inside, place, stop, count + 1
        place = stop
    _cover(units, begin, size, active, lexicon, prefixes, scratch)
    return count


@njit(cache=True)
def _hash_eojeol(units, begin, place, stop, eojeol, word):  # type: ignore[no-untyped-def]
    """The whole eojeol, its first two and its last two signs."""
    eojeol[WHOLE, word] = word_hash(units, begin + place, begin + stop)
    eojeol[HEAD, word] = word_hash(units, begin + place, begin + min(stop, place + 2))
    eojeol[TAIL, word] = word_hash(units, begin + max(place, stop - 2), begin + stop)


@njit(cache=True)
def _cover(units, begin, size, active, lexicon, prefixes, scratch):  # type: ignore[no-untyped-def]
    """The longest name and the longest other word over each active sign, and the hits that start there."""
    wanted = 0  # signs that still lie within a word's reach of an active sign
    for start in range(size - 1, -1, -1):
        wanted = LONGEST if active[start] else wanted - 1
        if wanted <= 0:
            continue
        for row in range(NAME_LENGTH, PREVIOUS):
            scratch[row, start] = 0
        if TYPE[units[begin + start]] != HANGUL:
            continue
        name, noun, location, proper = _hits(units, begin + start, begin + size, lexicon, prefixes)
        scratch[HITS, start] = ((name * 8 + noun) * 8 + location) * 8 + proper
        _mark(scratch, NAME_LENGTH, NAME_START, start, name)
        _mark(scratch, NOUN_LENGTH, NOUN_START, start, max(noun, location, proper))


@njit(cache=True, inline="always")
def _mark(scratch, length_row, start_row, start, length):  # type: ignore[no-untyped-def]
    for place in range(start, start + length):
        if length >= scratch[length_row, place]:
            scratch[length_row, place], scratch[start_row, place] = length, start


@njit(cache=True)
def _hits(units, start, stop, lexicon, prefixes):  # type: ignore[no-untyped-def]
    """Lengths of the longest name, noun, place and other proper noun that start here."""
    name, noun, location, proper = 0, 0, 0, 0
    if start + 1 >= stop or not prefixes[prefix_slot(units[start], units[start + 1])]:
        return name, noun, location, proper
    state = np.int64(SEED)
    for length in range(1, LONGEST + 1):
        place = start + length - 1
        if place >= stop or TYPE[units[place]] != HANGUL:
            break
        state = mix(state, units[place])
        classes = classes_of(lexicon, state) if length > 1 else np.int64(0)
        name = length if classes & PERSON else name
        noun = length if classes & NOUN else noun
        location = length if classes & LOCATION else location
        proper = length if classes & PROPER else proper
    return name, noun, location, proper


@njit(cache=True)
def longest_name(units, start, stop, lexicon, prefixes):  # type: ignore[no-untyped-def]
    """Syllables of the longest name of the lexicon that starts here, 0 where there is none."""
    return _hits(units, start, stop, lexicon, prefixes)[0]


@njit(cache=True, inline="always")
def features_at(units, begin, end, at, syllables, scratch, eojeol, words, out):  # type: ignore[no-untyped-def]
    """Writes the weight rows of the active sign at begin + at into `out`."""
    _near(units, begin, end, begin + at, syllables, out)
    _covered(units, begin, at, scratch, out)
    _around(units, begin, at, syllables, scratch, eojeol, words, out)
    for feature in range(FEATURES):
        out[feature] = np.int64(((np.uint64(out[feature]) ^ SALT[feature]) * _SPREAD) >> _SHIFT)


@njit(cache=True, inline="always")
def _near(units, begin, end, at, syllables, out):  # type: ignore[no-untyped-def]
    """Signs, and classes of name syllables, from two before to three after."""
    here = np.int64(units[at])
    one_before = np.int64(units[at - 1]) if at > begin else _EDGE_BEFORE
    two_before = np.int64(units[at - 2]) if at > begin + 1 else _EDGE_BEFORE
    one_after = np.int64(units[at + 1]) if at + 1 < end else _EDGE_AFTER
    two_after = np.int64(units[at + 2]) if at + 2 < end else _EDGE_AFTER
    three_after = np.int64(units[at + 3]) if at + 3 < end else _EDGE_AFTER
    out[0] = (np.int64(TYPE[one_before]) * 20 + TYPE[here]) * 20 + TYPE[one_after]
    out[1], out[2], out[3], out[4], out[5] = here, one_before, one_after, two_before, two_after
    out[6], out[7] = mix(one_before, here), mix(here, one_after)
    out[8], out[9] = mix(two_before, one_before), mix(one_after, two_after)
    out[10], out[11], out[12] = mix(out[6], one_after), mix(out[7], two_after), mix(out[8], here)
    out[13] = mix(out[7], mix(two_after, three_after))
    first, second, third = np.int64(syllables[two_before]), np.int64(syllables[one_before]), np.int64(syllables[here])
    fourth, fifth = np.int64(syllables[one_after]), np.int64(syllables[two_after])
    out[27] = (second * 256 + third) * 256 + fourth
    out[28] = (third * 256 + fourth) * 256 + fifth
    out[29] = mix((first * 256 + second) * 256 + third, TYPE[one_after])


@njit(cache=True)
def _place_in(length, start, at):  # type: ignore[no-untyped-def]
    """Length of a covering word and place in it as one number, 0 where no word covers."""
    return (length << 4) | (at - start) if length > 0 else 0


@njit(cache=True, inline="always")
def _covered(units, begin, at, scratch, out):  # type: ignore[no-untyped-def]
    """Words of the lexicon over the sign, and what stands right before and after a name among them."""
    name = np.int64(_place_in(scratch[NAME_LENGTH, at], scratch[NAME_START, at], at))
    noun = np.int64(_place_in(scratch[NOUN_LENGTH, at], scratch[NOUN_START, at], at))
    out[14] = scratch[HITS, at]
    out[15], out[16] = name, name * 256 + noun
    out[22], out[23] = 0, 0
    if name:
        start = scratch[NAME_START, at]
        stop = start + scratch[NAME_LENGTH, at]
        out[22] = mix(word_hash(units, begin + stop, begin + min(scratch[LAST, at], stop + 4)), name)
        before = np.int64(units[begin + start - 1]) if start > 0 else _EDGE_BEFORE
        earlier = np.int64(units[begin + start - 2]) if start > 1 else _EDGE_BEFORE
        out[23] = mix(mix(before, earlier), name)


@njit(cache=True, inline="always")
def _around(units, begin, at, syllables, scratch, eojeol, words, out):  # type: ignore[no-untyped-def]
    """The eojeol before, around and after the sign."""
    first, last = scratch[FIRST, at], scratch[LAST, at]
    word, previous = scratch[WORD, at], scratch[PREVIOUS, at]
    blank = word < 0
    after = previous + 1 if blank else word + 1
    before_tail = eojeol[TAIL, previous] if previous >= 0 else np.int64(7)
    name = np.int64(_place_in(scratch[NAME_LENGTH, at], scratch[NAME_START, at], at))
    ahead, behind = min(last - at, 7), min(at - first, 7)
    out[17] = eojeol[WHOLE, previous] if previous >= 0 else np.int64(7)
    out[18] = mix(before_tail, min(behind, 6))
    out[19] = mix(eojeol[WHOLE, after] if after < words else np.int64(9), min(ahead, 6))
    out[20] = np.int64(1) if blank else word_hash(units, begin + at + 1, begin + min(last, at + 5))
    out[21] = word_hash(units, begin + max(first, at - 3), begin + at)
    out[24] = mix(eojeol[HEAD, after] if after < words else np.int64(9), name * 8 + ahead)
    out[25] = mix(before_tail, name * 8 + behind)
    surname = np.int64(syllables[units[begin + at]]) & 3
    out[26] = ((behind * 16 + min(last - first, 15)) * 4 + surname) * 16 + scratch[NAME_LENGTH, at]
