"""Bytes are called text exactly where Python decodes every row of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedup.utf8 import is_utf8

# Bytes at the edges of what may follow what, and whole characters among them.
EDGES = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE]
EDGES += [0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF]
PIECES = st.one_of(st.sampled_from(EDGES).map(lambda b: bytes([b])), st.text(max_size=3).map(str.encode))
ROWS = st.lists(st.lists(PIECES, max_size=6).map(b"".join), max_size=5)


def rows(data: list[bytes | None], kind: pa.DataType = pa.large_string()) -> pa.Array:
    binary = pa.array(data, pa.large_binary() if pa.types.is_large_string(kind) else pa.binary())
    return binary.view(kind)


def decodes(row: bytes) -> bool:
    try:
        row.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(max_examples=1500, deadline=None)
@given(ROWS)
def test_it_agrees_with_pythons_decoder(data: list[bytes]) -> None:
    assert is_utf8(rows(data)) == all(map(decodes, data))


def test_every_pair_and_every_edge_of_three_and_four_is_judged_as_python_does() -> None:
    for first in EDGES:
        for second in EDGES:
            for rest in (b"", b"\x80", b"\xbf", b"\x80\x80", b"\x80A", b"\x80\x80\x80"):
                row = bytes([first, second]) + rest
                assert is_utf8(rows([row])) == decodes(row), row.hex()
                assert is_utf8(rows([("가" * 40).encode() + row])) == decodes(row), row.hex()


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_nulls_and_empty_rows_are_no_exception(kind: pa.DataType) -> None:
    whole = rows([b"\xff", "가나".encode(), None, b"", "다".encode(), b"\xff"], kind)
    assert is_utf8(whole.slice(1, 4)) and not is_utf8(whole.slice(1, 5)) and not is_utf8(whole.slice(0, 2))
    assert is_utf8(rows([], kind)) and is_utf8(rows([None], kind)) and is_utf8(rows([b""], kind))


def test_a_character_cut_between_two_rows_is_met() -> None:
    raw = "가".encode()
    assert not is_utf8(rows([raw[:1], raw[1:]])) and not is_utf8(rows([raw + raw[:2], raw[2:]]))


def test_what_a_null_row_holds_is_nobodys_text() -> None:
    data = pa.py_buffer(b"A\xff\xffB")
    offsets = pa.py_buffer(np.array([0, 1, 3, 4], np.int64))
    array = pa.LargeStringArray.from_buffers(3, offsets, data, pa.py_buffer(b"\x05"), 1)
    assert array.to_pylist() == ["A", None, "B"] and is_utf8(array)
