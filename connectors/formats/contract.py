"""What a format is: a function from stored bytes to RAW record batches and broken pointers, without network.

Rules every reader keeps:
- A record belongs to the split in which its first byte lies; the union over any split size is the same.
- What is broken is a value, not an exception: `Broken("document", ...)` for one record, while a `BrokenError` raised by
  the reader breaks the item. It is raised before the first batch; where that cannot be (a disk that fails half way),
  its `offset` says from where on the item was not read.
- A batch has the schema RAW, at most `batch_rows` rows, and about `batch_bytes` bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal, TypeVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from connectors.spec import SourceSpec
from governance.records.errors import ErrorCode

TO_END = -1


@dataclass(frozen=True)
class Split:
    """Half-open range of bytes of an item as stored; `stop` is TO_END for the last one."""

    start: int = 0
    stop: int = TO_END

    def holds(self, offset: int) -> bool:
        """Whether a record whose first byte is at `offset` belongs to this split."""
        return offset >= self.start and (self.stop == TO_END or offset < self.stop)


WHOLE = Split()


@dataclass(frozen=True)
class Broken:
    """A pointer to what could not be read; never the bytes.

    Attributes:
        unit: "item" when its documents are unknown, "document" when one record is meant.
        code: why.
        offset: first byte in the item as stored; -1 for the whole item, or when unknown (inside gzip).
        length: bytes; -1 when unknown.
        locator: place of a document as in RAW ("@<byte>", "#<row>"); "" for an item.
    """

    unit: Literal["item", "document"]
    code: ErrorCode
    offset: int = -1
    length: int = -1
    locator: str = ""


@dataclass(frozen=True)
class Limits:
    """Bounds of memory.

    Attributes:
        batch_rows: most rows in a batch.
        batch_bytes: text bytes after which a batch is cut.
        max_record_bytes: a longer record is broken (RECORD_TOO_LARGE) and never held whole.
        max_item_bytes: a longer item is broken where a format must hold the whole item.
    """

    batch_rows: int = 1000
    batch_bytes: int = 16 << 20
    max_record_bytes: int = 64 << 20
    max_item_bytes: int = 256 << 20


class Options(BaseModel):
    """Options of one format, from `SourceSpec.options`; an unknown one is refused by the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Reader = Callable[[BinaryIO, SourceSpec, Split, Limits], Iterator[pa.RecordBatch | Broken]]
OptionsT = TypeVar("OptionsT", bound=Options)


def never(_spec: SourceSpec) -> bool:
    """For formats whose items are read whole."""
    return False


def always(_spec: SourceSpec) -> bool:
    """For formats whose items can be cut anywhere."""
    return True


@dataclass(frozen=True)
class Format:
    """A row of the table of formats.

    Attributes:
        suffixes: lower case, with the dot; `.gz` after any of them is peeled off first.
        read: None when the format is known and not supported: its items are counted as broken.
        options: the model its options are checked with.
        splittable: whether a source's items can be read in parts.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Reader | None
    options: type[Options] = Options
    splittable: Callable[[SourceSpec], bool] = never


def options_of(spec: SourceSpec, model: type[OptionsT]) -> OptionsT:
    """The options of one format; with format "auto" a source may hold options of several."""
    return model(**{name: value for name, value in spec.options.items() if name in model.model_fields})
