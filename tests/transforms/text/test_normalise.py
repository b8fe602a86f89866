"""`normalise` is `clean`, row by row, for whole Arrow arrays."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.text.alphabets import ALPHABET, rows
from transforms.text.buffers import view
from transforms.text.clean import clean
from transforms.text.kernels import MISREAD, scan
from transforms.text.normalise import normalise
from transforms.text.signs import ASSIGNED, signs

KOREAN = "제1조(목적) 이 법은 “국민”의 권리를 보장함을 목적으로 한다.\n\n① ㈜말모이, 理由 · 10㎡ ㅋㅋㅋ Café 👍"


def large(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def plain(values: list[str | None]) -> list[str | None]:
    return [None if value is None else clean(value) for value in values]


@settings(max_examples=400)
@given(rows)
def test_every_row_is_what_the_plain_statement_says(values: list[str | None]) -> None:
    assert normalise(large(values)).to_pylist() == plain(values)


@given(rows)
def test_normalising_is_idempotent(values: list[str | None]) -> None:
    once = normalise(large(values))
    assert normalise(once).equals(once)


def test_every_code_point_alone_and_between_letters() -> None:
    points = [chr(p) for first, last in ASSIGNED for p in range(first, last) if not 0xAC10 <= p < 0xD790]
    values: list[str | None] = [f"{sign}가{sign}" for sign in points]
    assert normalise(large(values)).to_pylist() == plain(values)


def test_signs_of_every_kind_wherever_they_stand_in_a_long_row() -> None:
    # Blocks of 32 bytes are passed over together: a sign comes to stand at each place of one, across its end too.
    everything = [p for first, last in ASSIGNED for p in range(first, last)]
    points = [*everything[::41], *(p for p in everything if signs().table[p])]
    values: list[str | None] = [f"{'가' * (p % 13 + 8)}{'a' * (p % 31)}{chr(p)}{'나' * 24}" for p in points]
    assert normalise(large(values)).to_pylist() == plain(values)


@given(rows, st.integers(0, 40))
def test_a_row_with_plain_text_around_it(values: list[str | None], length: int) -> None:
    around = [None if value is None else "가" * length + value + "나b" * length for value in values]
    assert normalise(large(around)).to_pylist() == plain(around)


def test_every_pair_of_the_awkward_signs() -> None:
    values: list[str | None] = [first + second for first in ALPHABET for second in ALPHABET]
    assert normalise(large(values)).to_pylist() == plain(values)


def test_clean_rows_are_not_touched() -> None:
    text = large([KOREAN, "", None, "나"])
    assert normalise(text).buffers()[2].address == text.buffers()[2].address


def test_a_dirty_row_leaves_its_neighbours_as_they_are() -> None:
    text = large([KOREAN, "가\r\n나 ", None, KOREAN + "\u1112\u1161", "ì•ˆë…•"])
    assert normalise(text).to_pylist() == [KOREAN, "가\n나", None, KOREAN + "하", "안녕"]


def test_slices_and_plain_strings_are_taken_as_they_are() -> None:
    values = ["x\r\n", None, "가\u3000나", "다 ", "라"]
    expected = plain(values)
    assert normalise(large(values)[1:4]).to_pylist() == expected[1:4]
    assert normalise(pa.array(values, pa.string())[2:]).to_pylist() == expected[2:]
    assert normalise(large([])).to_pylist() == []


def test_what_an_edit_puts_together_is_read_again() -> None:
    # An invisible sign inside a misread run hides it from the scan until the sign is gone.
    hidden = "ì\u200b•ˆë…•"
    assert not scan(view(large([hidden])), signs())[0] & MISREAD or clean(hidden) == "안녕"
    assert normalise(large([hidden])).to_pylist() == ["안녕"]


def test_a_null_row_that_owns_bytes_stays_null() -> None:
    kept = large(["가\r\n", "나\r\n", "다"])
    offsets, data = kept.buffers()[1:3]
    holed = pa.LargeStringArray.from_buffers(3, offsets, data, pa.py_buffer(b"\x05"))
    assert normalise(holed).to_pylist() == ["가", None, "다"]


@pytest.mark.parametrize("rows_at_once", [1, 2, 7])
def test_batches_do_not_matter(rows_at_once: int) -> None:
    values = [KOREAN, "가 \r\n", None, "\ufeff나", "다\u0301", "안".encode().decode("latin-1"), "라"]
    whole = normalise(large(values)).to_pylist()
    parts = [normalise(large(values[k : k + rows_at_once])).to_pylist() for k in range(0, len(values), rows_at_once)]
    assert [row for part in parts for row in part] == whole
