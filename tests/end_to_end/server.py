"""The server behind `malmoi serve`, on a free loopback port, in a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import uvicorn

from pipelines.home import Home
from pipelines.serving import create_server


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def serving(home: Home, clock: Callable[[], datetime] = _now) -> Iterator[str]:
    """Serves an installation for the block; gives the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_server(home, clock), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)
