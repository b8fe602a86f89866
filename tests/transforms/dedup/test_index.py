"""The index finds what a full run finds, stays small, and forgets."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.records.errors import VersionError
from tests.transforms.dedup.real_texts import real_texts
from transforms.dedup import index
from transforms.dedup.index import Run, estimate, forget, lookup, lookup_exact, merge, new_run, require_readable
from transforms.dedup.near import candidate_edges, near_duplicates, sign
from transforms.dedup.presets import preset
from transforms.dedup.verify import reaches, verify

KOREAN = preset("korean")


def digests(numbers: list[int]) -> pa.FixedSizeBinaryArray:
    return pa.array([(n * 7919 + 1).to_bytes(16, "big") for n in numbers], pa.binary(16))


def wide(keys: Any) -> np.ndarray:
    """Small test keys, moved above the bits that an index drops."""
    return np.asarray(keys, np.int64) << 16


def run_of(docs: list[int], keys: Any) -> Run:
    return new_run(np.array(docs, np.int64), wide(keys).reshape(len(docs), -1 if docs else 2), digests(docs))


KEYS = st.lists(st.lists(st.integers(-3, 3), min_size=2, max_size=2), max_size=12)


@settings(max_examples=100, deadline=None)
@given(old=KEYS, new=KEYS, reach=st.integers(0, 3))
def test_a_lookup_meets_the_first_members_of_each_bucket(old: Any, new: Any, reach: int) -> None:
    run = run_of([10 * i for i in range(len(old))][::-1], old[::-1])
    docs = 1000 + np.arange(len(new))
    left, right = lookup(run, docs, wide(new).reshape(len(new), 2), reach=reach)
    wanted = set()
    for i, keys in enumerate(new):
        for band in range(2):
            bucket = [10 * j for j, other in enumerate(old) if other[band] == keys[band]]
            wanted |= {(doc, 1000 + i) for doc in bucket[: reach + 1]}
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == sorted(wanted)


@settings(max_examples=60, deadline=None)
@given(keys=KEYS, cut=st.integers(0, 12), gone=st.sets(st.integers(0, 11)))
def test_merging_and_forgetting_give_the_run_made_at_once(keys: Any, cut: int, gone: set[int]) -> None:
    docs = [10 * i for i in range(len(keys))]
    parts = merge([run_of(docs[cut:], keys[cut:]), run_of(docs[:cut], keys[:cut])])
    lost = np.array([10 * g for g in gone], np.int64)
    left = [i for i in range(len(keys)) if i not in gone]
    for made, wanted in (
        (parts, run_of(docs, keys)),
        (forget(parts, lost), run_of([docs[i] for i in left], [keys[i] for i in left])),
    ):
        assert made.entries.equals(wanted.entries) or not left
        assert made.members.equals(wanted.members)


def test_exact_lookups_meet_the_first_document_of_the_same_text() -> None:
    run = new_run(np.array([5, 3, 9]), np.zeros((3, 1), np.int64), digests([1, 1, 2]))
    left, right = lookup_exact(run, np.array([20, 21, 22]), digests([2, 1, 4]))
    assert left.tolist() == [3, 9] and right.tolist() == [21, 20]


def written(run: Run) -> tuple[bytes, bytes]:
    files = []
    for table, options in ((run.entries, index.PARQUET_OPTIONS), (run.members, index.MEMBER_OPTIONS)):
        sink = io.BytesIO()
        pq.write_table(table, sink, **options)
        files.append(sink.getvalue())
    return files[0], files[1]


@pytest.mark.parametrize("count", [20_000, 100_000])
def test_the_index_takes_at_most_160_bytes_a_document(count: int) -> None:
    drawn = np.random.default_rng(2)
    keys = drawn.integers(-(1 << 63), (1 << 63) - 1, (count, 16))
    digest = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, pa.py_buffer(drawn.bytes(16 * count))])
    run = new_run(drawn.permutation(count).astype(np.int64), keys, digest)
    assert sum(map(len, written(run))) / count <= 160


def test_what_is_forgotten_is_in_no_byte_of_the_index() -> None:
    drawn = np.random.default_rng(4)
    docs = np.arange(500, dtype=np.int64)
    keys = drawn.integers(-(1 << 63), (1 << 63) - 1, (500, 16))
    run = new_run(docs, keys, digests(docs.tolist()))
    secret = digests([123]).to_pylist()[0]
    assert secret in written(run)[1]
    after = forget(run, np.array([123]))
    assert secret not in written(after)[1] and 123 not in after.docs
    entries = pq.read_table(io.BytesIO(written(after)[0]))
    assert not set(entries["key"].to_pylist()) & set((keys[123] >> 16).tolist())
    assert all(len(part) == 0 for part in lookup(after, np.array([900]), keys[123:124]))


def test_an_index_of_a_newer_version_is_refused() -> None:
    require_readable(index.MEMBERS, "here")
    newer = index.MEMBERS.with_metadata({b"malmoi.index_version": b"2"})
    with pytest.raises(VersionError, match="version 2"):
        require_readable(newer, "here")


def test_a_document_cannot_be_in_two_runs() -> None:
    with pytest.raises(ValueError, match="two runs"):
        merge([run_of([1], [[0]]), run_of([1], [[0]])])


def incremental(text: pa.LargeStringArray, old: np.ndarray, new: np.ndarray, rounds: int) -> tuple[dict[int, int], int]:
    """Survivor of every new document from the index of what the old run kept, and how many old texts were read."""
    first = near_duplicates(text.take(pa.array(old)), KOREAN, rank=old, rounds=rounds)
    dropped = old[first["doc"].to_numpy()[first["doc"].to_numpy() != first["survivor"].to_numpy()]]
    released = np.setdiff1d(old, dropped)
    keys = sign(text, KOREAN)[0].T
    run = new_run(released, keys[released], digests(released.tolist()))
    between, inside = lookup(run, new, keys[new]), candidate_edges(keys[new].T.copy())
    left, right = np.concatenate([between[0], new[inside[0]]]), np.concatenate([between[1], new[inside[1]]])
    docs = np.unique(np.concatenate([left, right]))
    rank = np.where(np.isin(docs, released), docs, docs + len(text))
    found = verify(
        docs, rank, text.take(pa.array(docs)), left, right, width=KOREAN.width, bound=KOREAN.bound, rounds=rounds
    )
    fate = dict(zip(found["doc"].to_pylist(), found["survivor"].to_pylist(), strict=True))
    assert all(fate.get(doc, doc) == doc for doc in released.tolist()), "a released document was dropped"
    return {doc: fate.get(doc, doc) for doc in new.tolist()}, int(np.isin(docs, released).sum())


def full(text: pa.LargeStringArray, old: np.ndarray, new: np.ndarray, rounds: int) -> dict[int, int]:
    """The same from all texts at once, with what the old run kept first in the survivor order."""
    first = near_duplicates(text.take(pa.array(old)), KOREAN, rank=old, rounds=rounds)
    dropped = old[first["doc"].to_numpy()[first["doc"].to_numpy() != first["survivor"].to_numpy()]]
    rank = np.arange(len(text), dtype=np.int64)
    rank[dropped] += len(text)
    rank[new] += 2 * len(text)
    found = near_duplicates(text, KOREAN, rank=rank, rounds=rounds)
    fate = dict(zip(found["doc"].to_pylist(), found["survivor"].to_pylist(), strict=True))
    return {doc: fate.get(doc, doc) for doc in new.tolist()}


@pytest.mark.parametrize(("rounds", "seed"), [(0, 1), (3, 2)])
def test_a_new_batch_against_the_index_fares_as_in_a_full_run(rounds: int, seed: int) -> None:
    text = real_texts()
    chosen = np.random.default_rng(seed).random(len(text)) < 0.3
    old, new = np.flatnonzero(~chosen), np.flatnonzero(chosen)
    found, read = incremental(text, old, new, rounds)
    assert found == full(text, old, new, rounds)
    assert sum(doc != survivor for doc, survivor in found.items()) > 10
    assert read < 0.05 * len(old), "more than the candidates' rows were read"


def test_a_purged_text_is_judged_by_its_signature() -> None:
    one = np.arange(256, dtype=np.uint32).reshape(2, 128)
    other = one.copy()
    other[0, :20] += 1
    other[1, :30] += 1
    equal, rows = estimate(one, other)
    assert equal.tolist() == [108, 98] and rows.tolist() == [128, 128]
    assert reaches(equal, rows, 0.8).tolist() == [True, False]
