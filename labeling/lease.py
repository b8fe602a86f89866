"""Leases: who holds which task until when, how a lease ends, and the closed lists a worker chooses from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from labeling.task import Task


class Ending(StrEnum):
    """How a worker's turn at a task ended. Only an answer keeps the place that the lease took."""

    ANSWERED = "answered"
    SKIPPED = "skipped"
    RELEASED = "released"
    EXPIRED = "expired"
    REFUSED = "refused"  # policy does not let this worker read the document
    PULLED = "pulled"  # the task left the queue while it was held


class SkipReason(StrEnum):
    """Why a worker passes a task on; the list is closed, so that no text gets into the queue."""

    UNCLEAR = "unclear"  # the guideline does not decide this one
    BROKEN = "broken"  # the text is cut, garbled or empty
    LANGUAGE = "language"  # not in a language the worker reads
    DISTRESSING = "distressing"
    CONFLICT = "conflict"  # the worker knows the people or the matter
    OTHER = "other"


class PersonalData(StrEnum):
    """What kind of personal information a worker saw left in a text; the value itself is never recorded."""

    UNIQUE_ID = "unique_id"  # 주민등록번호, 여권번호, 운전면허번호, 외국인등록번호
    NAME = "name"
    CONTACT = "contact"  # telephone, e-mail, messenger
    ADDRESS = "address"
    ACCOUNT = "account"  # bank account, card
    SENSITIVE = "sensitive"  # health, belief, criminal record … (PIPA Act 23)
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Hold:
    """What a worker shows to act on a task: the task, who they are, and the fencing token of their lease."""

    task_id: str
    worker: str
    fencing: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A task handed to one worker until `expires_at`.

    Attributes:
        fencing: grows with every lease of the task; an older one is refused.
        guideline_version: `Project.version` of what the worker is shown.
        leased_at: when the task was handed out; a heartbeat does not move it.
    """

    task: Task
    worker: str
    fencing: int
    guideline_version: str
    leased_at: datetime
    expires_at: datetime

    @property
    def lease_id(self) -> str:
        """Name of the lease, unique in the queue."""
        return f"{self.task.task_id}-{self.fencing}"

    @property
    def hold(self) -> Hold:
        """What to show to act on the lease."""
        return Hold(self.task.task_id, self.worker, self.fencing)


@dataclass(frozen=True, slots=True)
class Turn:
    """One worker's turn at one document: what an officer who traces the document sees.

    Attributes:
        state: `leased`, or how it ended (`Ending`).
        finished_at: None while the lease runs.
    """

    project: str
    task_id: str
    worker: str
    state: str
    answer: str | None
    reason: str | None
    release_id: str
    guideline_version: str
    leased_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A worker saw personal information in a document (PIPA Act 28-5): where, which kind, never what."""

    doc_id: str
    release_id: str
    shard: str
    source: str
    project: str
    worker: str
    kind: PersonalData
    found_at: datetime
