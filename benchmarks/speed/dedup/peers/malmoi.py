"""Malmoi: near-duplicate search, every removal verified."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.speed.dedup.peers.frame import measured
from transforms.dedup.near import near_duplicates
from transforms.dedup.presets import preset


class TextFile:
    """Batches of a Parquet file's text, read anew each time it is gone through."""

    def __init__(self, path: str) -> None:
        self.file = pq.ParquetFile(path, memory_map=True)

    def __iter__(self) -> Iterator[pa.Array]:
        for batch in self.file.iter_batches(batch_size=2048, columns=["text"], use_threads=False):
            yield batch.column(0)


def keep(source: str) -> list[int]:
    """Rows that stay under the korean preset."""
    text = TextFile(source)
    found = near_duplicates(text, preset("korean"))
    stays = np.ones(text.file.metadata.num_rows, bool)
    doc, survivor = found["doc"].to_numpy(), found["survivor"].to_numpy()
    stays[doc] = doc == survivor
    return np.flatnonzero(stays).tolist()


if __name__ == "__main__":
    # Loading the compiled kernels belongs to the imports, which no contender is charged for.
    near_duplicates(pa.array(["가나다라마바사" * 90] * 20, pa.large_string()), preset("korean"))
    measured(keep)
