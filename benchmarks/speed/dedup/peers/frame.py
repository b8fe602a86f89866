"""What every contender's run shares: Parquet in, kept documents out, time without imports. Needs pyarrow only."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

WIDTH, BANDS, ROWS, BOUND = 5, 16, 8, 0.8


class Forest:
    """Union-find for contenders that bring none; roots are the smallest number."""

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))

    def find(self, node: int) -> int:
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def unite(self, one: int, other: int) -> None:
        one, other = self.find(one), self.find(other)
        self.parent[max(one, other)] = min(one, other)

    def kept(self) -> list[int]:
        return [node for node in range(len(self.parent)) if self.parent[node] == node]


def _cpu() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in spent)


def _peak_mb() -> float:
    # Not ru_maxrss: a process inherits that from the one that started it.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measured(keep: Callable[[str], list[int]]) -> None:
    """Runs `keep` on the input Parquet (columns doc, text), writes the kept rows, prints one line of JSON.

    `keep` takes the path and returns the row numbers that stay. Arguments: input, output.
    """
    source, target = sys.argv[1:3]
    wall, cpu = time.perf_counter(), _cpu()
    rows = keep(source)
    pq.write_table(pa.table({"doc": pa.array(rows, pa.int64())}), target)
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    print("MEASURED " + json.dumps({"wall_s": wall, "cpu_s": cpu, "peak_mb": _peak_mb()}))


def texts(source: str) -> list[str]:
    """The text column as Python strings, for contenders that read them so."""
    return pq.read_table(source, columns=["text"])["text"].to_pylist()
