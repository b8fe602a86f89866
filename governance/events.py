"""The event log: who did what, when, from where, on how many documents, under which grant and decision.

One JSON line an event, each holding the SHA-256 of the line before it, so that a line changed, taken out or put in
breaks the chain from there on. `head()` names the chain as a whole: kept elsewhere (a manifest, a witness), it
also shows a log that was cut short or written anew. Fields are ids, counts and words of fixed shapes: no
text, token or value of a document fits into one.

Source: PIPA safety-measures notice, art. 8 (account, time, place, data subjects handled, action).
"""

from __future__ import annotations

import fcntl
import hashlib
import ipaddress
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from governance.records.errors import ConfigError, IntegrityError
from governance.records.ids import canonical_json
from governance.signing import STATEMENT_TYPE

GENESIS = "0" * 64
HEAD_PREDICATE = "https://malmoi.org/attestation/event-log-head/v1"
REPAIRED = "log.repaired"
_WORD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
# An id has a letter, so that no telephone, card or resident number is one, no space, so that no sentence is, and no
# run of more than 32 Latin letters and digits, so that no token of 256 bits is.
_ID = re.compile(r"(?=[\d._:@-]*[^\W\d_])(?!.*[A-Za-z0-9]{33})[^\W_][\w.:@-]{0,63}")
_POLICY = re.compile(r"[a-z][A-Za-z0-9._-]{0,79}")
_SUBJECT = re.compile(
    r"doc:[a-z2-7]{26}"
    r"|(source|corpus|release|shard|snapshot|zone|key|grant|recipient|share|table|task|queue|run|erasure|policy|account)"
    r":[^\W_][\w.=@-]{0,99}(/[^\W_][\w.=@-]{0,99}){0,7}"
)
_TAIL_BYTES = 1 << 13


@dataclass(frozen=True)
class Event:
    """What happened. Shapes are checked when the value is made.

    Attributes:
        at: an aware instant, from the caller's clock.
        actor: account or program; an id.
        action: words joined by dots, such as `share.pull`.
        origin: IP address the request came from, or None inside the installation.
        subjects: what it touched, as `kind:id`; documents by doc_id only, never by native id.
        documents: how many documents it touched.
        grant: id of the grant it was done under.
        policies: ids of the policies that decided.
        outcome: done | refused | failed.
    """

    at: datetime
    actor: str
    action: str
    origin: str | None = None
    subjects: tuple[str, ...] = ()
    documents: int = 0
    grant: str | None = None
    policies: tuple[str, ...] = ()
    outcome: str = "done"

    def __post_init__(self) -> None:
        problems = [name for name, fits in self._shapes() if not fits]
        if problems:
            # The values stay out of the message: one of them may be a token in the wrong place.
            raise ConfigError(
                f"event {self.action[:40]!r}: {', '.join(problems)}: not of the shape that a log may hold"
            )

    def _shapes(self) -> Iterator[tuple[str, bool]]:
        yield "at", self.at.tzinfo is not None
        yield "actor", _ID.fullmatch(self.actor) is not None
        yield "action", _WORD.fullmatch(self.action) is not None
        yield "origin", self.origin is None or _is_address(self.origin)
        yield "subjects", all(_SUBJECT.fullmatch(subject) for subject in self.subjects)
        yield "documents", type(self.documents) is int and self.documents >= 0
        yield "grant", self.grant is None or _ID.fullmatch(self.grant) is not None
        yield "policies", all(_POLICY.fullmatch(policy) for policy in self.policies)
        yield "outcome", self.outcome in ("done", "refused", "failed")

    def to_json(self) -> dict[str, Any]:
        """Every field as it stands in a line, seq and previous hash left out."""
        return {
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": self.actor,
            "action": self.action,
            "from": self.origin,
            "subjects": list(self.subjects),
            "documents": self.documents,
            "grant": self.grant,
            "policies": list(self.policies),
            "outcome": self.outcome,
        }

    @classmethod
    def of(cls, line: dict[str, Any]) -> Event:
        """From a parsed line."""
        return cls(
            at=datetime.fromisoformat(line["at"]),
            actor=line["actor"],
            action=line["action"],
            origin=line["from"],
            subjects=tuple(line["subjects"]),
            documents=line["documents"],
            grant=line["grant"],
            policies=tuple(line["policies"]),
            outcome=line["outcome"],
        )


@dataclass(frozen=True)
class Head:
    """The last line: its number, its hash (which stands for the whole chain), and where it ends in the file."""

    seq: int
    hash: str
    end: int


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    seq: int
    event: Event


_EMPTY = Head(-1, GENESIS, 0)


def head_statement(log: str, head: Head) -> dict[str, Any]:
    """In-toto Statement that names a log's head: signed and kept elsewhere, it shows a log that was written anew."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": log, "digest": {"sha256": head.hash}}],
        "predicateType": HEAD_PREDICATE,
        "predicate": {"seq": head.seq, "end": head.end},
    }


def head_of(statement: Mapping[str, Any]) -> Head:
    """The head that a verified statement names, for `EventLog.check`.

    Raises:
        IntegrityError: the statement is about something else.
    """
    if statement["predicateType"] != HEAD_PREDICATE:
        raise IntegrityError("signed, but no head of an event log")
    said = statement["predicate"]
    return Head(said["seq"], statement["subject"][0]["digest"]["sha256"], said["end"])


class EventLog:
    """An append-only, hash-chained log in one file; many processes may append at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _EMPTY

    def append(self, *events: Event) -> Head:
        """Adds events in order; returns the new head once they are on disk.

        A half line that a killed process left is cut off first, and that is recorded as an event of its own. Threads
        that append at once share their syncs: the lock is let go of before the disk is waited for.

        Raises:
            IntegrityError: the file was changed by something else than an append.
        """
        if not events:
            return self._known
        with self._locked() as handle:
            head = self._find_head(handle)
            if os.fstat(handle).st_size > head.end:
                os.ftruncate(handle, head.end)
                events = (Event(at=events[0].at, actor="malmoi", action=REPAIRED), *events)
            self._known = written = self._write(handle, head, events)
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.fdatasync(handle)
        return written

    def head(self) -> Head:
        """Number and hash of the last whole line; seq -1 when there is none."""
        last = _EMPTY
        for head, _ in self._lines():
            last = head
        return last

    def read(self, *, actions: Sequence[str] = (), subject: str | None = None) -> Iterator[Entry]:
        """Entries in order: all, or those with one of the actions (`share` matches `share.pull`) or a subject."""
        for head, line in self._lines():
            event = Event.of(json.loads(line))
            if actions and not any(event.action == a or event.action.startswith(f"{a}.") for a in actions):
                continue
            if subject is None or subject in event.subjects:
                yield Entry(head.seq, event)

    def check(self, expected: Head | None = None) -> IntegrityError | None:
        """None when the chain holds from the first line to the last, else the error naming the first broken line.

        Args:
            expected: a head noted earlier: it must still be a line of this chain.
        """
        last = _EMPTY
        met = expected is None or expected.seq < 0
        for head, line in self._lines():
            fault = _fault(line, last)
            if fault:
                return IntegrityError(f"{self._path.name}: line {head.seq + 1}: {fault}; the log was altered here")
            last = head
            met = met or head == expected
        if met or expected is None:
            return None
        where = f"{self._path.name}: line {expected.seq + 1}"
        return IntegrityError(f"{where}: noted earlier, and no longer in the log: it was cut short or written anew")

    def _lines(self) -> Iterator[tuple[Head, bytes]]:
        """Whole lines with their number, hash and end; a half line at the end is left out."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            end = 0
            for seq, line in enumerate(file):
                if not line.endswith(b"\n"):
                    return
                end += len(line)
                yield Head(seq, hashlib.sha256(line[:-1]).hexdigest(), end), line[:-1]

    def _find_head(self, handle: int) -> Head:
        size = os.fstat(handle).st_size
        if size == self._known.end:
            return self._known
        if size < self._known.end:
            raise IntegrityError(f"{self._path.name}: shorter than it was: cut short; restore it from your copy")
        line, end = _last_line(handle, size)
        if end == 0:
            return _EMPTY
        try:
            return Head(json.loads(line)["seq"], hashlib.sha256(line).hexdigest(), end)
        except (ValueError, KeyError, TypeError):
            raise IntegrityError(f"{self._path.name}: its last line is not an event; run `malmoi audit log`") from None

    def _write(self, handle: int, head: Head, events: Sequence[Event]) -> Head:
        lines, seq, previous = [], head.seq, head.hash
        for event in events:
            seq += 1
            line = canonical_json(event.to_json() | {"seq": seq, "previous": previous})
            previous = hashlib.sha256(line).hexdigest()
            lines.append(line + b"\n")
        data = b"".join(lines)
        try:
            _write_all(handle, data, head.end)
        except OSError:
            # A full disk must not leave half an event behind.
            os.ftruncate(handle, head.end)
            raise
        return Head(seq, previous, head.end + len(data))

    @contextmanager
    def _locked(self) -> Iterator[int]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)


def _write_all(handle: int, data: bytes, at: int) -> None:
    written = 0
    while written < len(data):
        written += os.pwrite(handle, data[written:], at + written)


def _last_line(handle: int, size: int) -> tuple[bytes, int]:
    """The last whole line, without its newline, and where it ends; what follows it is torn. End 0: there is none."""
    start, tail = size, b""
    while tail.count(b"\n") < 2 and start > 0:
        step = min(start, _TAIL_BYTES)
        start -= step
        tail = os.pread(handle, step, start) + tail
    cut = tail.rfind(b"\n") + 1
    return tail[tail.rfind(b"\n", 0, max(cut - 1, 0)) + 1 : cut - 1], start + cut if cut else 0


def _fault(line: bytes, last: Head) -> str | None:
    try:
        parsed = json.loads(line)
        Event.of(parsed)
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError):
        return "not an event"
    if parsed.get("seq") != last.seq + 1:
        return "a number is missing or repeated"
    if parsed.get("previous") != last.hash:
        return "it does not follow from the line before it"
    return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
