"""What each step counted and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Steps:
    """Filled step by step; `record` is what stats.json shows under `steps`."""

    def __init__(self, threads: int, tell: Callable[[str], None] = lambda _: None) -> None:
        self.threads = threads
        self.record: dict[str, dict[str, Any]] = {}
        self._tell = tell

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Times a step; the block fills in its counters."""
        self._tell(name)
        wall, cpu = time.perf_counter(), time.process_time()
        counts: dict[str, Any] = {}
        yield counts
        spent = {"seconds": round(time.perf_counter() - wall, 4), "cpu_s": round(time.process_time() - cpu, 4)}
        self.record[name] = counts | spent
