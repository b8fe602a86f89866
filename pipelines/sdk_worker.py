"""The process that worker processes are forked from: it loads everything that tasks need once, and does no work itself.

Beam takes two seconds of a core to import, and the compiled kernels one more; each worker would pay for both again.
Forking is safe here, since nothing that owns a thread has been used yet: see `_load`.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import socket
import sys
import traceback

from pipelines.worker import die_with_parent

# Beam tries the clients of stores that no task uses: half a second. None refuses the import.
_UNUSED = ("boto3", "pymongo")
_POLL_SECONDS = 0.1


def main() -> None:
    """Forks one worker for each connection to the socket that is standard input, until one is lost."""
    die_with_parent()
    # Ctrl-C reaches the whole group; the launcher hears it and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What goes wrong in a task is told by its answer; the launcher says it.
    logging.disable(logging.ERROR)
    listener, launcher = _listener(), os.getppid()
    _load()
    _announce()
    while os.getppid() == launcher:
        if _lost():
            os._exit(1)
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            listener.close()
            _work(connection)
        connection.close()


def _listener() -> socket.socket:
    """The socket that standard input is; workers have none of either."""
    listener = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    listener.settimeout(_POLL_SECONDS)
    return listener


def _load() -> None:
    """Imports what tasks need and loads the kernels. Nothing here uses Polars, whose threads a fork would lose."""
    for name in _UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    from apache_beam.runners.worker import sdk_worker_main  # noqa: F401 (for `_work`)

    import pipelines.graph  # noqa: F401 (all that tasks need)

    _load_kernels()
    # Two thousand modules never become garbage: no collection need walk them, nor copy their pages in a worker.
    gc.freeze()


def _load_kernels() -> None:
    """Numba looks for a compiled kernel at its first call, which takes up to 0.4 s: one document calls them all."""
    import pyarrow as pa

    from transforms.dedup.minhash import signatures
    from transforms.dedup.presets import preset
    from transforms.pii.scan import scan
    from transforms.pii.unique import destroy_unique_ids
    from transforms.quality.rules import measure
    from transforms.text.keys import text_keys
    from transforms.text.normalise import normalise

    text = normalise(pa.array(["말모이는 조선어학회가 모은 첫 국어사전 원고이다. "], pa.large_string()))
    chosen = preset("korean")
    measure(text)
    signatures(text, width=chosen.width, seed=chosen.seed, a=chosen.a, b=chosen.b)
    text_keys(text, bytes(32))
    scan(destroy_unique_ids(text)[0])


def _announce() -> None:
    """Says on standard output, which workers do not write to, that they start at once from now on."""
    os.write(1, b"ready\n")
    os.dup2(2, 1)


def _lost() -> bool:
    """Whether a worker ended otherwise than by itself."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return False
        if status:
            return True


def _work(connection: socket.socket) -> None:
    """Runs Beam's harness with the environment that the launcher sends; the connection closes with the process."""
    from apache_beam.runners.worker import sdk_worker_main

    die_with_parent()
    try:
        with connection.makefile("r", encoding="utf-8") as lines:
            os.environ.update(json.loads(lines.readline()))
        sdk_worker_main.main([])
    except BaseException:  # whatever it was, the fork must not go on as the process it was forked from
        traceback.print_exc()
        os._exit(1)
    # What tasks wrote is synced; taking the interpreter down properly would take the run another half second.
    os._exit(0)


if __name__ == "__main__":
    main()
