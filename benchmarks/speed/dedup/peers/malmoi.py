"""Malmoi: what `malmoi dedup` runs, every removal verified. MALMOI_EXACT=1 adds the exact level."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.speed.dedup.peers.frame import measured
from pipelines.dedup.alone import Job, deduplicate
from pipelines.dedup.rows import Columns
from pipelines.dedup.settings import Settings

# The peers look for near duplicates only.
SETTINGS = Settings(exact=os.environ.get("MALMOI_EXACT") == "1")


def keep(source: str) -> list[int]:
    """Rows that stay under the korean preset; the keep-set is written and read again inside the measured time."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        deduplicate(Job((Path(source),), out, SETTINGS, Columns("doc", "text")))
        found = pq.read_table(out / "clusters.parquet", columns=["id", "keep"])
    return found.filter(found["keep"])["id"].to_pylist()


def _load() -> None:
    """Loading the compiled kernels belongs to the imports, which no contender is charged for."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "warm.parquet")
        pq.write_table(pa.table({"doc": range(20), "text": ["가나다라마바사" * 90] * 20}), source)
        keep(str(source))


if __name__ == "__main__":
    _load()
    measured(keep)
