"""Index of what is already released: a new batch meets its candidates without reading old texts.

A run holds the documents of one release: (band, key, member) sorted, and its members' numbers and exact keys. Runs
are only ever added, merged or rewritten without what must be forgotten. Keys keep 48 of their 64 bits: at 4 billion
documents and a batch of 100 million that proposes about 23,000 pairs too many, which verification refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from governance.records.errors import VersionError
from transforms.dedup.candidates import REACH, Edges, union_edges

INDEX_VERSION = 1
_VERSION_KEY = b"malmoi.index_version"
_DROPPED_BITS = 16

ENTRIES = pa.schema([("band", pa.int32()), ("key", pa.int64()), ("member", pa.int32())])
MEMBERS = pa.schema(
    [("doc", pa.int64()), ("text_key", pa.binary(16))], metadata={_VERSION_KEY: str(INDEX_VERSION).encode()}
)

# For `pyarrow.parquet.write_table`: sorted keys are stored as differences, which is what makes the index small.
PARQUET_OPTIONS = {
    "use_dictionary": False,
    "column_encoding": {"band": "DELTA_BINARY_PACKED", "key": "DELTA_BINARY_PACKED", "member": "DELTA_BINARY_PACKED"},
    "compression": "zstd",
    "write_statistics": ["band", "key"],
}
MEMBER_OPTIONS = {
    "use_dictionary": False,
    "column_encoding": {"doc": "DELTA_BINARY_PACKED"},
    "compression": "none",
    "write_statistics": ["doc"],
}


class Run(NamedTuple):
    """One sorted run. `entries.member` is a row of `members`, which is sorted by document number."""

    entries: pa.Table
    members: pa.Table

    @property
    def docs(self) -> np.ndarray:
        """Document numbers, int64, sorted."""
        return self.members["doc"].to_numpy()


def _entries(keys: np.ndarray) -> pa.Table:
    """`keys` has shape (members, bands) and is cut to 48 bits already."""
    count, bands = keys.shape
    columns = []
    for band in range(bands):
        order = np.lexsort((np.arange(count), keys[:, band])).astype(np.int32)
        columns.append((np.full(count, band, np.int32), keys[order, band], order))
    parts = [pa.table(list(column), schema=ENTRIES) for column in columns]
    return pa.concat_tables([ENTRIES.empty_table(), *parts]).combine_chunks()


def new_run(docs: np.ndarray, keys: np.ndarray, text_keys: pa.FixedSizeBinaryArray) -> Run:
    """A run of these documents.

    Args:
        docs: int64 document numbers, none twice, in any order.
        keys: int64 band keys, shape (documents, bands), as `bands.band_keys` gives them.
        text_keys: 16-byte digests of the text.
    """
    order = np.argsort(docs, kind="stable")
    members = pa.table([docs[order], text_keys.take(pa.array(order))], schema=MEMBERS)
    return Run(_entries(keys[order] >> _DROPPED_BITS), members)


def require_readable(members: pa.Schema, where: str) -> None:
    """Refuses an index of a newer version.

    Raises:
        VersionError: says which version was met and which is known.
    """
    written = int((members.metadata or {}).get(_VERSION_KEY, str(INDEX_VERSION).encode()))
    if written > INDEX_VERSION:
        raise VersionError(f"{where}: index version {written}, this Malmoi reads up to {INDEX_VERSION}; upgrade it")


def lookup(run: Run, docs: np.ndarray, keys: np.ndarray, *, reach: int = REACH) -> Edges:
    """Candidate edges from indexed documents to new ones.

    Args:
        run: of any earlier release.
        docs: int64 numbers of the new documents.
        keys: their band keys, int64, shape (documents, bands).
        reach: a new document meets at most reach + 1 members of a bucket, the first by number.

    Returns:
        left (indexed) and right (new), int64, sorted by both, none twice.
    """
    band_of, entry_keys = run.entries["band"].to_numpy(), run.entries["key"].to_numpy()
    members = run.entries["member"].to_numpy()
    found = []
    for band in range(keys.shape[1]):
        begin, end = np.searchsorted(band_of, [band, band + 1])
        wanted = keys[:, band] >> _DROPPED_BITS
        first = np.searchsorted(entry_keys[begin:end], wanted, side="left") + begin
        last = np.searchsorted(entry_keys[begin:end], wanted, side="right") + begin
        for step in range(reach + 1):
            met = first + step < last
            found.append((run.docs[members[first[met] + step]], docs[met]))
    return union_edges(found)


def lookup_exact(run: Run, docs: np.ndarray, text_keys: pa.FixedSizeBinaryArray) -> Edges:
    """Edges from the first indexed document with the same text to each new one; as `lookup`."""
    first: dict[bytes, int] = {}
    for key, doc in zip(run.members["text_key"].to_pylist(), run.docs.tolist(), strict=True):
        first.setdefault(key, doc)
    pairs = [(first[k], d) for k, d in zip(text_keys.to_pylist(), docs.tolist(), strict=True) if k in first]
    edges = np.array(sorted(set(pairs)), np.int64).reshape(-1, 2)
    return edges[:, 0], edges[:, 1]


def forget(run: Run, docs: np.ndarray) -> Run:
    """The run without these documents: no entry, number or exact key of theirs is left."""
    stays = ~np.isin(run.docs, docs)
    renumbered = (np.cumsum(stays) - 1).astype(np.int32)
    members = run.entries["member"].to_numpy()
    entries = run.entries.filter(pa.array(stays[members]))
    left = renumbered[entries["member"].to_numpy()]
    return Run(
        entries.set_column(2, "member", pa.array(left)).combine_chunks(),
        run.members.filter(pa.array(stays)).combine_chunks(),
    )


def merge(runs: Sequence[Run]) -> Run:
    """One run of all; a document may be in one of them only.

    Raises:
        ValueError: a document is in two runs.
    """
    members = pa.concat_tables([MEMBERS.empty_table(), *(run.members for run in runs)])
    order = np.argsort(members["doc"].to_numpy(), kind="stable")
    numbers = members["doc"].to_numpy()[order]
    if (numbers[1:] == numbers[:-1]).any():
        raise ValueError("a document is in two runs of the index; forget the older one first")
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    starts = np.cumsum([0, *(len(run.members) for run in runs)])[:-1]
    parts = [
        run.entries.set_column(2, "member", pa.array(place[start + run.entries["member"].to_numpy()]))
        for run, start in zip(runs, starts.tolist(), strict=True)
    ]
    entries = pa.concat_tables([ENTRIES.empty_table(), *parts]).sort_by([(name, "ascending") for name in ENTRIES.names])
    return Run(entries.combine_chunks(), members.take(pa.array(order)).combine_chunks())


def estimate(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signature estimate of a Jaccard where a text is purged: equal rows and rows, int64, for `verify.reaches`.

    The standard error is sqrt(J (1 - J) / rows): .035 at J = .8 and 128 rows. A decision made so must be marked.
    """
    equal = (one == other).sum(axis=1).astype(np.int64)
    return equal, np.full(len(one), one.shape[1], np.int64)
