"""The shared store: a PostgreSQL database, for a queue that several machines serve.

The same queries as SQLite's, at READ COMMITTED. Where a lease chooses a task, rows that another transaction is writing
are passed over (`FOR UPDATE SKIP LOCKED`) instead of waited for; the queue's statements take their locks in one order
(place, assignments, project, tasks), so they do not deadlock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import dict_row

from labeling.store.port import Row
from labeling.store.queries import VERSION, percent_style, queries, require_version, schema

_CHOOSES = {
    "next_back": "FOR UPDATE OF t SKIP LOCKED",
    "next_fresh": "FOR UPDATE OF t SKIP LOCKED",
    "next_own": "FOR UPDATE OF t SKIP LOCKED",
    "lease_expired": "FOR UPDATE SKIP LOCKED",
}


@cache
def _statements() -> dict[str, str]:
    return {name: percent_style(f"{text} {_CHOOSES.get(name, '')}".strip()) for name, text in queries().items()}


class PostgresSession:
    """One open transaction of a connection."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection

    def all(self, query: str, **values: Any) -> list[Row]:
        """Every row of a named query."""
        return self._connection.execute(_statements()[query], values).fetchall()

    def one(self, query: str, **values: Any) -> Row | None:
        """The first row of a named query, or None."""
        return self._connection.execute(_statements()[query], values).fetchone()

    def run(self, query: str, **values: Any) -> int:
        """Runs a named statement; gives the number of rows it changed."""
        return self._connection.execute(_statements()[query], values).rowcount

    def many(self, query: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Runs a named statement once a row; gives the number of rows changed in all."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_statements()[query], rows)
            return cursor.rowcount

    def stream(self, query: str, **values: Any) -> Iterator[Row]:
        """Rows of a named query as they come, a few thousand at a time."""
        with self._connection.cursor(name="stream") as cursor:
            cursor.itersize = 5000
            yield from cursor.execute(_statements()[query], values)


class PostgresStore:
    """A queue in a PostgreSQL schema. Each thread has a connection of its own.

    Args:
        conninfo: of libpq; `options=-csearch_path=NAME` chooses the schema, which must exist.
    """

    skips_locked = True

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._local = threading.local()
        self._opened: list[psycopg.Connection[Row]] = []
        if not self._made():
            self._make()
        with self.read() as session:
            found = session.one("version_get")
        require_version(found["version"] if found else None, "PostgreSQL")

    def _made(self) -> bool:
        row = self._connection().execute("SELECT to_regclass('queue_version') AS made").fetchone()
        return row is not None and row["made"] is not None

    def _make(self) -> None:
        with self.write() as session:
            # Two servers that start at once must not both make the tables.
            self._connection().execute("SELECT pg_advisory_xact_lock(hashtext('malmoi.labeling'))")
            for statement in schema():
                self._connection().execute(statement)
            session.run("version_put", version=VERSION)

    def _connection(self) -> psycopg.Connection[Row]:
        if getattr(self._local, "pid", None) != os.getpid():
            opened: psycopg.Connection[Row] = psycopg.connect(
                self._conninfo,
                autocommit=True,
                row_factory=dict_row,
            )
            self._local.connection, self._local.pid = opened, os.getpid()
            self._opened.append(opened)
        return self._local.connection

    @contextmanager
    def write(self) -> Iterator[PostgresSession]:
        """A transaction that commits when the block ends and leaves nothing when it raises."""
        connection = self._connection()
        with connection.transaction():
            yield PostgresSession(connection)

    @contextmanager
    def read(self) -> Iterator[PostgresSession]:
        """A transaction that sees one state of the queue and changes nothing."""
        connection = self._connection()
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield PostgresSession(connection)

    def shred(self) -> None:
        """Frees deleted rows in the tables; the server's own log and backups end as its operator has set them."""
        self._connection().execute("VACUUM task, assignment, finding")

    def close(self) -> None:
        """Closes every connection that this process opened."""
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()
