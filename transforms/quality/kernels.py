"""Counts of one slice of documents, in integers: what shares are made of.

Each kernel takes code points with the starts of the documents and gives one row of counts a document. A kernel
reads nothing but its arguments, so counts do not depend on how documents are sliced.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from transforms.quality.classes import CLASS, CLOSER, DAMAGE, DAMAGE_LETTER, DIGIT, SYLLABLE, WHITE

CLASSES = 10
CHARS, EOJEOL, LONGEST_RUN = CLASSES, CLASSES + 1, CLASSES + 2  # columns after the classes
LINES, REPEATED_LINE, REPEATED_NGRAM, SENTENCE_END = range(4)
NGRAM = 5

_LINE_FEED = 0x0A
_FACTOR, _LINE_FACTOR, _NGRAM_FACTOR = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xC2B2AE3D27D4EB4F),
    np.uint64(0xFF51AFD7ED558CCD),
)
_FIRST_SYLLABLE, _AFTER_SYLLABLES = 0xAC00, 0xD7A4
_URL_STOPS = '"<>\\^`{|}'
_URL_SIGNS = np.array([0x21 <= c <= 0x7E and chr(c) not in _URL_STOPS for c in range(128)])
# A Korean sentence ends with one of these signs, a full stop that no digit precedes, or, unpunctuated, one of these.
ENDING_SIGNS = "!?…。！？．"
ENDING_SYLLABLES = "다요죠까"
_ENDINGS = np.array(sorted(map(ord, ENDING_SIGNS + ENDING_SYLLABLES)), np.uint32)
_FULL_STOP = 0x2E
DAMAGED_RUN, DAMAGED_LETTERS = 4, 2


@njit(cache=True, nogil=True)
def count_classes(points: np.ndarray, starts: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Characters by class, in all, words, and the longest run of one character that is not white space."""
    counts = np.zeros((len(starts) - 1, CLASSES + 3), np.int64)
    for row in range(len(starts) - 1):
        out = counts[row]
        out[CHARS] = starts[row + 1] - starts[row]
        previous, run, longest, syllables, after_white = np.uint32(0x0A), 0, 0, 0, True
        for i in range(starts[row], starts[row + 1]):
            point = points[i]
            if _FIRST_SYLLABLE <= point < _AFTER_SYLLABLES:
                syllables += 1
                white = False
            else:
                kind = table[point] & CLASS
                out[kind] += 1
                white = kind == WHITE
            out[EOJEOL] += after_white and not white
            run = 0 if white else run + 1 if point == previous else 1
            longest = max(longest, run)
            previous, after_white = point, white
        out[SYLLABLE] = syllables
        out[LONGEST_RUN] = longest
    return counts


@njit(cache=True, nogil=True)
def count_repeats(points: np.ndarray, starts: np.ndarray, table: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Lines that are not blank, characters in repeated lines and in repeated word 5-grams, sentence-ending lines.

    Args:
        words: words of each document; they size the sets of what was seen.
    """
    counts = np.zeros((len(starts) - 1, 4), np.int64)
    most = 4
    for row in range(len(words)):
        most = max(most, words[row])
    size = _power_above(2 * most)
    seen_lines, seen_ngrams = np.empty(size, np.uint64), np.empty(size, np.uint64)
    for row in range(len(starts) - 1):
        size = _power_above(2 * max(4, words[row]))
        lines, ngrams = seen_lines[:size], seen_ngrams[:size]
        lines[:] = 0
        ngrams[:] = 0
        _repeats(points, starts[row], starts[row + 1], table, lines, ngrams, counts[row])
    return counts


@njit(cache=True, nogil=True)
def _power_above(least: int) -> int:
    size = 8
    while size < least:
        size *= 2
    return size


@njit(cache=True, nogil=True)
def _repeats(
    points: np.ndarray, i: int, end: int, table: np.ndarray, lines: np.ndarray, ngrams: np.ndarray, out: np.ndarray
) -> None:
    """One document. A line is known by its words, so blanks inside it do not matter."""
    hashes, firsts = np.zeros(NGRAM, np.uint64), np.zeros(NGRAM, np.int64)
    word, covered, line_first, line_last, line_hash = 0, i, i, i, np.uint64(0)
    while i <= end:
        if i == end or points[i] == _LINE_FEED:
            if line_last > line_first:
                out[LINES] += 1
                out[SENTENCE_END] += _ends_sentence(points, line_first, line_last, table)
                out[REPEATED_LINE] += line_last - line_first if _seen(lines, line_hash) else 0
            i += 1
            line_first, line_last, line_hash = i, i, np.uint64(0)
            continue
        if table[points[i]] & CLASS == WHITE:
            i += 1
            continue
        first, value = i, np.uint64(0)
        while i < end and table[points[i]] & CLASS != WHITE:
            value = value * _FACTOR + points[i] + np.uint64(1)
            i += 1
        value = _mix(value)
        line_first = first if line_last == line_first else line_first
        line_last, line_hash = i, line_hash * _LINE_FACTOR + value
        hashes[word % NGRAM], firsts[word % NGRAM] = value, first
        word += 1
        if word >= NGRAM and _seen(ngrams, _ngram(hashes, word)):
            out[REPEATED_NGRAM] += i - max(covered, firsts[word % NGRAM])
            covered = i


@njit(cache=True, nogil=True)
def _ngram(hashes: np.ndarray, word: int) -> np.uint64:
    """Hash of the last NGRAM words, in order; the ring's oldest stands at `word % NGRAM`."""
    value = np.uint64(0)
    for k in range(NGRAM):
        value = value * _NGRAM_FACTOR + hashes[(word + k) % NGRAM]
    return value


@njit(cache=True, nogil=True)
def _mix(value: np.uint64) -> np.uint64:
    """Murmur3's 64-bit finaliser."""
    value = (value ^ value >> np.uint64(33)) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ value >> np.uint64(33)) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ value >> np.uint64(33)


@njit(cache=True, nogil=True)
def _seen(table: np.ndarray, value: np.uint64) -> bool:
    """Whether the set holds the value already; it does afterwards."""
    value = max(_mix(value), np.uint64(1))
    mask = np.uint64(len(table) - 1)
    slot = value & mask
    while table[slot] != 0:
        if table[slot] == value:
            return True
        slot = (slot + np.uint64(1)) & mask
    table[slot] = value
    return False


@njit(cache=True, nogil=True)
def _ends_sentence(points: np.ndarray, first: int, last: int, table: np.ndarray) -> bool:
    while last > first and (table[points[last - 1]] & CLOSER or table[points[last - 1]] & CLASS == WHITE):
        last -= 1
    if last == first:
        return False
    sign = points[last - 1]
    if sign == _FULL_STOP:  # "1." and "2024. 3. 5." number things, they end no sentence
        return last - 1 > first and table[points[last - 2]] & CLASS != DIGIT
    return _ENDINGS[min(np.searchsorted(_ENDINGS, sign), len(_ENDINGS) - 1)] == sign


@njit(cache=True, nogil=True)
def count_url_characters(points: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Characters in `https?://…` and `www.…`, whatever the case, up to the first sign no URL holds (ASCII only)."""
    counts = np.zeros(len(starts) - 1, np.int64)
    for row in range(len(counts)):
        i, end = starts[row], starts[row + 1]
        while i < end:
            letter = points[i] | 0x20
            if (letter == 0x68 or letter == 0x77) and _url_begins(points, i, end):
                first = i
                while i < end and points[i] < 0x80 and _URL_SIGNS[points[i]]:
                    i += 1
                counts[row] += i - first
            else:
                i += 1
    return counts


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
def count_damaged(points: np.ndarray, starts: np.ndarray, table: np.ndarray) -> np.ndarray:
    """U+FFFD, 占쏙옙 (U+FFFD read as CP949), and long runs of what other encodings read as Latin look like."""
    counts = np.zeros(len(starts) - 1, np.int64)
    for row in range(len(counts)):
        run, letters, damaged, end = 0, 0, 0, starts[row + 1]
        for i in range(starts[row], end):
            point = points[i]
            if _FIRST_SYLLABLE <= point < _AFTER_SYLLABLES or point < 0x80 or table[point] & DAMAGE == 0:
                damaged += run if run >= DAMAGED_RUN and letters >= DAMAGED_LETTERS else 0
                run = letters = 0
                damaged += point == 0xFFFD
                damaged += (
                    3 if point == 0x5360 and end - i > 2 and points[i + 1] == 0xC3D9 and points[i + 2] == 0xC619 else 0
                )
            else:
                run += 1
                letters += table[point] & DAMAGE_LETTER != 0
        counts[row] = damaged + (run if run >= DAMAGED_RUN and letters >= DAMAGED_LETTERS else 0)
    return counts
