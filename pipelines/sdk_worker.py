"""A worker process of the local runner: settles the process before Beam's own harness starts in it."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys

from pipelines.worker import ONE_CORE, die_with_parent

_UNUSED = ("boto3", "pymongo")


def main() -> None:
    """Runs Beam's harness, quiet, on one core, and never longer than the launcher."""
    os.environ.update(ONE_CORE)
    die_with_parent()
    # Ctrl-C reaches the whole group; the launcher hears it and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The harness logs its own start at INFO on every worker before it reads its options.
    logging.disable(logging.WARNING)
    # Beam tries the clients of stores that no task uses: half a second a worker. None refuses the import.
    for name in _UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    from apache_beam.runners.worker import sdk_worker_main

    import pipelines.graph  # noqa: F401 (all that tasks need, before it is frozen)

    # Two thousand modules never become garbage: a full collection need not walk them, some 0.1 s each time.
    gc.freeze()
    sdk_worker_main.main(sys.argv)
    # What tasks wrote is synced; taking the interpreter down properly would take the run another half second.
    os._exit(0)


if __name__ == "__main__":
    main()
