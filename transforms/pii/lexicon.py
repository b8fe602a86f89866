"""A closed list of words as one hash table: which Hangul words of two to seven syllables are names, places, nouns.

An entry is 24 bits of fingerprint and a class mask; a wrong hit happens about once in eight million look-ups. The words
come from mecab-ko-dic (Apache-2.0); only their hashes are shipped.
"""

from __future__ import annotations

import numpy as np
from numba import njit

PERSON, NOUN, LOCATION, PROPER = 1, 2, 4, 8
LONGEST = 7  # syllables of the longest word in the table
SEED = 17
PREFIX_BITS, LONGER_BITS = 1 << 18, 1 << 22  # bits that say which two signs begin a word, and which words go on

_FIRST = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xBF58476D1CE4E5B9)
_29, _32 = np.uint64(29), np.uint64(32)


@njit(cache=True)
def mix(state, value):  # type: ignore[no-untyped-def]
    """A 32-bit hash of a state and a value, as int64. The same on every machine."""
    bits = (np.uint64(state) ^ (np.uint64(value) * _SECOND)) * _FIRST
    return np.int64((bits ^ (bits >> _29)) >> _32)


@njit(cache=True)
def word_hash(units, first, last):  # type: ignore[no-untyped-def]
    """Hash of units[first:last]."""
    state = np.int64(SEED)
    for place in range(first, last):
        state = mix(state, units[place])
    return state


@njit(cache=True, inline="always")
def has_bit(table, state):  # type: ignore[no-untyped-def]
    """Whether a set of hashes, one bit each, holds this one; the table's length is a power of two."""
    slot = state & (len(table) * 8 - 1)
    return (table[slot >> 3] >> (slot & 7)) & 1 != 0


@njit(cache=True)
def set_bit(table, state):  # type: ignore[no-untyped-def]
    """Puts a hash into the set."""
    slot = state & (len(table) * 8 - 1)
    table[slot >> 3] |= np.uint8(1 << (slot & 7))


@njit(cache=True)
def classes_of(table, state):  # type: ignore[no-untyped-def]
    """Class mask of the word with this hash, 0 where it is not in the table."""
    mask = len(table) - 1
    slot = state & mask
    mark = mix(state, 1) >> 8
    while table[slot] != 0:
        if np.int64(table[slot]) >> 8 == mark:
            return np.int64(table[slot]) & 255
        slot = (slot + 1) & mask
    return np.int64(0)


@njit(cache=True)
def insert(table, state, classes):  # type: ignore[no-untyped-def]
    """Adds a word's classes to a uint32 table whose length is a power of two."""
    mask = len(table) - 1
    slot = state & mask
    mark = mix(state, 1) >> 8
    while table[slot] != 0 and np.int64(table[slot]) >> 8 != mark:
        slot = (slot + 1) & mask
    table[slot] = np.uint32((mark << 8) | (np.int64(table[slot]) & 255) | classes)
