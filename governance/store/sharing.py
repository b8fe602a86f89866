"""The store as its users see it: one object, the same over SQLite and PostgreSQL."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from governance.store.database import connect
from governance.store.failures import Failures, LockSettings
from governance.store.grants import Grant, Grants
from governance.store.recipients import Recipient, Recipients
from governance.store.sources import WHOLE_SOURCE, RecordedSource, Sources, worse
from governance.store.tokens import Tokens


@dataclass(frozen=True)
class View:
    """All that decides what one recipient may have of one corpus, read in one go."""

    recipient: Recipient
    corpus: str
    grants: tuple[Grant, ...]
    sources: dict[str, RecordedSource]
    states: dict[tuple[str, str], str]

    def state(self, source: str, path: str) -> str:
        """State of a shard: its own or its source's, whichever is worse."""
        return worse(self.states.get((source, WHOLE_SOURCE), "active"), self.states.get((source, path), "active"))


class SharingStore:
    """Recipients, tokens, grants, sources and failed attempts."""

    def __init__(
        self,
        where: Path | str,
        *,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        lock: LockSettings | None = None,
    ) -> None:
        self._engine = connect(where)
        self.recipients = Recipients(self._engine)
        self.tokens = Tokens(self._engine, entropy)
        self.grants = Grants(self._engine)
        self.sources = Sources(self._engine)
        self.failures = Failures(self._engine, lock)

    @classmethod
    def open(cls, where: Path | str) -> SharingStore:
        """The store at a path (SQLite file) or URL (`postgresql+psycopg://…`); tables are made when absent."""
        return cls(where)

    def view(self, recipient: Recipient, corpus: str, source: str | None = None) -> View:
        """What decides for this recipient and corpus, or one source of it.

        Nothing is cached: a revocation counts from the next read on.
        """
        names = tuple(name for name in (recipient.name, recipient.consortium) if name)
        grants = tuple(self.grants.of(names, corpus))
        return View(recipient, corpus, grants, self.sources.of(corpus, source), self.sources.states(corpus, source))

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()
