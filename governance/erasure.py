"""Tombstones: what was erased and must not come back, held as keyed digests that give no text away.

A document matches a tombstone by its native id, by its letters and digits, or by a sketch: one byte of a keyed mix of
each MinHash value (b-bit minwise hashing, Li and König 2010), whose share of equal bytes estimates the Jaccard
similarity. The sketch catches a copy with a few characters changed under another id.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from blake3 import blake3

from governance.records.ids import base32, keyed_digest
from governance.records.storage import atomic_path

# One changed character in 30 leaves a Jaccard similarity of .68 at width 5, and the estimate strays by .04
# at 128 permutations; two letters of one template stay below .6 (tests/governance/test_erasure.py).
SKETCH_AT_LEAST = 0.6

SCHEMA = pa.schema(
    [
        pa.field("erasure", pa.string(), nullable=False),
        pa.field("native_key", pa.binary(16), nullable=False),
        pa.field("text_key", pa.binary(16), nullable=False),
        pa.field("sketch", pa.binary(), nullable=False),  # one byte a permutation; empty when unknown
    ]
)


@dataclass(frozen=True)
class Tombstones:
    """Every tombstone of an installation."""

    table: pa.Table
    key: bytes

    def __repr__(self) -> str:
        return f"Tombstones({self.table.num_rows})"

    @classmethod
    def load(cls, path: Path, key: bytes) -> Tombstones:
        """Reads the tombstones; none where the file is absent.

        Args:
            key: 32 bytes, the installation's tombstone key.
        """
        return cls(pq.read_table(path) if path.exists() else SCHEMA.empty_table(), key)

    @property
    def version(self) -> str:
        """Hash of all tombstones, for the plan."""
        rows = sorted(zip(*(column.to_pylist() for column in self.table.columns), strict=True))
        return base32(blake3(repr(rows).encode()).digest(length=16)) if rows else "none"

    def matches(self, documents: pa.Table) -> np.ndarray:
        """Which documents were erased before (bool, one a row).

        Args:
            documents: columns native_key, text_key and signature (little-endian uint32s) as staged.
        """
        found = self._same(documents)
        if not self.table.num_rows:
            return found
        rest = np.flatnonzero(~found)
        if len(rest):
            found[rest] = self._alike(sketches(documents["signature"].take(pa.array(rest)), self.key))
        return found

    def matches_known(self, documents: pa.Table) -> np.ndarray:
        """As `matches`, for documents of which only native_key, text_key and sketch are left."""
        found = self._same(documents)
        sketch = documents["sketch"].to_pylist()
        for row in np.flatnonzero(~found):
            found[row] = self._alike(np.frombuffer(sketch[row], np.uint8)[np.newaxis])[0]
        return found

    def of(self, erasure: str) -> Tombstones:
        """Those of one erasure."""
        return Tombstones(self.table.filter(pc.equal(self.table["erasure"], erasure)), self.key)

    def _same(self, documents: pa.Table) -> np.ndarray:
        """Which documents have the native id, or the letters and digits, of an erased one."""
        same_id = pc.is_in(documents["native_key"], value_set=self.table["native_key"].combine_chunks())
        same_text = pc.is_in(documents["text_key"], value_set=self.table["text_key"].combine_chunks())
        return pc.or_(same_id, same_text).to_numpy().copy()

    def _alike(self, candidates: np.ndarray) -> np.ndarray:
        alike = np.zeros(len(candidates), bool)
        for sketch in self.table["sketch"].to_pylist():
            if len(sketch) == candidates.shape[1] and len(sketch):
                same = np.count_nonzero(candidates == np.frombuffer(sketch, np.uint8), axis=1)
                alike |= same >= SKETCH_AT_LEAST * len(sketch)
        return alike

    def add(self, path: Path, erasure: str, documents: pa.Table) -> Tombstones:
        """Adds the documents' tombstones to the file; repeating an erasure adds nothing.

        Args:
            erasure: id of the erasure.
            documents: columns native_key, text_key and signature.
        """
        return self.add_known(path, erasure, self.describe(documents))

    def describe(self, documents: pa.Table) -> pa.Table:
        """native_key, text_key and sketch of documents with columns native_key, text_key and signature."""
        sketch = pa.array([bytes(row) for row in sketches(documents["signature"], self.key)], pa.binary())
        return documents.select(["native_key", "text_key"]).append_column("sketch", sketch)

    def add_known(self, path: Path, erasure: str, documents: pa.Table) -> Tombstones:
        """As `add`, for documents of which only native_key, text_key and sketch are left."""
        new = documents.select(["native_key", "text_key", "sketch"]).add_column(
            0, "erasure", pa.repeat(pa.scalar(erasure), documents.num_rows)
        )
        known = pc.is_in(new["native_key"], value_set=self.table["native_key"].combine_chunks())
        whole = pa.concat_tables([self.table, new.cast(SCHEMA).filter(pc.invert(known))])
        with atomic_path(path, mode=0o600) as temporary:
            pq.write_table(whole, temporary, compression="zstd", write_statistics=False)
        return Tombstones(whole, self.key)


def sketches(signatures: pa.ChunkedArray, key: bytes) -> np.ndarray:
    """One byte of a keyed mix of each MinHash value.

    Args:
        signatures: binary, all of one length, little-endian uint32s.

    Returns:
        uint8 (documents, permutations). Truncation to a byte makes the mix one-way whatever its strength.
    """
    values = signatures.to_pylist()
    if not values:
        return np.zeros((0, 0), np.uint8)
    rows = np.frombuffer(b"".join(values), "<u4").reshape(len(values), -1).astype(np.uint64)
    salt = np.frombuffer(keyed_digest(key, b"sketch", length=16 * rows.shape[1]), "<u8").reshape(2, -1)
    mixed = (rows + salt[0]) * (salt[1] | np.uint64(1))
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(56)).astype(np.uint8)
