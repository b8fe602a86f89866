"""n-grams and the tables that find them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.text.alphabets import rows
from transforms.decontaminate.kernels import WIDTH, bit_filter, hash_table, mix, pack
from transforms.text.buffers import view


@given(rows)
def test_ngrams_are_the_windows_of_each_row(values: list[str | None]) -> None:
    grams, starts = pack(view(pa.array(values, pa.large_string())))
    for value, (first, last) in zip(values, pairwise(starts.tolist()), strict=True):
        text = value or ""
        windows = [text[k : k + WIDTH] for k in range(len(text) - WIDTH + 1)]
        assert [
            "".join(chr(int(gram) >> shift & 0x1FFFFF) for shift in (42, 21, 0)) for gram in grams[first:last]
        ] == windows


@given(st.sets(st.integers(0, (1 << 63) - 1), max_size=200))
def test_tables_find_all_that_they_hold(members: set[int]) -> None:
    grams = np.array(sorted(members), np.uint64)
    slots, bits = hash_table(grams), bit_filter(grams)
    assert sorted(slots[slots >= 0].tolist()) == list(range(len(grams)))
    for number, gram in enumerate(grams):
        slot = int(mix(gram)) & (len(slots) - 1)
        while slots[slot] != number:
            assert slots[slot] >= 0
            slot = (slot + 1) & (len(slots) - 1)
        place = int(mix(gram)) >> 32 & (len(bits) * 64 - 1)
        assert int(bits[place >> 6]) >> (place & 63) & 1
