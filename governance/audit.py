"""Reading side of the event log: who pulled what, what was decided, what was refused. Rows as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from governance.events import Entry, Event, EventLog
from governance.records.schemas import UTC

PULL = "share.pull"
_HANDED_OVER = (PULL, "label.lease")

PULLS = pa.schema(
    [
        pa.field("first_at", UTC, nullable=False),
        pa.field("last_at", UTC, nullable=False),
        pa.field("recipient", pa.string(), nullable=False),
        pa.field("token", pa.string(), nullable=False),
        pa.field("corpus", pa.string(), nullable=False),
        pa.field("purpose", pa.string(), nullable=False),
        pa.field("shard", pa.string(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("requests", pa.int64(), nullable=False),
        pa.field("refused", pa.int64(), nullable=False),
        pa.field("origins", pa.list_(pa.string()), nullable=False),
        pa.field("grants", pa.list_(pa.string()), nullable=False),
    ]
)

DECISIONS = pa.schema(
    [
        pa.field("at", UTC, nullable=False),
        pa.field("actor", pa.string(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("origin", pa.string()),
        pa.field("subjects", pa.list_(pa.string()), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("grant", pa.string()),
        pa.field("policies", pa.list_(pa.string()), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Wanted:
    """What to look for; None is no condition. `corpus` and `shard` are names, without their kind."""

    recipient: str | None = None
    corpus: str | None = None
    shard: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, event: Event) -> bool:
        """Whether an event meets every condition."""
        return (
            self.recipient in (None, event.actor)
            and self.corpus in (None, _subject(event, "corpus"))
            and self.shard in (None, _subject(event, "shard"))
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
        )


@dataclass
class _Pull:
    """One pull while it is put together."""

    events: list[Event]

    def row(self) -> dict[str, object]:
        """As `pulls` gives it."""
        given = [event for event in self.events if event.outcome == "done"]
        first, last = self.events[0], self.events[-1]
        return {
            "first_at": first.at,
            "last_at": last.at,
            "recipient": first.actor,
            "token": _subject(first, "account"),
            "corpus": _subject(first, "corpus"),
            "purpose": _subject(first, "table").split("/")[1],
            "shard": _subject(first, "shard"),
            "documents": max((event.documents for event in given), default=0),
            "requests": len(given),
            "refused": len(self.events) - len(given),
            "origins": sorted({event.origin for event in self.events if event.origin}),
            "grants": sorted({event.grant for event in self.events if event.grant}),
        }


def pulls(log: EventLog, wanted: Wanted | None = None) -> pa.Table:
    """One row a pull: a token and a file, however many Range requests it took, in order of the first.

    `documents` are counted once; `refused` are requests that were turned down, before or in the middle.
    """
    found: dict[tuple[str, str, str], _Pull] = {}
    for event in _events(log, (PULL,), wanted):
        shard = _subject(event, "shard")
        # A refusal before the file was known (no grant at all) handed nothing over: it is in `decisions`.
        if shard:
            key = (_subject(event, "account"), _subject(event, "table"), shard)
            found.setdefault(key, _Pull([])).events.append(event)
    return pa.Table.from_pylist([pull.row() for pull in found.values()], schema=PULLS)


def decisions(log: EventLog, wanted: Wanted | None = None, *, refused_only: bool = False) -> pa.Table:
    """One row an event in which policies decided."""
    rows = [
        {name: getattr(event, name) for name in DECISIONS.names} | {"subjects": list(event.subjects)}
        for event in _events(log, (), wanted)
        if event.policies and (not refused_only or event.outcome == "refused")
    ]
    return pa.Table.from_pylist(rows, schema=DECISIONS)


def recipients_of(log: EventLog, shards: Iterable[str]) -> dict[str, list[str]]:
    """Who was handed any of these shards (paths), with the shards: whom an erasure has to tell."""
    wanted, found = set(shards), dict[str, set[str]]()
    for event in _events(log, _HANDED_OVER, None):
        shard = _subject(event, "shard")
        if event.outcome == "done" and shard in wanted:
            found.setdefault(event.actor, set()).add(shard)
    return {actor: sorted(found[actor]) for actor in sorted(found)}


def _events(log: EventLog, actions: tuple[str, ...], wanted: Wanted | None) -> Iterator[Event]:
    entries: Iterable[Entry] = log.read(actions=actions)
    return (entry.event for entry in entries if wanted is None or wanted.fits(entry.event))


def _subject(event: Event, kind: str) -> str:
    """Id of the first subject of a kind, or the empty string."""
    prefix = f"{kind}:"
    return next((subject.removeprefix(prefix) for subject in event.subjects if subject.startswith(prefix)), "")
