"""Puts replacements into a string column; rows without one are copied by Arrow, never through Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

COUNTS = pa.list_(pa.struct([("kind", pa.string()), ("count", pa.int32())]))

Replacement = tuple[int, int, str]  # start, end (half-open code points), what stands there afterwards


def replace_spans(text: str, replacements: Sequence[Replacement]) -> str:
    """The text with each span replaced; spans are sorted and do not overlap."""
    parts, done = [], 0
    for start, end, instead in replacements:
        parts += [text[done:start], instead]
        done = end
    return "".join([*parts, text[done:]])


def rewrite(column: pa.Array, by_row: Mapping[int, Sequence[Replacement]]) -> pa.Array:
    """The column with the rows of `by_row` rewritten; same type, and the same array where there is nothing to do."""
    return replace_rows(column, {row: replace_spans(column[row].as_py(), spans) for row, spans in by_row.items()})


def replace_rows(column: pa.Array, values: Mapping[int, str]) -> pa.Array:
    """The column with some rows replaced; same type, and the same array where there is nothing to do."""
    if not values:
        return column
    rows = sorted(values)
    mask = np.zeros(len(column), dtype=np.bool_)
    mask[rows] = True
    return pc.replace_with_mask(column, pa.array(mask), pa.array([values[row] for row in rows], column.type))


def count_kinds(rows: Sequence[int], kinds: Sequence[str], length: int) -> pa.Array:
    """Per row how many spans of each kind, kinds in alphabetical order; type COUNTS, empty lists where none."""
    tally: dict[tuple[int, str], int] = {}
    for row, kind in zip(rows, kinds, strict=True):
        tally[row, kind] = tally.get((row, kind), 0) + 1
    keys = sorted(tally)
    offsets = np.searchsorted([row for row, _ in keys], np.arange(length + 1)).astype(np.int32)
    entries = pa.StructArray.from_arrays(
        [pa.array([kind for _, kind in keys], pa.string()), pa.array([tally[key] for key in keys], pa.int32())],
        fields=list(COUNTS.value_type),
    )
    return pa.ListArray.from_arrays(pa.array(offsets), entries).cast(COUNTS)
