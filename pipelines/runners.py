"""Which Beam runner, named by us: the defaults would download another one, or lose data in threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from governance.records.errors import ConfigError
from governance.records.settings import nearest
from pipelines.recipe import MEBIBYTE

LOCAL = ("auto", "local", "processes")
DISTRIBUTED = ("FlinkRunner", "DataflowRunner", "SparkRunner", "PortableRunner")
# Below this, starting worker processes (3 s and more) costs more than they win.
IN_MEMORY_BYTES = 24 * MEBIBYTE


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

    def resolve(self, work_bytes: int) -> tuple[Any, PipelineOptions, int]:
        """Runner, options and the number of worker processes (0: this process does the work).

        Raises:
            ConfigError: the settings are wrong.
        """
        problems = self.check()
        if problems:
            raise ConfigError(problems)
        if self.runner in DISTRIBUTED:
            return self.runner, PipelineOptions(list(self.extra)), 0
        workers = self.workers or os.cpu_count() or 1
        if self.runner == "local" or (self.runner == "auto" and (workers == 1 or work_bytes < IN_MEMORY_BYTES)):
            return FnApiRunner(), PipelineOptions(["--direct_running_mode=in_memory"]), 0
        environment = SubprocessSDKEnvironment.from_command_string(f"{sys.executable} -m pipelines.sdk_worker")
        options = PipelineOptions([f"--direct_num_workers={workers}"])
        return FnApiRunner(default_environment=environment), options, workers
