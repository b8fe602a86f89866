"""The port: a store runs named queries of `queries.sql` inside a transaction. All rules are in the queue, none here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = Mapping[str, Any]


class Session(Protocol):
    """One open transaction."""

    def all(self, query: str, **values: Any) -> list[Row]:
        """Every row of a named query."""

    def one(self, query: str, **values: Any) -> Row | None:
        """The first row of a named query, or None."""

    def run(self, query: str, **values: Any) -> int:
        """Runs a named statement; gives the number of rows it changed."""

    def many(self, query: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Runs a named statement once a row; gives the number of rows changed in all."""

    def stream(self, query: str, **values: Any) -> Iterator[Row]:
        """Rows of a named query as they come, for results too long to hold."""


class Store(Protocol):
    """Transactions over named queries.

    Attributes:
        skips_locked: whether a row another transaction is writing is passed over rather than waited for, so that
            "nothing found" must be asked again without looking at locks.
    """

    skips_locked: bool

    def write(self) -> AbstractContextManager[Session]:
        """A transaction that commits when the block ends and leaves nothing when it raises."""

    def read(self) -> AbstractContextManager[Session]:
        """A transaction that sees one state of the queue and changes nothing."""

    def shred(self) -> None:
        """Overwrites what was deleted, in the file and in its log, as far as the store can."""

    def close(self) -> None:
        """Closes every connection."""
