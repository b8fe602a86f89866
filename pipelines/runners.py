"""Which Beam runner, named by us: the defaults would download another one, or lose data in threads."""

from __future__ import annotations

from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.runners.portability.fn_api_runner.worker_handlers import GrpcWorkerHandler, WorkerHandler
from apache_beam.transforms.environments import Environment
from google.protobuf import json_format, text_format

from governance.records.errors import ConfigError
from pipelines.engine import DISTRIBUTED, Engine
from pipelines.forking import ForkServer, fork_worker

_URN = "malmoi:env:forked:v1"


def resolve(engine: Engine, forks: ForkServer | None) -> tuple[Any, PipelineOptions]:
    """Beam's runner and its options for these settings; with `forks`, its workers are forked there.

    Raises:
        ConfigError: the settings are wrong.
    """
    problems = engine.check()
    if problems:
        raise ConfigError(problems)
    if engine.runner in DISTRIBUTED:
        return engine.runner, PipelineOptions(list(engine.extra))
    if forks is None:
        return FnApiRunner(), PipelineOptions(["--direct_running_mode=in_memory"])
    options = PipelineOptions([f"--direct_num_workers={forks.workers}"])
    return FnApiRunner(default_environment=ForkedEnvironment(forks.address)), options


@Environment.register_urn(_URN, None)
class ForkedEnvironment(Environment):
    """Where tasks run: in processes that the fork server at `address` starts."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def to_runner_api_parameter(self, _: Any) -> tuple[str, bytes]:
        """As Beam keeps it in a pipeline."""
        return _URN, self.address.encode()

    @staticmethod
    def from_runner_api_parameter(payload: bytes, *_: Any) -> ForkedEnvironment:
        """As Beam reads it from one."""
        return ForkedEnvironment(payload.decode())


@WorkerHandler.register_environment(_URN, bytes)
class ForkedWorker(GrpcWorkerHandler):
    """One worker process as Beam's runner sees it."""

    def __init__(self, address: bytes, state: Any, provision: Any, server: Any) -> None:
        super().__init__(state, provision, server)
        self.address = address.decode()

    def start_worker(self) -> None:
        """Has it forked."""
        variables = {
            "WORKER_ID": self.worker_id,
            "CONTROL_API_SERVICE_DESCRIPTOR": text_format.MessageToString(self.control_api_service_descriptor()),
            "PIPELINE_OPTIONS": json_format.MessageToJson(self.provision_info.provision_info.pipeline_options),
        }
        self.connection = fork_worker(self.address, variables)

    def stop_worker(self) -> None:
        """Waits for its end, which it has been asked for."""
        self.connection.recv(1)
        self.connection.close()
