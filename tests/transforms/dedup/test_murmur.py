"""The window hash is MurmurHash3, as public test numbers and cuDF's older seeded MinHash have it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.dedup.statement import murmur32, murmur64
from transforms.dedup.minhash import signatures
from transforms.dedup.murmur import hash32, hash64
from transforms.dedup.windows import new_batch

CONTENT: dict[str, Any] = json.loads(files("transforms.dedup").joinpath("cudf_vectors.json").read_text("utf-8"))
RAW: list[list[Any]] = next(v for v in CONTENT["derived"] if v["name"] == "murmur3_raw")["rows"]
LEGACY = [v for v in CONTENT["legacy_seeded_vectors"] if v["bits"] == 32]


def hashes(windows: list[bytes], seed: int) -> tuple[list[int], list[int]]:
    batch = new_batch(64)
    joined, count = b"".join(windows), len(windows)
    batch.text[: len(joined)] = np.frombuffer(joined, np.uint8)
    lengths = np.array([len(w) for w in windows], np.int32)
    batch.lengths[:count], batch.starts[:count] = lengths, np.cumsum(lengths) - lengths
    small, large = np.zeros(count, np.uint32), np.zeros(count, np.uint64)
    hash32(batch, count, np.uint32(seed & 0xFFFFFFFF), small)
    hash64(batch, count, np.uint64(seed), large)
    return small.tolist(), large.tolist()


@pytest.mark.parametrize("row", RAW, ids=range(len(RAW)))
def test_known_hashes_are_reproduced_by_the_statement_and_by_the_kernel(row: list[Any]) -> None:
    text, seed, small, large = row
    assert (murmur32(text.encode(), seed), murmur64(text.encode(), seed)) == (small, large)
    assert hashes([text.encode()], seed) == ([max(1, small)], [max(1, large)])


@settings(max_examples=150, deadline=None)
@given(windows=st.lists(st.binary(max_size=100), min_size=1, max_size=40), seed=st.integers(0, (1 << 64) - 1))
def test_windows_of_mixed_lengths_hash_as_each_alone(windows: list[bytes], seed: int) -> None:
    small, large = hashes(windows, seed)
    assert small == [max(1, murmur32(w, seed & 0xFFFFFFFF)) for w in windows]
    assert large == [max(1, murmur64(w, seed)) for w in windows]


@pytest.mark.parametrize("vector", LEGACY, ids=[v["name"] for v in LEGACY])
def test_cudfs_older_numbers_are_the_least_hash_of_each_seed(vector: dict[str, Any]) -> None:
    """With a = 1 and b = 0 a signature is the least window hash: cuDF 24.10 published those, seed by seed."""
    rows = [i for i, text in enumerate(vector["input"]) if text is not None]
    text = pa.array([vector["input"][i] for i in rows], pa.large_string())
    one, zero = np.ones(1, np.uint32), np.zeros(1, np.uint32)
    for place, seed in enumerate(vector["seeds"]):
        got = signatures(text, width=vector["width"], seed=seed, a=one, b=zero)
        assert got[:, 0].tolist() == [vector["expected"][i][place] for i in rows]
