"""Every bucket becomes a star, whatever the order it arrived in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedup.candidates import (
    bucket_edges,
    exact_edges,
    packed,
    star_edges,
    union_edges,
    union_packed,
    unpacked,
)


def stated(keys: Sequence[Hashable], docs: Sequence[int]) -> list[tuple[int, int]]:
    buckets = defaultdict(set)
    for key, doc in zip(keys, docs, strict=True):
        buckets[key].add(doc)
    return sorted({(min(b), d) for b in buckets.values() for d in b if d != min(b)})


KEYED = st.lists(st.tuples(st.integers(-3, 3), st.integers(-(1 << 62), 1 << 62)), max_size=40, unique_by=lambda p: p[1])


@settings(max_examples=100, deadline=None)
@given(KEYED)
def test_edges_link_each_document_to_the_smallest_of_its_bucket(pairs: list[tuple[int, int]]) -> None:
    keys, docs = [k for k, _ in pairs], [d for _, d in pairs]
    left, right = star_edges(np.array(keys, np.int64), np.array(docs, np.int64))
    assert left.dtype == right.dtype == np.int64
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == stated(keys, docs)


@settings(max_examples=100, deadline=None)
@given(KEYED, st.integers(0, 5))
def test_bucket_edges_add_the_next_ones_to_the_star(pairs: list[tuple[int, int]], reach: int) -> None:
    keys, docs = np.array([k for k, _ in pairs], np.int64), np.array([d for _, d in pairs], np.int64)
    wanted = set(stated(keys.tolist(), docs.tolist()))
    for key in set(keys.tolist()):
        bucket = sorted(docs[keys == key].tolist())
        wanted |= {
            (bucket[i], bucket[j]) for i in range(len(bucket)) for j in range(i + 1, len(bucket)) if j - i <= reach
        }
    left, right = bucket_edges(keys, docs, reach=reach)
    assert left.dtype == right.dtype == np.int64
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == sorted(wanted)


def test_a_bucket_of_everything_gives_a_bounded_number_of_edges() -> None:
    docs = np.arange(100_000, dtype=np.int64)
    left, _ = bucket_edges(np.zeros_like(docs), docs)
    assert len(left) < 9 * len(docs)


@settings(max_examples=50, deadline=None)
@given(KEYED, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(pairs: list[tuple[int, int]], shuffler: object) -> None:
    def edges(rows: list[tuple[int, int]]) -> list[list[int]]:
        ends = star_edges(np.array([k for k, _ in rows], np.int64), np.array([d for _, d in rows], np.int64))
        return [e.tolist() for e in ends]

    shuffled = list(pairs)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert edges(pairs) == edges(shuffled)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([b"a" * 16, b"b" * 16, b"a" * 8 + b"b" * 8, b"\x00" * 16]), max_size=20), st.integers(0, 5)
)
def test_exact_edges_compare_all_sixteen_bytes_of_a_slice_too(keys: list[bytes], cut: int) -> None:
    column = pa.array(keys, pa.binary(16)).slice(cut)
    docs = np.arange(len(column), dtype=np.int64)[::-1].copy()
    left, right = exact_edges(column, docs)
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == stated(keys[cut:], docs.tolist())


def test_keys_of_another_kind_and_nulls_are_refused() -> None:
    with pytest.raises(TypeError, match="fixed_size_binary"):
        exact_edges(pa.array([b"x" * 8], pa.binary(8)), np.zeros(1, np.int64))
    with pytest.raises(ValueError, match="1 keys are null"):
        exact_edges(pa.array([None], pa.binary(16)), np.zeros(1, np.int64))


SMALL = st.lists(st.tuples(st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 32) - 1)), max_size=30)


@settings(max_examples=100, deadline=None)
@given(st.lists(SMALL, max_size=4))
def test_packed_edges_are_the_same_union(parts: list[list[tuple[int, int]]]) -> None:
    ends = [np.array(part, np.int64).reshape(-1, 2).T for part in parts]
    found = unpacked(union_packed(packed(left, right) for left, right in ends))
    for one, other in zip(found, union_edges([(left, right) for left, right in ends]), strict=True):
        assert one.tolist() == other.tolist()


def test_a_union_goes_on_after_it_was_joined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transforms.dedup.candidates._PENDING", 2)
    parts = [np.array([n, 7 - n, n * n], np.uint64) for n in range(8)]
    assert union_packed(parts).tolist() == sorted({int(n) for part in parts for n in part})
