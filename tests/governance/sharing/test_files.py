"""Ranges: whatever the header, the bytes sent are bytes of the file, and the headers say which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.sharing.files import RangeError, parse_range


@given(st.text(max_size=30), st.integers(1, 1000))
def test_no_header_leads_outside_the_file(header: str, size: int) -> None:
    for text in (header, f"bytes={header}"):
        try:
            span = parse_range(text, size)
        except RangeError as error:
            assert error.size == size
        else:
            assert span is None or 0 <= span.start < span.end <= size


@given(st.integers(1, 1000), st.data())
def test_a_range_inside_the_file_is_given_to_the_byte(size: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, size - 1))
    last = data.draw(st.integers(start, size - 1))
    span = parse_range(f"bytes={start}-{last}", size)
    assert span is not None
    assert (span.start, span.end) == (start, last + 1)
    tail = parse_range(f"bytes=-{size - start}", size)
    assert tail is not None
    assert (tail.start, tail.end) == (start, size)


@pytest.mark.parametrize(
    "header", [None, "", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,3-4", "pages=1-2", "bytes=5-1"]
)
def test_what_is_no_single_range_means_the_whole_file(header: str | None) -> None:
    assert parse_range(header, 100) is None


def test_digits_of_another_script_are_no_numbers() -> None:
    assert parse_range("bytes=१-२", 100) is None
