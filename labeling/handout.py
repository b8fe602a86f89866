"""Which task a worker gets next, and how places are taken and given back.

Order: what came back (released, skipped, expired) since the worker last looked; then the tasks beyond the worker's
place in the hash order of the project, by priority; last, what this worker let go and nobody else took. A worker's
place makes the cost of a lease independent of how many tasks they have done. Everything runs in the caller's
transaction, so places are counted where they are taken.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from labeling.lease import Ending
from labeling.store.port import Row, Session

_FIRST_RANK = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a worker has come: the last fresh task handed out, and the last number of those that came back."""

    rank: int = _FIRST_RANK
    task_id: str = ""
    turn: int = 0


def open_place(session: Session, worker: str, project: str) -> Place:
    """How far a worker has come; until the transaction ends no other window of theirs gets past this."""
    row = session.one("place_open", worker=worker, project=project, **asdict(Place()))
    assert row is not None, "the statement returns the row it wrote"
    return Place(row["rank"], row["task_id"], row["turn"])


def next_task(
    session: Session, worker: str, project: str, place: Place, *, skips_locked: bool
) -> tuple[Row, int] | None:
    """Takes a place of the worker's next task.

    Args:
        place: of the worker, from `open_place`.
        skips_locked: the store passes over rows that another transaction is writing, so the worker's place may have
            moved past one of them; the project is then searched again from its start before giving up.

    Returns:
        The task and its fencing token, or None when the project has nothing for this worker.
    """
    found = _beyond(session, worker, project, place)
    if found is None and skips_locked and place != Place():
        found = _beyond(session, worker, project, Place())
    return found or _own(session, worker, project)


def _beyond(session: Session, worker: str, project: str, place: Place) -> tuple[Row, int] | None:
    who = {"worker": worker, "project": project}
    if task := session.one("next_back", **who, turn=place.turn):
        place = replace(place, turn=task["turn"])
    elif task := session.one("next_fresh", **who, rank=place.rank, task_id=place.task_id):
        place = replace(place, rank=task["rank"], task_id=task["task_id"])
    else:
        return None
    session.run("place_put", **who, **asdict(place))
    return _take(session, task)


def _own(session: Session, worker: str, project: str) -> tuple[Row, int] | None:
    task = session.one("next_own", worker=worker, project=project)
    return _take(session, task) if task else None


def _take(session: Session, task: Row) -> tuple[Row, int] | None:
    taken = session.one("place_take", task_id=task["task_id"])
    return (task, taken["fencing"]) if taken else None


def give_back(session: Session, project: str, task_id: str) -> None:
    """Frees one place of a task and puts the task among those that came back."""
    turn = session.one("project_turn", name=project)
    assert turn is not None, "a task's project is made before the task"
    session.run("place_free", task_id=task_id, turn=turn["turns"])


def reclaim_expired(session: Session, project: str, now: int) -> int:
    """Ends the leases that have run out and frees their places. There is at most one a worker, so they are few."""
    expired = session.all("lease_expired", project=project, now=now)
    for row in expired:
        key = {"task_id": row["task_id"], "worker": row["worker"], "fencing": row["fencing"]}
        if session.run("assignment_expire", **key):
            give_back(session, project, row["task_id"])
    return len(expired)


FREES_PLACE = frozenset({Ending.SKIPPED, Ending.RELEASED, Ending.REFUSED})
