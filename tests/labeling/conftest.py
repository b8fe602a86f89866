"""A queue on each store, a clock that stands still, and tasks of invented documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from labeling.project import Project
from labeling.queue import Queue
from labeling.store.port import Store
from labeling.store.sqlite import SqliteStore
from labeling.task import Task, task_id
from tests.labeling.postgres_server import postgres_server, why_absent

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Connection string of a server that the tests started."""
    reason = why_absent()
    if reason:
        pytest.skip(reason)
    with postgres_server() as conninfo:
        yield conninfo


@pytest.fixture
def fresh_schema(postgres: str, request: pytest.FixtureRequest) -> str:
    """Connection string of an empty schema."""
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        name = f"t{next(_NUMBERS)}"
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{postgres} options=-csearch_path={name}"


_NUMBERS = count()


@pytest.fixture(params=["sqlite", "postgres"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens the test's queue, in whichever process it is called."""
    if request.param == "sqlite":
        return partial(SqliteStore, tmp_path / "queue.sqlite")
    conninfo = request.getfixturevalue("fresh_schema")
    from labeling.store.postgres import PostgresStore

    return partial(PostgresStore, conninfo)


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Iterator[Store]:
    made = open_store()
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
