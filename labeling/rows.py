"""Rows of the store as values of the queue, and back."""

from __future__ import annotations

from typing import Any

from labeling.clock import moment
from labeling.lease import Finding, Lease, PersonalData, Turn
from labeling.store.port import Row
from labeling.task import Task


def task_row(task: Task) -> dict[str, Any]:
    """Parameters of `task_put`."""
    fields = {name: getattr(task, name) for name in Task.__dataclass_fields__}
    return fields | {"rank": -task.priority}


def task_of(row: Row) -> Task:
    """The task of a row."""
    pointer = {name: row[name] for name in ("task_id", "project", "release_id", "doc_id", "shard", "source", "licence")}
    rest = {name: row[name] for name in ("rule", "overlap", "gold")}
    return Task(**pointer, **rest, row=row["shard_row"], priority=-row["rank"])


def lease_of(row: Row, worker: str) -> Lease:
    """The lease of a `lease_live` row."""
    times = moment(row["leased_at"]), moment(row["expires_at"])
    return Lease(task_of(row), worker, row["held"], row["guideline"], *times)


def finding_row(task: Row, worker: str, kind: PersonalData) -> dict[str, Any]:
    """Parameters of `finding_put`, time apart."""
    pointer = {name: task[name] for name in ("task_id", "project", "doc_id", "release_id", "shard", "source")}
    return pointer | {"worker": worker, "kind": kind.value}


def finding_of(row: Row) -> Finding:
    """The finding of a row."""
    pointer = {name: row[name] for name in ("doc_id", "release_id", "shard", "source", "project", "worker")}
    return Finding(**pointer, kind=PersonalData(row["kind"]), found_at=moment(row["found_at"]))


def turn_of(row: Row) -> Turn:
    """The turn of a `document_turns` row."""
    same = {name: row[name] for name in ("project", "task_id", "worker", "state", "answer", "reason", "release_id")}
    finished = row["finished_at"]
    return Turn(
        **same,
        guideline_version=row["guideline"],
        leased_at=moment(row["leased_at"]),
        finished_at=None if finished is None else moment(finished),
    )
