"""Connect: candidate edges become components, and components become chunks that fit in memory.

A chunk holds whole components, so each is verified by one task that reads only its own documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from governance.records.errors import ConfigError
from governance.records.ids import content_name
from pipelines.plan import Plan
from pipelines.stages.group import EDGES, NATIVE
from pipelines.stages.index import Index, file_of, row_of
from pipelines.stages.lookup import anchors
from pipelines.tasks import Context, Receipt
from transforms.dedup.candidates import Edges, packed, union_packed, unpacked
from transforms.dedup.components import packed_components

STAGE = "connect"
DENSE_BITS = 32
_BATCH = 1 << 14


@dataclass(frozen=True)
class ConnectTask:
    """All the edges of one index."""

    name: str
    zone: str
    index: str
    groups: tuple[tuple[str, str], ...]  # (column, name) of each Group task
    chunk_bytes: int
    weight: int = 1
    stage: str = STAGE

    def run(self, context: Context) -> Receipt:
        """Writes candidates (document, chunk), edges by chunk and where each chunk begins, and repeated native ids."""
        index = Index.load(context, self.index)
        repeats = self._repeats(context)
        edges = self._edges(context, index, repeats)
        docs, root = packed_components(edges, int(index.starts[-1]))
        documents = index.documents(docs)
        chunk = self._chunks(context, index, documents, root)
        self._keep(context, "repeats", pa.table({"document": repeats}))
        self._keep(context, "candidates", pa.table({"document": documents, "chunk": chunk}))
        self._keep_edges(context, index, *_by_chunk(edges, docs, chunk))
        files = np.unique(file_of(documents)).tolist()
        out = {"repeats": len(repeats), "candidates": len(documents), "edges": len(edges), "files": files}
        return Receipt(STAGE, self.name, "", {}, out | {"chunks": int(chunk.max()) + 1 if len(chunk) else 0})

    def _repeats(self, context: Context) -> np.ndarray:
        """Documents whose native id came before, sorted."""
        return np.unique(
            np.concatenate([np.empty(0, np.int64), *(right for _, right in self._ends(context, native=True))])
        )

    def _edges(self, context: Context, index: Index, repeats: np.ndarray) -> np.ndarray:
        """Packed edges between dense numbers, without documents whose native id repeats."""
        if index.starts[-1] >> DENSE_BITS:
            raise ConfigError(
                f"{index.starts[-1]} documents in one corpus: deduplication numbers at most 2^32; split it"
            )

        def apart() -> Iterator[np.ndarray]:
            for left, right in self._ends(context, native=False):
                stays = ~(np.isin(left, repeats) | np.isin(right, repeats)) if len(repeats) else slice(None)
                yield packed(index.dense(left[stays]), index.dense(right[stays]))

        return union_packed(apart())

    def _ends(self, context: Context, *, native: bool) -> Iterator[Edges]:
        for column, name in self.groups:
            if (column == NATIVE) == native:
                table = context.read(self.zone, context.path(self.zone, "group", name))
                yield table["left"].to_numpy(), table["right"].to_numpy()

    def _keep(self, context: Context, what: str, table: pa.Table) -> None:
        context.write(self.zone, context.path(self.zone, STAGE, f"{self.name}.{what}"), table)

    def _keep_edges(self, context: Context, index: Index, edges: np.ndarray, starts: np.ndarray) -> None:
        """Edges in batches as they are numbered again, and the first row of each chunk, the end last."""

        def batches() -> Iterator[pa.RecordBatch]:
            for at in range(0, len(edges), _BATCH):
                left, right = unpacked(edges[at : at + _BATCH])
                ends = [pa.array(index.documents(left)), pa.array(index.documents(right))]
                yield pa.RecordBatch.from_arrays(ends, schema=EDGES)

        context.stream(self.zone, context.path(self.zone, STAGE, f"{self.name}.edges"), batches(), EDGES)
        self._keep(context, "starts", pa.table({"start": starts}))

    def _chunks(self, context: Context, index: Index, documents: np.ndarray, root: np.ndarray) -> np.ndarray:
        """Chunk of each document: components in order of their roots, cut when a chunk is full."""
        if not len(documents):
            return np.empty(0, np.int32)
        frame = pl.DataFrame({"root": root, "bytes": self._bytes(context, index, documents)})
        sizes = frame.group_by("root").agg(pl.col("bytes").sum()).sort("root")
        chunk, current, filled = np.zeros(sizes.height, np.int32), 0, 0
        for n, size in enumerate(sizes["bytes"].to_list()):
            if filled and filled + size > self.chunk_bytes:
                current, filled = current + 1, 0
            chunk[n], filled = current, filled + size
        return chunk[np.searchsorted(sizes["root"].to_numpy(), root)]

    def _bytes(self, context: Context, index: Index, documents: np.ndarray) -> np.ndarray:
        files = file_of(documents)
        sizes = np.empty(len(documents), np.int64)
        old = np.array([file.release is not None for file in index.files], bool)[files]
        # Of a released text the index has the length alone: three bytes a character, as Hangul has.
        sizes[old] = 3 * anchors(context, index, documents[old])["chars"].to_numpy()
        for file in np.unique(files[~old]):
            path = context.path(self.zone, "judge", index.files[file].judged)
            column = context.read(self.zone, path, ["bytes"])["bytes"].to_numpy()
            mine = files == file
            sizes[mine] = column[row_of(documents[mine])]
        return sizes


def _by_chunk(edges: np.ndarray, docs: np.ndarray, chunk: np.ndarray) -> Edges:
    """Edges with those of a chunk together, else in order; and the row where each chunk begins, the end last."""
    if not len(edges):
        return edges, np.zeros(1, np.int64)
    place = chunk[np.searchsorted(docs, (edges >> np.uint64(32)).astype(np.int64))]
    if chunk.max():
        edges = edges[np.argsort(place, kind="stable")]
    return edges, np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(place))])


def connect_task(plan: Plan, index: Index, groups: list[Receipt]) -> ConnectTask:
    """The task that joins what the Group tasks found."""
    named = tuple(sorted((g.out["column"], g.name) for g in groups))
    size = plan.recipe.deduplicate.chunk_bytes
    code = [plan.families[k] for k in ("dedup", "stage-connect")]
    name = content_name({"stage": STAGE, "groups": named, "chunk_bytes": size, "code": code})
    return ConnectTask(name, plan.work_zone, index.name, named, size)
