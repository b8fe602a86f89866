import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipelines.forking import ForkServer, fork_worker

# What a fork of a process that owns these would wait for: they do not exist in it.
POOLS = ("polars-0", "tokio-rt-worker", "rayon")


@pytest.fixture(scope="module")
def forks() -> Iterator[ForkServer]:
    with ForkServer(1) as server:
        server.wait()
        yield server


def _until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="threads are named in /proc")
def test_nothing_that_owns_a_pool_of_threads_is_used_before_the_fork(forks: ForkServer) -> None:
    tasks = Path("/proc", str(forks.pid), "task")
    names = [(one / "comm").read_text().strip() for one in tasks.iterdir()]
    assert names and not [name for name in names if name.startswith(POOLS)]


@pytest.mark.slow
def test_a_worker_starts_at_once_and_a_dead_one_ends_the_server_and_its_siblings() -> None:
    with ForkServer(2) as server:
        server.wait()
        # It waits for the rest of what it is told.
        waiting = socket.socket(socket.AF_UNIX)
        waiting.connect(server.address)
        assert _until(lambda: len(psutil.Process(server.pid).children()) == 1)
        sibling = psutil.Process(server.pid).children()[0]
        # Not told where the launcher listens, it fails.
        failed = fork_worker(server.address, {})
        assert failed.recv(1) == b"" and _until(lambda: server.lost)
        assert _until(lambda: not sibling.is_running())
        failed.close(), waiting.close()


def test_a_long_path_of_temporary_files_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with ForkServer(1) as server:
        assert len(server.address) < 107 and not server.lost


@pytest.mark.slow
def test_the_server_and_its_folder_are_gone_after_use() -> None:
    with ForkServer(1) as server:
        folder = Path(server.address).parent
        assert folder.is_dir() and folder.stat().st_mode & 0o077 == 0
        process = psutil.Process(server.pid)
    assert not folder.exists() and not process.is_running()
    assert server.pid != os.getpid()
