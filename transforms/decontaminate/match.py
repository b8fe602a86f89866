"""Documents that hold benchmark items, with evidence: which item, how much of it, never its text."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from transforms.decontaminate.index import Index
from transforms.decontaminate.ngrams import Grams, ngrams
from transforms.text.buffers import Text

EVIDENCE = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),  # of the texts given
        pa.field("suite", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("share", pa.float64(), nullable=False),  # of the item's distinct n-grams, standing together
        pa.field("matched", pa.int32(), nullable=False),  # distinct n-grams
    ]
)
NOMINATION = 0.2  # of an item's anchors, met close together, before it is looked at
REACH = 1.5  # item lengths to either side of a nomination that are looked at


class _Tables(NamedTuple):
    """An index as kernels take it."""

    grams: npt.NDArray[np.uint64]
    slots: npt.NDArray[np.int32]
    item_starts: npt.NDArray[np.int64]
    item_grams: npt.NDArray[np.int64]
    anchor_starts: npt.NDArray[np.int64]
    anchor_items: npt.NDArray[np.int64]
    needed: npt.NDArray[np.int64]
    wanted: npt.NDArray[np.int64]
    reach: npt.NDArray[np.int64]


def contaminated(text: Text, index: Index) -> pa.Table:
    """Every (document, item) of which the index's share stands together in the document, as EVIDENCE.

    Spacing, punctuation, width and case do not matter; a changed particle costs the n-grams that touch it.
    Rows come in order of document, then item. The result depends on each document alone.
    """
    if not index.items or not len(text):
        return EVIDENCE.empty_table()
    rows, items, matched = _search(ngrams(text, index.width), _tables(index))
    order = np.lexsort((items, rows))
    rows, items, matched = rows[order], items[order], matched[order]
    totals = np.diff(index.item_starts)[items]
    names = [index.items[item] for item in items.tolist()]
    columns = [
        rows,
        [index.suites[suite] for suite, _ in names],
        [name for _, name in names],
        matched / totals,
        matched,
    ]
    return pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, EVIDENCE, strict=True)], schema=EVIDENCE)


def _tables(index: Index) -> _Tables:
    """Whole numbers for what the index states as shares, and a hash table over its n-grams."""
    totals = np.diff(index.item_starts)
    return _Tables(
        index.grams,
        _slots(index.grams),
        index.item_starts,
        index.item_grams,
        index.anchor_starts,
        index.anchor_items,
        np.maximum(np.ceil(index.anchors * NOMINATION), 1).astype(np.int64),
        np.ceil(totals * index.share).astype(np.int64),
        np.ceil((index.lengths + index.width) * REACH).astype(np.int64),
    )


@njit(cache=True, nogil=True)
def _slots(grams: np.ndarray) -> np.ndarray:
    """Open addressing at a quarter full: number of an n-gram, or -1."""
    size = 16
    while size < 4 * len(grams):
        size *= 2
    slots, mask = np.full(size, -1, np.int32), np.uint64(size - 1)
    for number in range(len(grams)):
        slot = grams[number] & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = number
    return slots


@njit(cache=True, nogil=True)
def _number(value: np.uint64, tables: _Tables) -> int:
    mask = np.uint64(len(tables.slots) - 1)
    slot = value & mask
    while tables.slots[slot] >= 0:
        if tables.grams[tables.slots[slot]] == value:
            return tables.slots[slot]
        slot = (slot + np.uint64(1)) & mask
    return -1


@njit(cache=True, nogil=True)
def _search(found: Grams, tables: _Tables) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, items, matched = (
        [np.int64(0) for _ in range(0)],
        [np.int64(0) for _ in range(0)],
        [np.int64(0) for _ in range(0)],
    )
    count = len(tables.needed)
    owner, last, met = np.full(count, -1, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    best, stamps, stamp = np.zeros(count, np.int64), np.zeros(len(tables.grams), np.int64), 0
    for row in range(len(found.starts) - 1):
        start, end = found.starts[row], found.starts[row + 1]
        numbers = np.empty(end - start, np.int32)
        for i in range(end - start):
            numbers[i] = _number(found.hashes[start + i], tables)
        for i in range(end - start):
            if numbers[i] < 0:
                continue
            for k in range(tables.anchor_starts[numbers[i]], tables.anchor_starts[numbers[i] + 1]):
                item = tables.anchor_items[k]
                if owner[item] != row:
                    owner[item], met[item], best[item] = row, 0, 0
                met[item] = met[item] + 1 if met[item] and i - last[item] <= tables.reach[item] else 1
                last[item] = i
                if met[item] >= tables.needed[item] and best[item] == 0:
                    stamp += 1
                    best[item] = _covered(numbers, i, item, tables, stamps, stamp)
                    met[item] = 0
                    if best[item]:
                        rows.append(row)
                        items.append(item)
                        matched.append(best[item])
    return np.array(rows, np.int64), np.array(items, np.int64), np.array(matched, np.int64)


@njit(cache=True, nogil=True)
def _covered(numbers: np.ndarray, at: int, item: int, tables: _Tables, stamps: np.ndarray, stamp: int) -> int:
    """Distinct n-grams of the item around a place in a document, or 0 when they are too few."""
    own = tables.item_grams[tables.item_starts[item] : tables.item_starts[item + 1]]
    first, last = max(at - tables.reach[item], 0), min(at + tables.reach[item] + 1, len(numbers))
    found = 0
    for i in range(first, last):
        number = numbers[i]
        if number >= 0 and stamps[number] != stamp:
            stamps[number] = stamp
            k = np.searchsorted(own, number)
            found += k < len(own) and own[k] == number
    return found if found >= tables.wanted[item] else 0
