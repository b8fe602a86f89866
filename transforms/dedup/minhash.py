"""MinHash signatures, bit for bit those of cuDF >= 25.02 (`Series.str.minhash`, `minhash64`).

For a text and a pair (a, b): the minimum over its windows of `width` code points of (h * a + b) mod 2^32,
where h is MurmurHash3_x86_32 of the window's UTF-8 bytes, at least 1. A text shorter than the window is hashed
whole; the empty text's signature is zeros. With 64-bit a and b, h is the first half of MurmurHash3_x64_128 and
the value ((h * a + b) mod 2^64) mod (2^61 - 1).

Source: rapidsai/cudf cpp/src/text/minhash.cu (identical from 24.12 to 26.10). Its documentation puts the 32-bit
value through mod 2^61 - 1 before the wrap; its code, and so this module, does not.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
import pyarrow as pa

from transforms.dedup.compiled import kernel
from transforms.dedup.murmur import hash32, hash64
from transforms.dedup.windows import BATCH, fill, new_batch, text_buffers

_MERSENNE61 = np.uint64((1 << 61) - 1)


@kernel
def _lower32(hashes: Any, first: Any, last: Any, a: Any, b: Any, least: Any) -> None:
    """Lowers `least` by the hashes first .. last, eight a pass; past the end the last one counts again."""
    for i in range(first, last + 1, 8):
        h0, h1 = hashes[i], hashes[min(i + 1, last)]
        h2, h3 = hashes[min(i + 2, last)], hashes[min(i + 3, last)]
        h4, h5 = hashes[min(i + 4, last)], hashes[min(i + 5, last)]
        h6, h7 = hashes[min(i + 6, last)], hashes[min(i + 7, last)]
        for p in range(a.size):
            x, y = a[p], b[p]
            v = min(np.uint32(np.uint32(h0 * x) + y), np.uint32(np.uint32(h1 * x) + y))
            w = min(np.uint32(np.uint32(h2 * x) + y), np.uint32(np.uint32(h3 * x) + y))
            v = min(v, min(np.uint32(np.uint32(h4 * x) + y), np.uint32(np.uint32(h5 * x) + y)))
            w = min(w, min(np.uint32(np.uint32(h6 * x) + y), np.uint32(np.uint32(h7 * x) + y)))
            least[p] = min(least[p], min(v, w))


@kernel
def _lower64(hashes: Any, first: Any, last: Any, a: Any, b: Any, least: Any) -> None:
    for i in range(first, last + 1):
        for p in range(a.size):
            v = np.uint64(hashes[i] * a[p] + b[p])
            v = np.uint64((v & _MERSENNE61) + (v >> np.uint64(61)))
            least[p] = min(least[p], v - _MERSENNE61 if v >= _MERSENNE61 else v)


@kernel
def _reset(offsets: Any, begin: Any, stop: Any, out: Any) -> None:
    """Empty rows are zeros in cuDF, not the largest value."""
    for row in range(begin, stop):
        out[row, :] = 0 if offsets[row] == offsets[row + 1] else -1


@kernel
def _rows32(text: Any, span: Any, window: Any, pairs: Any, batch: Any, out: Any) -> None:
    """`span` is rows from and to, `window` the width and the seed, `pairs` a and b."""
    row, stop = span
    _reset(text[0], row, stop, out)
    at = text[0][row]
    hashes = np.empty(BATCH, np.uint32)
    while row < stop:
        segments, used, row, at = fill(text, row, at, stop, window[0], batch)
        hash32(batch, used, window[1], hashes)
        for s in range(segments):
            _lower32(hashes, batch.first[s], batch.first[s + 1] - 1, pairs[0], pairs[1], out[batch.rows[s]])


@kernel
def _rows64(text: Any, span: Any, window: Any, pairs: Any, batch: Any, out: Any) -> None:
    """`span` is rows from and to, `window` the width and the seed, `pairs` a and b."""
    row, stop = span
    _reset(text[0], row, stop, out)
    at = text[0][row]
    hashes = np.empty(BATCH, np.uint64)
    while row < stop:
        segments, used, row, at = fill(text, row, at, stop, window[0], batch)
        hash64(batch, used, window[1], hashes)
        for s in range(segments):
            _lower64(hashes, batch.first[s], batch.first[s + 1] - 1, pairs[0], pairs[1], out[batch.rows[s]])


def _spans(offsets: np.ndarray, parts: int) -> list[tuple[int, int]]:
    """Row ranges of about equal bytes."""
    rows = len(offsets) - 1
    marks = offsets[0] + (offsets[-1] - offsets[0]) * np.arange(1, parts) // parts
    cuts = np.unique(np.concatenate([[0], np.searchsorted(offsets, marks), [rows]]))
    return [(int(begin), int(end)) for begin, end in itertools.pairwise(cuts)]


def numba_threads() -> int:
    """NUMBA_NUM_THREADS or the number of cores, read without starting a threading layer."""
    return int(getattr(numba.config, "NUMBA_NUM_THREADS", 1))


def _checked(width: int, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if width < 2:
        raise ValueError(f"width must be 2 characters or more, as in cuDF, not {width}")
    if a.dtype not in (np.uint32, np.uint64) or a.dtype != b.dtype or a.ndim != 1 or a.shape != b.shape or not a.size:
        raise ValueError(f"a and b must be uint32 or uint64 alike, one dimension, equal size; got {a.dtype}, {b.dtype}")
    return np.ascontiguousarray(a), np.ascontiguousarray(b)


def signatures(
    text: pa.LargeStringArray | pa.StringArray,
    *,
    width: int,
    seed: int,
    a: np.ndarray,
    b: np.ndarray,
    threads: int | None = None,
) -> np.ndarray:
    """MinHash signatures of a text column, shape (rows, len(a)), of the type of `a`.

    Args:
        text: no nulls; read in place, sliced arrays included.
        width: code points a window, 2 or more.
        seed: of the window's hash.
        a: multipliers, uint32 or uint64. Even ones lose low bits.
        b: increments, of the type of `a`.
        threads: None takes Numba's thread setting (NUMBA_NUM_THREADS); the result does not depend on it.

    Raises:
        TypeError: `text` is no string array.
        ValueError: nulls, a window below 2, or unequal parameters.
    """
    a, b = _checked(width, a, b)
    buffers = text_buffers(text)
    out = np.empty((len(text), a.size), a.dtype)
    kernel = _rows32 if a.dtype == np.uint32 else _rows64
    workers = numba_threads() if threads is None else threads

    def work(span: tuple[int, int]) -> None:
        kernel(buffers, span, (width, a.dtype.type(seed)), (a, b), new_batch(width), out)

    # A few parts a thread even out what one long row unbalances; plain threads need no threading layer.
    spans = _spans(buffers[0], 1 if workers == 1 else 4 * workers) if len(text) else []
    if workers == 1 or len(spans) < 2:
        for span in spans:
            work(span)
        return out
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, spans))
    return out
