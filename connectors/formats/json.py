"""JSON: an array of records, an object that holds one under `records`, or a single record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.encoding import decode
from connectors.formats.rows import Places, batches, shape_of
from connectors.formats.whole import read_all
from connectors.spec import SourceSpec
from governance.records.errors import BrokenError, ErrorCode


class JsonOptions(Options):
    """Options of JSON.

    Attributes:
        records: dotted path to the array inside an object; "" when the file is the array or one record.
        date_format: strptime format of `published_at`; None reads ISO 8601.
    """

    records: str = ""
    date_format: str | None = None


def read(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """Reads the records. Locators are "#<row>" (from 0), "" when the file is one record; byte offsets are unknown.

    Raises:
        BrokenError: BAD_RECORD when the file is no JSON, MISSING_FIELD when the path to the records leads nowhere.
    """
    if split.start > 0:
        return
    options = options_of(spec, JsonOptions)
    data = read_all(handle, limits.max_item_bytes)
    records = _records(_parse(data, spec.encoding), options.records)
    shape = shape_of(spec, options.date_format)
    if isinstance(records, list):
        unknown = [-1] * len(records)
        places = Places([f"#{row}" for row in range(len(records))], unknown, unknown)
        yield from batches(records, places, shape, limits)
    else:
        yield from batches([records], Places([""], [0], [len(data)]), shape, limits)


def _parse(data: bytes, encoding: str) -> Any:
    try:
        return orjson.loads(data if encoding == "auto" else decode(data, encoding))
    except orjson.JSONDecodeError:
        text = decode(data, encoding)  # not UTF-8, or marked, or no JSON
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BrokenError(ErrorCode.BAD_RECORD, "no valid JSON") from error


def _records(value: Any, path: str) -> list[Any] | Mapping[str, Any]:
    for step in path.split(".") if path else []:
        if not isinstance(value, Mapping) or step not in value:
            raise BrokenError(ErrorCode.MISSING_FIELD, f"no records at {path!r}")
        value = value[step]
    if not isinstance(value, list | Mapping):
        raise BrokenError(ErrorCode.BAD_RECORD, "neither an array nor an object")
    return value
