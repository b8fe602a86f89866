"""Clients that lease and submit as fast as they can, each in a process of its own, and what they measured."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty
from typing import Any

import httpx

from labeling.project import Project
from labeling.queue import Queue
from labeling.store.port import Store
from labeling.task import Task, task_id

PROJECT = Project("bench", "길이를 재는 묶음입니다.", ("예", "아니오"))
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Measured:
    """Milliseconds of every lease and every submit, and what was leased."""

    leases: list[float]
    submits: list[float]
    tasks: list[str]


Work = Callable[[str, float], Measured]


def tasks(number: int, *, overlap: int = 1) -> list[Task]:
    """Pointers to `number` documents."""
    return [
        Task(task_id("bench", f"d{n:08}"), "bench", "r1", f"d{n:08}", f"part-{n >> 14}", n, "s", "CC0", overlap=overlap)
        for n in range(number)
    ]


def direct(open_store: Callable[[], Store], worker: str, seconds: float) -> Measured:
    """One client on the queue itself."""
    queue = Queue(open_store())
    found = Measured([], [], [])
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        lease = queue.lease(worker, "bench", now=datetime.now(UTC))
        middle = time.perf_counter()
        if lease is None:
            break
        queue.submit(lease.hold, "예", now=datetime.now(UTC))
        _note(found, lease.task.task_id, start, middle)
    return found


def over_http(base: str, token: str, seconds: float) -> Measured:
    """One client of the labellers' door."""
    found = Measured([], [], [])
    until = time.perf_counter() + seconds
    with httpx.Client(base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=60) as client:
        while time.perf_counter() < until:
            start = time.perf_counter()
            lease = client.post("/label/api/projects/bench/next").json()["lease"]
            middle = time.perf_counter()
            body = {"fencing": lease["fencing"], "answer": "예"}
            client.post(f"/label/api/tasks/{lease['task_id']}/submit", json=body).raise_for_status()
            _note(found, lease["task_id"], start, middle)
    return found


def _note(found: Measured, task: str, start: float, middle: float) -> None:
    found.leases.append(1000 * (middle - start))
    found.submits.append(1000 * (time.perf_counter() - middle))
    found.tasks.append(task)


def _client(work: Work, name: str, seconds: float, gate: Any, results: Any) -> None:
    gate.wait()
    results.put(work(name, seconds))


def run_clients(work: Work, names: list[str], seconds: float) -> dict[str, object]:
    """Runs one process a name, all at once, and sums up what they measured."""
    gate, results = _SPAWN.Barrier(len(names) + 1), _SPAWN.Queue()
    processes = [_SPAWN.Process(target=_client, args=(work, name, seconds, gate, results)) for name in names]
    for process in processes:
        process.start()
    gate.wait()
    start = time.perf_counter()
    found = [_next(results, processes) for _ in names]
    wall = time.perf_counter() - start
    for process in processes:
        process.join()
    return _figures(found, wall)


def _next(results: Any, processes: list[Any]) -> Measured:
    while True:
        try:
            return results.get(timeout=5)
        except Empty:
            if any(p.exitcode not in (None, 0) for p in processes):
                raise RuntimeError("a client died; its traceback is above") from None


def _figures(found: list[Measured], wall: float) -> dict[str, object]:
    everything = [task for one in found for task in one.tasks]
    return {
        "pairs_per_second": round(len(everything) / wall, 1),
        "lease_ms": _quantiles([ms for one in found for ms in one.leases]),
        "submit_ms": _quantiles([ms for one in found for ms in one.submits]),
        "least_and_most_of_a_client": [min(len(one.tasks) for one in found), max(len(one.tasks) for one in found)],
        "handed_out_twice": len(everything) - len(set(everything)),
    }


def _quantiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        raise RuntimeError("no client finished a single lease; measure for longer")
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[min(len(ordered) - 1, int(q * len(ordered)))], 3) for name, q in at.items()}


def copy_database(source: Path, target: Path) -> None:
    """A fresh copy of a loaded SQLite queue."""
    target.write_bytes(source.read_bytes())
