"""Says at which signs a name could begin at all, with a few look-ups in small tables, so that the tagger reads little.

Two linear models over neighbouring signs (trained in benchmarks/quality/pii): a small one at every sign, a larger one
where that one lets pass. Their sums are integers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from transforms.pii.lexicon import has_bit
from transforms.pii.tagger_features import BLANK, BRACKET, BREAK, COLON, HANGUL, HANJA, NUMBER, TYPE, UPPER

FIRST_BITS, SECOND_BITS = 17, 19  # rows of the two models' tables
FIRST_LOOKS, SECOND_LOOKS = 3, 7
REACH, LATIN_REACH = 9, 24  # signs of the longest usual name
EDGE = 2  # stands before the first sign of a row; zeros stand after the last
_FIRST_SHIFT, _SECOND_SHIFT = np.uint64(64 - FIRST_BITS), np.uint64(64 - SECOND_BITS)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_ONE, _TWO, _THREE = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SALT = np.uint64(0xA0761D6478BD642F)
BEGINS = (TYPE == HANGUL) | (TYPE == UPPER) | (TYPE == HANJA)  # what a name can begin with
ENDS = (TYPE == BLANK) | (TYPE == BREAK) | (TYPE == BRACKET) | (TYPE == COLON) | (TYPE == NUMBER)  # what no name holds
# Surnames of the census, the rare ones and the first signs of the double ones too. Source: 통계청 2015 성씨·본관.
_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민나진지엄채원천방공현함변염여추도소석선설"
    "마길연위표명기반왕금옥육인맹제모탁국어은편용예경봉사부황가복태목형두감음빈동온호범좌팽승간견당화단옹갈독궁피아뇌서문망"
)


def _surname_table() -> np.ndarray:
    table = np.zeros(0x10000, dtype=np.bool_)
    for sign in _SURNAMES:
        table[ord(sign)] = True
    return table


SURNAME = _surname_table()


@njit(cache=True, inline="always")
def _linear(salt, first, second, third):  # type: ignore[no-untyped-def]
    """A linear hash; its top bits are a row."""
    return np.uint64(salt) * _SALT + np.uint64(first) * _ONE + np.uint64(second) * _TWO + np.uint64(third) * _THREE


@njit(cache=True, inline="always")
def first_rows(before, here, after, syllables):  # type: ignore[no-untyped-def]
    """Rows of the small model, FIRST_LOOKS of them."""
    return (
        np.int64(_linear(1, here, after, 0) >> _FIRST_SHIFT),
        np.int64(_linear(2, before, here, 0) >> _FIRST_SHIFT),
        np.int64(_linear(3, syllables[here], syllables[after], TYPE[before]) >> _FIRST_SHIFT),
    )


@njit(cache=True)
def second_rows(units, at, tables, rows):  # type: ignore[no-untyped-def]
    """Fills `rows` with the rows of the larger model at sign `at`; three signs after it can be read."""
    syllables = tables.syllables
    here, after, second, third = units[at], units[at + 1], units[at + 2], units[at + 3]
    before = units[at - 1] if at > 0 else np.uint16(EDGE)
    earlier = units[at - 2] if at > 1 else np.uint16(EDGE)
    known = has_bit(tables.long_names, triple(here, after, second))
    short = has_bit(tables.short_names, triple(here, after, 0))
    bits = known * 2 + short
    own = np.int64(syllables[here]) * 4 + bits
    rows[0] = _linear(4, here, after, second) >> _SECOND_SHIFT
    rows[1] = _linear(5, after, second, TYPE[third]) >> _SECOND_SHIFT
    rows[2] = _linear(6, syllables[here], syllables[after], syllables[second]) >> _SECOND_SHIFT
    rows[3] = _linear(7, bits, TYPE[before], TYPE[second]) >> _SECOND_SHIFT
    rows[4] = _linear(8, earlier, before, bits) >> _SECOND_SHIFT
    rows[5] = _linear(9, second, third, bits) >> _SECOND_SHIFT
    rows[6] = _linear(10, syllables[second], syllables[third], own) >> _SECOND_SHIFT


@njit(cache=True)
def candidates(size, tables, work):  # type: ignore[no-untyped-def]
    """Writes the signs of work.units[:size] where a name could begin to work.starts; returns how many there are."""
    count = _look(work.units, size, tables, work.starts)
    kept = 0
    for index in range(count):
        at = work.starts[index]
        second_rows(work.units, at, tables, work.rows)
        total = np.int64(0)
        for look in range(SECOND_LOOKS):
            total += tables.gate_more[work.rows[look]]
        work.starts[kept] = at
        kept += total >= tables.gate_least[1]
    return kept


@njit(cache=True)
def _look(units, size, tables, starts):  # type: ignore[no-untyped-def]
    """Signs that the small model lets pass. No branches, so that the look-ups overlap."""
    gate, syllables, least = tables.gate, tables.syllables, tables.gate_least[0]
    count = 0
    before, here = np.uint16(EDGE), units[0]
    for at in range(size):
        after = units[at + 1]
        total = np.int64(0)
        for row in first_rows(before, here, after, syllables):
            total += gate[row]
        starts[count] = at
        count += BEGINS[here] & (total >= least)
        before, here = here, after
    return count


@njit(cache=True)
def reach(units, size, at):  # type: ignore[no-untyped-def]
    """The sign after the last one that a name beginning at `at` could hold, a blank and what follows it left out."""
    stop, most = at + 1, min(size, at + (LATIN_REACH if TYPE[units[at]] == UPPER else REACH))
    while stop < most and not ENDS[units[stop]]:
        stop += 1
    return stop


@njit(cache=True)
def triple(first, second, third):  # type: ignore[no-untyped-def]
    """A 32-bit hash of three signs, as int64."""
    bits = np.uint64(first) * _ONE + np.uint64(second) * _TWO + np.uint64(third) * _THREE
    return np.int64(((bits ^ (bits >> np.uint64(31))) * _SPREAD) >> np.uint64(32))
