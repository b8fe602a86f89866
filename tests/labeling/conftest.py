"""A queue on each store, a clock that stands still, and tasks of invented documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labeling.project import Project
from labeling.queue import Queue
from labeling.store.port import Store
from labeling.store.sqlite import SqliteStore
from labeling.task import Task, task_id

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUALITY = Project(
    name="quality",
    title="문서 품질",
    guideline="글이 끝까지 읽을 만하면 '좋음'을 고릅니다.",
    labels=("좋음", "보통", "나쁨"),
)


def after(seconds: float) -> datetime:
    """A moment counted from noon."""
    return NOON + timedelta(seconds=seconds)


def make_tasks(number: int, *, project: str = "quality", overlap: int = 1, **rest: object) -> list[Task]:
    """Pointers to `number` documents of one shard."""
    return [
        Task(
            task_id(project, f"doc{n:05}"),
            project,
            "release1",
            f"doc{n:05}",
            "source=petitions/part-0.parquet",
            n,
            "petitions",
            "CC-BY-4.0",
            overlap=overlap,
            **rest,  # type: ignore[arg-type]
        )
        for n in range(number)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = SqliteStore(tmp_path / "queue.sqlite")
    yield made
    made.close()


@pytest.fixture
def queue(store: Store) -> Queue:
    made = Queue(store)
    made.define(QUALITY, now=NOON)
    return made


@pytest.fixture
def loaded(queue: Queue) -> Callable[..., Queue]:
    """Loads `number` tasks into the queue and gives the queue."""

    def load(number: int = 3, **rest: object) -> Queue:
        queue.load(make_tasks(number, **rest))  # type: ignore[arg-type]
        return queue

    return load
