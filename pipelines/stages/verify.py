"""Verify: candidates are compared on their texts, and every member of a cluster on its survivor's.

Two steps of files: Extract sorts the candidates' texts of one staged file by chunk; Verify reads its rows of each.
The texts are encrypted, and go when the run ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from governance.erasure import sketches
from governance.records.ids import content_name
from pipelines.home import Home
from pipelines.identities import identities
from pipelines.plan import Plan
from pipelines.stages.estimate import Guessed, estimated
from pipelines.stages.index import Index, Judged, in_file, row_of
from pipelines.stages.lookup import anchors
from pipelines.stages.ranks import survivor_ranks
from pipelines.tasks import Context, Receipt
from transforms.dedup.candidates import Edges
from transforms.dedup.presets import preset
from transforms.dedup.verify import verify

EXTRACT, STAGE = "candidates", "verify"
_TEXTS = pa.schema(
    [
        ("document", pa.int64()),
        ("chunk", pa.int32()),
        ("doc_id", pa.string()),
        ("chars", pa.int32()),
        ("text_key", pa.binary(16)),
        ("text", pa.large_string()),  # null where a released document's staged text was purged
        ("sketch", pa.binary()),  # of a run that adds to a release: what estimates in place of such a text
    ]
)


@dataclass(frozen=True)
class ExtractTask:
    """The candidates of one staged file."""

    name: str
    zone: str
    index: str
    connect: str
    file: int
    weight: int
    purged: bool = False
    stage: str = EXTRACT

    def run(self, context: Context) -> Receipt:
        """Writes their texts sorted by chunk, a row group each."""
        file = Index.load(context, self.index).files[self.file]
        path = context.path(self.zone, "connect", f"{self.connect}.candidates")
        candidates = pl.DataFrame(context.read(self.zone, path))
        mine = candidates.filter(in_file("document", self.file))
        rows, read = self._rows(context, file, mine["document"].to_numpy())
        table = pa.table(
            {"document": mine["document"].to_arrow(), "chunk": mine["chunk"].to_arrow()}
            | {name: rows[name] for name in _TEXTS.names[2:]}
        )
        table = table.sort_by([("chunk", "ascending"), ("document", "ascending")]).cast(_TEXTS)
        chunks = table["chunk"].to_numpy()
        starts = np.flatnonzero(np.diff(chunks, prepend=-1))
        ends = np.append(starts[1:], len(chunks))
        context.write(self.zone, context.path(self.zone, EXTRACT, self.name), table)
        places = [[int(chunks[start]), int(start), int(end)] for start, end in zip(starts, ends, strict=True)]
        out = {"chunks": places} | ({"released": [table.num_rows, read]} if file.release else {})
        return Receipt(EXTRACT, self.name, "", {}, out)

    def _rows(self, context: Context, file: Judged, documents: np.ndarray) -> tuple[pa.Table, int]:
        """Texts of the documents, or what the index knows of those that were purged; and how many rows were read."""
        if self.purged:
            rows = anchors(context, Index.load(context, self.index), documents)
            known = {"text": pa.nulls(len(rows), pa.large_string()), "sketch": _kept_sketches(context, rows["doc_id"])}
            return pa.table({**{name: rows[name] for name in rows.column_names}, **known}), 0
        columns = ["doc_id", "chars", "text_key", "text"]
        sketched = bool(context.plan.released) and file.release is None
        asked = [*columns, "signature"] if sketched else columns
        path = context.path(file.zone, "prepare", file.staged)
        rows, read = context.take(file.zone, path, row_of(documents), asked)
        if not sketched:
            return rows.append_column("sketch", pa.nulls(len(rows), pa.binary())), read
        made = [bytes(row) for row in sketches(rows["signature"], context.keys.secret("tombstone"))]
        return rows.drop_columns(["signature"]).append_column("sketch", pa.array(made, pa.binary())), read


@dataclass(frozen=True)
class VerifyTask:
    """One chunk of components."""

    name: str
    zone: str
    index: str
    connect: str
    chunk: int
    texts: tuple[tuple[str, int, int], ...]  # (Extract task, first row, end)
    weight: int = 1
    stage: str = STAGE

    def run(self, context: Context) -> Receipt:
        """Writes the survivor of every candidate of the chunk, and how alike they are."""
        parts = (
            part
            for name, start, end in self.texts
            for part in context.rows(self.zone, context.path(self.zone, EXTRACT, name), (start, end))
        )
        table = pa.concat_tables(parts).sort_by("document")
        result = self._survivors(context, table)
        context.write(self.zone, context.path(self.zone, STAGE, self.name), result)
        merged = int(np.count_nonzero(result["document"].to_numpy() != result["survivor"].to_numpy()))
        return Receipt(STAGE, self.name, "", {}, {"candidates": result.num_rows, "merged": merged})

    def _survivors(self, context: Context, table: pa.Table) -> pa.Table:
        settings, chosen = context.plan.recipe.deduplicate, preset(context.plan.recipe.deduplicate.preset)
        documents = table["document"].to_numpy()
        rank = survivor_ranks(context, Index.load(context, self.index), table)
        # From here on documents are rows of the chunk: small numbers, in the same order.
        rows = np.arange(len(documents), dtype=np.int64)
        twin = _exact(table, rank) if settings.exact else rows
        left, right = (twin[ends] for ends in self._edges(context, documents))
        bound = settings.bound or chosen.bound
        guessed = estimated(table, rank, left, right, bound)
        rest = (twin == rows) & table["text"].combine_chunks().is_valid().to_numpy(zero_copy_only=False)
        rest[guessed.rows] = False
        within = rest[left] & rest[right]
        found = verify(
            rows[rest],
            rank[rest],
            table["text"].combine_chunks().filter(pa.array(rest)),
            left[within],
            right[within],
            width=chosen.width,
            bound=bound,
        )
        return _describe(table, twin, rank, found, guessed)

    def _edges(self, context: Context, documents: np.ndarray) -> Edges:
        """Ends of the chunk's edges, as rows of its documents (int32)."""
        place = f"{self.connect}."
        starts = context.read(self.zone, context.path(self.zone, "connect", place + "starts"))["start"].to_numpy()
        span = (int(starts[self.chunk]), int(starts[self.chunk + 1]))
        path = context.path(self.zone, "connect", place + "edges")
        ends: tuple[list[np.ndarray], list[np.ndarray]] = ([np.empty(0, np.int32)], [np.empty(0, np.int32)])
        for part in context.rows(self.zone, path, span):
            for side, name in zip(ends, ("left", "right"), strict=True):
                side.append(np.searchsorted(documents, part[name].to_numpy()).astype(np.int32))
        left, right = (np.concatenate(side) for side in ends)
        return left, right


def _kept_sketches(context: Context, doc_ids: pa.ChunkedArray) -> pa.Array:
    """Sketches that a purge left of these documents; null where it left none."""
    rows = identities(context.home).table(doc_ids.to_pylist())
    known = dict(zip(rows["doc_id"].to_pylist(), rows["sketch"].to_pylist(), strict=True))
    return pa.array([known.get(doc_id) for doc_id in doc_ids.to_pylist()], pa.binary())


def _exact(table: pa.Table, rank: np.ndarray) -> np.ndarray:
    """For each row the best-ranked one with the same letters and digits."""
    frame = pl.DataFrame({"key": pl.Series(table["text_key"]), "rank": rank}).with_row_index("row")
    return frame.select(pl.col("row").sort_by("rank").first().over("key"))["row"].cast(pl.Int64).to_numpy()


def _describe(table: pa.Table, twin: np.ndarray, rank: np.ndarray, found: pa.Table, guessed: Guessed) -> pa.Table:
    """Survivor of each row: that of its exact twin."""
    doc, total = found["doc"].to_numpy(), found["total"].to_numpy()
    survivor, similarity = np.arange(len(twin)), np.ones(len(twin))
    survivor[doc] = found["survivor"].to_numpy()
    similarity[doc] = np.divide(found["shared"].to_numpy(), total, out=np.ones(len(doc)), where=total > 0)
    survivor[guessed.rows], similarity[guessed.rows] = guessed.survivors, guessed.similarities
    survivor, similarity = survivor[twin], similarity[twin]
    exact = (twin == survivor) & (survivor != np.arange(len(twin)))
    similarity[exact] = 1.0
    documents, ids = table["document"].to_numpy(), table["doc_id"].combine_chunks()
    marked = np.isin(twin, guessed.rows)
    columns = [documents, ids, rank, documents[survivor], ids.take(pa.array(survivor)), similarity, exact, marked]
    return pa.table(columns, schema=VERIFIED)


VERIFIED = pa.schema(
    [
        ("document", pa.int64()),
        ("doc_id", pa.string()),
        ("rank", pa.int64()),
        ("survivor", pa.int64()),
        ("survivor_id", pa.string()),
        ("similarity", pa.float64()),
        ("exact", pa.bool_()),
        ("estimated", pa.bool_()),
    ]
)


def extract_tasks(context: Context, index: Index, connect: Receipt) -> list[ExtractTask]:
    """One task for each staged file that holds candidates."""
    purged = {file for file in connect.out["files"] if _is_purged(context.home, index.files[file])}
    named = {"stage": EXTRACT, "connect": connect.name}
    return [
        ExtractTask(
            content_name(named | {"file": file} | ({"purged": True} if file in purged else {})),
            context.plan.work_zone,
            index.name,
            connect.name,
            file,
            index.files[file].text_bytes,
            file in purged,
        )
        for file in connect.out["files"]
    ]


def _is_purged(home: Home, file: Judged) -> bool:
    """Whether the texts of a released file are gone; those of this run's own are there."""
    return file.release is not None and not (home.zone(file.zone) / "prepare" / f"{file.staged}.parquet").exists()


def verify_tasks(plan: Plan, index: Index, connect: Receipt, extracts: list[Receipt]) -> list[VerifyTask]:
    """One task for each chunk."""
    texts: dict[int, list[tuple[str, int, int]]] = {n: [] for n in range(connect.out["chunks"])}
    for extract in sorted(extracts, key=lambda r: r.name):
        for chunk, start, end in extract.out["chunks"]:
            texts[chunk].append((extract.name, start, end))
    settings = plan.recipe.deduplicate
    decides: dict[str, Any] = {
        "preset": preset(settings.preset).name,
        "bound": settings.bound,
        "exact": settings.exact,
        "base": plan.base_release,
        "order": [[s.name, s.restrictiveness, s.spec.priority] for s in (*plan.sources, *plan.carried)],
        # What was purged is in the names of the extracts.
        "extracts": sorted(e.name for e in extracts) if plan.released else None,
        "code": [plan.families[k] for k in ("dedup", "stage-verify", "stage-ranks")],
    }
    return [
        VerifyTask(
            content_name({"stage": STAGE, "connect": connect.name, "chunk": chunk, **decides}),
            plan.work_zone,
            index.name,
            connect.name,
            chunk,
            tuple(found),
        )
        for chunk, found in texts.items()
    ]
