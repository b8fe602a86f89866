"""Answers given elsewhere (in Label Studio, on paper): taken in under the rules of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from labeling.clock import micros
from labeling.errors import AnsweredError, PulledError, TakenError
from labeling.lease import Ending, SkipReason
from labeling.store.port import Row, Session


@dataclass(frozen=True, slots=True)
class Given:
    """One answer, or a skip when `answer` is None, given elsewhere.

    Attributes:
        guideline_version: what the worker read; None takes the project's newest.
        release_id: whose text the worker read; None takes the task's newest.
    """

    task_id: str
    worker: str
    answer: str | None
    started_at: datetime
    finished_at: datetime
    guideline_version: str | None = None
    release_id: str | None = None
    reason: SkipReason = SkipReason.OTHER


@dataclass(frozen=True, slots=True)
class AcceptReport:
    """What was taken in: new ones, those the queue had already, and (task, error code) of those refused."""

    added: int
    known: int
    refused: tuple[tuple[str, str], ...]


def accept_one(session: Session, task: Row, given: Given, version: str) -> bool:
    """Records one answer or skip; False when the queue has the same one already.

    Raises:
        AnsweredError: this worker had this task here and it ended otherwise, or still holds it.
        PulledError: the task is out of the queue.
        TakenError: the task has all the answers it wants, or leases that may still bring them.
    """
    known = session.one("assignment_get", task_id=given.task_id, worker=given.worker)
    state = Ending.SKIPPED if given.answer is None else Ending.ANSWERED
    if known is not None and (known["state"], known["answer"]) == (state, given.answer):
        return False
    if known is not None:
        raise AnsweredError(f"task {given.task_id}: {given.worker} has had it here")
    if task["state"] != "open":
        raise PulledError(f"task {given.task_id} was taken out of the queue")
    _record(session, task, given, (version, state))
    return True


def _record(session: Session, task: Row, given: Given, how: tuple[str, Ending]) -> None:
    version, state = how
    fencing = task["fencing"]
    if state is Ending.ANSWERED:
        taken = session.one("place_take", task_id=given.task_id)
        if taken is None:
            raise TakenError(f"task {given.task_id} is full")
        session.run("place_fill", task_id=given.task_id)
        fencing = taken["fencing"]
    session.run(
        "assignment_given",
        task_id=given.task_id,
        worker=given.worker,
        project=task["project"],
        fencing=fencing,
        state=state.value,
        release_id=given.release_id or task["release_id"],
        guideline=version,
        leased_at=micros(given.started_at),
        finished_at=micros(given.finished_at),
        answer=given.answer,
        reason=given.reason.value if state is Ending.SKIPPED else None,
    )
