import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest

from governance.records.errors import IntegrityError
from pipelines import graph
from pipelines.graph import PlanTasks, RunTasks
from pipelines.tasks import Context, Receipt
from pipelines.worker import Settings
from tests.pipelines.plans import WORK, context


@dataclass(frozen=True)
class Piece:
    """A task of some weight that leaves a receipt."""

    name: str
    weight: int
    zone: str = WORK
    stage: str = "judge"

    def run(self, made: Context) -> Receipt:
        if self.weight < 0:
            raise IntegrityError("it does not fit")
        return Receipt(self.stage, self.name, "letters", {"in": self.weight})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = context(tmp_path)
    made.plan.save(tmp_path / "plan.json")
    return Settings(tmp_path / "plan.json", None)


def _pieces(made: Context, before: list[Receipt]) -> list[Piece]:
    return [Piece(r.name, r.books["in"]) for r in before]


def test_tasks_are_planned_the_largest_first_whatever_order_receipts_came_in(settings: Settings) -> None:
    receipts = [Receipt("prepare", name, "s", {"in": n}) for name, n in (("b", 2), ("c", 9), ("a", 2), ("d", 1))]
    planner = PlanTasks(settings, _pieces)
    planner.setup()
    for order in (receipts, receipts[::-1]):
        assert [task.name for task in planner.process(None, order)] == ["c", "a", "b", "d"]


def test_a_worker_opens_plan_and_keys_itself_and_gives_one_receipt_a_task(settings: Settings) -> None:
    worker = pickle.loads(pickle.dumps(RunTasks(settings)))
    worker.setup()
    (receipt,) = worker.process(Piece("p", 3))
    (again,) = worker.process(Piece("p", 3))
    assert (receipt.books, receipt.reused, again.reused) == ({"in": 3}, False, True)


def test_a_task_that_fails_fails_the_run(settings: Settings) -> None:
    worker = RunTasks(settings)
    worker.setup()
    with pytest.raises(IntegrityError, match="does not fit"):
        list(worker.process(Piece("p", -1)))


def test_no_element_of_the_graph_holds_a_key(settings: Settings) -> None:
    data = pickle.dumps([RunTasks(settings), PlanTasks(settings, graph.plan_judge)])
    keys = (Path(settings.plan).parent / "home" / "keys").glob("*.key")
    assert not any(path.read_bytes() in data for path in keys) and len(data) < 2_000
