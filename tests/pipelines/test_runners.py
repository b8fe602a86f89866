import pytest
from apache_beam.options.pipeline_options import DirectOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from governance.records.errors import ConfigError
from pipelines.engine import Engine
from pipelines.runners import IN_MEMORY_BYTES, resolve


@pytest.mark.parametrize(
    ("engine", "size", "mode"),
    [
        (Engine("local"), IN_MEMORY_BYTES * 10, "in_memory"),
        (Engine("auto", workers=2), IN_MEMORY_BYTES - 1, "in_memory"),
        (Engine("auto", workers=1), IN_MEMORY_BYTES * 10, "in_memory"),
    ],
)
def test_little_work_and_one_worker_stay_in_this_process(engine: Engine, size: int, mode: str) -> None:
    runner, options = resolve(engine, size)
    assert isinstance(runner, FnApiRunner) and options.view_as(DirectOptions).direct_running_mode == mode


@pytest.mark.parametrize(("engine", "size"), [(Engine("processes", 3), 1), (Engine("auto", 3), IN_MEMORY_BYTES)])
def test_more_work_is_done_by_processes_of_ours(engine: Engine, size: int) -> None:
    runner, options = resolve(engine, size)
    assert isinstance(runner, FnApiRunner)
    assert options.view_as(DirectOptions).direct_num_workers == 3
    command = runner._default_environment.command_string
    assert command.endswith("-m pipelines.sdk_worker")


def test_a_distributed_runner_gets_its_own_options_untouched() -> None:
    runner, options = resolve(Engine("FlinkRunner", extra=("--flink_master=flink:8081", "--parallelism=4")), 1)
    assert runner == "FlinkRunner" and options.get_all_options()["parallelism"] == 4


def test_wrong_settings_never_reach_a_runner() -> None:
    with pytest.raises(ConfigError, match="silently loses"):
        resolve(Engine("threads"), 1)
