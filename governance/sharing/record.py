"""Everything a caller does is recorded before it is answered: account, time, address, shards, documents, decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from governance.entitlements import Shard
from governance.events import Event
from governance.policy import Decision
from governance.records.errors import MalmoiError, RefusedError
from governance.sharing.callers import Caller
from governance.sharing.settings import SharingSettings

ANONYMOUS = "anonymous"
AUTHENTICATE = "share.authenticate"


@dataclass
class Note:
    """What an operation found out about itself, filled in while it runs."""

    subjects: list[str] = field(default_factory=list)
    documents: int = 0
    grants: set[str] = field(default_factory=set)
    policies: set[str] = field(default_factory=set)

    def handed(self, shards: Iterable[tuple[Shard, Decision]]) -> None:
        """Notes shards that are handed over, with the decisions that let them."""
        for shard, decision in shards:
            self.documents += max(shard.rows, 0)
            self.decided(decision)

    def decided(self, decision: Decision) -> None:
        """Notes a decision."""
        self.policies |= set(decision.policies)
        self.grants |= {decision.grant} if decision.grant else set()


@contextmanager
def recorded(settings: SharingSettings, caller: Caller, action: str, *subjects: str) -> Iterator[Note]:
    """Runs an operation and records how it ended; a refusal is recorded with its policies and goes on to the caller."""
    note = Note([f"account:{caller.token.id}", *subjects])
    with _refusal_of(settings, caller, action, note):
        yield note
    settings.events.append(_event(caller, action, note, "done"))


@contextmanager
def recorded_refusal(settings: SharingSettings, caller: Caller, action: str, *subjects: str) -> Iterator[None]:
    """As `recorded`, but only a refusal is worth a record."""
    with _refusal_of(settings, caller, action, Note([f"account:{caller.token.id}", *subjects])):
        yield


@contextmanager
def _refusal_of(settings: SharingSettings, caller: Caller, action: str, note: Note) -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        note.policies = set(error.policies)
        settings.events.append(_event(caller, action, note, "refused"))
        raise
    except MalmoiError:
        settings.events.append(_event(caller, action, note, "failed"))
        raise


def _event(caller: Caller, action: str, note: Note, outcome: str) -> Event:
    return Event(
        at=caller.at,
        actor=caller.recipient.name,
        action=action,
        origin=caller.address,
        subjects=tuple(note.subjects),
        documents=note.documents if outcome == "done" else 0,
        grant=min(note.grants) if len(note.grants) == 1 else None,
        policies=tuple(sorted(note.policies)),
        outcome=outcome,
    )


def record_failure(settings: SharingSettings, address: str | None, error: RefusedError) -> None:
    """Records an attempt that proved nobody."""
    settings.events.append(
        Event(
            at=settings.clock(),
            actor=ANONYMOUS,
            action=AUTHENTICATE,
            origin=address,
            policies=error.policies,
            outcome="refused",
        )
    )
