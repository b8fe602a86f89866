"""Tombstones: what was erased and must not come back, held as keyed digests that give no text away.

A document matches a tombstone by its native id, by its letters and digits, or by a sketch: one byte of a keyed mix of
each MinHash value (b-bit minwise hashing, Li and König 2010), whose share of equal bytes estimates the Jaccard
similarity. The sketch catches a copy with a few characters changed under another id.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from blake3 import blake3

from governance.records.ids import base32, keyed_digest
from governance.records.storage import Location, atomic_path, readable

# One changed character in 30 leaves a Jaccard similarity of .68 at width 5, and the estimate strays by .04
# at 128 permutations; two letters of one template stay below .6 (tests/governance/test_erasure.py).
SKETCH_AT_LEAST = 0.6

# More in one table, and strangers pass it too often.
_TOGETHER = 1024

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
    def load(cls, path: Location, key: bytes) -> Tombstones:
        """Reads the tombstones; none where the file is absent.

        Args:
            key: 32 bytes, the installation's tombstone key.
        """
        return cls(pq.read_table(readable(path)) if path.exists() else SCHEMA.empty_table(), key)

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
        for block in self._blocks:
            if block.length == candidates.shape[1]:
                alike |= block.alike(candidates)
        return alike

    @cached_property
    def _blocks(self) -> list[_Sketches]:
        """The sketches, of one length and so many together."""
        lengths: dict[int, list[bytes]] = {}
        for sketch in self.table["sketch"].to_pylist():
            lengths.setdefault(len(sketch), []).append(sketch)
        lengths.pop(0, None)
        return [
            _Sketches(np.frombuffer(b"".join(same[at : at + _TOGETHER]), np.uint8).reshape(-1, length))
            for length, same in lengths.items()
            for at in range(0, len(same), _TOGETHER)
        ]

    def add(self, path: Location, erasure: str, documents: pa.Table) -> Tombstones:
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

    def add_known(self, path: Location, erasure: str, documents: pa.Table) -> Tombstones:
        """As `add`, for documents of which only native_key, text_key and sketch are left."""
        new = documents.select(["native_key", "text_key", "sketch"]).add_column(
            0, "erasure", pa.repeat(pa.scalar(erasure), documents.num_rows)
        )
        known = pc.is_in(new["native_key"], value_set=self.table["native_key"].combine_chunks())
        whole = pa.concat_tables([self.table, new.cast(SCHEMA).filter(pc.invert(known))])
        with atomic_path(path, mode=0o600) as temporary:
            pq.write_table(whole, temporary, compression="zstd", write_statistics=False)
        return Tombstones(whole, self.key)


class _Sketches:
    """Sketches to compare many documents with.

    Where 77 of 128 bytes are equal, so are 13 of the 64 pairs of neighbours (pigeonhole); a stranger has one in a
    thousand. So a table of the pairs that occur leaves hardly a document to compare, and loses none.
    """

    def __init__(self, sketches: np.ndarray) -> None:
        self.sketches, self.length = sketches, sketches.shape[1]
        self.enough = int(np.ceil(SKETCH_AT_LEAST * self.length))
        self.pairs = self.length // 2
        self.places = np.arange(self.pairs) << 16
        self.table = np.zeros(self.pairs << 16, bool)
        self.table[self._codes(sketches)] = True

    def _codes(self, rows: np.ndarray) -> np.ndarray:
        joined = np.ascontiguousarray(rows[:, : 2 * self.pairs]).view("<u2")
        return self.places + joined

    def alike(self, candidates: np.ndarray) -> np.ndarray:
        """Which candidates (uint8, of this length) share enough bytes with any of the sketches (bool)."""
        equal_pairs = np.count_nonzero(self.table[self._codes(candidates)], axis=1)
        rows = np.flatnonzero(equal_pairs >= self.enough - (self.length - self.pairs))
        found = np.zeros(len(candidates), bool)
        for row in rows:
            found[row] = np.count_nonzero(self.sketches == candidates[row], axis=1).max() >= self.enough
        return found


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
