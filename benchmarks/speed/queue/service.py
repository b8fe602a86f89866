"""The labellers' door in a process of its own, on a free port of this machine."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from labeling.queue import Queue
from labeling.reading import Text
from labeling.server import create_router
from labeling.store.sqlite import SqliteStore
from labeling.workers import Workers


@contextmanager
def serving(database: Path) -> Iterator[str]:
    """Serves a queue; gives the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", __name__, str(database), str(port)])
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base)
        yield base
    finally:
        process.terminate()
        process.wait()


def _wait(base: str) -> None:
    for _ in range(200):
        try:
            httpx.get(f"{base}/label/")
        except httpx.ConnectError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start within 20 seconds")


def main(database: str, port: str) -> None:
    """Runs the server until it is ended."""
    store = SqliteStore(Path(database))
    app = FastAPI()
    text = Text("가" * 2000)
    app.include_router(create_router(Queue(store), lambda *_: text, Workers(store), lambda: datetime.now(UTC)))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
