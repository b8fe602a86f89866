"""Says why a lease is no longer good, from what the queue knows about it."""

from __future__ import annotations

from governance.records.errors import MalmoiError, NotFoundError
from labeling.errors import AnsweredError, PulledError, StaleLeaseError
from labeling.lease import Ending, Hold
from labeling.store.port import Session


def why_refused(session: Session, hold: Hold, now: int) -> MalmoiError:
    """The error to raise for a hold that changed nothing."""
    row = session.one("assignment_get", task_id=hold.task_id, worker=hold.worker)
    if row is None:
        return NotFoundError(f"task {hold.task_id} was never handed to {hold.worker}")
    if row["state"] == Ending.PULLED:
        return PulledError(f"task {hold.task_id} was taken out of the queue; take the next one")
    if row["fencing"] != hold.fencing:
        return StaleLeaseError(f"task {hold.task_id}: fencing token {hold.fencing} is old; take the next task")
    if row["state"] == Ending.ANSWERED:
        return AnsweredError(f"task {hold.task_id} is answered already; undo to give another answer")
    if row["state"] == "leased" and row["expires_at"] <= now:
        return StaleLeaseError(f"task {hold.task_id}: the lease ran out; take the next task")
    return StaleLeaseError(f"task {hold.task_id}: the lease has ended ({row['state']}); take the next task")
