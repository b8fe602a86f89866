from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from governance.records.errors import BusyError, VersionError
from labeling.queue import Queue
from labeling.store.queries import queries
from labeling.store.sqlite import SqliteStore
from tests.labeling.conftest import NOON, QUALITY, after, make_tasks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "queue.sqlite"


def filled(path: Path, number: int = 50) -> Queue:
    queue = Queue(SqliteStore(path))
    queue.define(QUALITY, now=NOON)
    queue.load(make_tasks(number))
    return queue


def test_an_erased_document_is_in_no_byte_of_any_file(path: Path):
    queue = filled(path)
    for n in range(50):
        queue.submit(queue.lease("kim", "quality", now=after(n)).hold, "좋음", now=after(n))
    queue.purge(["doc00007", "doc00031"])
    held = b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert b"doc00008" in held
    assert b"doc00007" not in held and b"doc00031" not in held


def test_an_erasure_that_a_reader_holds_up_says_so(path: Path):
    queue = filled(path)
    reader, eraser = SqliteStore(path), Queue(SqliteStore(path, wait_s=0.1))
    with reader.read() as session:
        assert session.one("task_count", project="quality")
        with pytest.raises(BusyError, match="erase again"):
            eraser.purge(["doc00007"])
    assert queue.purge(["doc00007"]) == 0, "it is gone already; the log is emptied now"
    assert b"doc00007" not in b"".join(one.read_bytes() for one in path.parent.iterdir())


def test_what_was_answered_is_there_after_the_store_is_opened_again(path: Path):
    queue = filled(path)
    queue.submit(queue.lease("kim", "quality", now=NOON).hold, "좋음", now=after(1))
    queue.store.close()
    assert Queue(SqliteStore(path)).export("quality").num_rows == 1


def test_a_block_that_raises_leaves_nothing(path: Path):
    store = filled(path).store
    with pytest.raises(ZeroDivisionError), store.write() as session:
        session.run("task_delete", task_id=make_tasks(1)[0].task_id)
        raise ZeroDivisionError
    with store.read() as session:
        assert session.one("task_count", project="quality")["tasks"] == 50


def test_an_acknowledged_answer_is_synced_and_the_file_is_its_owners_alone(path: Path):
    store = filled(path).store
    with store.read() as session:
        settings = {
            name: session._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "journal_mode")
        }
    assert settings == {"synchronous": 2, "journal_mode": "wal"}
    assert path.stat().st_mode & 0o077 == 0


def test_a_queue_of_a_newer_version_is_refused_before_anything_is_read(path: Path):
    store = filled(path).store
    with store.write() as session:
        session.run("version_put", version=99)
    with pytest.raises(VersionError, match="version 99"):
        SqliteStore(path)


def test_a_forked_process_opens_a_connection_of_its_own(path: Path):
    queue = filled(path)
    queue.lease("kim", "quality", now=NOON)
    child = os.fork()
    if child == 0:
        got = queue.lease("lee", "quality", now=NOON)
        os._exit(0 if got is not None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert queue.progress("quality", now=NOON).leased == 2


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("next_fresh", "task_fresh"),
        ("next_back", "task_back"),
        ("next_own", "assignment_last"),
        ("lease_live", "assignment_last"),
        ("lease_expired", "assignment_expiry"),
        ("assignment_last", "assignment_last"),
        ("document_pull", "task_document"),
        ("place_take", "sqlite_autoindex_task_1"),
        ("assignment_end", "sqlite_autoindex_assignment_1"),
    ],
)
def test_what_runs_at_every_lease_uses_its_index_and_sorts_nothing(path: Path, query: str, index: str):
    filled(path).store.close()
    connection = sqlite3.connect(path)
    names = dict.fromkeys(("rank", "turn", "now", "fencing"), 0) | dict.fromkeys(
        ("worker", "project", "task_id", "doc_id", "state", "answer", "reason"), ""
    )
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {queries()[query]}", names)]
    connection.close()
    assert any(f"INDEX {index}" in step for step in plan), plan
    assert not any(step.startswith("SCAN") for step in plan), plan
    if query.startswith("next_") and query != "next_own":
        assert not any("TEMP B-TREE" in step for step in plan), plan
