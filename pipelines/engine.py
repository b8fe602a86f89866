"""How the graph is to run, as the command line says it; settings only, so that planning needs no Beam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.records.settings import nearest

LOCAL = ("auto", "local", "processes")
DISTRIBUTED = ("FlinkRunner", "DataflowRunner", "SparkRunner", "PortableRunner")


@dataclass(frozen=True)
class Engine:
    """How the graph runs. `workers` None is one a core; `extra` goes to a distributed runner untouched."""

    runner: str = "auto"
    workers: int | None = None
    extra: tuple[str, ...] = ()

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
