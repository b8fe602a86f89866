"""Kernels of decontamination: n-grams of text forms, and the search for items among them. One file, for Numba's cache.

An n-gram is WIDTH code points of the text form, packed into one number: equal numbers are equal n-grams.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from transforms.text.buffers import View, Whole

WIDTH = 3  # code points; 21 bits each. Measured against 4 and 5 in docs/decisions/text-decontamination.md
_BITS, _MASK = np.uint64(21), np.uint64((1 << 21 * WIDTH) - 1)

Ints = npt.NDArray[np.int64]
Grams = npt.NDArray[np.uint64]


class Tables(NamedTuple):
    """An index as the search takes it; an item or n-gram is named by its number.

    Attributes:
        grams: distinct n-grams, ascending.
        slots: hash table of their numbers, -1 where free.
        filter: bits of the n-grams that nominate, so that most of a text needs no look into `slots`.
        nominates, nominated: n-gram g nominates the items `nominated[nominates[g]:nominates[g + 1]]`.
        has, had: item k has the n-grams `had[has[k]:has[k + 1]]`, ascending.
        enough: nominations close together before item k is looked at.
        wanted: distinct n-grams of item k that must stand within its reach.
        reach: n-grams to either side of a nomination.
    """

    grams: Grams
    slots: npt.NDArray[np.int32]
    filter: Grams
    nominates: npt.NDArray[np.int32]
    nominated: npt.NDArray[np.int32]
    has: npt.NDArray[np.int32]
    had: npt.NDArray[np.int32]
    enough: Ints
    wanted: Ints
    reach: Ints


@njit(cache=True, nogil=True)
def pack(rows: View) -> tuple[Grams, Ints]:
    """n-grams of all rows in order, and where each row's begin (n + 1); a form shorter than WIDTH has none."""
    count = len(rows.valid)
    grams, starts = np.empty(rows.offsets[count] - rows.offsets[0], np.uint64), np.zeros(count + 1, np.int64)
    at = 0
    for row in range(count):
        i, end, seen, gram = rows.offsets[row], rows.offsets[row + 1], 0, np.uint64(0)
        while i < end:
            b = np.uint64(rows.data[i])
            i += 1
            if b >= np.uint64(0x80):
                b &= np.uint64(0x1F) if b < np.uint64(0xE0) else np.uint64(0x0F)
                while i < end and rows.data[i] & 0xC0 == 0x80:
                    b = b << np.uint64(6) | np.uint64(rows.data[i] & 0x3F)
                    i += 1
            gram = (gram << _BITS | b) & _MASK
            seen += 1
            if seen >= WIDTH:
                grams[at] = gram
                at += 1
        starts[row + 1] = at
    return grams[:at], starts


@njit(cache=True, nogil=True)
def mix(value: np.uint64) -> np.uint64:
    """Murmur3's 64-bit finaliser."""
    value = (value ^ value >> np.uint64(33)) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ value >> np.uint64(33)) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ value >> np.uint64(33)


@njit(cache=True, nogil=True)
def hash_table(grams: Grams) -> npt.NDArray[np.int32]:
    """Numbers of the n-grams in a table with open addressing, at most a quarter full."""
    size = 16
    while size < 4 * len(grams):
        size *= 2
    slots, mask = np.full(size, -1, np.int32), np.uint64(size - 1)
    for number in range(len(grams)):
        slot = mix(grams[number]) & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = number
    return slots


@njit(cache=True, nogil=True)
def bit_filter(grams: Grams) -> Grams:
    """A bit for each n-gram, by the high bits of its hash; at most one bit in eight is set."""
    words = 1
    while words * 64 < 8 * len(grams):
        words *= 2
    bits = np.zeros(words, np.uint64)
    for gram in grams:
        place = mix(gram) >> np.uint64(32) & np.uint64(words * 64 - 1)
        bits[place >> np.uint64(6)] |= np.uint64(1) << (place & np.uint64(63))
    return bits


@njit(cache=True, nogil=True)
def search(grams: Grams, starts: Ints, tables: Tables) -> Ints:
    """Rows, items and the most n-grams matched (3, found) of every item that stands in a row, in order of finding."""
    out, found, stamp = np.empty((3, 1024), np.int64), 0, 0
    state = np.full(
        (len(tables.enough), 5), -1, np.int32
    )  # row and place met in, nominations, by what, number in `out`
    stamps = np.zeros(len(tables.grams), np.int64)
    for row in range(len(starts) - 1):
        here = grams[starts[row] : starts[row + 1]]
        i, gram = _next(here, 0, tables)
        while i < len(here):
            for k in range(tables.nominates[gram], tables.nominates[gram + 1]):
                item = tables.nominated[k]
                if not _nominate(state, item, (row, i, gram), tables.reach[item], tables.enough[item]):
                    continue
                stamp += 1
                matched = _matched(here, i, item, tables, stamps, stamp)
                if state[item, 4] >= 0:  # met before in this row, perhaps from beside it
                    out[2, state[item, 4]] = max(out[2, state[item, 4]], matched)
                elif matched >= tables.wanted[item]:
                    out = _with_room(out, found)
                    out[0, found], out[1, found], out[2, found] = row, item, matched
                    state[item, 4] = found
                    found += 1
            i, gram = _next(here, i + 1, tables)
    return out[:, :found].copy()


@njit(cache=True, nogil=True)
def _with_room(out: Ints, found: int) -> Ints:
    if found < out.shape[1]:
        return out
    grown = np.empty((3, 2 * found), np.int64)
    grown[:, :found] = out
    return grown


@njit(cache=True, nogil=True)
def _next(here: Grams, i: int, tables: Tables) -> tuple[int, int]:
    """Place and number of the next n-gram from `i` on that nominates; the place is past the end where none does."""
    bits, slots, known = (
        tables.filter,
        tables.slots,
        tables.grams,
    )  # a tuple handed on in a loop costs more than the loop
    mask = np.uint64(len(bits) * 64 - 1)
    while i < len(here):
        value = mix(here[i])
        place = value >> np.uint64(32) & mask
        if bits[place >> np.uint64(6)] >> (place & np.uint64(63)) & np.uint64(1):
            number = _number(here[i], value, slots, known)
            if number >= 0:
                return i, number
        i += 1
    return i, -1


@njit(cache=True, nogil=True)
def _number(gram: np.uint64, value: np.uint64, slots: np.ndarray, known: Grams) -> Whole:
    """Number of an n-gram, or -1; `value` is its hash."""
    mask = np.uint64(len(slots) - 1)
    slot = value & mask
    while slots[slot] >= 0:
        if known[slots[slot]] == gram:
            return slots[slot]
        slot = (slot + np.uint64(1)) & mask
    return -1


@njit(cache=True, nogil=True)
def _nominate(state: np.ndarray, item: int, by: tuple[int, int, int], reach: int, enough: int) -> bool:
    """Counts a nomination `by` a row, place and n-gram; true where enough stand close, no two running alike."""
    row, i, gram = by
    if state[item, 0] != row:
        state[item, 0], state[item, 2], state[item, 4] = row, 0, -1
    if state[item, 2] == 0 or i - state[item, 1] > 2 * reach:
        state[item, 1], state[item, 2], state[item, 3] = i, 0, -1
    state[item, 2] += state[item, 3] != gram
    state[item, 3] = gram
    if state[item, 2] < enough:
        return False
    state[item, 2] = 0
    return True


@njit(cache=True, nogil=True)
def _matched(here: Grams, at: int, item: int, tables: Tables, stamps: Ints, stamp: int) -> Whole:
    """Distinct n-grams of the item within its reach of a place in a document."""
    own, slots, known = tables.had[tables.has[item] : tables.has[item + 1]], tables.slots, tables.grams
    found: Whole = 0
    for i in range(max(at - tables.reach[item], 0), min(at + tables.reach[item] + 1, len(here))):
        number = _number(here[i], mix(here[i]), slots, known)
        if number >= 0 and stamps[number] != stamp:
            stamps[number] = stamp
            k = np.searchsorted(own, number)
            found += k < len(own) and own[k] == number
    return found
