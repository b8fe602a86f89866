"""Connect: candidate edges become components, and components become chunks that fit in memory.

A chunk holds whole components, so each is verified by one task that reads only its own documents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from governance.records.ids import content_name
from pipelines.plan import Plan
from pipelines.stages.group import EDGES, NATIVE
from pipelines.stages.index import Index, file_of, row_of
from pipelines.tasks import Context, Receipt
from transforms.dedup.components import components

STAGE = "connect"


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
        """Writes candidates (document, chunk), their edges by chunk, and the documents whose native id repeats."""
        repeats = self._edges(context, native=True)["right"].unique().sort()
        edges = self._edges(context, native=False).unique().sort("left", "right")
        edges = edges.filter(~pl.col("left").is_in(repeats.implode()) & ~pl.col("right").is_in(repeats.implode()))
        documents, root = components(edges["left"].to_numpy(), edges["right"].to_numpy())
        chunk = self._chunks(context, documents, root)
        self._keep(context, "repeats", pa.table({"document": repeats.to_arrow()}))
        self._keep(context, "candidates", pa.table({"document": documents, "chunk": chunk}))
        place = chunk[np.searchsorted(documents, edges["left"].to_numpy())] if len(documents) else np.empty(0, np.int32)
        by_chunk = edges.with_columns(chunk=pl.Series(place, dtype=pl.Int32)).sort("chunk", "left", "right")
        self._keep(context, "edges", by_chunk.to_arrow())
        files = np.unique(file_of(documents)).tolist()
        out = {"repeats": len(repeats), "candidates": len(documents), "edges": edges.height, "files": files}
        return Receipt(STAGE, self.name, "", {}, out | {"chunks": int(chunk.max()) + 1 if len(chunk) else 0})

    def _edges(self, context: Context, *, native: bool) -> pl.DataFrame:
        tables = [
            context.read(self.zone, context.path(self.zone, "group", name))
            for column, name in self.groups
            if (column == NATIVE) == native
        ]
        return pl.DataFrame(pa.concat_tables(tables) if tables else EDGES.empty_table())

    def _keep(self, context: Context, what: str, table: pa.Table) -> None:
        context.write(self.zone, context.path(self.zone, STAGE, f"{self.name}.{what}"), table)

    def _chunks(self, context: Context, documents: np.ndarray, root: np.ndarray) -> np.ndarray:
        """Chunk of each document: components in order of their roots, cut when a chunk is full."""
        if not len(documents):
            return np.empty(0, np.int32)
        frame = pl.DataFrame({"root": root, "bytes": self._bytes(context, documents)})
        sizes = frame.group_by("root").agg(pl.col("bytes").sum()).sort("root")
        chunk, current, filled = np.zeros(sizes.height, np.int32), 0, 0
        for n, size in enumerate(sizes["bytes"].to_list()):
            if filled and filled + size > self.chunk_bytes:
                current, filled = current + 1, 0
            chunk[n], filled = current, filled + size
        return chunk[np.searchsorted(sizes["root"].to_numpy(), root)]

    def _bytes(self, context: Context, documents: np.ndarray) -> np.ndarray:
        index, files = Index.load(context, self.index), file_of(documents)
        sizes = np.empty(len(documents), np.int64)
        for file in np.unique(files):
            path = context.path(self.zone, "judge", index.files[file].judged)
            column = context.read(self.zone, path, ["bytes"])["bytes"].to_numpy()
            mine = files == file
            sizes[mine] = column[row_of(documents[mine])]
        return sizes


def connect_task(plan: Plan, index: Index, groups: list[Receipt]) -> ConnectTask:
    """The task that joins what the Group tasks found."""
    named = tuple(sorted((g.out["column"], g.name) for g in groups))
    size = plan.recipe.deduplicate.chunk_bytes
    code = [plan.families[k] for k in ("dedup", "stage-connect")]
    name = content_name({"stage": STAGE, "groups": named, "chunk_bytes": size, "code": code})
    return ConnectTask(name, plan.work_zone, index.name, named, size)
