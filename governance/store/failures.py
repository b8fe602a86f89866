"""Failed attempts: an address that presents wrong tokens again and again is locked out for a while.

Source: Standard for Measures to Secure Personal Information (개인정보의 안전성 확보조치 기준), art. 5(6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from governance.store.database import upsert
from governance.store.tables import FAILURES

_BY_ADDRESS = sa.select(FAILURES).where(FAILURES.c.subject == sa.bindparam("address"))


@dataclass(frozen=True)
class LockSettings:
    """After `attempts` failures within `window`, an address is refused for `lock`."""

    attempts: int = 5
    window: timedelta = timedelta(minutes=10)
    lock: timedelta = timedelta(minutes=15)


class Failures:
    """Counts failures by address."""

    def __init__(self, engine: sa.Engine, settings: LockSettings | None = None) -> None:
        self._engine, self.settings = engine, settings or LockSettings()

    def locked_until(self, address: str, *, at: datetime) -> datetime | None:
        """When the address may try again, or None when it may now."""
        row = self._row(address)
        return row.locked_until if row is not None and row.locked_until is not None and row.locked_until > at else None

    def note(self, address: str, *, at: datetime) -> datetime | None:
        """Counts one failure; gives the end of the lock when this one brought it on."""
        row = self._row(address)
        fresh = row is None or at - row.first_at > self.settings.window
        attempts, first = (1, at) if fresh or row is None else (row.attempts + 1, row.first_at)
        locked = at + self.settings.lock if attempts >= self.settings.attempts else None
        values = {"subject": address, "attempts": attempts, "first_at": first, "locked_until": locked}
        spent = at - self.settings.window - self.settings.lock
        with self._engine.begin() as connection:
            connection.execute(FAILURES.delete().where(FAILURES.c.first_at < spent))
            connection.execute(upsert(self._engine, FAILURES, values))
        return locked

    def forget(self, address: str) -> None:
        """Lifts the lock of an address."""
        with self._engine.begin() as connection:
            connection.execute(FAILURES.delete().where(FAILURES.c.subject == address))

    def _row(self, address: str) -> sa.Row | None:
        with self._engine.connect() as connection:
            return connection.execute(_BY_ADDRESS, {"address": address}).first()
