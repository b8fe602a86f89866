"""What a worker process keeps to: one core, an end with its parent, and word of progress."""

from __future__ import annotations

import ctypes
import json
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

from governance.records.storage import Location
from pipelines.home import Home
from pipelines.plan import Plan
from pipelines.tasks import Context, Receipt

# One process a core: libraries that start threads of their own would only fight over it.
ONE_CORE = {
    "POLARS_MAX_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Settings:
    """What the launcher tells every worker.

    Attributes:
        plan: the plan's file, in the zones, which every worker reads.
        progress: path of the launcher's datagram socket, or None.
        store: URL of the zones, or None when they are in the home's directory.
    """

    plan: Location
    progress: str | None
    store: str | None = None

    def context(self) -> Context:
        """Reads the plan and opens the keys."""
        plan = Plan.load(self.plan)
        return Context(plan, Home(plan.home, self.store))


def die_with_parent() -> None:
    """Asks the system to end this process with its parent: a worker whose launcher was killed must not write on."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _silent(receipt: Receipt) -> None:
    """Reports to nobody."""


def reporter(settings: Settings) -> Callable[[Receipt], None]:
    """What reports a receipt to the launcher."""
    if settings.progress is None:
        return _silent
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.setblocking(False)

    def report(receipt: Receipt) -> None:
        word = {"stage": receipt.stage, "source": receipt.source, "books": receipt.books, "reused": receipt.reused}
        word["bytes"] = receipt.out.get("text_bytes", 0)
        try:
            sender.sendto(json.dumps(word).encode(), settings.progress or "")
        except (BlockingIOError, ConnectionRefusedError, FileNotFoundError):
            return  # progress is a courtesy: the launcher may be gone or slow, the receipt is on disk

    return report
