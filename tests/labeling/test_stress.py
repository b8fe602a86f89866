"""Workers in processes of their own lease, answer, skip, undo, stall and are killed, also in the middle of writing.

Time is a number that every act moves on, so leases run out while others work, at any speed of the machine.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from governance.records.errors import NotFoundError
from labeling.errors import LabelingError
from labeling.lease import Lease, SkipReason
from labeling.queue import Queue
from labeling.store.port import Session, Store
from labeling.task import Task
from tests.labeling.conftest import NOON, QUALITY, after, make_tasks

# Not fork: a child of a process with threads may inherit a lock that a thread holds.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.labeling.test_stress"])
LEASE_S = 40
TASKS = 30
LABELS = QUALITY.labels
WORKERS = ("kim", "lee", "park", "choi", "jung", "kang")


class Life:
    """One life of a worker: it ends by the hand of chance, or when there is nothing left to do."""

    def __init__(self, worker: str, seed: int, store: Store, ticks: Any, log: Path) -> None:
        self.worker, self.chance, self.ticks = worker, random.Random(seed), ticks
        self.queue = Queue(store)
        self.log = os.open(log, os.O_APPEND | os.O_CREAT | os.O_WRONLY)

    def now(self) -> datetime:
        with self.ticks.get_lock():
            self.ticks.value += 1
            return after(self.ticks.value)

    def die_perhaps(self, share: float) -> None:
        if self.chance.random() < share:
            os.kill(os.getpid(), signal.SIGKILL)

    def live(self) -> None:
        idle = 0
        while idle < 3:
            lease = self.queue.lease(self.worker, "quality", now=self.now(), lease_s=LEASE_S)
            idle = idle + 1 if lease is None else 0
            self.die_perhaps(0.02)
            try:
                if lease is not None:
                    self.act(lease)
                if self.chance.random() < 0.03:
                    self.undo()
            except (LabelingError, NotFoundError):
                continue  # fenced off, or nothing to undo: the worker goes on with the next task

    def act(self, lease: Lease) -> None:
        draw = self.chance.random()
        if draw < 0.05:
            for _ in range(LEASE_S):
                self.now()  # the worker stalls, and time goes on
        if draw < 0.08:
            self.queue.release(lease.hold, now=self.now())
        elif draw < 0.11:
            self.queue.skip(lease.hold, SkipReason.OTHER, now=self.now())
        elif draw < 0.95:
            answer = self.chance.choice(LABELS)
            self.note("try", lease.task.task_id, answer)
            self.queue.submit(lease.hold, answer, now=self.now())
            self.note("told", lease.task.task_id, answer)

    def undo(self) -> None:
        self.note("undo", "-", "-")
        self.queue.undo(self.worker, "quality", now=self.now(), lease_s=LEASE_S)

    def note(self, *words: str) -> None:
        os.write(self.log, (" ".join((self.worker, *words)) + "\n").encode())


@contextmanager
def killed_while_writing(store: Store, chance: random.Random) -> Iterator[None]:
    """Makes one in a hundred transactions end the process just before it commits."""
    plain = store.write

    @contextmanager
    def write() -> Iterator[Session]:
        with plain() as session:
            yield session
            if chance.random() < 0.01:
                os.kill(os.getpid(), signal.SIGKILL)

    store.write = write  # type: ignore[method-assign]
    yield


def worker_process(open_store: Callable[[], Store], worker: str, seed: int, ticks: Any, log: Path) -> None:
    store = open_store()
    with killed_while_writing(store, random.Random(seed + 1)):
        Life(worker, seed, store, ticks, log).live()
    os._exit(0)


class Watch(threading.Thread):
    """Looks at the queue again and again while it is worked on, and keeps what it saw that must never be."""

    def __init__(self, store: Store, tasks: list[Task]) -> None:
        super().__init__()
        self.store, self.tasks, self.over = store, tasks, threading.Event()
        self.faults: list[object] = []
        self.looks = 0

    def run(self) -> None:
        while not self.over.wait(0.05):
            self.look()

    def look(self) -> None:
        with self.store.read() as session:
            seen = [session.all("document_turns", doc_id=task.doc_id) for task in self.tasks]
        for task, turns in zip(self.tasks, seen, strict=True):
            states = Counter(row["state"] for row in turns)
            counts = turns and (turns[0]["taken"], turns[0]["answered"])
            if turns and counts != (states["leased"] + states["answered"], states["answered"]):
                self.faults.append((task.task_id, counts, dict(states)))
            if states["leased"] + states["answered"] > task.overlap:
                self.faults.append((task.task_id, "over", dict(states)))
        self.looks += 1


@pytest.mark.parametrize("overlap", [1, 3])
def test_nothing_is_handed_out_beyond_its_overlap_nor_lost_however_workers_die(
    open_store: Callable[[], Store], tmp_path: Path, overlap: int
):
    store, log, ticks = open_store(), tmp_path / "answers", SERVER.Value("q", 0)
    queue = Queue(store)
    queue.define(QUALITY, now=NOON)
    tasks = make_tasks(TASKS, overlap=overlap)
    queue.load(tasks)
    watch = Watch(store, tasks)
    watch.start()
    lives = work_until_done(open_store, queue, ticks, log)
    watch.over.set()
    watch.join()
    watch.look()
    assert watch.faults == [] and watch.looks > 1
    assert lives > 5, "somebody was killed"
    assert_every_answer_is_kept(queue, log, overlap)


def work_until_done(open_store: Callable[[], Store], queue: Queue, ticks: Any, log: Path) -> int:
    """Keeps the workers alive until every task is done and the last of them has left; gives how many lives it took."""
    lives: dict[str, Any] = {}
    born = 0
    while any(life.is_alive() for life in lives.values()) or queue.progress("quality", now=NOON).done < TASKS:
        for worker in WORKERS:
            if queue.progress("quality", now=NOON).done < TASKS and not (worker in lives and lives[worker].is_alive()):
                born += 1
                lives[worker] = SERVER.Process(target=worker_process, args=(open_store, worker, born, ticks, log))
                lives[worker].start()
        lives[WORKERS[0]].join(timeout=0.05)
        assert born < 500, "the tasks are never done"
    return born


def assert_every_answer_is_kept(queue: Queue, log: Path, overlap: int) -> None:
    """Each task has all its answers, each from another worker; what a worker was told is stored is what is exported."""
    exported = queue.export("quality")
    answers = exported.filter(pc.equal(exported["outcome"], "answered")).to_pylist()
    assert Counter(row["task_id"] for row in answers) == {task.task_id: overlap for task in make_tasks(TASKS)}
    kept = {(row["worker"], row["task_id"]): row["answer"] for row in answers}
    assert len(kept) == len(answers)
    possible, certain = read_log(log)
    assert [key for key, answer in kept.items() if answer not in possible[key]] == []
    assert [key for key in certain if key not in kept] == []


def read_log(log: Path) -> tuple[dict[tuple[str, str], set[str]], set[tuple[str, str]]]:
    """Per worker and task: the answers that may be stored (the last one told, and tries after it), and whether one
    must be (it was told, and the worker took nothing back since)."""
    possible: dict[tuple[str, str], set[str]] = {}
    certain: set[tuple[str, str]] = set()
    for line in log.read_text().splitlines():
        worker, word, task, answer = line.split()
        if word == "undo":
            certain -= {key for key in certain if key[0] == worker}
        elif word == "told":
            possible[worker, task] = {answer}
            certain.add((worker, task))
        else:
            possible.setdefault((worker, task), set()).add(answer)
    return possible, certain
