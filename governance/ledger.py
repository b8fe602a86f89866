"""The ledger: every decision on every document, every span and sensitive sentence found, every passage cut; no text."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from governance.parquet import write_released
from governance.records.errors import IntegrityError
from governance.records.schemas import CUT, DECISION, SENTENCE, SPAN
from governance.records.storage import Location

_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
_WORD = r"^[a-z][a-z0-9_.-]{0,63}$"
_VERSIONED = r"^[A-Za-z][A-Za-z0-9_.-]{0,95}@[0-9][0-9A-Za-z_.-]{0,31}$"
_SOURCE = r"^[\pL\pN][\pL\pN_.-]{0,99}$"

# What each string column may hold: a shape that no sentence, name, number or address of a document has.
_DECISION_SHAPES = {
    "doc_id": _ID,
    "source": _SOURCE,
    "stage": _WORD,
    "rule": _VERSIONED,
    "outcome": r"^(kept|dropped|broken|marked|cut)$",
    "code": _WORD,
    "related": _ID,
}
_CUT_SHAPES = {"doc_id": _ID, "rule": _VERSIONED, "code": _WORD, "related": _ID}
_SPAN_SHAPES = {
    "doc_id": _ID,
    "field": r"^(text|title|url|author)$",
    "kind": r"^[A-Za-z][A-Za-z0-9_]{0,63}$",
    "recogniser": _VERSIONED,
    "action": r"^(destroy|mask|pseudonymise|generalise|keep)$",
}
_SENTENCE_SHAPES = {"doc_id": _ID, "field": r"^(text|title)$", "category": _WORD, "recogniser": _VERSIONED}


def write_ledger(path: Location, table: pa.Table) -> int:
    """Writes decisions, sorted, so that the same decisions give the same bytes; returns the rows.

    Raises:
        IntegrityError: a column is missing, undeclared, or holds what no ledger may hold (the value is not shown).
    """
    return _write(path, table, DECISION, _DECISION_SHAPES)


def write_spans(path: Location, table: pa.Table) -> int:
    """Writes spans, sorted, so that the same spans give the same bytes; returns the rows.

    Raises:
        IntegrityError: as `write_ledger`.
    """
    return _write(path, table, SPAN, _SPAN_SHAPES)


def write_sentences(path: Location, table: pa.Table) -> int:
    """Writes sensitive sentences, sorted, so that the same sentences give the same bytes; returns the rows.

    Raises:
        IntegrityError: as `write_ledger`.
    """
    return _write(path, table, SENTENCE, _SENTENCE_SHAPES)


def write_cuts(path: Location, table: pa.Table) -> int:
    """Writes cuts, sorted, so that the same cuts give the same bytes; returns the rows.

    Raises:
        IntegrityError: as `write_ledger`.
    """
    return _write(path, table, CUT, _CUT_SHAPES)


def _write(path: Location, table: pa.Table, schema: pa.Schema, shapes: Mapping[str, str]) -> int:
    if set(table.column_names) != set(schema.names):
        wrong = ", ".join(sorted(set(table.column_names) ^ set(schema.names)))
        raise IntegrityError(f"{path.name}: columns undeclared or missing: {wrong}; see governance/records/schemas.py")
    ordered = table.select(schema.names).cast(schema)
    for name, shape in shapes.items():
        _require_shape(ordered[name], shape, f"{path.name}: column {name!r}")
    write_released(path, ordered.sort_by([(name, "ascending") for name in schema.names]))
    return ordered.num_rows


def _require_shape(column: pa.ChunkedArray, shape: str, where: str) -> None:
    values = column.dictionary_encode().unify_dictionaries() if column.num_chunks else column
    words = values.chunk(0).dictionary if values.num_chunks else pa.array([], pa.string())
    bad = pc.sum(pc.invert(pc.match_substring_regex(words, shape))).as_py()
    if bad:
        raise IntegrityError(f"{where}: {bad} distinct values do not have the shape {shape}; nothing was written")
