"""Decoding: every character, and bytes that are no UTF-8."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.text.alphabets import texts
from transforms.text.buffers import view
from transforms.text.form import forms
from transforms.text.kernels import decode_rows, form, scan
from transforms.text.signs import CODE_POINTS, signs


def decoded(array: pa.LargeStringArray) -> list[list[int]]:
    rows = view(array)
    size = max(int(rows.offsets[-1] - rows.offsets[0]), 1)
    points, kinds = np.full(size, 7, np.uint32), np.zeros(size, np.uint8)
    table = (np.arange(CODE_POINTS) % 251).astype(np.uint8)
    starts = decode_rows(rows, table, points, kinds)
    assert (kinds[: starts[-1]] == points[: starts[-1]] % 251).all()
    return [points[a:b].tolist() for a, b in pairwise(starts.tolist())]


def raw(*values: bytes) -> pa.LargeStringArray:
    offsets = np.cumsum([0, *map(len, values)]).astype(np.int64)
    return pa.LargeStringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(b"".join(values)))


@given(st.lists(texts, max_size=4))
def test_code_points_are_those_of_python(values: list[str]) -> None:
    assert decoded(pa.array(values, pa.large_string())) == [list(map(ord, value)) for value in values]


@pytest.mark.parametrize("cut", [b"\xea", b"\xea\xb0", b"\xf0\x9f\x91", b"\xc3", b"\xf5\x80\x80\x80", b"\x80", b"\xff"])
def test_a_broken_sequence_reads_as_replacement_and_not_past_the_row(cut: bytes) -> None:
    array = raw(b"a" + cut, "나".encode())
    assert decoded(array) == [[0x61] + [0xFFFD] * len(cut), [ord("나")]]
    rows = view(array)
    assert len(scan(rows, signs())) == 2
    offsets, data, exact = form(rows, forms())
    assert data[offsets[1] : offsets[2]].tobytes() == "나".encode()
    assert not exact.any()
