"""Worker processes that start at once: they are forked from a process that has loaded everything already."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from pipelines.worker import ONE_CORE

_LONGEST_FOLDER = 80


class ForkServer:
    """`pipelines.sdk_worker` with so many workers to come; it loads while the launcher goes on. A context manager.

    Linux ends it and its workers with the thread that entered it: one that lives as long as they are used.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def __enter__(self) -> ForkServer:
        """Starts it; workers may be asked for at once."""
        # Readable by its owner alone; a socket's path has at most 107 characters.
        short = len(tempfile.gettempdir()) < _LONGEST_FOLDER
        self._folder = tempfile.mkdtemp(prefix="malmoi-", dir=None if short else "/tmp")
        self.address = str(Path(self._folder, "fork"))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen()
            command = [sys.executable, "-m", "pipelines.sdk_worker"]
            # Set before it begins: most libraries read them when they are imported.
            environment = {**os.environ, **ONE_CORE}
            self._process = subprocess.Popen(command, stdin=listener.fileno(), stdout=subprocess.PIPE, env=environment)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends it, and with it whatever it started."""
        self._process.terminate()
        self._process.communicate()
        shutil.rmtree(self._folder)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def lost(self) -> bool:
        """Whether it ended by itself, which it does when a worker dies."""
        return self._process.poll() is not None

    def wait(self) -> None:
        """Blocks until everything is loaded, for those who measure what comes after."""
        assert self._process.stdout is not None
        self._process.stdout.readline()


def fork_worker(address: str, environment: Mapping[str, str]) -> socket.socket:
    """Asks the server at `address` for a worker with these variables; the connection ends when the worker does."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    connection.sendall(json.dumps(dict(environment)).encode() + b"\n")
    return connection
