"""Marks sentences that speak of what PIPA calls sensitive: health, belief, union, politics and the like.

A tag says that the subject is there, not that a person is named with it; a recipe may drop documents on it. Where an
word (어절) begins is found for a whole column at once, and there one table entry is looked at: two passes, 1 GB/s
(benchmarks/speed/pii). Source of the words and categories: sensitive_words.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numba.cpython.unsafe.numbers import trailing_zeros

from transforms.pii.sensitive_words import WORDS, Sensitive
from transforms.pii.windows import buffers

__all__ = ["LABEL", "SENTENCES", "TAGS", "Sensitive", "sensitive_sentences", "sensitive_tags"]

LABEL = "sensitive@1"
TAGS = pa.list_(pa.struct([("category", pa.string()), ("sentences", pa.int32())]))
SENTENCES = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),  # half-open code points of the sentence
        pa.field("end", pa.int32(), nullable=False),
    ]
)
_lowest: Any = trailing_zeros  # place of the lowest bit; numba types it by the call
_CATEGORIES = pa.array([category.value for category in Sensitive])
_MAYBE_BLANK, _DIGIT, _NEWLINE, _BLANK = 1, 2, 10, 32  # the first two stand in words for a sign that they ask for
_PREFIX = 6  # bytes that lead to a word: two syllables, or one, a blank and two bytes
_SLOTS = 1 << 15


@dataclass(frozen=True)
class _Table:
    """The words as the kernel reads them, in UTF-8, those of one first bytes together.

    Attributes:
        slots: int16 by hash of the first bytes: a group, or -1.
        groups: int32, words of group g are [groups[g], groups[g + 1]).
        begins: int32, where the bytes of each word begin in `signs`, and one more.
        category: int32 of each word.
        signs: uint8, the bytes of all words.
    """

    slots: np.ndarray
    groups: np.ndarray
    begins: np.ndarray
    category: np.ndarray
    signs: np.ndarray

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """In the order in which the kernel takes them."""
        return self.slots, self.groups, self.begins, self.category, self.signs


@njit(cache=True)
def _slot(data, at):  # type: ignore[no-untyped-def]
    """Hash of the _PREFIX bytes from byte `at` (uint64) on."""
    first = np.uint64(data[at]) << np.uint64(16) | np.uint64(data[at + np.uint64(1)]) << np.uint64(8)
    other = np.uint64(data[at + np.uint64(3)]) << np.uint64(16) | np.uint64(data[at + np.uint64(4)]) << np.uint64(8)
    first |= np.uint64(data[at + np.uint64(2)])
    other |= np.uint64(data[at + np.uint64(5)])
    return (first * np.uint64(0x9E3779B1) + other * np.uint64(0x85EBCA77)) >> np.uint64(20) & np.uint64(_SLOTS - 1)


def _spellings(word: str) -> list[bytes]:
    """Bytes of a word; where its second sign may be missing it is spelt both ways, since its first bytes lead to it."""
    ways = [word[0] + word[2:], word[0] + "\0" + word[2:]] if word[1] == " " else [word]
    marks = {" ": chr(_MAYBE_BLANK), "#": chr(_DIGIT), "\0": " "}
    spelt = ["".join(marks.get(sign, sign) for sign in way).encode() for way in ways]
    wrong = [way for way in spelt if len(way) < _PREFIX or min(way[:_PREFIX]) <= _DIGIT]
    if wrong or not "가" <= word[0] <= "힣":
        raise ValueError(f"{word}: a word begins with a syllable, and its first {_PREFIX} bytes are certain")
    return spelt


def _table(words: Mapping[Sensitive, tuple[str, ...]]) -> _Table:
    found: dict[int, list[tuple[bytes, int]]] = {}
    for number, category in enumerate(Sensitive):
        for spelt in (spelt for word in words[category] for spelt in _spellings(word)):
            found.setdefault(int(_slot(np.frombuffer(spelt, np.uint8), np.uint64(0))), []).append((spelt, number))
    keys = sorted(found)
    flat = [entry for key in keys for entry in found[key]]
    slots = np.full(_SLOTS, -1, np.int16)
    slots[keys] = np.arange(len(keys))
    return _Table(
        slots,
        np.cumsum([0, *(len(found[key]) for key in keys)]).astype(np.int32),
        np.cumsum([0, *(len(spelt) for spelt, _ in flat)]).astype(np.int32),
        np.array([number for _, number in flat], np.int32),
        np.frombuffer(b"".join(spelt for spelt, _ in flat), np.uint8),
    )


_WORDS = _table(WORDS)


def sensitive_sentences(text: pa.Array) -> pa.Table:
    """Sentences that speak of a category, once for each, sorted; schema SENTENCES. A null row has none.

    Args:
        text: string or large_string.
    """
    data, offsets, valid = buffers(text)
    places = _places_of(data, offsets)
    capacity = 1024 + len(places)
    while True:
        out = np.empty((4, capacity), np.int32)
        count = _find(data, offsets, valid, places, *_WORDS.arrays, out)
        if count <= capacity:
            break
        capacity = count
    row, number, start, end = (out[i, :count] for i in range(4))
    order = np.lexsort((number, start, row))
    columns = [row[order], _CATEGORIES.take(pa.array(number[order])), start[order], end[order]]
    return pa.table([pa.array(column) for column in columns], schema=SENTENCES)


def sensitive_tags(rows: np.ndarray, categories: pa.Array, count: int) -> pa.Array:
    """For each of `count` documents its categories, in the order of `Sensitive`, with the sentences of each; type TAGS.

    Args:
        rows: document of each sentence.
        categories: category of each sentence.
    """
    number = pc.index_in(categories, value_set=_CATEGORIES).to_numpy(zero_copy_only=False)
    keys, counts = np.unique(rows.astype(np.int64) * len(Sensitive) + number, return_counts=True)
    offsets = np.searchsorted(keys, np.arange(count + 1) * len(Sensitive)).astype(np.int32)
    entries = [_CATEGORIES.take(pa.array(keys % len(Sensitive))), pa.array(counts, pa.int32())]
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.StructArray.from_arrays(entries, fields=list(TAGS.value_type))
    ).cast(TAGS)


def _places_of(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Bytes, in order, where a word of the table may stand."""
    begins = _beginnings(data, offsets)
    out = np.empty(8 * len(begins) * 3 + 64, np.int64)  # a beginning is three bytes from the next, at least
    return out[: int(_places(data, offsets[0], offsets[-1], begins, _WORDS.slots, out))]


def _beginnings(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """One bit a byte from the first row on, 64 to an element: whether an eojeol begins there with a syllable."""
    first, last = int(offsets[0]), int(offsets[-1])
    marks = np.zeros(-(-(last - first) // 64) * 64, np.bool_)
    if last > first:
        _mark(data, first, last, marks)
        heads = offsets[:-1][offsets[:-1] < offsets[1:]]  # before a row's first byte stands another row
        marks[heads - first] = (data[heads] >= 0xEA) & (data[heads] < 0xEE)
    return np.packbits(marks, bitorder="little").view(np.uint64)


@njit(cache=True)
def _mark(data, first, last, marks):  # type: ignore[no-untyped-def]
    """A byte that begins a Hangul syllable (0xEA to 0xED) three bytes after one that does not. No branch: SIMD."""
    here, before = data[first + 3 : last], data[first : last - 3]
    for at in range(len(here)):
        lead = np.uint8(here[at] - np.uint8(0xEA)) < np.uint8(4)
        marks[at + 3] = lead & (np.uint8(before[at] - np.uint8(0xEA)) >= np.uint8(4))
    for at in range(min(3, last - first)):
        marks[at] = 0xEA <= data[first + at] < 0xEE


@njit(cache=True)
def _places(data, first, last, begins, slots, out):  # type: ignore[no-untyped-def]
    """Writes the bytes where the first signs of some word stand; returns how many. No branch on what is read."""
    count = np.uint64(0)
    at = np.uint64(first)
    for bits in begins:
        while bits != 0:
            place = at + np.uint64(_lowest(bits))
            bits &= bits - np.uint64(1)
            if place + np.uint64(_PREFIX) <= last:
                out[count] = place
                count += np.uint64(slots[_slot(data, place)] >= 0)
        at += np.uint64(64)
    return count


@njit(cache=True)
def _find(data, offsets, valid, places, slots, groups, words, category, signs, out):  # type: ignore[no-untyped-def]
    """Fills `out` with (row, category, start, end) of sentences; returns how many, which may be more than fit."""
    row = count = 0
    told = np.zeros(8, np.int64)  # byte after the last sentence told of each category
    began = np.zeros(2, np.int64)  # byte where the last sentence began, and the code points of the row before it
    for at in places:
        while at >= offsets[row + 1]:
            row += 1
        if not valid[row]:
            continue
        if began[0] < offsets[row]:
            began[0], began[1] = offsets[row], 0
        group = slots[_slot(data, np.uint64(at))]
        for word in range(groups[group], groups[group + 1]):
            kind = category[word]
            if at >= told[kind] and _matches(data, at, offsets[row + 1], signs, words[word], words[word + 1]):
                told[kind] = _tell(data, offsets[row], at, offsets[row + 1], began, row, kind, count, out)
                count += 1
    return count


@njit(cache=True)
def _matches(data, at, stop, signs, begin, end):  # type: ignore[no-untyped-def]
    """Whether the word `signs[begin:end]` stands at byte `at`."""
    for place in range(begin, end):
        sign = signs[place]
        if at >= stop:
            return sign == _MAYBE_BLANK
        if sign == _MAYBE_BLANK:
            at += data[at] == _BLANK
        elif sign == data[at] or (sign == _DIGIT and 48 <= data[at] <= 57):
            at += 1
        else:
            return False
    return True


@njit(cache=True)
def _points(data, begin, end):  # type: ignore[no-untyped-def]
    """Code points of the bytes [begin, end). A slice: SIMD."""
    count = 0
    for byte in data[begin:end]:
        count += (byte & np.uint8(0xC0)) != np.uint8(0x80)
    return count


@njit(cache=True)
def _tell(data, start, at, stop, began, row, kind, count, out):  # type: ignore[no-untyped-def]
    """Writes the sentence around byte `at` where there is room; returns the byte after it."""
    begin = at
    while begin > began[0] and not _ends_sentence(data, start, begin - 1, stop):
        begin -= 1
    while begin < at and data[begin] == _BLANK:
        begin += 1
    began[0], began[1] = begin, began[1] + _points(data, began[0], begin)
    end = at
    while end < stop and not _ends_sentence(data, start, end, stop):
        end += 1
    end += end < stop and data[end] != _NEWLINE
    if count < out.shape[1]:
        out[0, count], out[1, count] = row, kind
        out[2, count], out[3, count] = began[1], began[1] + _points(data, begin, end)
    return max(end, at + 1)


@njit(cache=True)
def _ends_sentence(data, start, at, stop):  # type: ignore[no-untyped-def]
    """Whether the byte `at` ends a sentence: a line break, or `.`, `?`, `!` after a letter or bracket, before a blank.

    A dot after a digit (`2024. 3. 5.`) ends none.
    """
    sign = data[at]
    if sign >= 0x40:
        return False
    if sign == _NEWLINE:
        return True
    if (
        (sign != 33 and sign != 46 and sign != 63)
        or at == start
        or (at + 1 < stop and data[at + 1] not in (_BLANK, _NEWLINE, 13))
    ):
        return False
    before = data[at - 1]
    return before >= 0x80 or before in (41, 93, 34, 39) or 65 <= before <= 90 or 97 <= before <= 122
