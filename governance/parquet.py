"""Released Parquet files: they give nothing away but their rows. (Encrypted ones: governance/restricted.py.)

Statistics and page index stand only on doc_id, source and numbers, because the minimum of a text column is its
first characters; no Bloom filter, no foreign metadata; row groups are cut by content, so that batches never show.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.records.errors import IntegrityError
from governance.records.schemas import COLUMN_CLASSES, ColumnClass
from governance.records.storage import Location, atomic_path, readable
from governance.restricted import read_restricted, restricted_file, write_restricted

__all__ = [
    "ReleasedWriter",
    "read_restricted",
    "restricted_file",
    "statistics_of",
    "write_released",
    "write_restricted",
]

# A row group ends at whichever comes first. Figures: benchmarks/speed/governance/row_groups.py.
ROW_GROUP_ROWS = 16_384
ROW_GROUP_BYTES = 16 << 20
STATISTICS_STRINGS = frozenset({"doc_id", "source"})
_VERSION_KEY = b"malmoi.schema_version"


class ReleasedWriter:
    """Writes one released file; the same rows give the same bytes however they are batched.

    Use as a context manager: the file appears at `path` on a clean exit, whole, or not at all.
    """

    def __init__(self, path: Location, schema: pa.Schema) -> None:
        require_released_types(schema)
        self.rows = 0
        self._path, self._schema = path, _bare(schema)
        self._cutter = _Cutter()
        self._stack = ExitStack()

    def __enter__(self) -> ReleasedWriter:
        with self._stack:
            temporary = self._stack.enter_context(atomic_path(self._path))
            options = released_options(self._schema)
            self._writer = self._stack.enter_context(pq.ParquetWriter(temporary, self._schema, **options))
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack as stack:
            if error is None:
                self._put(self._cutter.rest())
            else:
                # The stack deletes the temporary file when it sees the error.
                stack.__exit__(kind, error, trace)

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Adds rows.

        Raises:
            IntegrityError: other columns, order or types than the schema's, or nulls where it has none.
        """
        table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
        for batch in self._conform(table).to_batches():
            for group in self._cutter.cut(batch):
                self._put(group)

    def _conform(self, table: pa.Table) -> pa.Table:
        # Types are compared before the cast, whose message would show a value that does not fit.
        wrong = [f.name for f in self._schema if f.name not in table.column_names or table[f.name].type != f.type]
        if wrong or table.column_names != self._schema.names:
            raise IntegrityError(f"{self._path.name}: columns or types differ from the schema: {', '.join(wrong)}")
        try:
            return table.cast(self._schema)
        except ValueError:
            raise IntegrityError(f"{self._path.name}: nulls in a column that the schema says has none") from None

    def _put(self, group: list[pa.RecordBatch]) -> None:
        if group:
            # One chunk: where a page ends must not depend on how the rows arrived.
            table = pa.Table.from_batches(group, self._schema).combine_chunks()
            self._writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
            self.rows += table.num_rows


class _Cutter:
    """Cuts a stream of batches into row groups by what the rows hold, never by how they were batched."""

    def __init__(self) -> None:
        self._held: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def cut(self, batch: pa.RecordBatch) -> Iterator[list[pa.RecordBatch]]:
        """Row groups that this batch completes; what is left over is held."""
        ends = np.cumsum(_row_bytes(batch))
        start = 0
        while start < batch.num_rows:
            before = int(ends[start - 1]) if start else 0
            # A group ends after the row that takes it to its bytes, or at its rows.
            by_bytes = int(np.searchsorted(ends, before + ROW_GROUP_BYTES - self._bytes, side="left")) + 1
            end = min(by_bytes, start + ROW_GROUP_ROWS - self._rows, batch.num_rows)
            self._held.append(batch.slice(start, end - start))
            self._rows += end - start
            self._bytes += int(ends[end - 1]) - before
            start = end
            if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
                yield self.rest()

    def rest(self) -> list[pa.RecordBatch]:
        """What is held, and lets go of it."""
        held, self._held, self._rows, self._bytes = self._held, [], 0, 0
        return held


def write_released(path: Location, table: pa.Table) -> None:
    """Writes a whole table as a released file."""
    with ReleasedWriter(path, table.schema) as writer:
        writer.write(table)


def released_options(schema: pa.Schema) -> dict[str, Any]:
    """Arguments of `pq.ParquetWriter` for a released file: where statistics and dictionaries are written."""
    leaves = leaf_columns(schema)
    return {
        "compression": "zstd",
        "compression_level": 3,
        "write_statistics": [path for path, kind in leaves.items() if has_statistics(path, kind)],
        "write_page_index": True,
        "use_dictionary": [path for path, kind in leaves.items() if _repeats(path, kind)],
        "write_batch_size": 256,
        "store_schema": True,
    }


def has_statistics(path: str, kind: pa.DataType) -> bool:
    """Whether a leaf column may carry minimum and maximum: doc_id, source and numbers, nothing else."""
    return path in STATISTICS_STRINGS or pa.types.is_integer(kind) or pa.types.is_floating(kind)


def leaf_columns(schema: pa.Schema) -> dict[str, pa.DataType]:
    """Parquet path and type of every leaf, list levels spelled `list.element`."""
    found: dict[str, pa.DataType] = {}

    def walk(path: str, kind: pa.DataType) -> None:
        if pa.types.is_struct(kind):
            for field in kind:
                walk(f"{path}.{field.name}", field.type)
        elif pa.types.is_list(kind):
            walk(f"{path}.list.element", kind.value_type)
        else:
            found[path] = kind

    for field in schema:
        walk(field.name, field.type)
    return found


def require_released_types(schema: pa.Schema) -> None:
    """Refuses types that break Delta readers.

    Raises:
        IntegrityError: names each column and its type.
    """
    wrong = [f"{path} ({kind})" for path, kind in leaf_columns(schema).items() if not _is_released(kind)]
    if wrong:
        raise IntegrityError(
            f"not released types: {', '.join(wrong)}; use int32, int64, float64, string, timestamp[us, UTC]"
        )


def _is_released(kind: pa.DataType) -> bool:
    allowed = (pa.int32(), pa.int64(), pa.float64(), pa.string(), pa.timestamp("us", tz="UTC"))
    return any(kind.equals(other) for other in allowed)


def _repeats(path: str, kind: pa.DataType) -> bool:
    declared = COLUMN_CLASSES.get(path.replace(".list.element", ""))
    return pa.types.is_string(kind) and (declared is ColumnClass.VOCABULARY or path == "release_id")


def _bare(schema: pa.Schema) -> pa.Schema:
    """The schema with our version and no other metadata (pandas would leave its index and column names)."""
    version = (schema.metadata or {}).get(_VERSION_KEY)
    fields = [field.remove_metadata() for field in schema]
    return pa.schema(fields, metadata=None if version is None else {_VERSION_KEY: version})


def _row_bytes(batch: pa.RecordBatch) -> np.ndarray:
    """Bytes of the top-level strings of each row: what decides where a row group ends."""
    total = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        if pa.types.is_string(column.type):
            total += pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    return total


def statistics_of(path: Location) -> dict[str, Any]:
    """Statistics of a released file as a Delta log has them, from its footer: rows; minimum, maximum and nulls of
    doc_id, source and the numbers that are in no list.
    """
    metadata = pq.read_metadata(readable(path))
    found: dict[str, Any] = {"numRecords": metadata.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {}}
    for number in range(metadata.num_columns):
        chunks = [metadata.row_group(group).column(number) for group in range(metadata.num_row_groups)]
        name = metadata.schema.column(number).path
        if ".list." in name or not chunks or any(chunk.statistics is None for chunk in chunks):
            continue
        statistics = [chunk.statistics for chunk in chunks]
        bounded = [s for s in statistics if s.has_min_max]
        if bounded:
            _bound(found["minValues"], name, min(s.min for s in bounded))
            _bound(found["maxValues"], name, max(s.max for s in bounded))
        _nest(found["nullCount"], name, sum(s.null_count for s in statistics))
    return found


def _bound(tree: dict[str, Any], path: str, value: Any) -> None:
    # JSON has no infinity; a bound left out keeps every reader right.
    if not isinstance(value, float) or math.isfinite(value):
        _nest(tree, path, value)


def _nest(tree: dict[str, Any], path: str, value: Any) -> None:
    *parents, leaf = path.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
    tree[leaf] = value
