"""Parquet as we write it: released files that give nothing away but their rows, and restricted files that give nothing.

Released: statistics and page index only on doc_id, source and numbers, because the minimum of a text column is its
first characters; no Bloom filter, no foreign metadata; row groups cut by content, so that batches never show.
Restricted: Parquet modular encryption of footer and every column (AES-256-GCM).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from governance.keys import public_id
from governance.records.errors import IntegrityError, MissingKeyError
from governance.records.schemas import COLUMN_CLASSES, ColumnClass, require_readable
from governance.records.storage import atomic_path

# A row group ends at whichever comes first. Figures: benchmarks/speed/governance/row_groups.py.
ROW_GROUP_ROWS = 16_384
ROW_GROUP_BYTES = 32 << 20
STATISTICS_STRINGS = frozenset({"doc_id", "source"})
_VERSION_KEY = b"malmoi.schema_version"
_AAD = b"malmoi-key:"
_TAIL_BYTES = 8
_CRYPTO_METADATA_BYTES = 512


class ReleasedWriter:
    """Writes one released file; the same rows give the same bytes however they are batched.

    Use as a context manager: the file appears at `path` on a clean exit, whole, or not at all.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
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
        """Adds rows; columns must be those of the schema, in its order."""
        table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
        for batch in table.cast(self._schema).to_batches():
            for group in self._cutter.cut(batch):
                self._put(group)

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


def write_released(path: Path, table: pa.Table) -> None:
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


def statistics_of(path: Path) -> dict[str, Any]:
    """Statistics of a released file as a Delta log has them, from its footer: rows; minimum, maximum and nulls of
    doc_id, source and the numbers that are in no list.
    """
    metadata = pq.read_metadata(path)
    found: dict[str, Any] = {"numRecords": metadata.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {}}
    for number in range(metadata.num_columns):
        chunks = [metadata.row_group(group).column(number) for group in range(metadata.num_row_groups)]
        name = metadata.schema.column(number).path
        if ".list." in name or not chunks or any(chunk.statistics is None for chunk in chunks):
            continue
        statistics = [chunk.statistics for chunk in chunks]
        bounded = [s for s in statistics if s.has_min_max]
        if bounded:
            _nest(found["minValues"], name, min(s.min for s in bounded))
            _nest(found["maxValues"], name, max(s.max for s in bounded))
        _nest(found["nullCount"], name, sum(s.null_count for s in statistics))
    return found


def _nest(tree: dict[str, Any], path: str, value: Any) -> None:
    *parents, leaf = path.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
    tree[leaf] = value


def write_restricted(path: Path, batches: Iterable[pa.RecordBatch], key: bytes, key_id: str, schema: pa.Schema) -> int:
    """Writes an encrypted file from a stream of batches, one row group in memory at a time; returns the rows.

    The key's id stands in the clear beside the ciphertext, so that an officer can tell which key a file needs.
    """
    sealing = pe.create_encryption_properties(key, aad_prefix=_AAD + key_id.encode(), store_aad_prefix=True)
    rows = 0
    with (
        atomic_path(path, mode=0o600) as temporary,
        pq.ParquetWriter(
            temporary,
            schema,
            compression="zstd",
            compression_level=1,
            encryption_properties=sealing,
            use_dictionary=False,
        ) as writer,
    ):
        for batch in _row_groups(batches):
            writer.write_table(batch, row_group_size=max(batch.num_rows, 1))
            rows += batch.num_rows
    return rows


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.Table]:
    pending: list[pa.RecordBatch] = []
    size = rows = 0
    for batch in batches:
        pending.append(batch)
        size, rows = size + batch.nbytes, rows + batch.num_rows
        if size >= ROW_GROUP_BYTES or rows >= ROW_GROUP_ROWS:
            yield pa.Table.from_batches(pending)
            pending, size, rows = [], 0, 0
    if pending:
        yield pa.Table.from_batches(pending)


def restricted_file(path: Path, key: bytes) -> pq.ParquetFile:
    """Opens an encrypted file for reading by row groups.

    Raises:
        MissingKeyError: the file is under another key.
        IntegrityError: the file is damaged or was never one of ours.
        VersionError: written by a newer major version.
    """
    opening = pe.create_decryption_properties(key)
    try:
        file = pq.ParquetFile(path, decryption_properties=opening)
    except (OSError, pa.ArrowInvalid) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise _why_unreadable(path, key) from None
    require_readable(file.schema_arrow, str(path))
    return file


def read_restricted(
    path: Path, key: bytes, *, columns: Sequence[str] | None = None, row_groups: Sequence[int] | None = None
) -> pa.Table:
    """Reads an encrypted file, or some of its columns and row groups.

    Raises:
        MissingKeyError, IntegrityError, VersionError: as `restricted_file`.
    """
    with restricted_file(path, key) as file:
        wanted = range(file.num_row_groups) if row_groups is None else row_groups
        try:
            return file.read_row_groups(list(wanted), columns=None if columns is None else list(columns))
        except OSError:
            raise IntegrityError(f"{path}: a page does not decrypt: the file was altered; make it again") from None


def _why_unreadable(path: Path, key: bytes) -> MissingKeyError | IntegrityError:
    written = _key_id_of(path)
    if written is None:
        return IntegrityError(f"{path}: damaged, or not an encrypted file of ours; make it again")
    if written != public_id(key):
        return MissingKeyError(f"{path}: encrypted under key {written}; the key given is {public_id(key)}")
    return IntegrityError(f"{path}: its footer does not decrypt: the file was altered; make it again")


def _key_id_of(path: Path) -> str | None:
    """Public id of the key a file was encrypted under, from the unencrypted part before its footer."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read(_TAIL_BYTES)
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] != b"PARE" or length > size - _TAIL_BYTES:
            return None
        file.seek(size - _TAIL_BYTES - length)
        start = file.read(_CRYPTO_METADATA_BYTES)
    at = start.find(_AAD)
    return None if at < 0 else start[at + len(_AAD) :][:26].decode("ascii", "replace")
