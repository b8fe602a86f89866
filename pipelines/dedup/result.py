"""clusters.parquet and stats.json: written beside the target, and put in its place as one directory."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.records.errors import ConfigError
from pipelines.dedup.settling import Clusters
from pipelines.dedup.signing import Corpus, Signed

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
    schema = pa.schema(
        [
            ("id", _plain(kind)),
            ("cluster", _plain(kind)),
            ("keep", pa.bool_()),
            ("jaccard", pa.float64()),
            ("exact", pa.bool_()),
        ]
    )
    # Looked up once: taking from many chunks joins them all each time.
    survivors = np.unique(clusters.survivor[clusters.survivor != clusters.docs])
    names = pa.chunked_array([b.ids for b in blocks], kind).take(pa.array(survivors)).combine_chunks()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        begin = 0
        for block in blocks:
            rows = _rows(
                block, begin, clusters, lambda wanted: names.take(pa.array(np.searchsorted(survivors, wanted)))
            )
            writer.write_table(pa.table(rows, names=schema.names).cast(schema))
            begin += len(block.ids)


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.int64() if pa.types.is_integer(kind) else pa.string()


def _rows(block: Signed, begin: int, clusters: Clusters, name: Callable[[np.ndarray], pa.Array]) -> list[Any]:
    """Columns of the documents of a block; a missing text has no cluster and is not kept."""
    count = len(block.ids)
    gone, jaccard, exact, none = np.zeros(count, bool), np.ones(count), np.zeros(count, bool), np.zeros(count, bool)
    mine = slice(*np.searchsorted(clusters.docs, [begin, begin + count]))
    place, left = clusters.docs[mine] - begin, clusters.survivor[mine] != clusters.docs[mine]
    gone[place], jaccard[place], exact[place] = left, clusters.jaccard[mine], clusters.exact[mine]
    none[block.missing] = True
    cluster = pc.if_else(pa.array(none), pa.scalar(None, block.ids.type), block.ids)
    if left.any():
        cluster = pc.replace_with_mask(cluster, pa.array(gone), name(clusters.survivor[mine][left]))
    return [block.ids, cluster, ~(gone | none), pa.array(jaccard, mask=none), exact]
