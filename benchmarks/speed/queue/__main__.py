"""Leases and submits per second on a queue of a million tasks: `python -m benchmarks.speed.queue [--out FILE]`.

Figures of Label Studio stand beside ours as they were measured on this kind of machine (not in the same run).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import fastapi
import uvicorn

from benchmarks.speed.queue.clients import PROJECT, copy_database, direct, over_http, run_clients, tasks
from benchmarks.speed.queue.service import serving
from labeling.queue import Queue
from labeling.store.sqlite import SqliteStore
from labeling.workers import Workers

# reference/peers.md, section 11: 20,000 tasks, overlap 1, next-task + annotate loops, one user a client.
LABEL_STUDIO = {
    "version": "1.23.2, one process, default start",
    "sqlite": {
        "8 clients": {"annotations_per_second": 5.9, "next_p99_ms": 6100},
        "32 clients": {"annotations_per_second": 2.6, "next_p99_ms": 41000},
        "handed_to_two_clients_at_once": [27, 31],
    },
    "postgresql": {
        "8 clients": {"annotations_per_second": 7.7, "next_p99_ms": 890},
        "32 clients": {"annotations_per_second": 6.0, "next_p99_ms": 4400},
        "handed_to_two_clients_at_once": [0, 0],
    },
}


def _load(path: Path, number: int) -> dict[str, float]:
    store = SqliteStore(path)
    queue = Queue(store)
    queue.define(PROJECT, now=datetime.now(UTC))
    made = tasks(number)
    start = time.perf_counter()
    for first in range(0, number, 50_000):
        queue.load(made[first : first + 50_000])
    seconds = time.perf_counter() - start
    store.shred()
    store.close()
    return {"tasks_per_second": round(number / seconds), "bytes_per_task": round(path.stat().st_size / number, 1)}


def _direct(loaded: Path, work: Path, clients: int, seconds: float, synchronous: str) -> dict[str, object]:
    copy_database(loaded, work)
    open_store = partial(SqliteStore, work, synchronous=synchronous)
    figures = run_clients(partial(direct, open_store), [f"w{n:02}" for n in range(clients)], seconds)
    _forget(work)
    return figures


def _http(loaded: Path, work: Path, clients: int, seconds: float) -> dict[str, object]:
    copy_database(loaded, work)
    now = datetime.now(UTC)
    store = SqliteStore(work)
    made = [Workers(store).add("기관", f"w{n}", now=now, expires_at=now + timedelta(days=1))[1] for n in range(clients)]
    store.close()
    with serving(work) as base:
        figures = run_clients(partial(over_http, base), made, seconds)
    _forget(work)
    return figures


def _forget(path: Path) -> None:
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()


def _machine() -> dict[str, object]:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    versions = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "fastapi": fastapi.__version__}
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "commit": commit,
        "machine": {"cores": os.cpu_count(), "processor": model[0].split(":")[1].strip() if model else ""},
        "versions": versions | {"uvicorn": uvicorn.__version__},
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def measure(number: int, seconds: float, clients: list[int]) -> dict[str, object]:
    """All figures of one run; everything is on a file system of the temporary directory."""
    found: dict[str, object] = {"question": "leases and submits per second", "tasks": number, "seconds": seconds}
    with tempfile.TemporaryDirectory() as directory:
        loaded, work = Path(directory) / "loaded.sqlite", Path(directory) / "work.sqlite"
        found["load"] = _load(loaded, number)
        for synchronous in ("FULL", "NORMAL"):
            found[f"queue, synchronous={synchronous}"] = {
                f"{n} clients": _direct(loaded, work, n, seconds, synchronous) for n in clients
            }
        found["http"] = {f"{n} clients": _http(loaded, work, n, seconds) for n in clients}
    return found | {"label_studio": LABEL_STUDIO} | _machine()


def main(arguments: list[str]) -> None:
    """Measures and writes one JSON object."""
    parser = argparse.ArgumentParser(prog="benchmarks.speed.queue", description=__doc__)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    text = json.dumps(measure(given.tasks, given.seconds, given.clients), ensure_ascii=False, indent=2)
    if given.out:
        given.out.write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
