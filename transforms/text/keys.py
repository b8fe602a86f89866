"""Keys of texts: the form that copies share, its keyed digest, and the digest of the bytes as they came."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from blake3 import blake3

from transforms.text import kernels
from transforms.text.buffers import Text, View, assemble, large, view
from transforms.text.form import forms, plain_form

DIGEST_BYTES = 16


def text_form(text: Text) -> pa.LargeStringArray:
    """Letters and digits, NFKC and case folded: equal for copies that differ in spacing, punctuation, width or case.

    `form.plain_form` states it; nulls stay null. A text without letters and digits has the empty form.
    """
    array = large(text)
    rows = view(array)
    offsets, data, exact = kernels.form(rows, forms())
    formed = assemble(offsets, data, rows.valid)
    if not exact.any():
        return formed
    chosen = pa.array(exact > 0)
    plain = [plain_form(row) for row in array.filter(chosen).to_pylist()]
    return pc.replace_with_mask(formed, chosen, pa.array(plain, pa.large_string()))


def text_keys(text: Text, key: bytes) -> pa.FixedSizeBinaryArray:
    """16-byte BLAKE3 keyed digests of `text_form`; null for null.

    A text without letters and digits is keyed by its own characters: rows of signs are not copies of each other.

    Args:
        key: 32 bytes.
    """
    form = text_form(text)
    empty = pc.equal(pc.binary_length(form), 0)
    if pc.any(empty).as_py():
        form = pc.if_else(empty, large(text), form)
    digests = [blake3(row, key=key).digest(length=DIGEST_BYTES) for row in _slices(view(form))]
    return pa.array(digests, pa.binary(DIGEST_BYTES), mask=form.is_null().to_numpy(zero_copy_only=False))


def raw_digests(text: Text) -> list[bytes]:
    """16-byte BLAKE3 of each row's UTF-8 bytes as they came; a null row has the digest of no bytes."""
    return [blake3(row).digest(length=DIGEST_BYTES) for row in _slices(view(text))]


def _slices(rows: View) -> list[memoryview]:
    whole, ends = rows.data.data, rows.offsets.tolist()
    return [
        whole[start : end if valid else start]
        for start, end, valid in zip(ends[:-1], ends[1:], rows.valid.tolist(), strict=True)
    ]
