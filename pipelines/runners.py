"""Which Beam runner, named by us: the defaults would download another one, or lose data in threads."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from governance.records.errors import ConfigError
from pipelines.engine import DISTRIBUTED, Engine
from pipelines.recipe import MEBIBYTE

# Below this, starting worker processes (3 s and more) costs more than they win.
IN_MEMORY_BYTES = 24 * MEBIBYTE


def resolve(engine: Engine, work_bytes: int) -> tuple[Any, PipelineOptions]:
    """Beam's runner and its options for these settings and so much to read.

    Raises:
        ConfigError: the settings are wrong.
    """
    problems = engine.check()
    if problems:
        raise ConfigError(problems)
    if engine.runner in DISTRIBUTED:
        return engine.runner, PipelineOptions(list(engine.extra))
    workers = engine.workers or os.cpu_count() or 1
    if engine.runner == "local" or (engine.runner == "auto" and (workers == 1 or work_bytes < IN_MEMORY_BYTES)):
        return FnApiRunner(), PipelineOptions(["--direct_running_mode=in_memory"])
    # `exec`, because Beam starts a shell: the worker must be our own child to end with us.
    environment = SubprocessSDKEnvironment.from_command_string(
        f"exec {shlex.quote(sys.executable)} -m pipelines.sdk_worker"
    )
    return FnApiRunner(default_environment=environment), PipelineOptions([f"--direct_num_workers={workers}"])
