"""The queue against a model of it that fits on a page: any acts, in any order, at any time."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from labeling.errors import LabelingError, StaleLeaseError, TakenError
from labeling.lease import Hold, SkipReason
from labeling.queue import Queue
from labeling.store.sqlite import SqliteStore
from tests.labeling.conftest import NOON, QUALITY, after, make_tasks

WORKERS = st.sampled_from(["kim", "lee", "park"])
GIVEN_UP = {"released", "expired"}


@dataclass
class Turn:
    """What the model knows of a worker's turn at a task."""

    state: str = "leased"
    expires: float = 0
    fencing: int = 0
    finished: int = 0
    label: str | None = None


@dataclass
class Model:
    """Everybody's turns, by task and worker."""

    overlap: int
    turns: dict[tuple[str, str], Turn] = field(default_factory=dict)

    def taken(self, task: str) -> int:
        return sum(turn.state in ("leased", "answered") for (key, _), turn in self.turns.items() if key == task)

    def held(self, worker: str) -> str | None:
        return next((key for (key, who), t in self.turns.items() if who == worker and t.state == "leased"), None)

    def wants(self, task: str, worker: str) -> bool:
        """Whether the worker may be handed the task: never had it, or gave it up."""
        turn = self.turns.get((task, worker))
        return self.taken(task) < self.overlap and (turn is None or turn.state in GIVEN_UP)

    def expire(self, now: float) -> None:
        for turn in self.turns.values():
            if turn.state == "leased" and turn.expires <= now:
                turn.state = "expired"


class QueueAndModel(RuleBasedStateMachine):
    overlap = 1

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.queue = Queue(SqliteStore(Path(self.directory.name) / "q.sqlite", synchronous="NORMAL"))
        self.queue.define(QUALITY, now=NOON)
        self.tasks = make_tasks(3, overlap=self.overlap)
        self.queue.load(self.tasks)
        self.model, self.seconds, self.acts = Model(self.overlap), 0.0, 0

    def teardown(self) -> None:
        self.queue.store.close()
        self.directory.cleanup()

    def tick(self) -> float:
        self.acts += 1
        self.seconds += 1
        return self.seconds

    def hold(self, worker: str) -> Hold | None:
        task = self.model.held(worker)
        return Hold(task, worker, self.model.turns[task, worker].fencing) if task else None

    def end(self, hold: Hold, state: str, act) -> None:
        """Does what the model expects: it works while the lease is good, and is refused after."""
        turn = self.model.turns[hold.task_id, hold.worker]
        if turn.expires <= self.seconds:
            with pytest.raises(StaleLeaseError):
                act()
        else:
            act()
            turn.state, turn.finished = state, self.acts

    @rule(seconds=st.sampled_from([5, 30, 100]))
    def time_passes(self, seconds: int) -> None:
        self.seconds += seconds

    @rule(step=st.sampled_from([1, -1]))
    def tasks_are_loaded_again(self, step: int) -> None:
        assert self.queue.load(self.tasks[::step]).unchanged == 3

    @rule(worker=WORKERS)
    def lease(self, worker: str) -> None:
        now = self.tick()
        self.model.expire(now)
        held = self.model.held(worker)
        got = self.queue.lease(worker, "quality", now=after(now), lease_s=60)
        if held is not None:
            assert got is not None and got.task.task_id == held
            return
        wanted = {task.task_id for task in self.tasks if self.model.wants(task.task_id, worker)}
        fresh = {task for task in wanted if (task, worker) not in self.model.turns}
        assert (got is None) == (not wanted), "nothing that could be handed out is withheld"
        if got is not None:
            assert got.task.task_id in (fresh or wanted), "what a worker gave up comes last"
            self.model.turns[got.task.task_id, worker] = Turn("leased", now + 60, got.fencing)

    @rule(worker=WORKERS, label=st.sampled_from(QUALITY.labels))
    def submit(self, worker: str, label: str) -> None:
        now = self.tick()
        if hold := self.hold(worker):
            self.end(hold, "answered", lambda: self.queue.submit(hold, label, now=after(now)))
            self.model.turns[hold.task_id, worker].label = label

    @rule(worker=WORKERS, label=st.sampled_from(QUALITY.labels))
    def work_until_nothing_is_left(self, worker: str, label: str) -> None:
        for _ in range(len(self.tasks) + 1):
            self.lease(worker)
            self.submit(worker, label)

    @rule(worker=WORKERS)
    def take_and_let_go(self, worker: str) -> None:
        self.lease(worker)
        self.release(worker)

    @rule(worker=WORKERS)
    def take_and_skip(self, worker: str) -> None:
        self.lease(worker)
        self.skip(worker)

    @rule(worker=WORKERS)
    def release(self, worker: str) -> None:
        now = self.tick()
        if hold := self.hold(worker):
            self.end(hold, "released", lambda: self.queue.release(hold, now=after(now)))

    @rule(worker=WORKERS)
    def skip(self, worker: str) -> None:
        now = self.tick()
        if hold := self.hold(worker):
            self.end(hold, "skipped", lambda: self.queue.skip(hold, SkipReason.OTHER, now=after(now)))

    @rule(worker=WORKERS)
    def heartbeat(self, worker: str) -> None:
        now = self.tick()
        if hold := self.hold(worker):
            turn = self.model.turns[hold.task_id, worker]
            if turn.expires <= now:
                with pytest.raises(StaleLeaseError):
                    self.queue.heartbeat(hold, now=after(now), lease_s=60)
            else:
                assert self.queue.heartbeat(hold, now=after(now), lease_s=60) == after(now + 60)
                turn.expires = now + 60

    @precondition(lambda self: any(t.state in ("answered", "skipped") for t in self.model.turns.values()))
    @rule(worker=WORKERS)
    def undo(self, worker: str) -> None:
        done = [
            (t.finished, k)
            for k, t in self.model.turns.items()
            if k[1] == worker and t.state in ("answered", "skipped")
        ]
        if not done:
            return
        now = self.tick()
        self.model.expire(now)
        key = max(done)[1]
        turn, held = self.model.turns[key], self.model.held(worker)
        if turn.state == "skipped" and self.model.taken(key[0]) >= self.overlap:
            with pytest.raises(TakenError):
                self.queue.undo(worker, "quality", now=after(now), lease_s=60)
            return
        again = self.queue.undo(worker, "quality", now=after(now), lease_s=60)
        assert again.task.task_id == key[0] and again.fencing > turn.fencing
        if held is not None:
            self.model.turns[held, worker].state = "released"
        self.model.turns[key] = Turn("leased", now + 60, again.fencing)

    @rule(worker=WORKERS)
    def an_old_token_changes_nothing(self, worker: str) -> None:
        for (task, who), turn in self.model.turns.items():
            if who == worker and turn.fencing > 1:
                with pytest.raises(LabelingError):
                    self.queue.submit(Hold(task, worker, turn.fencing - 1), "좋음", now=after(self.seconds))

    @invariant()
    def the_counts_are_those_of_the_model(self) -> None:
        progress = self.queue.progress("quality", now=after(self.seconds))
        states = [turn.state for turn in self.model.turns.values()]
        assert progress.answers == states.count("answered")
        live = [t for t in self.model.turns.values() if t.state == "leased" and t.expires > self.seconds]
        assert progress.leased == len(live)
        kept = {
            (r["task_id"], r["worker"]): r["answer"] for r in self.queue.export("quality").to_pylist() if r["answer"]
        }
        assert kept == {key: turn.label for key, turn in self.model.turns.items() if turn.state == "answered"}


class OverlapTwo(QueueAndModel):
    overlap = 2


TestOverlapOne = QueueAndModel.TestCase
TestOverlapTwo = OverlapTwo.TestCase
TestOverlapOne.settings = TestOverlapTwo.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
