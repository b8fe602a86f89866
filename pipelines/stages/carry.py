"""Carry: what a run that adds to a release takes over from it, unchanged: shards, their index, the clusters."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow.parquet as pq

from governance.delta import Shard
from governance.manifest import MANIFEST, shards_of
from governance.records.storage import Location, readable
from governance.signing import open_envelope
from pipelines.tasks import Context


def carried_shards(context: Context, made: Sequence[Shard]) -> list[Shard]:
    """Shards of the base release that this run did not make again; none where it replaces them."""
    plan = context.plan
    if not plan.released:
        return []
    root, path = context.home.corpus(plan.recipe.corpus), _base(context) / MANIFEST
    statement = open_envelope(path.read_bytes(), context.keys.public_pem, MANIFEST)
    again = {shard.path for shard in made}
    return [Shard.of(root, s.path, s.source, s.licence) for s in shards_of(statement) if s.path not in again]


def with_carried_index(context: Context, index: pl.DataFrame) -> pl.DataFrame:
    """The index of what is new, and that of the shards that stay."""
    if not context.plan.released:
        return index
    before = pl.DataFrame(pq.read_table(readable(_base(context) / "index.parquet"))).select(index.columns)
    return pl.concat([index, before.filter(~pl.col("shard").is_in(index["shard"].unique().implode()))])


def with_carried_clusters(context: Context, clusters: pl.DataFrame) -> pl.DataFrame:
    """The clusters, and those of the base release: the members of one survivor are one cluster, counted again."""
    if not context.plan.released:
        return clusters
    before = pl.DataFrame(pq.read_table(readable(_base(context) / "clusters.parquet"))).select(clusters.columns)
    # What was said of a document first stays: it tells why it is, or is not, in the release.
    whole = pl.concat([before, clusters]).unique(["doc_id", "survivor_id"], keep="first", maintain_order=True)
    size = pl.len().over("survivor_id").cast(clusters.schema["cluster_size"])
    return whole.with_columns(cluster_size=size).filter(pl.col("cluster_size") > 1)


def _base(context: Context) -> Location:
    plan = context.plan
    assert plan.base_release is not None
    return context.home.release(plan.recipe.corpus, plan.base_release)
