"""Candidate edges from keys: documents that share a key are linked to the smallest of them, and to their next ones.

A star alone loses pairs: in a family of templates the smallest document of a bucket is often like neither of two
real duplicates. Which edges are enough is measured in docs/decisions/dedup-edges.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from transforms.dedup.compiled import kernel

Edges = tuple[np.ndarray, np.ndarray]

REACH = 8
_LOW = (1 << 32) - 1
_PENDING = 1 << 22


def union_edges(parts: Sequence[Edges]) -> Edges:
    """All edges of the parts, sorted by left and right, none twice."""
    ends = np.concatenate([np.zeros((2, 0), np.int64), *(np.stack(part) for part in parts)], axis=1)
    ends = ends[:, np.lexsort((ends[1], ends[0]))]
    new = np.ones(ends.shape[1], bool)
    new[1:] = (ends[:, 1:] != ends[:, :-1]).any(axis=0)
    return ends[0, new], ends[1, new]


def packed(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Edges between numbers below 2^32 as uint64, left << 32 | right: half the bytes, and sorted in place."""
    edges = left.astype(np.uint64)
    edges <<= np.uint64(32)
    edges |= right.astype(np.uint64)
    return edges


def unpacked(edges: np.ndarray) -> Edges:
    """Ends (int64) of packed edges."""
    return (edges >> np.uint64(32)).astype(np.int64), (edges & np.uint64(_LOW)).astype(np.int64)


def union_packed(parts: Iterable[np.ndarray]) -> np.ndarray:
    """All packed edges of the parts, sorted, none twice; at most about twice the result is held."""
    whole, pending, size = np.empty(0, np.uint64), [], 0
    for part in parts:
        pending.append(part)
        size += len(part)
        if size > max(len(whole), _PENDING):
            whole, pending, size = _once([whole, *pending]), [], 0
    return _once([whole, *pending])


def _once(parts: list[np.ndarray]) -> np.ndarray:
    edges = np.concatenate(parts)
    edges.sort()
    new = np.ones(len(edges), bool)
    np.not_equal(edges[1:], edges[:-1], out=new[1:])
    return edges[new]


def _shared(keys: Sequence[np.ndarray], docs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Documents that share all keys, by key and then by number, and where each one's bucket begins."""
    # Most keys are met once: dropping those first leaves little to put in order.
    met = _repeated(keys[0])
    values, docs = [key[met] for key in keys], docs[met]
    order = np.lexsort((docs, *reversed(values)))
    changes = np.zeros(len(order), bool)
    changes[:1] = True
    for value in values:
        value = value[order]
        changes[1:] |= value[1:] != value[:-1]
    first = np.flatnonzero(changes)
    return docs[order], np.repeat(first, np.diff(np.append(first, len(order))))


@kernel
def _mark(keys: Any, seen: Any, maybe: Any) -> None:
    """Marks every key whose low bits some other key has as well; `seen` is zeros, a power of two long."""
    mask = np.int64(seen.size - 1)
    for key in keys:
        place = np.uintp(key & mask)
        seen[place] = min(seen[place] + np.uint8(1), 2)
    for i in range(np.uintp(keys.size)):
        maybe[i] = seen[np.uintp(keys[i] & mask)] > 1


def _repeated(keys: np.ndarray) -> np.ndarray:
    """Places of the values that come more than once.

    Keys are mixed well, so a table of their low bits, eight places a key, passes over seven of eight that are met
    once; the rest is sorted. That is five times as fast as sorting or hashing all, and keeps its pace.
    """
    maybe = np.zeros(len(keys), bool)
    _mark(keys, np.zeros(1 << (8 * len(keys)).bit_length(), np.uint8), maybe)
    places = np.flatnonzero(maybe)
    order = np.argsort(keys[places])
    values = keys[places[order]]
    same = values[1:] == values[:-1]
    twice = np.zeros(len(values), bool)
    twice[1:] |= same
    twice[:-1] |= same
    return places[order[twice]]


def _star(docs: np.ndarray, begins: np.ndarray) -> Edges:
    least = docs[begins]
    return least[least != docs], docs[least != docs]


def star_edges(keys: np.ndarray, docs: np.ndarray) -> Edges:
    """Min-star edges of one band: every document to the smallest one with its key.

    Args:
        keys: int64, one a document.
        docs: int64 document numbers, in any order.

    Returns:
        left (the bucket's smallest) and right, int64, sorted by both, none twice.
    """
    return union_edges([_star(*_shared([keys], docs))])


def bucket_edges(keys: np.ndarray, docs: np.ndarray, *, reach: int = REACH) -> Edges:
    """Star edges of one band, and edges from each document to the next `reach` of its bucket.

    Buckets of up to reach + 1 documents give all their pairs; larger ones reach + 1 edges a document at most.

    Args:
        keys: int64, one a document.
        docs: int64 document numbers, none twice, in any order.
        reach: following documents of the bucket, by number.

    Returns:
        left < right, int64, sorted by both, none twice.
    """
    members, begins = _shared([keys], docs)
    edges = [_star(members, begins)]
    for step in range(1, reach + 1):
        same = begins[step:] == begins[:-step]
        edges.append((members[:-step][same], members[step:][same]))
    return union_edges(edges)


def exact_edges(keys: pa.FixedSizeBinaryArray, docs: np.ndarray) -> Edges:
    """Min-star edges of exact duplicates by 16-byte digests of their text; as `star_edges`.

    Raises:
        TypeError: the keys are not 16 bytes each.
        ValueError: a key is null.
    """
    if keys.type != pa.binary(16):
        raise TypeError(f"keys must be fixed_size_binary[16], not {keys.type}")
    if keys.null_count:
        raise ValueError(f"{keys.null_count} keys are null; leave those documents out")
    halves = np.frombuffer(keys.buffers()[1], np.int64, 2 * len(keys), 16 * keys.offset).reshape(-1, 2)
    return union_edges([_star(*_shared([halves[:, 0], halves[:, 1]], docs))])
