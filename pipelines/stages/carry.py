"""Carry: what a run that adds to a release takes over from it, unchanged: shards, their index, the clusters.

Nothing is taken over of a source whose terms do not allow it any more; the books and the ledger say what that was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from governance.delta import Shard
from governance.manifest import MANIFEST, Book, shards_of
from governance.records.schemas import DECISION
from governance.records.storage import Location, readable
from governance.signing import open_envelope
from pipelines.books import CARRIED
from pipelines.tasks import Context

TERMS_RULE = "terms@1"
DECISION_TYPES = pl.DataFrame(DECISION.empty_table()).schema


def carried_shards(context: Context, made: Sequence[Shard]) -> list[Shard]:
    """Shards of the base release that this run did not make again; none where it replaces them."""
    root, again = context.home.corpus(context.plan.recipe.corpus), {shard.path for shard in made}
    return [
        Shard.of(root, s.path, s.source, s.licence)
        for s in _base_shards(context)
        if s.path not in again and s.source not in _stopped(context)
    ]


def carried_books(context: Context) -> list[Book]:
    """A line for each source of the base release: its documents, and whether they stay."""
    rows: Counter[str] = Counter()
    for shard in _base_shards(context):
        rows[shard.source] += shard.rows
    out = _stopped(context)
    return [
        Book(name, CARRIED, "document", n, *((0, n) if name in out else (n, 0)), 0) for name, n in sorted(rows.items())
    ]


def stopped_decisions(context: Context) -> dict[str, pa.Table]:
    """For each source that does not stay a ledger (schema DECISION) with a row a document."""
    if not context.plan.stopped:
        return {}
    index = _base_index(context)
    found = {}
    for refusal in context.plan.stopped:
        columns = {
            "stage": CARRIED,
            "rule": TERMS_RULE,
            "outcome": "dropped",
            "measured": None,
            "bound": None,
            "code": ",".join(refusal.policies) or None,
            "related": None,
        }
        said = [pl.lit(value, DECISION_TYPES[name]).alias(name) for name, value in columns.items()]
        mine = index.filter(pl.col("source") == refusal.source).sort("doc_id").select("doc_id", "source", *said)
        found[refusal.source] = mine.to_arrow().cast(DECISION)
    return found


def with_carried_index(context: Context, index: pl.DataFrame) -> pl.DataFrame:
    """The index of what is new, and that of the shards that stay."""
    if not context.plan.released:
        return index
    again = pl.col("shard").is_in(index["shard"].unique().implode())
    return pl.concat([index, _base_index(context).select(index.columns).filter(~again & ~_out(context))])


def with_carried_clusters(context: Context, clusters: pl.DataFrame) -> pl.DataFrame:
    """The clusters, and those of the base release: the members of one survivor are one cluster, counted again."""
    if not context.plan.released:
        return clusters
    before = pl.DataFrame(pq.read_table(readable(_base(context) / "clusters.parquet"))).select(clusters.columns)
    if context.plan.stopped:
        gone = _base_index(context).filter(_out(context))["doc_id"].implode()
        before = before.filter(~pl.col("doc_id").is_in(gone) & ~pl.col("survivor_id").is_in(gone))
    # What was said of a document first stays: it tells why it is, or is not, in the release.
    whole = pl.concat([before, clusters]).unique(["doc_id", "survivor_id"], keep="first", maintain_order=True)
    size = pl.len().over("survivor_id").cast(clusters.schema["cluster_size"])
    return whole.with_columns(cluster_size=size).filter(pl.col("cluster_size") > 1)


def _stopped(context: Context) -> set[str]:
    return {refusal.source for refusal in context.plan.stopped}


def _out(context: Context) -> pl.Expr:
    return pl.col("source").is_in(sorted(_stopped(context)))


def _base_index(context: Context) -> pl.DataFrame:
    return pl.DataFrame(pq.read_table(readable(_base(context) / "index.parquet")))


def _base_shards(context: Context) -> list[Shard]:
    """Shards of the release that the run adds to; none where it replaces them."""
    if not context.plan.released:
        return []
    path = _base(context) / MANIFEST
    return shards_of(open_envelope(path.read_bytes(), context.keys.public_pem, MANIFEST))


def _base(context: Context) -> Location:
    plan = context.plan
    assert plan.base_release is not None
    return context.home.release(plan.recipe.corpus, plan.base_release)
