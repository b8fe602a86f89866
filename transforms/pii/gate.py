"""Says at which signs a name could begin at all: five look-ups in a small table, so that the tagger reads little.

A linear model over neighbouring signs, trained to let through what the tagger would mark (benchmarks/quality/pii).
Its sums are integers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from transforms.pii.tagger_features import HANGUL, TYPE, UPPER

GATE_FEATURES = 5
GATE_BITS = 16
REACH = 9  # signs of the longest usual name
_SHIFT = np.uint64(64 - GATE_BITS)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_ONE, _TWO, _THREE = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@njit(cache=True)
def _row(salt, first, second, third):  # type: ignore[no-untyped-def]
    bits = np.uint64(salt) + np.uint64(first) * _ONE + np.uint64(second) * _TWO + np.uint64(third) * _THREE
    return np.int64(((bits ^ (bits >> np.uint64(31))) * _SPREAD) >> _SHIFT)


@njit(cache=True)
def gate_rows(units, begin, end, at, syllables, out):  # type: ignore[no-untyped-def]
    """Writes the rows of the gate's table for the sign at `at`."""
    here = np.int64(units[at])
    before = np.int64(units[at - 1]) if at > begin else 2
    after = np.int64(units[at + 1]) if at + 1 < end else 3
    second = np.int64(units[at + 2]) if at + 2 < end else 3
    third = np.int64(TYPE[units[at + 3]]) if at + 3 < end else 3
    out[0] = _row(1, here, after, 0)
    out[1] = _row(2, here, after, second)
    out[2] = _row(3, before, here, 0)
    out[3] = _row(4, after, second, third)
    classes = (np.int64(syllables[here]) * 64 + syllables[after]) * 64 + syllables[second]
    out[4] = _row(5, classes, TYPE[before], TYPE[second])


@njit(cache=True)
def can_begin(sign):  # type: ignore[no-untyped-def]
    """Whether a name can begin with this sign at all: Hangul or a capital letter."""
    kind = TYPE[sign]
    return kind in (HANGUL, UPPER)


@njit(cache=True)
def mark_active(units, begin, end, syllables, gate, least, rows, active):  # type: ignore[no-untyped-def]
    """Sets `active` around every sign where a name could begin; returns whether there is one.

    A name reaches at most REACH signs on; the sign before it is active too, since it decides how the name begins.
    """
    size = end - begin
    active[:size] = False
    found, until = False, 0
    for at in range(size):
        sign = units[begin + at]
        if can_begin(sign):
            gate_rows(units, begin, end, begin + at, syllables, rows)
            total = 0
            for feature in range(GATE_FEATURES):
                total += gate[rows[feature]]
            if total >= least:
                found = True
                active[max(at - 1, 0)] = True
                until = max(until, at + REACH)
        if at < until:
            active[at] = True
    return found
