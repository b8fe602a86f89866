"""Values that were discovered and destroyed, known by keyed digests alone: a source read anew does not bring them back.

A row names a document (its native key), how long the value was, and HMAC-SHA256 of it under the installation's
tombstone key; the value cannot be read from it, only recognised where it stands again.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.records.storage import Location, atomic_path, readable
from transforms.pii.actions import PLACEHOLDERS
from transforms.pii.kinds import Kind

SCHEMA = pa.schema(
    [
        pa.field("native_key", pa.binary(16), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("length", pa.int32(), nullable=False),  # code points
        pa.field("digest", pa.binary(32), nullable=False),
    ]
)


@dataclass(frozen=True)
class KnownValues:
    """Every destroyed value of an installation."""

    table: pa.Table
    key: bytes

    def __repr__(self) -> str:
        return f"KnownValues({self.table.num_rows})"

    @classmethod
    def load(cls, path: Location, key: bytes) -> KnownValues:
        """Reads them; none where the file is absent."""
        return cls(pq.read_table(readable(path)) if path.exists() else SCHEMA.empty_table(), key)

    def add(self, path: Location, native_keys: Iterable[bytes], kind: Kind, value: str) -> None:
        """Adds a value of some documents to the file; repeating it adds nothing."""
        new = [
            {"native_key": key, "kind": kind.value, "length": len(value), "digest": self._digest(key, value)}
            for key in native_keys
        ]
        rows = [*self.table.to_pylist(), *(row for row in new if row not in self.table.to_pylist())]
        with atomic_path(path, mode=0o600) as temporary:
            table = pa.Table.from_pylist(rows, schema=SCHEMA)
            pq.write_table(table, temporary, compression="zstd", write_statistics=False)

    def destroy(self, column: pa.Array, native_keys: Sequence[bytes]) -> pa.Array:
        """The column without the values that are known of each document; the same array where there are none.

        Args:
            column: string or large_string, one entry a document; nulls stay null.
        """
        if not self.table.num_rows:
            return column
        known = pc.is_in(pa.array(native_keys, pa.binary(16)), value_set=self.table["native_key"].combine_chunks())
        if not pc.any(known).as_py():
            return column
        values = [
            self._cleared(text, key) if hit and text is not None else text
            for text, key, hit in zip(column.to_pylist(), native_keys, known.to_pylist(), strict=True)
        ]
        return pa.array(values, column.type)

    @cached_property
    def _by_document(self) -> dict[bytes, list[tuple[int, bytes, str]]]:
        found: dict[bytes, list[tuple[int, bytes, str]]] = {}
        for row in self.table.to_pylist():
            found.setdefault(row["native_key"], []).append((row["length"], row["digest"], row["kind"]))
        return found

    def _cleared(self, text: str, key: bytes) -> str:
        for length, digest, kind in self._by_document[key]:
            pieces = (text[at : at + length] for at in range(len(text) - length + 1))
            value = next((piece for piece in pieces if self._digest(key, piece) == digest), None)
            text = text if value is None else text.replace(value, PLACEHOLDERS[Kind(kind)])
        return text

    def _digest(self, native_key: bytes, value: str) -> bytes:
        return hmac.digest(self.key, native_key + value.encode("utf-8", "surrogatepass"), "sha256")
