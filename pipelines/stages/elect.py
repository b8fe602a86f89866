"""Elect: one survivor per cluster and class of terms, the keep-set, and the plan of the shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from blake3 import blake3

from governance.records.errors import ErrorCode
from governance.records.ids import base32, content_name
from governance.records.schemas import DECISION
from pipelines.plan import Plan
from pipelines.stages.index import Index, file_of, in_file, row_of
from pipelines.stages.verify import VERIFIED
from pipelines.tasks import Context, Receipt
from transforms.dedup.presets import preset

STAGE = "deduplicate"
EXACT_RULE, NEAR_RULE, REPEAT_RULE = "exact_duplicate@1", "near_duplicate@1", "native_id_once@1"
AGAIN_RULE = "already_released@1"  # the same document, read again by a run that adds to a release
ESTIMATED_RULE = "near_duplicate_estimated@1"  # the survivor's text was purged: signatures are compared
KEEP = pa.schema([("row", pa.int32()), ("cluster_size", pa.int32())])


@dataclass(frozen=True)
class ElectTask:
    """All verified chunks of one index."""

    name: str
    zone: str
    index: str
    connect: str
    verified: tuple[str, ...]
    weight: int = 1
    stage: str = STAGE

    def run(self, context: Context) -> Receipt:
        """Writes the keep-set (a file for each judged file), the clusters and the decisions."""
        index = Index.load(context, self.index)
        fates = _fates(self._verified(context), index, context.plan)
        self._keep(context, "clusters", fates.sort("survivor_id", "rank").to_arrow())
        repeats = context.read(self.zone, context.path(self.zone, "connect", f"{self.connect}.repeats"))
        repeated = pl.DataFrame(repeats)["document"]
        shards: list[dict[str, Any]] = []
        books: dict[str, Counter[str]] = {}
        for file, judged in enumerate(index.files):
            if judged.release is not None:
                continue
            rows, counts = self._keep_rows(context, index, file, fates, repeated)
            source = books.setdefault(judged.source, Counter())
            source.update(counts)
            shards.append(rows)
        self._keep(context, "decisions", self._decisions(context, index, fates, repeated))
        plan = list(_shard_plan(context, index, self.name, shards))
        sizes = Counter(fates.filter(pl.col("document") == pl.col("survivor"))["cluster_size"].to_list())
        out = {
            "books": {name: dict(counts) for name, counts in sorted(books.items())},
            "rules": _rules(fates, index, repeated),
            "cluster_sizes": {str(k): v for k, v in sorted(sizes.items())},
            "shards": plan,
        }
        total: Counter[str] = sum(books.values(), Counter())
        return Receipt(STAGE, self.name, "", dict(total), out)

    def _keep(self, context: Context, what: str, table: pa.Table) -> None:
        context.write(self.zone, context.path(self.zone, STAGE, f"{self.name}.{what}"), table)

    def _verified(self, context: Context) -> pl.DataFrame:
        tables = [context.read(self.zone, context.path(self.zone, "verify", name)) for name in self.verified]
        return pl.DataFrame(pa.concat_tables(tables) if tables else VERIFIED.empty_table())

    def _keep_rows(
        self, context: Context, index: Index, file: int, fates: pl.DataFrame, repeated: pl.Series
    ) -> tuple[dict[str, Any], dict[str, int]]:
        judged = index.files[file]
        path = context.path(self.zone, "judge", judged.judged)
        table = context.read(self.zone, path, ["keep", "bytes"])
        keep, sizes = table["keep"].to_numpy().copy(), np.ones(table.num_rows, np.int32)
        mine = fates.filter(in_file("document", file))
        rows = row_of(mine["document"].to_numpy())
        sizes[rows] = mine["cluster_size"].to_numpy()
        entered = int(keep.sum())
        dropped = row_of(mine.filter(pl.col("outcome") == "dropped")["document"].to_numpy())
        again = row_of(repeated.to_numpy()[file_of(repeated.to_numpy()) == file])
        keep[dropped] = keep[again] = False
        kept = np.flatnonzero(keep)
        name = f"{self.name}.keep-{file:06d}"
        context.write(
            self.zone,
            context.path(self.zone, STAGE, name),
            pa.table({"row": kept, "cluster_size": sizes[kept]}).cast(KEEP),
        )
        digest = blake3(kept.astype("<i8").tobytes())
        digest.update(sizes[kept].astype("<i4").tobytes())
        counts = {"in": entered, "kept": len(kept), "dropped": len(dropped), "broken": len(again)}
        bytes_ = table["bytes"].to_numpy()[kept]
        return {"rows": len(kept), "digest": base32(digest.digest(length=16)), "ends": np.cumsum(bytes_)}, counts

    def _decisions(self, context: Context, index: Index, fates: pl.DataFrame, repeated: pl.Series) -> pa.Table:
        bound = context.plan.recipe.deduplicate.bound or preset(context.plan.recipe.deduplicate.preset).bound
        lost = fates.filter(pl.col("outcome") != "kept")
        found = lost.select(
            "doc_id",
            source=_sources(lost["document"], index),
            stage=pl.lit(STAGE),
            rule=RULE,
            outcome="outcome",
            measured="similarity",
            bound=pl.when(pl.col("exact")).then(1.0).otherwise(bound),
            code=pl.lit(None, pl.String),
            related="survivor_id",
        )
        return pa.concat_tables(
            [found.to_arrow().cast(DECISION), _repeat_decisions(context, self.zone, index, repeated)]
        )


AGAIN = (pl.col("doc_id") == pl.col("survivor_id")) & (pl.col("document") != pl.col("survivor"))
RULE = (
    pl.when(AGAIN)
    .then(pl.lit(AGAIN_RULE))
    .when(pl.col("exact"))
    .then(pl.lit(EXACT_RULE))
    .when(pl.col("estimated"))
    .then(pl.lit(ESTIMATED_RULE))
    .otherwise(pl.lit(NEAR_RULE))
)


def _fates(verified: pl.DataFrame, index: Index, plan: Plan) -> pl.DataFrame:
    """For every document of a cluster: kept, dropped, or marked (kept as its own terms' copy of a duplicate).

    Within a cluster each class of terms keeps its best-ranked member, so that no recipient loses a text it is
    entitled to because a copy under stricter terms survived; `across_terms: drop` keeps the survivor alone.
    """
    sized = verified.with_columns(cluster_size=pl.len().over("survivor").cast(pl.Int32)).filter(
        pl.col("cluster_size") > 1
    )
    terms = [plan.source(f.source).licence_class for f in index.files]
    files = file_of(sized["document"].to_numpy())
    sized = sized.with_columns(terms=pl.Series([terms[f] for f in files], dtype=pl.String))
    best = pl.col("rank") == pl.col("rank").min().over("survivor", "terms")
    # What is released already stays whatever its cluster.
    old = pl.Series([index.files[f].release is not None for f in files], dtype=pl.Boolean)
    survives = pl.col("document") == pl.col("survivor")
    marked = best if plan.recipe.deduplicate.across_terms == "mark" else pl.lit(False)
    same = pl.col("terms") == pl.col("terms").filter(survives).first().over("survivor")
    outcome = (
        pl.when(survives | old)
        .then(pl.lit("kept"))
        .when(marked & ~same)
        .then(pl.lit("marked"))
        .otherwise(pl.lit("dropped"))
    )
    return sized.with_columns(outcome=outcome)


def _sources(documents: pl.Series, index: Index) -> pl.Series:
    return pl.Series("source", [index.files[f].source for f in file_of(documents.to_numpy())], dtype=pl.String)


def _rules(fates: pl.DataFrame, index: Index, repeated: pl.Series) -> list[list[Any]]:
    lost = fates.filter(pl.col("outcome") != "kept")
    counted: Counter[tuple[str, str, str]] = Counter(
        zip(_sources(lost["document"], index).to_list(), *lost.select(RULE, "outcome").get_columns(), strict=True)
    )
    counted.update((source, REPEAT_RULE, "broken") for source in _sources(repeated, index).to_list())
    return [[*key, count] for key, count in sorted(counted.items())]


def _repeat_decisions(context: Context, zone: str, index: Index, repeated: pl.Series) -> pa.Table:
    rows: list[dict[str, Any]] = []
    for file in np.unique(file_of(repeated.to_numpy())).tolist():
        judged = index.files[file]
        ids = context.read(zone, context.path(zone, "judge", judged.judged), ["doc_id"])["doc_id"]
        for row in row_of(repeated.to_numpy()[file_of(repeated.to_numpy()) == file]).tolist():
            rows.append(
                {
                    "doc_id": ids[row].as_py(),
                    "source": judged.source,
                    "stage": STAGE,
                    "rule": REPEAT_RULE,
                    "outcome": "broken",
                    "code": ErrorCode.DUPLICATE_NATIVE_ID.value,
                }
            )
    return pa.Table.from_pylist(rows, schema=DECISION)


def _shard_plan(context: Context, index: Index, elect: str, files: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Cuts each source's kept rows into shards of about `shard_bytes` of text, in the index's order."""
    limit = context.plan.recipe.publish.shard_bytes
    for source in context.plan.sources:
        parts: list[list[Any]] = []
        filled = 0
        for file, judged in enumerate(index.files):
            if judged.source != source.name or judged.release is not None:
                continue
            start, ends = 0, files[file]["ends"]
            while start < len(ends):
                before = int(ends[start - 1]) if start else 0
                stop = int(np.searchsorted(ends, before + limit - filled, side="left")) + 1
                stop = min(stop, len(ends))
                parts.append([file, start, stop, files[file]["digest"], judged.staged])
                filled += int(ends[stop - 1]) - before
                start = stop
                if filled >= limit:
                    yield {"source": source.name, "elect": elect, "bytes": filled, "parts": parts}
                    parts, filled = [], 0
        if parts:
            yield {"source": source.name, "elect": elect, "bytes": filled, "parts": parts}


def elect_task(plan: Plan, index: Index, connect: Receipt, verified: list[Receipt]) -> ElectTask:
    """The election over all chunks."""
    names = tuple(sorted(v.name for v in verified))
    decides = {
        "code": plan.families["stage-elect"],
        "index": index.name,
        "connect": connect.name,
        "verified": names,
        "across_terms": plan.recipe.deduplicate.across_terms,
        "classes": [[s.name, s.licence_class] for s in (*plan.sources, *plan.carried)],
        "shard_bytes": plan.recipe.publish.shard_bytes,
        "bound": plan.recipe.deduplicate.bound,
    }
    return ElectTask(content_name({"stage": STAGE, **decides}), plan.work_zone, index.name, connect.name, names)
