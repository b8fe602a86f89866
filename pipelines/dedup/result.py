"""clusters.parquet and stats.json: written beside the target, and put in its place as one directory."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from governance.records.errors import ConfigError
from pipelines.dedup.settling import Clusters
from pipelines.dedup.signing import Corpus

CLUSTERS, STATS = "clusters.parquet", "stats.json"


def require_free(out: Path, *, overwrite: bool) -> None:
    """Refuses a target that is there already, or that is no earlier result.

    Raises:
        ConfigError: says which of the two.
    """
    if not out.exists():
        return
    if not overwrite:
        raise ConfigError(f"--out {out}: is there already; name another directory, or add --overwrite")
    strange = sorted(p.name for p in out.iterdir() if p.name not in (CLUSTERS, STATS)) if out.is_dir() else [out.name]
    if strange:
        raise ConfigError(
            f"--out {out}: holds {strange[0]!r}, which is no result of dedup; --overwrite leaves it alone"
        )


def write_result(out: Path, corpus: Corpus, clusters: Clusters, stats: dict[str, Any]) -> None:
    """Writes both files and puts them in the place of `out`."""
    made = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    try:
        _write_clusters(made / CLUSTERS, corpus, clusters)
        (made / STATS).write_text(json.dumps(stats, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _replace(out, made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _replace(out: Path, made: Path) -> None:
    for path in (*made.iterdir(), made):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    if out.exists():
        out.rename(old)
    made.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _write_clusters(path: Path, corpus: Corpus, clusters: Clusters) -> None:
    blocks = list(corpus.signed)
    kind = blocks[0].ids.type if blocks else pa.large_string()
    ids = pa.chunked_array([b.ids for b in blocks], kind)
    schema = pa.schema(
        [("id", _plain(kind)), ("cluster", _plain(kind)), ("keep", pa.bool_()), ("jaccard", pa.float64())]
    ).append(pa.field("exact", pa.bool_()))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(corpus, clusters, ids):
            writer.write_table(pa.table(batch, names=schema.names).cast(schema))


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.int64() if pa.types.is_integer(kind) else pa.string()


def _batches(corpus: Corpus, clusters: Clusters, ids: pa.ChunkedArray) -> Iterator[list[Any]]:
    """Columns of the documents of one block after another; a missing text has no cluster and is not kept."""
    begin = 0
    for block in corpus.signed:
        rows = len(block.ids)
        survivor, jaccard, exact = np.arange(begin, begin + rows), np.ones(rows), np.zeros(rows, bool)
        low, high = np.searchsorted(clusters.docs, [begin, begin + rows])
        place = clusters.docs[low:high] - begin
        survivor[place] = clusters.survivor[low:high]
        jaccard[place], exact[place] = clusters.jaccard[low:high], clusters.exact[low:high]
        keep = survivor == np.arange(begin, begin + rows)
        none = np.zeros(rows, bool)
        none[block.missing] = True
        cluster = _survivors(block.ids, ids, survivor, none, begin)
        yield [block.ids, cluster, keep & ~none, pa.array(jaccard, mask=none), exact]
        begin += rows


def _survivors(own: pa.Array, ids: pa.ChunkedArray, survivor: np.ndarray, none: np.ndarray, begin: int) -> pa.Array:
    elsewhere = np.flatnonzero(survivor != np.arange(begin, begin + len(own)))
    merged = pa.compute.if_else(pa.array(none), pa.scalar(None, own.type), own)
    if not len(elsewhere):
        return merged
    mask = np.zeros(len(own), bool)
    mask[elsewhere] = True
    taken = ids.take(pa.array(survivor[elsewhere])).combine_chunks()
    return pa.compute.replace_with_mask(merged, pa.array(mask), taken)
