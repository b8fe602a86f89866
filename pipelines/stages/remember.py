"""Remember: the index of what a release adds, written before its commit so that a later batch always finds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.stages.index import ROW_BITS, Index, Judged, numbers, row_of
from pipelines.stages.protect import pii_level
from pipelines.stages.released import RELEASED, Released, keep, table_names
from pipelines.tasks import Context, Receipt
from transforms.dedup.index import Run, new_run
from transforms.dedup.presets import preset


def remember(context: Context, receipts: Sequence[Receipt]) -> None:
    """Writes the index of the documents that this run releases; repeating it writes the same."""
    plan = context.plan
    index = Index.of(plan, [r for r in receipts if r.stage == "judge"])
    elect = next(r.name for r in receipts if r.stage == "deduplicate")
    members = _members(context, index, elect, _released_ids(context, receipts))
    chosen = preset(plan.recipe.deduplicate.preset)
    released = Released(
        directory=context.home.index(plan.recipe.corpus) / plan.release_id,
        preset=plan.recipe.deduplicate.preset,
        level=pii_level(plan),
        files=index.files,
        sources=plan.sources,
        tables=table_names(),
        documents=members.num_rows,
    )
    keep(released, context.keys, members, (_band(context, index, members, n) for n in range(chosen.bands)))


def _released_ids(context: Context, receipts: Sequence[Receipt]) -> pl.DataFrame:
    zone = context.plan.work_zone
    paths = [context.path(zone, "protect", f"{r.name}.index") for r in receipts if r.stage == "protect"]
    tables = [pl.DataFrame(context.read(zone, path, ["doc_id"])) for path in paths]
    return pl.concat([pl.DataFrame(schema={"doc_id": pl.String}), *tables])


def _members(context: Context, index: Index, elect: str, released: pl.DataFrame) -> pa.Table:
    """Released documents with their place, keys and length, by number."""
    frames = [pl.DataFrame(RELEASED.empty_table())]
    for number, file in enumerate(index.files):
        keep_set = context.read(
            context.plan.work_zone,
            context.path(context.plan.work_zone, "deduplicate", f"{elect}.keep-{number:06d}"),
            ["row"],
        )
        rows = keep_set["row"].to_numpy()
        judged = _judged(context, file, ["text_key", "doc_id"], rows)
        chars = context.read(file.zone, context.path(file.zone, "prepare", file.staged), ["chars"])["chars"]
        columns = {"doc": numbers(number, rows), "text_key": judged["text_key"], "doc_id": judged["doc_id"]}
        frames.append(pl.DataFrame(pa.table(columns | {"chars": chars.take(pa.array(rows))})))
    return pl.concat(frames).join(released, on="doc_id", how="semi", maintain_order="left").to_arrow().cast(RELEASED)


def _judged(context: Context, file: Judged, columns: list[str], rows: np.ndarray) -> pa.Table:
    path = context.path(context.plan.work_zone, "judge", file.judged)
    return context.read(context.plan.work_zone, path, columns).take(pa.array(rows))


def _band(context: Context, index: Index, members: pa.Table, band: int) -> Run:
    """One band's keys of every released document."""
    docs = members["doc"].to_numpy()
    keys = [np.empty(0, np.int64), *_keys(context, index, docs, f"b{band}")]
    return new_run(docs, np.concatenate(keys)[:, np.newaxis], members["text_key"].combine_chunks())


def _keys(context: Context, index: Index, docs: np.ndarray, column: str) -> Iterator[np.ndarray]:
    bounds = np.searchsorted(docs, np.arange(len(index.files) + 1, dtype=np.int64) << ROW_BITS)
    for number, file in enumerate(index.files):
        mine = docs[bounds[number] : bounds[number + 1]]
        if len(mine):
            yield _judged(context, file, [column], row_of(mine))[column].to_numpy()
