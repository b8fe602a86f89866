import pytest

from pipelines.engine import DISTRIBUTED, LOCAL, Engine


@pytest.mark.parametrize("runner", [*LOCAL, *DISTRIBUTED])
def test_every_known_runner_is_taken(runner: str) -> None:
    assert Engine(runner).check() == []


WRONG = [
    (Engine("threads"), "silently loses elements"),
    (Engine("multi_threading"), "silently loses elements"),
    (Engine(extra=("--direct_running_mode=multi_threading",)), "silently loses elements"),
    (Engine("DirectRunner"), "'DirectRunner' is not one of"),
    (Engine("proceses"), "did you mean 'processes'"),
    (Engine(workers=0), "at least 1"),
    (Engine(workers=-1), "at least 1"),
]


@pytest.mark.parametrize(("engine", "says"), WRONG, ids=[says for _, says in WRONG])
def test_what_would_lose_data_or_is_unknown_is_refused(engine: Engine, says: str) -> None:
    (problem,) = engine.check()
    assert says in problem


def test_every_problem_is_told_at_once() -> None:
    assert len(Engine("threads", 0).check()) == 2
