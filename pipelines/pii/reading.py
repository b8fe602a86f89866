"""Blocks to rows: an id and the texts of each document. Runs in the worker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.json as pj

from pipelines.pii.blocks import Block, Columns

Texts = dict[str, pa.LargeStringArray]


@dataclass(frozen=True)
class Rows:
    """Documents of a block.

    Attributes:
        ids: of each, as text.
        texts: column name to texts; null where a document has none.
        places: line or row number of each in its file.
        broken: places that could not be read, each with the reason; never what stands there.
    """

    ids: list[str]
    texts: Texts
    places: list[int]
    broken: list[str]


def rows_of_group(group: Sequence[Block], columns: Columns) -> tuple[Rows, list[int]]:
    """The documents of some blocks, and for each the code points of its text that earlier blocks held."""
    parts = [rows_of(block, columns) for block in group]
    shifts = [
        b.first if isinstance(b.payload, str) else 0 for b, part in zip(group, parts, strict=True) for _ in part.ids
    ]
    if len(parts) == 1:
        return parts[0], shifts
    joined = Rows(
        [one for part in parts for one in part.ids],
        {name: pa.concat_arrays([part.texts[name] for part in parts]) for name in columns.texts[:1]},
        [place for part in parts for place in part.places],
        [place for part in parts for place in part.broken],
    )
    return joined, shifts


def rows_of(block: Block, columns: Columns) -> Rows:
    """The documents of a block; a line that cannot be read is a broken place."""
    broken = list(block.broken)
    if isinstance(block.payload, str):
        text = pa.array([block.payload], pa.large_string())
        return Rows([str(block.file.relative)], {columns.texts[0]: text}, [1], broken)
    if isinstance(block.payload, pa.Table):
        places = list(range(block.first, block.first + block.payload.num_rows))
        return Rows(_ids(block, columns, places), _columns(block.payload, columns), places, broken)
    return _fast(block, block.payload, columns, broken) or _careful(block, block.payload, columns, broken)


def _ids(block: Block, columns: Columns, places: list[int]) -> list[str]:
    if columns.id is None or not isinstance(block.payload, pa.Table):
        return [f"{block.file.relative}#{place}" for place in places]
    named = block.payload[columns.id].to_pylist()
    return [_id(value, block, place) for value, place in zip(named, places, strict=True)]


def _id(value: Any, block: Block, place: int) -> str:
    return f"{block.file.relative}#{place}" if value is None else str(value)


def _columns(table: pa.Table, columns: Columns) -> Texts:
    return {name: table[name].combine_chunks().cast(pa.large_string()) for name in columns.texts}


def numbered_lines(data: bytes, first: int) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers."""
    return ((n, line) for n, line in enumerate(data.split(b"\n"), first) if line.strip())


def _fast(block: Block, data: bytes, columns: Columns, broken: list[str]) -> Rows | None:
    """By Arrow's parser; None where a line is not as it should be."""
    places = [n for n, _ in numbered_lines(data, block.first)]
    if not places:
        return Rows([], {name: pa.array([], pa.large_string()) for name in columns.texts}, [], broken)
    named = [pa.field(columns.id, pa.large_string())] if columns.id and columns.id not in columns.texts else []
    schema = pa.schema([*(pa.field(name, pa.large_string()) for name in columns.texts), *named])
    try:
        table = pj.read_json(
            pa.BufferReader(data),
            pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
            pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    if table.num_rows != len(places):
        return None
    ids = table[columns.id].to_pylist() if columns.id else [None] * len(places)
    names = [_id(value, block, place) for value, place in zip(ids, places, strict=True)]
    return Rows(names, _columns(table, columns), places, broken)


def _careful(block: Block, data: bytes, columns: Columns, broken: list[str]) -> Rows:
    """Line by line, so that one bad line loses nothing else."""
    found: list[tuple[int, dict[str, Any]]] = []
    for place, line in numbered_lines(data, block.first):
        record, reason = read_record(line, columns)
        if record is None:
            broken.append(f"{block.file.path}, line {place}: {reason}")
        else:
            found.append((place, record))
    ids = [_id(record.get(columns.id) if columns.id else None, block, place) for place, record in found]
    texts = {name: pa.array([r.get(name) for _, r in found], pa.large_string()) for name in columns.texts}
    return Rows(ids, texts, [place for place, _ in found], broken)


def read_record(line: bytes, columns: Columns) -> tuple[dict[str, Any] | None, str]:
    """The object of a line, or why it is none of ours."""
    checks: tuple[tuple[Callable[[Any], bool], str], ...] = (
        (lambda value: isinstance(value, dict), "no object of names and values"),
        (lambda value: all(isinstance(value.get(n), str | None) for n in columns.texts), "a text that is no text"),
        (lambda value: all(_is_unicode(value.get(n)) for n in columns.texts), "half of a surrogate pair"),
    )
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None, "no JSON"
    reason = next((says for holds, says in checks if not holds(record)), "")
    return (None, reason) if reason else (record, "")


def _is_unicode(text: str | None) -> bool:
    return text is None or not any("\ud800" <= sign <= "\udfff" for sign in text)
