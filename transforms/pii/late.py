"""Unique identifiers that a first pass missed: destroyed wherever the policy's own reading finds them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from transforms.pii.kinds import UNIQUE_IDS, Kind
from transforms.pii.rewrite import Replacement, replace_spans
from transforms.pii.scan import scan
from transforms.pii.unique import PLACEHOLDER


def destroy_late(fields: Mapping[str, pa.Array], rows: pa.Array, *, at_least: int) -> dict[str, pa.Array]:
    """Columns with the unique identifiers of some rows destroyed; running it again changes nothing.

    Args:
        fields: name to string or large_string column; nulls stay null.
        rows: numbers of the rows that are read.
        at_least: the policy's bound: lower than Prepare's, it finds more.
    """
    return {name: _cleared(column, rows, at_least) for name, column in fields.items()}


def _cleared(column: pa.Array, rows: pa.Array, at_least: int) -> pa.Array:
    chosen = column.take(rows)
    spans: dict[int, list[Replacement]] = {}
    # Among all kinds, as Protect reads: what another kind claims there is no unique identifier here either.
    for found in scan(chosen, at_least=at_least).to_pylist():
        if Kind(found["kind"]) in UNIQUE_IDS:
            replacement = (found["start"], found["end"], PLACEHOLDER[Kind(found["kind"])])
            spans.setdefault(found["row"], []).append(replacement)
    numbers = rows.to_pylist()
    values = column.to_pylist() if spans else []
    for row, replacements in spans.items():
        values[numbers[row]] = replace_spans(values[numbers[row]], replacements)
    return pa.array(values, column.type) if spans else column
