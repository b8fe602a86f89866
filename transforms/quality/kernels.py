"""Counts of one slice of documents, in integers: what shares are made of.

Each kernel takes the code points of some documents and gives a row of counts a document; it reads nothing else, so
counts do not depend on how documents are sliced.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from transforms.quality.classes import CLASS, CLOSER, DAMAGE, DIGIT, SUSPECT, WHITE
from transforms.quality.points import Points

Counts = npt.NDArray[np.int64]

CLASSES = 16
WORDS, FEEDS, LONGEST_RUN, DAMAGED, URL = range(CLASSES, CLASSES + 5)  # columns after one a class
LINES, REPEATED_LINE, REPEATED_NGRAM, SENTENCE_END = range(4)
NGRAM = 5
FEW = 400  # characters below which a histogram costs more than it saves
# A Korean sentence ends with one of these signs, with a full stop that follows no digit, or, unpunctuated, with one
# of these syllables (-다, -요, -죠, -까).
ENDINGS = "!?…。！？．다요죠까"
URL_STOPS = '"<>\\^`{|}'
DAMAGED_RUN, DAMAGED_LETTERS = 4, 2

_LINE_FEED, _FULL_STOP, _REPLACEMENT = 0x0A, 0x2E, 0xFFFD
_SPOILT = np.array([ord(sign) for sign in "占쏙옙"], np.uint32)
_ENDINGS = np.array(sorted(map(ord, ENDINGS)), np.uint32)
_URL_SIGNS = np.array([0x21 <= c <= 0x7E and chr(c) not in URL_STOPS for c in range(128)])
_WORD, _LINE, _GRAM = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xFF51AFD7ED558CCD)
_LEAVING = np.uint64(pow(int(_GRAM), NGRAM, 1 << 64))


@njit(cache=True, nogil=True)
def count_characters(slice_: Points) -> Counts:
    """Characters by class, words, line feeds, the longest run, damaged characters and characters in URLs."""
    points, kinds, starts = slice_
    counts, bins = np.zeros((len(starts) - 1, CLASSES + 5), np.int64), np.zeros((4, 2 * SUSPECT), np.int64)
    for row in range(len(counts)):
        start, end, out = starts[row], starts[row + 1], counts[row]
        suspects = _by_class(kinds[start:end], bins, out)
        out[WORDS], out[FEEDS] = _words_and_feeds(points[start:end], kinds[start:end])
        out[LONGEST_RUN] = max(_longest_run(points[start:end], kinds[start:end]), min(out[WORDS], 1))
        out[URL] = _url_characters(points, start, end)
        if suspects:
            out[DAMAGED] = _damaged(points, kinds, start, end)
    return counts


@njit(cache=True, nogil=True)
def _by_class(kinds: np.ndarray, bins: Counts, out: Counts) -> int:
    """Adds one a character to its class; returns how many are SUSPECT. `bins` (4, 128) are zero, and left so."""
    if len(kinds) < FEW:
        suspects = 0
        for kind in kinds:
            out[kind & CLASS] += 1
            suspects += kind & SUSPECT != 0
        return suspects
    for i in range(len(kinds)):
        bins[i & 3, kinds[i]] += 1  # four, since adding twice to one place has to wait for the first
    suspects = 0
    for kind in range(bins.shape[1]):
        count = bins[0, kind] + bins[1, kind] + bins[2, kind] + bins[3, kind]
        out[kind & CLASS] += count
        suspects += count if kind & SUSPECT else 0
    bins[:] = 0
    return suspects


@njit(cache=True, nogil=True)
def _words_and_feeds(points: np.ndarray, kinds: np.ndarray) -> tuple[int, int]:
    words, feeds, white = 0, 0, True
    for i in range(len(kinds)):
        here = kinds[i] & CLASS == WHITE
        words += white and not here
        feeds += points[i] == _LINE_FEED
        white = here
    return words, feeds


@njit(cache=True, nogil=True)
def _longest_run(points: np.ndarray, kinds: np.ndarray) -> int:
    """Longest run of one character that is not white space; a run of one is found where no two neighbours agree."""
    longest, run = 0, 1
    for i in range(1, len(points)):
        if points[i] != points[i - 1]:
            run = 1
        elif kinds[i] & CLASS != WHITE:
            run += 1
            longest = max(longest, run)
    return longest


@njit(cache=True, nogil=True)
def _damaged(points: np.ndarray, kinds: np.ndarray, start: int, end: int) -> int:
    """U+FFFD, 占쏙옙 (U+FFFD read as CP949), and long runs of what other encodings read as Latin look like."""
    run, letters, damaged = 0, 0, 0
    for i in range(start, end + 1):
        kind = kinds[i] if i < end else 0
        if kind & DAMAGE:
            run += 1
            letters += kind & SUSPECT != 0
            continue
        damaged += run if run >= DAMAGED_RUN and letters >= DAMAGED_LETTERS else 0
        run = letters = 0
        if i < end and points[i] == _REPLACEMENT:
            damaged += 1
        elif end - i >= 3 and points[i] == _SPOILT[0] and points[i + 1] == _SPOILT[1] and points[i + 2] == _SPOILT[2]:
            damaged += 3
    return damaged


@njit(cache=True, nogil=True)
def _url_characters(points: np.ndarray, start: int, end: int) -> int:
    """Characters in `https?://…` and `www.…`, whatever the case, up to the first sign no URL holds (ASCII only)."""
    i, found = start, 0
    while i < end:
        letter = points[i] | 0x20
        if (letter == 0x68 or letter == 0x77) and _url_begins(points, i, end):
            first = i
            while i < end and points[i] < 0x80 and _URL_SIGNS[points[i]]:
                i += 1
            found += i - first
        else:
            i += 1
    return found


@njit(cache=True, nogil=True)
def _url_begins(points: np.ndarray, i: int, end: int) -> bool:
    if _spells(points, i, end, "www."):
        return True
    return _spells(points, i, end, "http://") or _spells(points, i, end, "https://")


@njit(cache=True, nogil=True)
def _spells(points: np.ndarray, i: int, end: int, word: str) -> bool:
    if end - i < len(word):
        return False
    for k in range(len(word)):
        point, wanted = points[i + k], ord(word[k])
        if point != wanted and not (97 <= wanted <= 122 and point | 0x20 == wanted):
            return False
    return True


@njit(cache=True, nogil=True)
def count_repeats(slice_: Points, words: Counts, feeds: Counts) -> Counts:
    """Lines that are not blank, characters in repeated lines and in repeated word 5-grams, sentence-ending lines.

    Args:
        words, feeds: words and line feeds of each document; they size the sets of what was seen.
    """
    counts = np.zeros((len(words), 4), np.int64)
    if len(words) == 0:
        return counts
    seen_lines, seen_grams = np.empty(_room(feeds.max() + 1), np.uint64), np.empty(_room(words.max()), np.uint64)
    for row in range(len(words)):
        lines, grams = seen_lines[: _room(feeds[row] + 1)], seen_grams[: _room(words[row])]
        lines[:] = 0
        grams[:] = 0
        _repeats(slice_, row, lines, grams, counts[row])
    return counts


@njit(cache=True, nogil=True)
def _room(members: int) -> int:
    """A power of two that leaves a set at least half empty."""
    size = 4
    while size < 2 * members:
        size *= 2
    return size


@njit(cache=True, nogil=True)
def _repeats(slice_: Points, row: int, lines: np.ndarray, grams: np.ndarray, out: Counts) -> None:
    """One document. A line is known by its words, so blanks inside it do not matter."""
    points, kinds, starts = slice_
    i, end = starts[row], starts[row + 1]
    values, firsts = np.zeros(NGRAM, np.uint64), np.zeros(NGRAM, np.int64)  # of the last words, in a ring
    word, slot, gram, covered = 0, 0, np.uint64(0), i
    line_first, line_last, line = i, i, np.uint64(0)
    while i <= end:
        if i == end or points[i] == _LINE_FEED:
            if line_last > line_first:
                _close_line(slice_, line_first, line_last, _seen(lines, line), out)
            i += 1
            line_first, line_last, line = i, i, np.uint64(0)
            continue
        if kinds[i] & CLASS == WHITE:
            i += 1
            continue
        first, value = i, np.uint64(1)
        while i < end and kinds[i] & CLASS != WHITE:
            value = value * _WORD + points[i]
            i += 1
        line_first = first if line_last == line_first else line_first
        line_last, line = i, line * _LINE + value
        gram = gram * _GRAM + value - values[slot] * _LEAVING
        values[slot], firsts[slot] = value, first
        slot = slot + 1 if slot + 1 < NGRAM else 0
        word += 1
        if word >= NGRAM and _seen(grams, gram):
            out[REPEATED_NGRAM] += i - max(covered, firsts[slot])
            covered = i


@njit(cache=True, nogil=True)
def _close_line(slice_: Points, first: int, last: int, repeated: bool, out: Counts) -> None:
    out[LINES] += 1
    out[REPEATED_LINE] += last - first if repeated else 0
    out[SENTENCE_END] += _ends_sentence(slice_.points, slice_.kinds, first, last)


@njit(cache=True, nogil=True)
def _seen(members: np.ndarray, value: np.uint64) -> bool:
    """Whether the set holds the value already; it does afterwards. Mixed by Murmur3's 64-bit finaliser; 0 is free."""
    value = (value ^ value >> np.uint64(33)) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ value >> np.uint64(33)) * np.uint64(0xC4CEB9FE1A85EC53)
    value = max(value ^ value >> np.uint64(33), np.uint64(1))
    mask = np.uint64(len(members) - 1)
    slot = value & mask
    while members[slot] != 0:
        if members[slot] == value:
            return True
        slot = (slot + np.uint64(1)) & mask
    members[slot] = value
    return False


@njit(cache=True, nogil=True)
def _ends_sentence(points: np.ndarray, kinds: np.ndarray, first: int, last: int) -> bool:
    while last > first and (kinds[last - 1] & CLOSER or kinds[last - 1] & CLASS == WHITE):
        last -= 1
    if last == first:
        return False
    sign = points[last - 1]
    if sign == _FULL_STOP:  # "1." and "2024. 3. 5." number things, they end no sentence
        return last - 1 > first and kinds[last - 2] & CLASS != DIGIT
    return _ENDINGS[min(np.searchsorted(_ENDINGS, sign), len(_ENDINGS) - 1)] == sign
