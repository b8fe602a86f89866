"""How the graph is to run, as the command line says it; settings only, so that planning needs no Beam."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from governance.records.settings import nearest
from pipelines.recipe import MEBIBYTE

LOCAL = ("auto", "local", "processes")
# Below this, worker processes cost more than they win.
IN_MEMORY_BYTES = 24 * MEBIBYTE
DISTRIBUTED = ("FlinkRunner", "DataflowRunner", "SparkRunner", "PortableRunner")


@dataclass(frozen=True)
class Engine:
    """How the graph runs. `workers` None is one a core; `extra` goes to a distributed runner untouched."""

    runner: str = "auto"
    workers: int | None = None
    extra: tuple[str, ...] = ()

    def processes(self, work_bytes: int) -> int:
        """How many worker processes of this machine do so much work; 0 means in this one, or on other machines."""
        workers = self.workers or os.cpu_count() or 1
        small = workers == 1 or work_bytes < IN_MEMORY_BYTES
        return workers if self.runner == "processes" or (self.runner == "auto" and not small) else 0

    def check(self) -> Sequence[str]:
        """Problems with these settings, a sentence each."""
        problems = []
        if self.runner in ("threads", "multi_threading") or "--direct_running_mode=multi_threading" in self.extra:
            problems.append(
                "--runner: multi-threading silently loses elements in Beam's local runner; take `local` or `processes`"
            )
        elif self.runner not in LOCAL + DISTRIBUTED:
            known = LOCAL + DISTRIBUTED
            problems.append(f"--runner: {self.runner!r} is not one of {', '.join(known)}{nearest(self.runner, known)}")
        if self.workers is not None and self.workers < 1:
            problems.append("--workers: at least 1")
        return problems
