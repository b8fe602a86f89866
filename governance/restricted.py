"""Encrypted Parquet files of the restricted zone: footer and every column, AES-256-GCM, one key a zone.

The key's public id stands in the clear beside the ciphertext, so that an officer can tell which key a file needs and
a reader can tell a wrong key from a damaged file.

Source: Parquet Modular Encryption (parquet-format, Encryption.md); docs/decisions/governance-parquet.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from governance.keys import public_id
from governance.records.errors import IntegrityError, MissingKeyError
from governance.records.schemas import require_readable
from governance.records.storage import Location, atomic_path, readable

# A row group ends with the batch that takes it to either. It is also what a writer holds in memory.
ROW_GROUP_ROWS = 16_384
ROW_GROUP_BYTES = 16 << 20
# Metadata of a schema that names its columns of sorted numbers: those are stored as differences.
SORTED = b"malmoi.sorted"
_AAD = b"malmoi-key:"
_ID_CHARS = 26
_TAIL_BYTES = 8
_CRYPTO_METADATA_BYTES = 512


class RestrictedFile(pq.ParquetFile):
    """An open encrypted file; a page that does not decrypt raises IntegrityError, whatever way it is read."""

    def __init__(self, path: Location, key: bytes) -> None:
        self._where = str(path)
        super().__init__(readable(path), decryption_properties=pe.create_decryption_properties(bytes(key)))

    def read(self, *args: Any, **options: Any) -> pa.Table:
        """As `ParquetFile.read`."""
        with self._reading():
            return super().read(*args, **options)

    def read_row_group(self, *args: Any, **options: Any) -> pa.Table:
        """As `ParquetFile.read_row_group`."""
        with self._reading():
            return super().read_row_group(*args, **options)

    def read_row_groups(self, *args: Any, **options: Any) -> pa.Table:
        """As `ParquetFile.read_row_groups`."""
        with self._reading():
            return super().read_row_groups(*args, **options)

    def iter_batches(self, *args: Any, **options: Any) -> Iterator[pa.RecordBatch]:
        """As `ParquetFile.iter_batches`."""
        with self._reading():
            yield from super().iter_batches(*args, **options)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            raise IntegrityError(
                f"{self._where}: a page does not decrypt: the file was altered; make it again"
            ) from None


def write_restricted(
    path: Location, batches: Iterable[pa.RecordBatch], key: bytes, key_id: str, schema: pa.Schema
) -> int:
    """Writes an encrypted file from a stream of batches, one row group in memory at a time; returns the rows."""
    sealing = pe.create_encryption_properties(bytes(key), aad_prefix=_AAD + key_id.encode(), store_aad_prefix=True)
    options = {"compression": "zstd", "compression_level": 1, "use_dictionary": False, "write_statistics": False}
    options |= _differences(schema)
    rows = 0
    with (
        atomic_path(path, mode=0o600) as temporary,
        pq.ParquetWriter(temporary, schema, encryption_properties=sealing, **options) as writer,
    ):
        for group in _row_groups(batches):
            writer.write_table(group, row_group_size=max(group.num_rows, 1))
            rows += group.num_rows
    return rows


def _differences(schema: pa.Schema) -> dict[str, Any]:
    names = (schema.metadata or {}).get(SORTED, b"").decode().split(",")
    return {"column_encoding": dict.fromkeys(names, "DELTA_BINARY_PACKED")} if names != [""] else {}


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
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


def restricted_file(path: Location, key: bytes) -> RestrictedFile:
    """Opens an encrypted file for reading by row groups.

    Raises:
        MissingKeyError: the file is under another key.
        IntegrityError: the file is damaged or was never one of ours.
        VersionError: written by a newer major version.
    """
    try:
        file = RestrictedFile(path, key)
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except (OSError, pa.ArrowInvalid):
        raise _why_unreadable(path, key) from None
    require_readable(file.schema_arrow, str(path))
    return file


def read_restricted(
    path: Location, key: bytes, *, columns: Sequence[str] | None = None, row_groups: Sequence[int] | None = None
) -> pa.Table:
    """Reads an encrypted file, or some of its columns and row groups.

    Raises:
        MissingKeyError, IntegrityError, VersionError: as `restricted_file`.
    """
    with restricted_file(path, key) as file:
        wanted = list(range(file.num_row_groups) if row_groups is None else row_groups)
        return file.read_row_groups(wanted, columns=None if columns is None else list(columns))


def key_id_of(path: Location) -> str | None:
    """Public id of the key a file was encrypted under, from the part before its footer that is not encrypted."""
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
    return None if at < 0 else start[at + len(_AAD) :][:_ID_CHARS].decode("ascii", "replace")


def _why_unreadable(path: Location, key: bytes) -> MissingKeyError | IntegrityError:
    written, given = key_id_of(path), public_id(key)
    if written is None:
        return IntegrityError(f"{path}: damaged, or not an encrypted file of ours; make it again")
    if written != given:
        return MissingKeyError(f"{path}: encrypted under key {written}; the key given is {given}")
    return IntegrityError(f"{path}: its footer does not decrypt: the file was altered; make it again")
