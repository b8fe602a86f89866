"""A band's key depends on its rows, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from transforms.dedup.bands import band_keys


@settings(max_examples=60, deadline=None)
@given(arrays(np.uint32, (20, 12), elements=st.integers(0, 2)))
def test_keys_are_equal_exactly_where_the_rows_are(signatures: np.ndarray) -> None:
    keys = band_keys(signatures, bands=4, rows=3)
    assert keys.dtype == np.int64 and keys.shape == (20, 4)
    for band in range(4):
        part = signatures[:, 3 * band : 3 * band + 3]
        same = (part[:, None] == part[None]).all(axis=2)
        np.testing.assert_array_equal(keys[:, band][:, None] == keys[:, band][None], same)


def test_equal_rows_in_two_bands_have_different_keys() -> None:
    keys = band_keys(np.zeros((1, 16), np.uint32), bands=4, rows=4)
    assert len(np.unique(keys)) == 4


def test_the_order_of_rows_in_a_band_counts() -> None:
    keys = band_keys(np.array([[1, 2], [2, 1]], np.uint32), bands=1, rows=2)
    assert keys[0, 0] != keys[1, 0]


def test_keys_are_those_of_stored_indexes() -> None:
    keys = band_keys(np.arange(8, dtype=np.uint32).reshape(1, 8), bands=2, rows=4)
    assert keys.tolist() == [[6913861262614747373, 2646420968139440850]]


def test_64_bit_signatures_use_all_their_bits() -> None:
    high = np.array([[1 << 40], [1 << 41]], np.uint64)
    keys = band_keys(high, bands=1, rows=1)
    assert keys[0, 0] != keys[1, 0]


def test_read_only_and_strided_signatures_give_the_same_keys() -> None:
    wide = np.arange(80, dtype=np.uint32).reshape(5, 16)
    strided = wide[:, ::2]
    packed = np.frombuffer(np.ascontiguousarray(strided).tobytes(), "<u4").reshape(5, 8)
    np.testing.assert_array_equal(band_keys(strided, bands=2, rows=4), band_keys(packed, bands=2, rows=4))


def test_signatures_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be cut into 16 bands of 8 rows"):
        band_keys(np.zeros((3, 120), np.uint32), bands=16, rows=8)
