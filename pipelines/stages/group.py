"""Group: documents that share a key. One task a key column, read by column projection; nothing is shuffled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from governance.records.ids import content_name
from pipelines.plan import Plan
from pipelines.stages.index import Index, numbers
from pipelines.tasks import Context, Receipt
from transforms.dedup.candidates import bucket_edges, exact_edges
from transforms.dedup.presets import preset

STAGE = "group"
EXACT, NATIVE = "text_key", "native_key"
EDGES = pa.schema([("left", pa.int64()), ("right", pa.int64())])


@dataclass(frozen=True)
class GroupTask:
    """One key column of every judged file."""

    name: str
    zone: str
    index: str
    column: str
    weight: int
    stage: str = STAGE

    def run(self, context: Context) -> Receipt:
        """Writes the edges between documents that share this key."""
        index = Index.load(context, self.index)
        edges = self._repeats(context, index) if self.column == NATIVE else self._edges(context, index)
        context.write(self.zone, context.path(self.zone, STAGE, self.name), edges)
        return Receipt(STAGE, self.name, "", books={}, out={"column": self.column, "edges": edges.num_rows})

    def _edges(self, context: Context, index: Index) -> pa.Table:
        keys, documents = [], []
        for file, table in _kept(context, index, [self.column]):
            keys.append(table[self.column].combine_chunks())
            documents.append(numbers(file, table["row"].to_numpy()))
        if not keys:
            return EDGES.empty_table()
        ids = np.concatenate(documents)
        if self.column == EXACT:
            left, right = exact_edges(pa.concat_arrays(keys), ids)
        else:
            left, right = bucket_edges(np.concatenate([k.to_numpy() for k in keys]), ids)
        return pa.table({"left": left, "right": right}, schema=EDGES)

    def _repeats(self, context: Context, index: Index) -> pa.Table:
        """Documents of one source with a native id met earlier in the snapshot's order (left: the first of them)."""
        frames = []
        for file, table in _kept(context, index, [NATIVE, "item", "offset"]):
            ids = pl.Series("document", numbers(file, table["row"].to_numpy()))
            frames.append(pl.DataFrame(table.drop_columns(["row"])).with_columns(ids))
        if not frames:
            return EDGES.empty_table()
        whole = pl.concat(frames).sort([NATIVE, "item", "offset", "document"])
        first = whole.with_columns(left=pl.col("document").first().over(NATIVE))
        again = first.filter(pl.col("left") != pl.col("document"))
        return again.select("left", right="document").sort("right").to_arrow().cast(EDGES)


def group_tasks(plan: Plan, index: Index) -> list[GroupTask]:
    """One task for each key column that the recipe uses."""
    settings = plan.recipe.deduplicate
    columns = [NATIVE] + ([EXACT] if settings.exact else [])
    if settings.near:
        columns += [f"b{n}" for n in range(preset(settings.preset).bands)]
    code = [plan.families[k] for k in ("dedup", "stage-group")]
    rows = sum(f.rows for f in index.files)
    return [
        GroupTask(
            content_name({"stage": STAGE, "index": index.name, "column": c, "code": code}),
            plan.work_zone,
            index.name,
            c,
            rows,
        )
        for c in columns
    ]


def _kept(context: Context, index: Index, columns: list[str]) -> Iterator[tuple[int, pa.Table]]:
    for number, file in enumerate(index.files):
        if file.kept:
            path = context.path(context.plan.work_zone, "judge", file.judged)
            table = context.read(context.plan.work_zone, path, [*columns, "keep"])
            keep = np.flatnonzero(table["keep"].to_numpy())
            yield number, table.select(columns).take(pa.array(keep)).append_column("row", pa.array(keep, pa.int64()))
