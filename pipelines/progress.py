"""Progress while a run works: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

LABELS = {
    "prepare": "Prepare 준비",
    "judge": "Judge 판정",
    "group": "Group 묶기",
    "connect": "Connect 연결",
    "candidates": "Candidates 후보",
    "verify": "Verify 확인",
    "deduplicate": "Deduplicate 중복 제거",
    "passages": "Passages 문단 찾기",
    "repeats": "Repeats 되풀이 확인",
    "protect": "Protect 보호",
}
_PLAIN_EVERY_S = 5.0


class Progress:
    """Listens for receipts on a datagram socket and shows stage, rate, exits and time left.

    Args:
        console: where to show it.
        prepare_tasks: how many Prepare tasks there are, from which the time left is estimated.
        quiet: show nothing.
    """

    def __init__(self, console: Console, prepare_tasks: int, *, quiet: bool = False) -> None:
        self.console, self.total, self.quiet = console, prepare_tasks, quiet
        self.counts: dict[str, Counter[str]] = {}
        self.began: dict[str, float] = {}
        self._directory = tempfile.TemporaryDirectory(prefix="malmoi-")
        self.address: str | None = str(Path(self._directory.name) / "progress")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._stop = threading.Event()
        self._live: Live | None = None
        self._told = self._heard = 0.0

    def __enter__(self) -> Progress:
        try:
            self._socket.bind(str(self.address))
        except OSError:
            self.address = None  # a path too long for a socket: the run goes on and says less
        self._socket.settimeout(0.2)
        self._heard = time.monotonic()
        if not self.quiet and self.console.is_terminal:
            self._live = Live(self._table(), console=self.console, refresh_per_second=4, transient=True)
            self._live.start()
        self._thread = threading.Thread(target=self._listen, daemon=True, name="progress")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=2)
        if self._live is not None:
            self._live.stop()
        self._socket.close()
        self._directory.cleanup()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                word = json.loads(self._socket.recv(65536))
            except TimeoutError:
                continue
            except OSError:
                return
            self._hear(word)

    def _hear(self, word: dict) -> None:
        stage, now = word["stage"], time.monotonic()
        counts = self.counts.setdefault(stage, Counter())
        # A stage starts when the last word of the one before it came.
        self.began.setdefault(stage, self._heard)
        self._heard = now
        counts["tasks"] += 1
        counts["reused"] += bool(word["reused"])
        counts["bytes"] += word["bytes"]
        counts.update(word["books"])
        if self._live is not None:
            self._live.update(self._table())
        elif not self.quiet and now - self._told > _PLAIN_EVERY_S:
            self._told = now
            self.console.print(self._line(stage), highlight=False)

    def _rates(self, stage: str) -> tuple[float, float]:
        counts, seconds = self.counts[stage], max(self._heard - self.began[stage], 0.001)
        return counts["in"] / seconds, counts["bytes"] / 1e6 / seconds

    def _left(self, stage: str) -> str:
        counts = self.counts[stage]
        if stage != "prepare" or not counts["tasks"]:
            return ""
        seconds = (self._heard - self.began[stage]) / counts["tasks"] * (self.total - counts["tasks"])
        return f"{seconds:.0f} s"

    def _line(self, stage: str) -> str:
        counts, (documents, megabytes) = self.counts[stage], self._rates(stage)
        left = self._left(stage)
        return (
            f"{stage}: {counts['tasks']} tasks, {counts['in']:,} documents ({documents:,.0f}/s, {megabytes:.1f} MB/s), "
            f"kept {counts['kept']:,} dropped {counts['dropped']:,} broken {counts['broken']:,}"
            + (f", about {left} left" if left else "")
        )

    def _table(self) -> Table:
        table = Table("단계 Stage", "tasks", "documents", "documents/s", "MB/s", "kept", "dropped", "broken", "left")
        for stage in self.counts:
            counts, (documents, megabytes) = self.counts[stage], self._rates(stage)
            numbers = [f"{counts[k]:,}" for k in ("tasks", "in")] + [f"{documents:,.0f}", f"{megabytes:.1f}"]
            exits = [f"{counts[k]:,}" for k in ("kept", "dropped", "broken")]
            table.add_row(LABELS.get(stage, stage), *numbers, *exits, self._left(stage))
        return table
