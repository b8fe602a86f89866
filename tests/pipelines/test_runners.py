import pytest
from apache_beam.options.pipeline_options import DirectOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from governance.records.errors import ConfigError
from pipelines.engine import IN_MEMORY_BYTES, Engine
from pipelines.forking import ForkServer
from pipelines.runners import ForkedEnvironment, resolve


@pytest.mark.parametrize(
    ("engine", "size", "count"),
    [
        (Engine("local"), IN_MEMORY_BYTES * 10, 0),
        (Engine("auto", workers=2), IN_MEMORY_BYTES - 1, 0),
        (Engine("auto", workers=1), IN_MEMORY_BYTES * 10, 0),
        (Engine("FlinkRunner", workers=2), IN_MEMORY_BYTES * 10, 0),
        (Engine("processes", 3), 1, 3),
        (Engine("processes", 1), 1, 1),
        (Engine("auto", 3), IN_MEMORY_BYTES, 3),
    ],
)
def test_only_much_work_and_many_workers_need_processes(engine: Engine, size: int, count: int) -> None:
    assert engine.processes(size) == count


def test_without_processes_all_is_done_in_this_one() -> None:
    runner, options = resolve(Engine("local"), None)
    assert isinstance(runner, FnApiRunner) and options.view_as(DirectOptions).direct_running_mode == "in_memory"


def test_processes_are_forked_by_our_server() -> None:
    forks = ForkServer(3)
    forks.address = "somewhere"
    runner, options = resolve(Engine("processes", 3), forks)
    assert isinstance(runner, FnApiRunner)
    assert options.view_as(DirectOptions).direct_num_workers == 3
    environment = runner._default_environment
    assert isinstance(environment, ForkedEnvironment)
    proto = environment.to_runner_api(None)
    assert ForkedEnvironment.from_runner_api(proto, None).address == "somewhere"


def test_a_distributed_runner_gets_its_own_options_untouched() -> None:
    runner, options = resolve(Engine("FlinkRunner", extra=("--flink_master=flink:8081", "--parallelism=4")), None)
    assert runner == "FlinkRunner" and options.get_all_options()["parallelism"] == 4


def test_wrong_settings_never_reach_a_runner() -> None:
    with pytest.raises(ConfigError, match="silently loses"):
        resolve(Engine("threads"), None)
