"""The embedded store: one SQLite file, safe for many threads and processes of one machine.

Write-ahead log with `synchronous=FULL`: an answer that was acknowledged survives a power cut. NORMAL would survive
only a crash of the process; it is faster where nobody needs it (docs/decisions/labeling-sqlite.md has figures).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from governance.records.errors import BusyError
from labeling.store.port import Row
from labeling.store.queries import VERSION, queries, require_version, schema

WAIT_S = 30.0


class SqliteSession:
    """One open transaction of a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._queries = queries()

    def all(self, query: str, **values: Any) -> list[Row]:
        """Every row of a named query."""
        return self._connection.execute(self._queries[query], values).fetchall()

    def one(self, query: str, **values: Any) -> Row | None:
        """The first row of a named query, or None; the statement is always run to its end."""
        rows = self._connection.execute(self._queries[query], values).fetchall()
        return rows[0] if rows else None

    def run(self, query: str, **values: Any) -> int:
        """Runs a named statement; gives the number of rows it changed."""
        return self._connection.execute(self._queries[query], values).rowcount

    def many(self, query: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Runs a named statement once a row; gives the number of rows changed in all."""
        before = self._connection.total_changes
        self._connection.executemany(self._queries[query], rows)
        return self._connection.total_changes - before

    def stream(self, query: str, **values: Any) -> Iterator[Row]:
        """Rows of a named query as they come."""
        return iter(self._connection.execute(self._queries[query], values))


class SqliteStore:
    """A queue in one file. Each thread has a connection of its own.

    Args:
        path: the database; its directory is made.
        synchronous: FULL syncs at every commit.
        wait_s: seconds to wait for a reader where one is in the way; writers queue up without an end.
    """

    skips_locked = False

    def __init__(self, path: Path, *, synchronous: Literal["FULL", "NORMAL"] = "FULL", wait_s: float = WAIT_S) -> None:
        self._path, self._synchronous, self._wait_s = path, synchronous, wait_s
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        if not self._made():
            self._make()
        with self.read() as session:
            found = session.one("version_get")
        require_version(found["version"] if found else None, str(path))

    def _made(self) -> bool:
        known = "SELECT 1 FROM sqlite_master WHERE name = 'queue_version'"
        return self._connection().execute(known).fetchone() is not None

    def _make(self) -> None:
        with self.write() as session:
            for statement in schema():
                self._connection().execute(statement)
            session.run("version_put", version=VERSION)
        self._path.chmod(0o600)

    def _connection(self) -> sqlite3.Connection:
        # A connection must not cross a fork, so the process is part of whose it is.
        if getattr(self._local, "pid", None) != os.getpid():
            self._local.connection, self._local.pid = self._open(), os.getpid()
        return self._local.connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=self._wait_s, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", f"synchronous={self._synchronous}", "secure_delete=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        self._opened.append(connection)
        return connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Waits for this writer's turn in the kernel's queue.

        SQLite's own waiting polls and sleeps, so an unlucky process can wait for seconds while others pass it.
        """
        handle = os.open(f"{self._path}.turn", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def write(self) -> Iterator[SqliteSession]:
        """A transaction that commits when the block ends and leaves nothing when it raises."""
        connection = self._connection()
        with self._turn():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteSession(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def read(self) -> Iterator[SqliteSession]:
        """A transaction that sees one state of the queue; writers do not wait for it."""
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            yield SqliteSession(connection)
        finally:
            connection.execute("ROLLBACK")

    def shred(self) -> None:
        """Deleted rows are overwritten with zeros as they go (`secure_delete`); this empties the log of old pages.

        Raises:
            BusyError: a reader still needs them after `WAIT_S`; what was deleted is then still in the log.
        """
        with self._turn():
            busy, _, _ = self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise BusyError(f"{self._path}: a long read keeps deleted rows in the log; end it and erase again")

    def close(self) -> None:
        """Closes every connection that this process opened."""
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()
