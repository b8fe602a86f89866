"""Parquet: the wanted columns of row groups, handed on without copying the text.

A row group belongs to the split in which its first byte lies. The bytes of a document are those of its row group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.rows import bounded, strings
from connectors.formats.times import SEOUL, parser
from connectors.spec import SourceSpec
from governance.records.errors import BrokenError, ErrorCode
from governance.records.schemas import RAW


class ParquetOptions(Options):
    """Options of Parquet.

    Attributes:
        date_format: strptime format of a string `published_at`; None reads ISO 8601.
    """

    date_format: str | None = None


@dataclass(frozen=True)
class _Group:
    """A row group: its number, the number of its first row, and where its bytes are."""

    number: int
    first_row: int
    rows: int
    offset: int
    length: int


@dataclass(frozen=True)
class _Wanted:
    """Columns of the file: paths of the parts of the text, and RAW column to path."""

    texts: tuple[str, ...]
    others: Mapping[str, str]
    separator: str
    parse_time: Callable[[Any], Any]

    def paths(self) -> list[str]:
        return sorted({*self.texts, *self.others.values()})


def read(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """Reads the row groups that begin in the split. Locators are "#<row of the file>".

    A dotted name that is no column goes down into structs.

    Raises:
        BrokenError: TRUNCATED or CORRUPT when the footer cannot be read, MISSING_FIELD without a column for the text.
    """
    file = _open(handle)
    wanted = _wanted(file.schema_arrow, spec)
    for group in _groups(file.metadata):
        if split.holds(group.offset):
            yield from _read_group(file, group, wanted, limits)


def _open(handle: BinaryIO) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(handle, pre_buffer=False)
    except (pa.ArrowInvalid, OSError) as error:
        handle.seek(0)
        begun = handle.read(4) == b"PAR1"
        raise BrokenError(ErrorCode.TRUNCATED if begun else ErrorCode.CORRUPT, "Parquet footer") from error


def _wanted(schema: pa.Schema, spec: SourceSpec) -> _Wanted:
    kinds = {name: _kind(schema, name) for name in spec.text_fields()}
    texts = tuple(name for name, kind in kinds.items() if kind is not None)
    if not texts:
        raise BrokenError(ErrorCode.MISSING_FIELD, f"no column {' or '.join(kinds)}")
    if not all(_is_text(kinds[name]) for name in texts):
        raise BrokenError(ErrorCode.BAD_RECORD, f"a column of {' or '.join(texts)} holds no strings")
    others = {column: name for column, name in spec.other_fields().items() if _kind(schema, name) is not None}
    return _Wanted(texts, others, spec.separator, parser(options_of(spec, ParquetOptions).date_format))


def _kind(schema: pa.Schema, path: str) -> pa.DataType | None:
    """Type of a column; None when there is none."""
    if path in schema.names:
        return schema.field(path).type
    first, _, rest = path.partition(".")
    kind = schema.field(first).type if rest and first in schema.names else None
    return _kind(pa.schema(list(kind)), rest) if kind is not None and pa.types.is_struct(kind) else None


def _column(batch: pa.RecordBatch, path: str) -> pa.Array:
    if path in batch.schema.names:
        return batch.column(path)
    first, *rest = path.split(".")
    return pc.struct_field(batch.column(first), rest)


def _groups(metadata: pq.FileMetaData) -> list[_Group]:
    groups, row = [], 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        chunks = [group.column(c) for c in range(group.num_columns)]
        offset = min(c.dictionary_page_offset or c.data_page_offset for c in chunks)
        length = sum(c.total_compressed_size for c in chunks)
        groups.append(_Group(number, row, group.num_rows, offset, length))
        row += group.num_rows
    return groups


def _read_group(
    file: pq.ParquetFile, group: _Group, wanted: _Wanted, limits: Limits
) -> Iterator[pa.RecordBatch | Broken]:
    size = file.metadata.row_group(group.number).total_byte_size
    rows = max(1, min(limits.batch_rows, limits.batch_bytes * group.rows // max(size, 1)))
    done = 0
    stored = file.iter_batches(rows, row_groups=[group.number], columns=wanted.paths())
    while (batch := _next(stored)) is not None:
        yield from _checked(_assemble(batch, group, done, wanted), limits)
        done += batch.num_rows
    for row in range(group.first_row + done, group.first_row + group.rows):
        yield Broken("document", ErrorCode.CORRUPT, group.offset, group.length, f"#{row}")


def _next(stored: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
    """The next batch; None at the end, or at a damaged page: the footer says how many rows are lost with it."""
    try:
        return next(stored, None)
    except (pa.ArrowInvalid, OSError):
        return None


def _checked(raw: pa.RecordBatch, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    codes = _broken(raw.column("text"), limits)
    places = raw.select(["offset", "length", "locator"]).to_pylist() if codes else []
    yield from (Broken("document", code, **place) for code, place in zip(codes, places, strict=True) if code)
    if codes:
        raw = raw.filter(pa.array([code is None for code in codes]))
    if raw.num_rows:
        yield from bounded(raw, limits)


def _assemble(batch: pa.RecordBatch, group: _Group, done: int, wanted: _Wanted) -> pa.RecordBatch:
    rows = batch.num_rows
    numbers = pa.array(range(group.first_row + done, group.first_row + done + rows)).cast(pa.string())
    found = {
        "text": _text([_large(_column(batch, path)) for path in wanted.texts], wanted.separator),
        "locator": pc.binary_join_element_wise("#", numbers, ""),
        "offset": pa.repeat(pa.scalar(group.offset, pa.int64()), rows),
        "length": pa.repeat(pa.scalar(group.length, pa.int64()), rows),
    }
    found |= {column: _cast(column, _column(batch, path), wanted) for column, path in wanted.others.items()}
    arrays = [found[f.name] if f.name in found else pa.nulls(rows, f.type) for f in RAW]
    return pa.RecordBatch.from_arrays(arrays, schema=RAW)


def _text(parts: list[pa.Array], separator: str) -> pa.Array:
    """The parts joined where they are not empty, null where all are null. A single part is not copied."""
    if len(parts) == 1:
        return parts[0]
    between = pa.scalar(separator, pa.large_string())

    def join(left: pa.Array, right: pa.Array) -> pa.Array:
        # Not null_handling="skip": Arrow 25 drops the rows where all are null.
        return pc.coalesce(pc.binary_join_element_wise(left, right, between), left, right)

    nothing = pa.scalar(None, pa.large_string())
    filled = [pc.if_else(pc.equal(pc.binary_length(part), 0), nothing, part) for part in parts]
    return pc.coalesce(reduce(join, filled), *parts)


def _cast(column: str, values: pa.Array, wanted: _Wanted) -> pa.Array:
    if column == "published_at":
        return _times(values, wanted)
    if _is_text(values.type):
        text = _large(values)
        known = text if _valid(text) else pa.array([v.decode("utf-8", "replace") for v in _bytes(text)], text.type)
        return pc.if_else(pc.equal(pc.binary_length(known), 0), pa.scalar(None, text.type), known).cast(pa.string())
    return strings(values.to_pylist())


def _times(values: pa.Array, wanted: _Wanted) -> pa.Array:
    kind = RAW.field("published_at").type
    if pa.types.is_date(values.type):
        return values.cast(kind)
    if not pa.types.is_timestamp(values.type):
        return pa.array([wanted.parse_time(value) for value in values.to_pylist()], kind)
    if values.type.tz is None:
        values = pc.assume_timezone(values, str(SEOUL), ambiguous="earliest", nonexistent="earliest")
    return values.cast(kind, safe=False)  # nanoseconds are cut


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    checks = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(check(kind) for check in (*checks, pa.types.is_binary, pa.types.is_large_binary))


def _large(values: pa.Array) -> pa.Array:
    """Strings or bytes as large strings, without a look at the bytes."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_binary(values.type):
        values = values.cast(pa.large_binary())
    return values.view(pa.large_string()) if pa.types.is_large_binary(values.type) else values.cast(pa.large_string())


def _bytes(text: pa.Array) -> list[Any]:
    return [value or b"" for value in text.view(pa.large_binary()).to_pylist()]


def _broken(text: pa.Array, limits: Limits) -> list[ErrorCode | None]:
    """Why each row is broken, or an empty list when none is: the usual case costs a few passes over the offsets."""
    lengths = pc.binary_length(text)
    fine = text.null_count == 0 and pc.min(lengths).as_py() > 0 and pc.max(lengths).as_py() <= limits.max_record_bytes
    if fine and _valid(text):
        return []
    return [_code(text.slice(row, 1), lengths[row].as_py(), limits) for row in range(len(text))]


def _valid(text: pa.Array) -> bool:
    """Whether the bytes are UTF-8, which Parquet does not promise. Polars validates at 15 GB/s, Arrow at 0.7."""
    try:
        pl.Series(pl.from_arrow(text.view(pa.large_binary()))).cast(pl.String)
    except pl.exceptions.ComputeError:
        return False
    return True


def _code(cell: pa.Array, length: int | None, limits: Limits) -> ErrorCode | None:
    if length is None:
        return ErrorCode.NULL_TEXT
    if length == 0:
        return ErrorCode.EMPTY_TEXT
    if length > limits.max_record_bytes:
        return ErrorCode.RECORD_TOO_LARGE
    return None if _valid(cell) else ErrorCode.BAD_ENCODING
