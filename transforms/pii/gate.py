"""Says at which signs a name could begin at all, with a few look-ups in small tables, so that the tagger reads little.

A sign passes when a name of the lexicon of three syllables and more begins there. Else, where a usual surname stands
or a name of two syllables begins, a linear model over neighbouring signs decides (trained in benchmarks/quality/pii);
its sums are integers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from transforms.pii.tagger_features import HANGUL, TYPE, UPPER, longest_name

GATE_FEATURES = 5
GATE_BITS = 16
REACH, LATIN_REACH = 9, 24  # signs of the longest usual name
WORD_HELPS = 10  # taken off the bound where a name of two syllables begins
PASSES, KNOWN = 1, 2
# Surnames of the census, the rare ones and the first signs of the double ones too. Source: 통계청 2015 성씨·본관.
_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민나진지엄채원천방공현함변염여추도소석선설"
    "마길연위표명기반왕금옥육인맹제모탁국어은편용예경봉사부황가복태목형두감음빈동온호범좌팽승간견당화단옹갈독궁피아뇌서문망"
)
_SHIFT = np.uint64(64 - GATE_BITS)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_ONE, _TWO, _THREE = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def _surname_table() -> np.ndarray:
    table = np.zeros(0x10000, dtype=np.bool_)
    for sign in _SURNAMES:
        table[ord(sign)] = True
    return table


SURNAME = _surname_table()


@njit(cache=True)
def _row(salt, first, second, third):  # type: ignore[no-untyped-def]
    bits = np.uint64(salt) + np.uint64(first) * _ONE + np.uint64(second) * _TWO + np.uint64(third) * _THREE
    return np.int64(((bits ^ (bits >> np.uint64(31))) * _SPREAD) >> _SHIFT)


@njit(cache=True, inline="always")
def gate_rows(units, begin, end, at, syllables):  # type: ignore[no-untyped-def]
    """Rows of the gate's table for the sign at `at`, GATE_FEATURES of them."""
    here = np.int64(units[at])
    before = np.int64(units[at - 1]) if at > begin else 2
    after = np.int64(units[at + 1]) if at + 1 < end else 3
    second = np.int64(units[at + 2]) if at + 2 < end else 3
    third = np.int64(TYPE[units[at + 3]]) if at + 3 < end else 3
    classes = (np.int64(syllables[here]) * 64 + syllables[after]) * 64 + syllables[second]
    return (
        _row(1, here, after, 0),
        _row(2, here, after, second),
        _row(3, before, here, 0),
        _row(4, after, second, third),
        _row(5, classes, TYPE[before], TYPE[second]),
    )


@njit(cache=True)
def can_begin(sign):  # type: ignore[no-untyped-def]
    """Whether a name can begin with this sign at all: Hangul or a capital letter."""
    return (TYPE[sign] == HANGUL) | (TYPE[sign] == UPPER)


@njit(cache=True)
def mark_active(begin, end, tables, work):  # type: ignore[no-untyped-def]
    """Sets work.active around every sign of units[begin:end] where a name could begin; returns whether there is one.

    A name reaches at most REACH signs on, a Latin one LATIN_REACH; the sign before it is active too: it decides how
    the name begins.
    """
    size = end - begin
    _look(work.units, begin, end, tables, work.active)
    found, until = False, 0
    for at in range(size):
        passed = work.active[at]
        if passed == KNOWN:
            passed = longest_name(work.units, begin + at, end, tables.lexicon, tables.prefixes) > 2
        work.active[at] = at < until
        if passed:
            found = True
            work.active[max(at - 1, 0)] = work.active[at] = 1
            until = max(until, at + (LATIN_REACH if TYPE[work.units[begin + at]] == UPPER else REACH))
    return found


@njit(cache=True)
def _look(units, begin, end, tables, passed):  # type: ignore[no-untyped-def]
    """PASSES or KNOWN at every sign that may begin a name, else 0. No branches, so that the look-ups overlap."""
    gate, syllables, least = tables.gate, tables.syllables, tables.gate_least
    for at in range(begin, end):
        here = np.int64(units[at])
        after = np.int64(units[at + 1]) if at + 1 < end else 3
        second = np.int64(units[at + 2]) if at + 2 < end else 3
        total = np.int64(0)
        for row in gate_rows(units, begin, end, at, syllables):
            total += gate[row]
        known = has_bit(tables.long_names, triple(here, after, second))
        short = has_bit(tables.short_names, triple(here, after, 0))
        usual = SURNAME[here] | (TYPE[here] == UPPER)
        enough = total + short * WORD_HELPS >= least
        passed[at - begin] = can_begin(here) * ((enough & (short | usual)) * PASSES | known * KNOWN)


@njit(cache=True)
def triple(first, second, third):  # type: ignore[no-untyped-def]
    """A 32-bit hash of three signs, as int64."""
    bits = np.uint64(first) * _ONE + np.uint64(second) * _TWO + np.uint64(third) * _THREE
    return np.int64(((bits ^ (bits >> np.uint64(31))) * _SPREAD) >> np.uint64(32))


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
