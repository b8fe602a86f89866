"""Parquet: runs of row groups, decoded a batch at a time by the thread that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from governance.records.errors import ConfigError, MalmoiError
from pipelines.dedup.rows import BLOCK_BYTES, Block, Columns, Kind, Part, is_text, missing, rows_of

# Row groups below this are read by one thread together.
_PART_BYTES = 64 << 20
_MOST_ROWS = 1 << 16
# Read through a window: mapped or read whole, a row group of a gigabyte would be resident.
_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True)
class Groups:
    """Consecutive row groups of one file."""

    path: Path
    columns: Columns
    numbers: tuple[int, ...]
    batch_rows: int

    def blocks(self) -> Iterator[Block]:
        """Batches of about `BLOCK_BYTES` of text.

        Raises:
            MalmoiError: the file is damaged.
        """
        with _open(self.path) as file:
            stored = file.iter_batches(self.batch_rows, list(self.numbers), list(self.columns), use_threads=False)
            while (batch := self._next(stored)) is not None:
                yield partial(rows_of, batch[self.columns.id], batch[self.columns.text], str(self.path))

    def _next(self, stored: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
        try:
            return next(stored, None)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(self.path) from error


def groups_of(path: Path, columns: Columns) -> tuple[Kind, list[Part]]:
    """What its ids are, and its parts.

    Raises:
        ConfigError: a column is missing or of another type.
        MalmoiError: no Parquet, or cut off.
    """
    with _open(path) as file:
        kind = _checked(path, file.schema_arrow, columns)
        metadata = file.metadata
    parts: list[list[int]] = [[]]
    filled = 0
    for number in range(metadata.num_row_groups):
        if filled > _PART_BYTES:
            parts.append([])
            filled = 0
        parts[-1].append(number)
        filled += metadata.row_group(number).total_byte_size
    size = sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    rows = max(1, min(_MOST_ROWS, BLOCK_BYTES * metadata.num_rows // max(size, 1)))
    return kind, [Groups(path, columns, tuple(numbers), rows) for numbers in parts if numbers]


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> MalmoiError:
    return MalmoiError(f"{path}: cannot be read as Parquet, it is cut off or damaged; fetch it again or leave it out")


def _checked(path: Path, schema: pa.Schema, columns: Columns) -> Kind:
    problems = [
        missing(str(path), name, schema.names, option)
        for option, name in columns._asdict().items()
        if name not in schema.names
    ]
    if problems:
        raise ConfigError(problems)
    text, ids = schema.field(columns.text).type, schema.field(columns.id).type
    if not is_text(text):
        raise ConfigError(f"{path}: column {columns.text!r} holds {text}, not text")
    if not (is_text(ids) or pa.types.is_integer(ids)):
        raise ConfigError(f"{path}: column {columns.id!r} holds {ids}; ids are text or whole numbers")
    return Kind.TEXT if is_text(ids) else Kind.INTEGER
