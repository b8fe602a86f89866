"""Items that are one document: reading them within bounds, and the batch of one row they become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa

from connectors.formats.contract import Broken, Limits
from connectors.formats.rows import Places, batches, raw_shape
from connectors.spec import SourceSpec
from governance.records.errors import BrokenError, ErrorCode


def read_all(handle: BinaryIO, at_most: int) -> bytes:
    """All bytes of an item.

    Raises:
        BrokenError: RECORD_TOO_LARGE when there are more than `at_most`; not more than that is read.
    """
    data = handle.read(at_most + 1)
    if len(data) > at_most:
        raise BrokenError(ErrorCode.RECORD_TOO_LARGE, f"item over {at_most} bytes that must be held whole")
    return data


def one_document(
    record: Mapping[str, Any], length: int, spec: SourceSpec, limits: Limits, date_format: str | None = None
) -> Iterator[pa.RecordBatch | Broken]:
    """The single document of an item; its keys are RAW columns, its locator is "" and its offset 0."""
    yield from batches([record], Places([""], [0], [length]), raw_shape(spec, date_format), limits)
