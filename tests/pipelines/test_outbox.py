import json
import shutil
from collections.abc import Callable

import pytest

from governance.seal import SEAL
from labeling.queue import Queue
from labeling.store.sqlite import SqliteStore
from pipelines import outbox
from pipelines.books import books
from pipelines.home import Home
from pipelines.outbox import STEPS, Delivery, deliver
from pipelines.plan import Plan
from pipelines.runs import list_runs, read_receipts
from pipelines.tasks import Context


@pytest.fixture
def delivery(released: Home) -> Delivery:
    """A release that is committed, and of whose outbox nothing is done."""
    directory = released.run(list_runs(released)[0]["run"])
    context = Context(Plan.load(directory / "plan.json").model_copy(update={"home": released.root}))
    receipts = read_receipts(directory)
    made = Delivery(context, directory, receipts, books(context.plan, receipts))
    shutil.rmtree(released.state / "outbox")
    for path in (released.queue, made.release / "lineage.jsonl", made.release / SEAL, directory / "report.html"):
        path.unlink()
    return made


def _tasks(delivery: Delivery) -> int:
    queue = Queue(SqliteStore(delivery.context.home.queue))
    return len(queue.tasks("quality"))


def test_every_step_is_done_once_and_in_order(delivery: Delivery) -> None:
    assert deliver(delivery) == list(STEPS)
    assert _tasks(delivery) == 5 and (delivery.release / SEAL).exists()
    assert (delivery.directory / "report.html").stat().st_size > 10_000
    assert deliver(delivery) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_is_killed_before_its_mark_is_repeated_without_harm(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    work = STEPS[step]

    def die_after(what: Callable[[Delivery], None]) -> Callable[[Delivery], None]:
        def act(given: Delivery) -> None:
            what(given)
            raise KeyboardInterrupt

        return act

    monkeypatch.setitem(outbox.STEPS, step, die_after(work))
    with pytest.raises(KeyboardInterrupt):
        deliver(delivery)
    monkeypatch.setitem(outbox.STEPS, step, work)
    assert deliver(delivery)[0] == step
    assert _tasks(delivery) == 5
    lineage = (delivery.release / "lineage.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["eventType"] for line in lineage] == ["START", "COMPLETE"]


def test_candidate_texts_are_forgotten(delivery: Delivery) -> None:
    folder = delivery.context.home.zone(delivery.context.plan.work_zone) / "candidates"
    folder.mkdir()
    (folder / "x.parquet").write_bytes(b"texts")
    deliver(delivery)
    assert not folder.exists()


def test_answers_that_were_given_meanwhile_are_kept(delivery: Delivery) -> None:
    deliver(delivery)
    before = {task.task_id for task in Queue(SqliteStore(delivery.context.home.queue)).tasks("quality")}
    (delivery.context.home.state / "outbox" / delivery.context.plan.release_id / "queue").unlink()
    assert deliver(delivery) == ["queue"]
    assert {task.task_id for task in Queue(SqliteStore(delivery.context.home.queue)).tasks("quality")} == before
