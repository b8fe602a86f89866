"""Arrow arrays as buffers: slices, nulls and nothing at all."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given

from tests.transforms.text.alphabets import rows
from transforms.text.buffers import assemble, large, view


@given(rows)
def test_a_view_holds_the_bytes_of_each_row(values: list[str | None]) -> None:
    seen = view(pa.array(values, pa.large_string()))
    for k, value in enumerate(values):
        assert seen.data[seen.offsets[k] : seen.offsets[k + 1]].tobytes() == (value or "").encode()
        assert seen.valid[k] == (value is not None)


@given(rows)
def test_an_array_taken_apart_and_put_together_is_the_same(values: list[str | None]) -> None:
    array = pa.array(values, pa.large_string())
    again = assemble(*view(array))
    again.validate(full=True)
    assert again.equals(array)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_slice_is_seen_as_itself(kind: pa.DataType) -> None:
    seen = view(pa.array(["가", "나다", None, "라"], kind)[1:3])
    assert seen.data[seen.offsets[0] : seen.offsets[1]].tobytes() == "나다".encode()
    assert seen.valid.tolist() == [1, 0]


def test_views_cannot_be_written_to() -> None:
    assert not any(part.flags.writeable for part in view(pa.array(["가"], pa.large_string())))


def test_widening_offsets_copies_no_text() -> None:
    narrow = pa.array(["가나다"] * 10, pa.string())
    assert large(narrow).buffers()[2].address == narrow.buffers()[2].address
