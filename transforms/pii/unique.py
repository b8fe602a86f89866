"""Destroys unique identifiers before anything is written (PIPA art. 24, 24-2): no key, no mapping, no way back."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from transforms.pii.kinds import UNIQUE_IDS, Kind
from transforms.pii.rewrite import Replacement, count_kinds, rewrite
from transforms.pii.scan import scan

# Fixed per kind, without a digit or a Latin letter, so that no pattern of ours or anyone's finds one again.
PLACEHOLDER: dict[Kind, str] = {
    Kind.RESIDENT_NUMBER: "[주민등록번호]",
    Kind.FOREIGNER_NUMBER: "[외국인등록번호]",
    Kind.PASSPORT: "[여권번호]",
    Kind.DRIVER_LICENCE: "[운전면허번호]",
}


def destroy_unique_ids(text: pa.Array) -> tuple[pa.LargeStringArray, pa.Array]:
    """Replaces resident, foreigner, passport and driver's licence numbers by placeholders. Running it again changes
    nothing.

    Args:
        text: string or large_string; nulls stay null.

    Returns:
        (the text as large_string, per row a list of {kind, count} of what was destroyed: STAGED.destroyed).
    """
    column = text if pa.types.is_large_string(text.type) else pc.cast(text, pa.large_string())
    found = scan(column, kinds=UNIQUE_IDS)
    rows, kinds = found["row"].to_pylist(), found["kind"].to_pylist()
    by_row: dict[int, list[Replacement]] = {}
    for row, kind, start, end in zip(rows, kinds, found["start"].to_pylist(), found["end"].to_pylist(), strict=True):
        by_row.setdefault(row, []).append((start, end, PLACEHOLDER[Kind(kind)]))
    return rewrite(column, by_row), count_kinds(rows, kinds, len(column))
