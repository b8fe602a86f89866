"""One item, read: the one place where every foreseen failure becomes a Broken, so that the rest goes on."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
from blake3 import blake3

from connectors.base import Connector, Item
from connectors.formats.contract import WHOLE, Broken, Limits, Split
from connectors.formats.gzip import unzipped
from connectors.formats.registry import format_of, is_gzip
from connectors.spec import SourceSpec
from governance.records.errors import BrokenError, ErrorCode
from governance.records.schemas import RAW

_BLOCK_BYTES = 1 << 20
# Failures of the moment: any split may meet one. All others are the item's own and are told by its first split only.
_OF_THE_MOMENT = frozenset({ErrorCode.VANISHED, ErrorCode.CHANGED, ErrorCode.UNREADABLE})


def read_item(
    connector: Connector,
    spec: SourceSpec,
    item: Item,
    split: Split = WHOLE,
    *,
    batch_rows: int = 1000,
    limits: Limits | None = None,
) -> Iterator[pa.RecordBatch | Broken]:
    """RAW batches and broken pointers of the part of an item; documents in order, the same for any batch size.

    Args:
        limits: other bounds; `batch_rows` overrides its own.

    Yields:
        Batches, `Broken("document")`, and at most one `Broken("item")`. The latter comes alone, except when the
        storage fails half way; then its offset says from where on the item was not read.
    """
    bounds = limits or Limits()
    bounds = Limits(batch_rows, bounds.batch_bytes, bounds.max_record_bytes, bounds.max_item_bytes)
    try:
        yield from _read(connector, spec, item, split, bounds)
    except BrokenError as error:
        if split.start == 0 or error.code in _OF_THE_MOMENT:
            yield Broken("item", error.code, error.offset, error.length)


def _read(
    connector: Connector, spec: SourceSpec, item: Item, split: Split, limits: Limits
) -> Iterator[pa.RecordBatch | Broken]:
    read = format_of(spec, item.name).read
    if read is None:
        raise BrokenError(ErrorCode.UNSUPPORTED_FORMAT, item.name)
    with connector.open(item.name) as stored:
        handle = _unchanged(stored, item, whole=split == WHOLE and connector.is_local)
        if item.size == 0:
            raise BrokenError(ErrorCode.EMPTY_ITEM, item.name)
        try:
            if is_gzip(item.name):
                yield from map(_without_place, read(unzipped(handle), spec, split, limits))
            else:
                yield from read(handle, spec, split, limits)
        except OSError as error:
            raise BrokenError(ErrorCode.UNREADABLE, item.name, offset=_position(handle)) from error


def _unchanged(handle: BinaryIO, item: Item, *, whole: bool) -> BinaryIO:
    """The stream at its start, checked against the snapshot: its size always, its digest when that is cheap.

    Raises:
        BrokenError: CHANGED, or UNREADABLE when the snapshot could not read the item.
    """
    if not item.digest:
        raise BrokenError(ErrorCode.UNREADABLE, f"{item.name} (not when the snapshot was taken)")
    if item.size <= _BLOCK_BYTES:
        handle, whole = io.BytesIO(handle.read(item.size + 1)), True  # a small file is read once
    if handle.seek(0, io.SEEK_END) != item.size:
        raise BrokenError(ErrorCode.CHANGED, item.name)
    handle.seek(0)
    if whole and _digest(handle) != item.digest:
        raise BrokenError(ErrorCode.CHANGED, item.name)
    handle.seek(0)
    return handle


def _digest(handle: BinaryIO) -> str:
    hasher = blake3()
    while block := handle.read(_BLOCK_BYTES):
        hasher.update(block)
    return hasher.hexdigest()


def _position(handle: BinaryIO) -> int:
    return -1 if handle.closed else handle.tell()


def _without_place(part: pa.RecordBatch | Broken) -> pa.RecordBatch | Broken:
    """Byte places inside the decompressed stream are none in the item as stored."""
    if isinstance(part, Broken):
        return Broken(part.unit, part.code, -1, -1, part.locator)
    unknown = pa.repeat(pa.scalar(-1, pa.int64()), part.num_rows)
    columns = [unknown if name in ("offset", "length") else part.column(name) for name in RAW.names]
    return pa.RecordBatch.from_arrays(columns, schema=RAW)
