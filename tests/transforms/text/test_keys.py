"""Forms and keys of whole arrays: the kernel says what the plain statement says."""

from __future__ import annotations

import pyarrow as pa
import pytest
from blake3 import blake3
from hypothesis import given, settings

from tests.transforms.text.alphabets import ALPHABET, COMPATIBILITY_JAMO, CONJOINING_JAMO, HANGUL, rows
from transforms.text.form import plain_form
from transforms.text.keys import raw_digests, text_form, text_keys
from transforms.text.signs import ASSIGNED

KEY, OTHER = bytes(range(32)), bytes(32)


def large(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def plain(values: list[str | None]) -> list[str | None]:
    return [None if value is None else plain_form(value) for value in values]


@settings(max_examples=400)
@given(rows)
def test_every_form_is_what_the_plain_statement_says(values: list[str | None]) -> None:
    assert text_form(large(values)).to_pylist() == plain(values)


def test_every_code_point_between_syllables() -> None:
    values: list[str | None] = [f"가{chr(p)}나{chr(p)}" for first, last in ASSIGNED for p in range(first, last)]
    assert text_form(large(values)).to_pylist() == plain(values)


def test_every_pair_of_the_awkward_signs_and_every_triple_of_jamo() -> None:
    jamo = COMPATIBILITY_JAMO + CONJOINING_JAMO + HANGUL + "㉠㉮("
    values: list[str | None] = [a + b for a in ALPHABET for b in ALPHABET]
    values += [a + b + c for a in jamo for b in jamo for c in jamo]
    assert text_form(large(values)).to_pylist() == plain(values)


def test_copies_share_a_key_and_other_texts_do_not() -> None:
    copies = large(["국민의 권리는 법률로 정한다.", "국민의  권리는,\n법률로 정한다", "국민의 의무는 법률로 정한다."])
    first, second, third = text_keys(copies, KEY).to_pylist()
    assert first == second != third


def test_a_key_is_the_keyed_digest_of_the_form() -> None:
    keys = text_keys(large(["가 나", None, ""]), KEY)
    assert keys.type == pa.binary(16)
    assert keys.to_pylist() == [blake3("가나".encode(), key=KEY).digest(16), None, blake3(b"", key=KEY).digest(16)]
    assert text_keys(large(["가 나"]), OTHER)[0] != keys[0]


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        text_keys(large(["가"]), b"short")


def test_raw_digests_are_of_the_bytes_as_they_came() -> None:
    values = ["가 나", None, "가나", ""]
    expected = [blake3((value or "").encode()).digest(16) for value in values]
    assert raw_digests(large(values)) == expected
    assert raw_digests(large(["다", *values])[1:]) == expected
    assert raw_digests(pa.array(values, pa.string())) == expected


def test_slices_and_nulls_that_own_bytes() -> None:
    values = ["ABC", "나 다", None, "ㄱㅏ", "½"]
    assert text_form(large(values)[1:]).to_pylist() == plain(values[1:])
    offsets, data = large(["가", "나", "다"]).buffers()[1:3]
    holed = pa.LargeStringArray.from_buffers(3, offsets, data, pa.py_buffer(b"\x05"))
    assert text_form(holed).to_pylist() == ["가", None, "다"]
    assert raw_digests(holed)[1] == blake3(b"").digest(16)


def test_texts_of_signs_alone_are_copies_only_when_they_are_equal() -> None:
    keys = text_keys(pa.array(["!!!", "???", "!!!", "가 !"], pa.large_string()), b"k" * 32).to_pylist()
    assert keys[0] == keys[2] and len(set(keys)) == 3
