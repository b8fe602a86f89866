"""Lines and paragraphs that come back in other documents: menus, notices, standard clauses.

Three steps, so that text stays where it is: `find` lists the passages of a file by key, `repeats` decides over the
lists of many files, `cut` takes the decided places out of a file's text.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl
import pyarrow as pa

from transforms.dedup.compiled import kernel
from transforms.dedup.murmur import hash128
from transforms.dedup.windows import text_buffers

Level = Literal["line", "paragraph"]

PASSAGES = pa.schema([(name, pa.int64()) for name in ("high", "low", "doc", "begin", "end")])


@kernel
def _blank(data: Any, at: Any, end: Any) -> Any:
    """Bytes of the white space at `at`: ASCII, no-break space, ideographic space; 0 if there is none."""
    byte = data[at]
    if byte == 0x20 or 0x09 <= byte <= 0x0D:
        return 1
    if byte == 0xC2 and at + 1 < end and data[at + 1] == 0xA0:
        return 2
    if byte == 0xE3 and at + 2 < end and data[at + 1] == 0x80 and data[at + 2] == 0x80:
        return 3
    return 0


@kernel
def _trimmed(data: Any, begin: Any, end: Any) -> Any:
    """The range without white space at either side."""
    while begin < end:
        step = _blank(data, begin, end)
        if not step:
            break
        begin += step
    while end > begin:
        for step in (1, 2, 3):
            if end - step >= begin and _blank(data, end - step, end) == step:
                end -= step
                break
        else:
            break
    return begin, end


@kernel
def _line_end(data: Any, at: Any, end: Any) -> Any:
    """One past the line feed that ends the line at `at`, or `end`."""
    while at < end:
        at += 1
        if data[at - 1] == 0x0A:
            break
    return at


@kernel
def _passage_end(data: Any, at: Any, end: Any, paragraphs: Any) -> Any:
    """One past the passage at `at`: its line, or its lines up to and with the blank ones after them."""
    after = _line_end(data, at, end)
    while paragraphs and after < end:
        begin, stop = _trimmed(data, after, _line_end(data, after, end))
        blank = begin == stop
        if not blank and _ends_blank(data, at, after):
            break
        after = _line_end(data, after, end)
    return after


@kernel
def _ends_blank(data: Any, begin: Any, end: Any) -> Any:
    """Whether the last line of the range is blank."""
    at = end - 1
    while at > begin and data[at - 1] != 0x0A:
        at -= 1
    first, last = _trimmed(data, at, end)
    return first == last


@kernel
def _chars(data: Any, begin: Any, end: Any) -> Any:
    count = 0
    for at in range(begin, end):
        count += (data[at] & 0xC0) != 0x80
    return count


@kernel
def _find(data: Any, offsets: Any, paragraphs: Any, min_chars: Any, seed: Any, out: Any) -> Any:
    """Writes rows of (high, low, document, begin, end) while there is room; returns how many there are."""
    found = 0
    for doc in range(offsets.size - 1):
        at, end = offsets[doc], offsets[doc + 1]
        while at < end:
            after = _passage_end(data, at, end, paragraphs)
            first, last = _trimmed(data, at, after)
            if first < last and _chars(data, first, last) >= min_chars:
                if found < out.shape[1]:
                    high, low = hash128(data, first, last - first, seed)
                    out[0, found], out[1, found] = np.int64(high), np.int64(low)
                    out[2, found], out[3, found], out[4, found] = doc, at - offsets[doc], after - offsets[doc]
                found += 1
            at = after
    return found


def find(text: pa.LargeStringArray, docs: np.ndarray, *, level: Level, min_chars: int, seed: int = 0) -> pa.Table:
    """Every passage of every document, by the 128-bit hash of its trimmed text.

    Args:
        text: no nulls.
        docs: int64 document numbers.
        level: a line ends at a line feed, a paragraph at blank lines, which belong to it.
        min_chars: code points of the trimmed passage; shorter ones are not listed.
        seed: of the hash, 64 bits; a secret one keeps others from testing what a file holds.

    Returns:
        `PASSAGES`: high, low, doc, and the passage's half-open range in UTF-8 bytes of its document.
    """
    offsets, data = text_buffers(text)
    out = np.empty((5, max(16, len(data) // 128)), np.int64)
    found = _find(data, offsets, level == "paragraph", min_chars, np.uint64(seed), out)
    if found > out.shape[1]:
        out = np.empty((5, found), np.int64)
        _find(data, offsets, level == "paragraph", min_chars, np.uint64(seed), out)
    out = out[:, :found]
    return pa.table([out[0], out[1], docs[out[2]], out[3], out[4]], schema=PASSAGES)


def part_of(high: np.ndarray, parts: int) -> np.ndarray:
    """Part of each passage (int64): ranges of equal width of its key, so that sorted keys are sorted by part."""
    top = (high >> np.int64(32)) + np.int64(1 << 31)
    return (top * np.int64(parts)) >> np.int64(32)


def first_key(part: int, parts: int) -> int:
    """The smallest key of a part; of part `parts` one past the last key."""
    return (-(-(part << 32) // parts) - (1 << 31)) << 32


def repeats(passages: pa.Table, ranks: pa.Table, *, documents_at_least: int, keep_first: bool) -> pa.Table:
    """Places to cut: passages met in so many documents.

    Args:
        passages: as `find` gives it, of any number of files that share a scope (a source, or all).
        ranks: doc and rank, int64, a document once: the place in the smallest rank (then number) is the first.
        documents_at_least: different documents with the passage, 2 or more.
        keep_first: the first place stays; else none does.

    Returns:
        doc, begin, end, documents (that have the passage) and first (of them), sorted by doc and begin.
    """
    key = ["high", "low"]
    # Passages met once are most of them: count on the keys alone first.
    met = (
        pl.DataFrame(passages)
        .lazy()
        .filter(pl.len().over(key) > 1)
        .with_columns(documents=pl.col("doc").n_unique().over(key).cast(pl.Int64))
        .filter(pl.col("documents") >= documents_at_least)
        .join(pl.DataFrame(ranks).lazy(), on="doc", how="left", validate="m:1")
        .sort("rank", "doc", "begin")
        .with_columns(place=pl.int_range(pl.len()).over(key), first=pl.col("doc").first().over(key))
        .filter(~((pl.col("place") == 0) & keep_first))
        .sort("doc", "begin")
        .select("doc", "begin", "end", "documents", "first")
        .collect()
    )
    return met.to_arrow()


@kernel
def _cut(data: Any, offsets: Any, cuts: Any, out: Any, bounds: Any) -> None:
    """`cuts` is (row, begin, end) sorted; copies what lies between them."""
    at, cut = 0, 0
    for row in range(offsets.size - 1):
        here = offsets[row]
        while cut < cuts.shape[1] and cuts[0, cut] == row:
            for p in range(here, offsets[row] + cuts[1, cut]):
                out[at] = data[p]
                at += 1
            here = offsets[row] + cuts[2, cut]
            cut += 1
        for p in range(here, offsets[row + 1]):
            out[at] = data[p]
            at += 1
        bounds[row + 1] = at


def cut(text: pa.LargeStringArray, docs: np.ndarray, places: pa.Table) -> pa.LargeStringArray:
    """The text without the places, which are ranges of whole passages as `repeats` gives them.

    Args:
        text: no nulls.
        docs: int64 document numbers of the rows, none twice.
        places: doc, begin, end; documents that are not among `docs` are passed over.
    """
    offsets, data = text_buffers(text)
    order = np.argsort(docs)
    wanted = np.isin(places["doc"].to_numpy(), docs)
    doc, begin, end = (places[name].to_numpy()[wanted] for name in ("doc", "begin", "end"))
    rows = order[np.searchsorted(docs[order], doc)]
    by_row = np.lexsort((begin, rows))
    cuts = np.stack([rows, begin, end]).astype(np.int64)[:, by_row]
    bounds = np.zeros(len(text) + 1, np.int64)
    out = np.empty(int(offsets[-1] - offsets[0] - (end - begin).sum()), np.uint8)
    _cut(data, offsets, cuts, out, bounds)
    return pa.LargeStringArray.from_buffers(len(text), pa.py_buffer(bounds), pa.py_buffer(out))
