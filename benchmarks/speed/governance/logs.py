"""Event log: appends a second by threads and batch, beside what the disk can sync; and how fast a chain is checked."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from governance.events import Event, EventLog

_EVENT = Event(
    at=datetime(2026, 1, 2, tzinfo=UTC),
    actor="upstage",
    action="share.pull",
    origin="203.0.113.7",
    subjects=("shard:shards/minutes-0000.parquet",),
    documents=4_096,
    grant="g-1",
    policies=("share-permit",),
)


def appends(directory: Path) -> dict[str, Any]:
    """Events a second, each on disk before its append returns."""
    log = EventLog(directory / "events.jsonl")
    found = {"disk_syncs_s": _syncs(directory / "floor")}
    for threads in (1, 8, 32):
        found[f"threads_{threads}"] = _rate(lambda: log.append(_EVENT), threads, 300)
    found["batches_of_100"] = 100 * _rate(lambda: log.append(*[_EVENT] * 100), 1, 50)
    return found | _checked(log)


def _syncs(path: Path) -> int:
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    line = b"x" * 320

    def once() -> None:
        os.write(handle, line)
        os.fdatasync(handle)

    rate = _rate(once, 1, 300)
    os.close(handle)
    return rate


def _rate(once: Callable[[], object], threads: int, each: int) -> int:
    workers = [threading.Thread(target=lambda: [once() for _ in range(each)]) for _ in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return round(threads * each / (time.perf_counter() - start))


def _checked(log: EventLog) -> dict[str, Any]:
    start = time.perf_counter()
    fault = log.check()
    seconds = time.perf_counter() - start
    return {"checked_lines_s": round((log.head().seq + 1) / seconds), "holds": fault is None}
