"""N-gram sets and their sizes equal those of Python sets."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.dedup.statement import murmur32, windows
from tests.transforms.dedup.test_minhash import TEXTS
from transforms.dedup.shingles import containment, jaccard, pair_sizes, shingles


def column(texts: list[str]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


@settings(max_examples=100, deadline=None)
@given(texts=TEXTS, width=st.integers(2, 12))
def test_sets_are_the_distinct_window_hashes_in_order(texts: list[str], width: int) -> None:
    sets = shingles(column(texts), width=width)
    assert sets.offsets.dtype == np.int64 and sets.values.dtype == np.uint32
    for i, text in enumerate(texts):
        wanted = sorted({max(1, murmur32(w, 0)) for w in windows(text, width)})
        assert sets.values[sets.offsets[i] : sets.offsets[i + 1]].tolist() == wanted


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.text("가나다", max_size=40), min_size=1, max_size=6), width=st.integers(2, 6))
def test_sizes_of_pairs_equal_those_of_python_sets(texts: list[str], width: int) -> None:
    left, right = (grid.ravel() for grid in np.indices((len(texts), len(texts))))
    shared, total = pair_sizes(shingles(column(texts), width=width), left, right)
    grams = [set(windows(t, width)) for t in texts]
    assert shared.tolist() == [len(grams[i] & grams[j]) for i, j in zip(left, right, strict=True)]
    assert total.tolist() == [len(grams[i] | grams[j]) for i, j in zip(left, right, strict=True)]


@pytest.mark.parametrize("length", [63, 64, 65, 516, 517, 5_000, 100_000])
def test_long_documents_stay_sorted(length: int) -> None:
    text = "".join(chr(0xAC00 + (i * i + 17 * i) % 11172) for i in range(length))
    sets = shingles(column(["짧은 글", text, text[: length // 2]]), width=5)
    got = sets.values[sets.offsets[1] : sets.offsets[2]]
    assert got.tolist() == sorted({max(1, murmur32(w, 0)) for w in windows(text, 5)})


def test_shares_of_known_pairs_are_exact() -> None:
    sets = shingles(column(["가나다라마", "가나다라마바", "", "", "하"]), width=2)
    pairs = np.array([0, 0, 2, 0]), np.array([1, 4, 3, 2])
    assert jaccard(sets, *pairs).tolist() == [4 / 5, 0.0, 1.0, 0.0]
    assert containment(sets, *pairs).tolist() == [1.0, 0.0, 1.0, 0.0]
    assert containment(sets, pairs[1], pairs[0]).tolist() == [4 / 5, 0.0, 1.0, 1.0]


def test_no_documents_have_no_sets() -> None:
    sets = shingles(column([]), width=5)
    assert sets.offsets.tolist() == [0] and not len(sets.values)


def test_a_text_of_one_repeated_window_is_one_gram() -> None:
    sets = shingles(column(["가" * 300_000, "가나" * 150_000]), width=5)
    assert sets.sizes().tolist() == [1, 2]
