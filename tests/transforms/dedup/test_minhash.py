"""Signatures are cuDF's, whatever the text, the Arrow layout and the number of threads."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.dedup.statement import murmur32, signature32, signature64, windows
from transforms.dedup.minhash import signatures
from transforms.dedup.presets import preset
from transforms.dedup.vectors import cudf_vectors

VECTORS = cudf_vectors()
KINDS: dict[int, Any] = {32: np.uint32, 64: np.uint64}

# Hangul, conjoining and compatibility Jamo, Hanja, Latin, digits, combining marks, emoji, private use, joiners.
ALPHABET = st.one_of(
    st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
    st.characters(min_codepoint=0x1100, max_codepoint=0x11FF),
    st.characters(min_codepoint=0x3131, max_codepoint=0x318E),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0x20, max_codepoint=0x7E),
    st.characters(min_codepoint=0x300, max_codepoint=0x36F),
    st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF),
    st.characters(min_codepoint=0x20000, max_codepoint=0x2A6DF),
    st.sampled_from("\u200d\u00a0\ufe0f\ufeff\n\t\x00가나다 "),
    st.characters(exclude_categories=("Cs",)),
)
TEXTS = st.lists(st.text(ALPHABET, max_size=60), max_size=12)


def column(texts: list[str]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


def pairs(count: int, bits: int = 32) -> tuple[np.ndarray, np.ndarray]:
    drawn = np.random.default_rng(7).integers(0, 1 << bits, (2, count), dtype=np.uint64)
    return drawn[0].astype(KINDS[bits]), drawn[1].astype(KINDS[bits])


@pytest.mark.parametrize("vector", VECTORS, ids=[v.name for v in VECTORS])
def test_every_published_and_derived_vector_is_reproduced(vector: Any) -> None:
    got = signatures(column(vector.texts), width=vector.width, seed=vector.seed, a=vector.a, b=vector.b)
    assert got.dtype == vector.a.dtype
    np.testing.assert_array_equal(got, vector.expected)


def test_the_vectors_hold_the_one_that_tells_the_code_from_its_documentation() -> None:
    assert {"wrap32_vs_documented", "zero_hash_clamped_to_1", "PermutedWide32", "Permuted64"} <= {
        v.name for v in VECTORS
    }
    assert len(VECTORS) >= 16


@settings(max_examples=150, deadline=None)
@given(texts=TEXTS, width=st.integers(2, 25), seed=st.integers(0, (1 << 32) - 1), count=st.integers(1, 20))
def test_signatures_follow_the_formula_on_any_unicode(texts: list[str], width: int, seed: int, count: int) -> None:
    a, b = pairs(count)
    got = signatures(column(texts), width=width, seed=seed, a=a, b=b)
    wanted = [signature32(t, width, seed, a.tolist(), b.tolist()) for t in texts]
    np.testing.assert_array_equal(got, np.array(wanted, np.uint32).reshape(len(texts), count))


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, width=st.integers(2, 25), seed=st.integers(0, (1 << 64) - 1))
def test_64_bit_signatures_follow_the_formula_on_any_unicode(texts: list[str], width: int, seed: int) -> None:
    a, b = pairs(5, 64)
    got = signatures(column(texts), width=width, seed=seed, a=a, b=b)
    wanted = [signature64(t, width, seed, a.tolist(), b.tolist()) for t in texts]
    np.testing.assert_array_equal(got, np.array(wanted, np.uint64).reshape(len(texts), 5))


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, cut=st.integers(0, 12), drop=st.integers(0, 12), large=st.booleans())
def test_a_slice_gives_the_rows_of_the_whole(texts: list[str], cut: int, drop: int, large: bool) -> None:
    whole = pa.array(texts, pa.large_string() if large else pa.string())
    a, b = pairs(4)
    part = whole.slice(cut, drop)
    got = signatures(part, width=5, seed=3, a=a, b=b)
    np.testing.assert_array_equal(got, signatures(whole, width=5, seed=3, a=a, b=b)[cut : cut + drop])


@pytest.mark.parametrize(
    "text",
    ["가", "각각", "é", "😀", "e\u0301", "\x00", "가" * 512, "가" * 516, "나다" * 700 + "a", "👨‍👩‍👧‍👦" * 300],
    ids=["one syllable", "two", "latin", "emoji", "combining", "nul", "batch", "batch and width", "odd tail", "family"],
)
@pytest.mark.parametrize("width", [2, 5, 24])
def test_lengths_around_the_window_and_the_batch_follow_the_formula(text: str, width: int) -> None:
    a, b = pairs(3)
    for texts in ([text], [text, "", text], ["x", text]):
        got = signatures(column(texts), width=width, seed=42, a=a, b=b)
        wanted = [signature32(t, width, 42, a.tolist(), b.tolist()) for t in texts]
        np.testing.assert_array_equal(got, np.array(wanted, np.uint32))


def test_a_row_beyond_cudfs_other_kernel_follows_the_formula() -> None:
    text = "".join(chr(0xAC00 + (i * i * 7 + i) % 11172) if i % 7 else " " for i in range(100_000))
    size = len(text.encode())
    assert size > 262_144
    a, b = pairs(4)
    got = signatures(column(["앞", text, "뒤"]), width=5, seed=9, a=a, b=b)
    np.testing.assert_array_equal(got[1], np.array(signature32(text, 5, 9, a.tolist(), b.tolist()), np.uint32))


@settings(max_examples=12, deadline=None)
@given(
    pieces=st.lists(st.text(ALPHABET, min_size=1, max_size=40), min_size=1, max_size=4),
    order=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    width=st.integers(2, 24),
    tail=st.text(ALPHABET, max_size=9),
)
def test_rows_beyond_262144_bytes_follow_the_formula_on_any_unicode(
    pieces: list[str], order: list[int], width: int, tail: str
) -> None:
    part = "".join(pieces[i % len(pieces)] for i in order)
    text = part * (262_144 // len(part.encode()) + 1) + tail
    assert len(text.encode()) > 262_144
    a, b = pairs(3)
    got = signatures(column(["앞", text]), width=width, seed=5, a=a, b=b)
    # A minimum over windows is one over different windows; of those a text that repeats itself has few.
    hashes = {max(1, murmur32(window, 5)) for window in set(windows(text, width))}
    wanted = [min((h * x + y) % (1 << 32) for h in hashes) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert got[1].tolist() == wanted


def test_the_number_of_threads_does_not_change_the_result() -> None:
    texts = [chr(0xAC00 + i % 900) * (i % 40) + f" {i}" for i in range(3_000)] + ["긴 글 " * 5_000]
    a, b = pairs(16)
    one = signatures(column(texts), width=5, seed=1, a=a, b=b, threads=1)
    for threads in (2, 3, 8):
        np.testing.assert_array_equal(one, signatures(column(texts), width=5, seed=1, a=a, b=b, threads=threads))


def test_no_rows_give_no_signatures() -> None:
    assert signatures(column([]), width=5, seed=0, a=pairs(7)[0], b=pairs(7)[1]).shape == (0, 7)
    assert signatures(column(["", ""]), width=5, seed=0, a=pairs(7)[0], b=pairs(7)[1]).tolist() == [[0] * 7] * 2


def test_text_at_the_very_end_of_an_unpadded_buffer_is_read_without_overrun() -> None:
    data = "가나다라마".encode()
    raw = np.frombuffer(data, np.uint8)
    text = pa.LargeStringArray.from_buffers(1, pa.py_buffer(np.array([0, len(data)])), pa.py_buffer(raw))
    a, b = pairs(2)
    got = signatures(text, width=4, seed=0, a=a, b=b)
    assert got.tolist() == [signature32("가나다라마", 4, 0, a.tolist(), b.tolist())]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 1}, "width must be 2"),
        ({"a": np.array([1.0]), "b": np.array([1.0])}, "uint32 or uint64"),
        ({"b": np.array([1, 2], np.uint32)}, "equal size"),
        ({"a": np.zeros(0, np.uint32), "b": np.zeros(0, np.uint32)}, "equal size"),
        ({"b": np.array([1], np.uint64)}, "alike"),
    ],
)
def test_arguments_that_cudf_refuses_are_refused(change: dict[str, Any], message: str) -> None:
    arguments = {"width": 5, "seed": 0, "a": np.array([1], np.uint32), "b": np.array([1], np.uint32)} | change
    with pytest.raises(ValueError, match=message):
        signatures(column(["가"]), **arguments)


def test_nulls_and_other_types_are_refused() -> None:
    a, b = pairs(1)
    with pytest.raises(ValueError, match="1 nulls"):
        signatures(pa.array(["가", None], pa.large_string()), width=5, seed=0, a=a, b=b)
    with pytest.raises(TypeError, match="int64"):
        signatures(pa.array([1]), width=5, seed=0, a=a, b=b)


def test_estimates_agree_with_datasketch_on_the_same_sets() -> None:
    """Two unlike implementations estimate the same Jaccard: both within four standard errors of the truth."""
    base = "모든 국민은 법 앞에 평등하다 누구든지 성별 종교 또는 사회적 신분에 의하여 차별을 받지 아니한다 " * 3
    chosen = preset("korean")
    for changed in (5, 20, 60):
        other = base[:-changed] + "".join(chr(0xB098 + 31 * i) for i in range(changed))
        one, two = set(windows(base, 5)), set(windows(other, 5))
        true = len(one & two) / len(one | two)
        ours = signatures(column([base, other]), width=5, seed=chosen.seed, a=chosen.a, b=chosen.b)
        sketches = [MinHash(num_perm=128), MinHash(num_perm=128)]
        for sketch, grams in zip(sketches, (one, two), strict=True):
            sketch.update_batch(sorted(grams))
        slack = 4 * (true * (1 - true) / 128) ** 0.5
        assert abs((ours[0] == ours[1]).mean() - true) <= slack
        assert abs(sketches[0].jaccard(sketches[1]) - true) <= slack


def test_the_default_number_of_threads_is_numbas_and_starts_no_threading_layer() -> None:
    code = (
        "import numpy as np, pyarrow as pa, threading\n"
        "from numba.np.ufunc import parallel\n"
        "from transforms.dedup.minhash import signatures\n"
        "one = np.ones(3, np.uint32)\n"
        "text = pa.array(['가나다라마바사'] * 100, pa.large_string())\n"
        "signatures(text, width=5, seed=0, a=one, b=one)\n"
        "assert not parallel._is_initialized, 'threading layer'\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"NUMBA_NUM_THREADS": "1", "PYTHONPATH": ":".join(p for p in sys.path if p), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
