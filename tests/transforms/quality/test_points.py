"""Slices of documents: all rows, in order, once."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.text.alphabets import rows
from transforms.quality import points
from transforms.quality.classes import classes
from transforms.quality.points import slices
from transforms.text.buffers import view


@given(rows, st.integers(1, 50))
def test_slices_hold_every_row_once_and_in_order(values: list[str | None], slice_bytes: int) -> None:
    found: list[list[int]] = []
    kept, points.SLICE_BYTES = points.SLICE_BYTES, slice_bytes
    try:
        for first, last, part in slices(view(pa.array(values, pa.large_string()))):
            assert first == len(found)
            found += [part.points[a:b].tolist() for a, b in pairwise(part.starts.tolist())]
            assert last == len(found)
            assert (part.kinds[: part.starts[-1]] == classes()[part.points[: part.starts[-1]]]).all()
    finally:
        points.SLICE_BYTES = kept
    assert found == [list(map(ord, value or "")) for value in values]


def test_a_slice_stays_near_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "SLICE_BYTES", 30)
    sizes = [int(part.starts[-1]) for _, _, part in slices(view(pa.array(["가나"] * 40, pa.large_string())))]
    assert len(sizes) == 8
    assert max(sizes) <= 12
