"""Records to RAW batches: the one place where a field is looked up, joined, checked and counted as broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.formats.contract import Broken, Limits
from connectors.formats.times import parser
from connectors.spec import SourceSpec
from governance.records.errors import ErrorCode
from governance.records.schemas import RAW

Getter = Callable[[Any], Any]


class _Absent:
    """A field that the record does not have, as opposed to one that is null."""

    def __bool__(self) -> bool:
        return False


ABSENT = _Absent()


@dataclass(frozen=True)
class Places:
    """Where records stand in their item, one entry a record."""

    locators: Sequence[str]
    offsets: Sequence[int]
    lengths: Sequence[int]

    def take(self, rows: Sequence[int]) -> Places:
        """The places of some rows."""
        return Places(
            [self.locators[i] for i in rows], [self.offsets[i] for i in rows], [self.lengths[i] for i in rows]
        )

    def broken(self, row: int, code: ErrorCode) -> Broken:
        """A broken document at the place of a row."""
        return Broken("document", code, self.offsets[row], self.lengths[row], self.locators[row])


@dataclass(frozen=True)
class Field:
    """A way to a field: `quick` fails where a record lacks it, `careful` gives ABSENT."""

    quick: Getter
    careful: Getter

    def of(self, records: Sequence[Any]) -> list[Any]:
        """The field's value of every record."""
        try:
            return list(map(self.quick, records))
        except (KeyError, TypeError):
            return list(map(self.careful, records))


@dataclass(frozen=True)
class Shape:
    """How a source's records fill RAW: made once a read from the spec."""

    texts: tuple[Field, ...]
    others: Mapping[str, Field]
    separator: str
    parse_time: Callable[[Any], Any]
    record_type: type = Mapping


def named(name: str) -> Field:
    """A field by its key; a dotted name that is no key itself goes down into nested objects."""
    if "." not in name:
        return Field(itemgetter(name), lambda record: record.get(name, ABSENT))
    steps = name.split(".")

    def descend(record: Any) -> Any:
        if name in record:
            return record[name]
        for step in steps:
            if not isinstance(record, Mapping) or step not in record:
                return ABSENT
            record = record[step]
        return record

    return Field(descend, descend)


def shape_of(spec: SourceSpec, date_format: str | None = None) -> Shape:
    """The shape of records that are mappings from a source's field names to values."""
    return Shape(
        texts=tuple(named(name) for name in spec.text_fields()),
        others={column: named(name) for column, name in spec.other_fields().items()},
        separator=spec.separator,
        parse_time=parser(date_format),
    )


def raw_shape(columns: Iterable[str] = (), date_format: str | None = None) -> Shape:
    """The shape of records whose keys are RAW columns: `text`, and `columns`."""
    return Shape((named("text"),), {column: named(column) for column in columns}, "", parser(date_format))


def batches(records: Sequence[Any], places: Places, shape: Shape, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """RAW batches of the records that have a text, and a broken document for each that has none."""
    for start in range(0, len(records), limits.batch_rows):
        stop = min(start + limits.batch_rows, len(records))
        part = Places(places.locators[start:stop], places.offsets[start:stop], places.lengths[start:stop])
        yield from _batch(records[start:stop], part, shape, limits)


def _batch(records: Sequence[Any], places: Places, shape: Shape, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    values = _texts(records, shape)
    text = _array(values) if all(values) else None
    if text is None:
        values = [
            value if type(value) is str and value else _text_of(records[row], shape) for row, value in enumerate(values)
        ]
        good = [row for row, value in enumerate(values) if not isinstance(value, ErrorCode)]  # a StrEnum is a str
        yield from (places.broken(row, value) for row, value in enumerate(values) if isinstance(value, ErrorCode))
        records, places = [records[row] for row in good], places.take(good)
        text = pa.array([values[row] for row in good], pa.large_string())
    if len(text):
        yield from bounded(_assemble(text, records, places, shape), limits)


def _texts(records: Sequence[Any], shape: Shape) -> list[Any]:
    """What stands where the texts should be; something false, or no string, where a record needs a closer look."""
    try:
        columns = [field.of(records) for field in shape.texts]
        if len(columns) == 1:
            return columns[0]
        return [shape.separator.join(filter(None, parts)) for parts in zip(*columns, strict=True)]
    except (AttributeError, TypeError):
        return [None] * len(records)


def _array(values: list[Any]) -> pa.Array | None:
    try:
        return pa.array(values, pa.large_string())
    except (TypeError, pa.ArrowInvalid):
        return None


def _text_of(record: Any, shape: Shape) -> str | ErrorCode:
    if not isinstance(record, shape.record_type):
        return ErrorCode.BAD_RECORD
    found = [value for value in (field.careful(record) for field in shape.texts) if value is not ABSENT]
    if not found:
        return ErrorCode.MISSING_FIELD
    parts = [_join_lines(value, shape.separator) for value in found if value is not None]
    if not parts:
        return ErrorCode.NULL_TEXT
    if not all(isinstance(part, str) for part in parts):
        return ErrorCode.BAD_RECORD
    return shape.separator.join(part for part in parts if part) or ErrorCode.EMPTY_TEXT


def _join_lines(value: Any, separator: str) -> Any:
    """A list of strings is a text in parts; anything else stays as it is."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return separator.join(value)
    return value


def _assemble(text: pa.Array, records: Sequence[Any], places: Places, shape: Shape) -> pa.RecordBatch:
    rows = len(text)
    columns = {
        "text": text,
        "locator": pa.array(places.locators, pa.string()),
        "offset": pa.array(places.offsets, pa.int64()),
        "length": pa.array(places.lengths, pa.int64()),
    }
    for column, field in shape.others.items():
        values = field.of(records)
        columns[column] = _times(values, shape) if column == "published_at" else strings(values)
    arrays = [columns[f.name] if f.name in columns else pa.nulls(rows, f.type) for f in RAW]
    return pa.RecordBatch.from_arrays(arrays, schema=RAW)


def _times(values: list[Any], shape: Shape) -> pa.Array:
    return pa.array([shape.parse_time(value) for value in values], RAW.field("published_at").type)


def strings(values: list[Any]) -> pa.Array:
    """Values of any kind as a string column, by `as_string`; the usual case is one pass."""
    try:
        return pa.array([None if value is ABSENT or value == "" else value for value in values], pa.string())
    except (TypeError, UnicodeEncodeError, pa.ArrowInvalid):
        return pa.array([as_string(value) for value in values], pa.string())


def as_string(value: Any) -> str | None:
    """A scalar as a string, a list of scalars joined by ", ", an object as JSON; None for null, absent and empty."""
    if value is None or value is ABSENT or value == "":
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # a lone surrogate, which YAML can spell, becomes "?"
    if isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
        return ", ".join(str(v) for v in value) or None
    if isinstance(value, Mapping | list | bool):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def bounded(batch: pa.RecordBatch, limits: Limits) -> Iterator[pa.RecordBatch]:
    """Slices of a batch that hold at most `batch_bytes` of text each, or one row; nothing is copied."""
    text = batch.column("text")
    offsets = np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + len(text) + 1]
    start = 0
    while start < len(text):
        room = np.searchsorted(offsets, offsets[start] + limits.batch_bytes, side="right") - 1
        stop = min(max(int(room), start + 1), len(text), start + limits.batch_rows)
        yield batch.slice(start, stop - start)
        start = stop
