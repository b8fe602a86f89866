"""Survivor order: which of the documents that hold the same text stands for them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from governance.records.storage import readable
from pipelines.stages.index import Index, file_of
from pipelines.tasks import Context


def survivor_ranks(context: Context, index: Index, table: pa.Table) -> np.ndarray:
    """Rank of each row, 0 first: already released, least restrictive terms, source priority, longest, then doc_id.

    A run that adds to a release meets a document that it reads again twice, with one id: the place tells which is new.

    Args:
        table: columns document, doc_id and chars.
    """
    files = file_of(table["document"].to_numpy())
    sources = [context.plan.source(index.files[f].source) for f in files]
    frame = pl.DataFrame(
        {
            "new": _new(context, index, table),
            "restrictive": [s.restrictiveness for s in sources],
            "priority": [s.spec.priority for s in sources],
            "short": [-c for c in table["chars"].to_pylist()],
            "doc_id": pl.Series(table["doc_id"]),
        }
    ).with_row_index("at")
    order = frame.sort("new", "restrictive", "priority", "short", "doc_id", "at")["at"].to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _new(context: Context, index: Index, table: pa.Table) -> pl.Series:
    if context.plan.released:
        files = file_of(table["document"].to_numpy())
        return pl.Series([index.files[f].release is None for f in files], dtype=pl.Boolean)
    return ~pl.Series(table["doc_id"]).is_in(released_ids(context).implode())


def released_ids(context: Context) -> pl.Series:
    """Ids in the release that this plan starts from."""
    plan = context.plan
    if plan.base_release is None:
        return pl.Series("doc_id", [], dtype=pl.String)
    index = context.home.release(plan.recipe.corpus, plan.base_release) / "index.parquet"
    return pl.Series("doc_id", pq.read_table(readable(index), columns=["doc_id"])["doc_id"])
