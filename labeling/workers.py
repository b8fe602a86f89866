"""Who may work: a pseudonym for each account of an organisation, and the tokens they sign in with.

An organisation that labels is a processor (수탁자, PIPA Act 26), so a worker belongs to one, and a token ends with the
contract. A token is 32 random bytes; only its SHA-256 is kept, which for a random secret of that length is enough.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from governance.records.errors import ConfigError, NotFoundError
from governance.records.ids import base32
from labeling.clock import micros, moment
from labeling.errors import TokenError
from labeling.store.port import Session, Store

PREFIX = "malmoi-label-"
_REFUSED = "this token is not known, or it has expired or was revoked; ask your organisation for a new one"


@dataclass(frozen=True, slots=True)
class Worker:
    """A person who labels. `worker` is the pseudonym that leaves with their answers; `account` never leaves."""

    worker: str
    organisation: str
    account: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A worker as an officer sees them: when the last token ends (None when there is none) and how many are good."""

    worker: str
    organisation: str
    account: str
    expires_at: datetime | None
    tokens: int


class Workers:
    """Workers and their tokens, in the queue's store.

    Args:
        entropy: gives so many random bytes; tests pass their own.
    """

    def __init__(self, store: Store, *, entropy: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._store, self._entropy = store, entropy

    def add(self, organisation: str, account: str, *, now: datetime, expires_at: datetime) -> tuple[Worker, str]:
        """Makes a worker, or gives a known one a new token that replaces the old; the pseudonym stays.

        Returns:
            The worker, and the token: it is shown this once and kept nowhere.

        Raises:
            ConfigError: a name is empty, or the token would have ended already.
        """
        if not organisation.strip() or not account.strip():
            raise ConfigError("a worker has an organisation and an account; neither may be empty")
        if expires_at <= now:
            raise ConfigError("the token would have ended already; give a later end")
        token = PREFIX + urlsafe_b64encode(self._entropy(32)).decode().rstrip("=")
        with self._store.write() as session:
            worker = self._worker(session, organisation, account, now)
            session.run("tokens_revoke", worker=worker, now=micros(now))
            row = {"digest": _digest(token), "worker": worker, "now": micros(now), "expires_at": micros(expires_at)}
            session.run("token_put", **row)
        return Worker(worker, organisation, account, expires_at), token

    def _worker(self, session: Session, organisation: str, account: str, now: datetime) -> str:
        if known := session.one("worker_find", organisation=organisation, account=account):
            return known["worker"]
        # Random, not a hash of the account: accounts are few and a hash of them could be guessed.
        worker = "w" + base32(self._entropy(8))
        row = {"worker": worker, "organisation": organisation, "account": account, "now": micros(now)}
        session.run("worker_put", **row)
        return worker

    def sign_in(self, token: str, *, now: datetime) -> Worker:
        """The worker of a token.

        Raises:
            TokenError: it is unknown, expired or revoked; the message does not say which.
        """
        with self._store.read() as session:
            row = session.one("token_find", digest=_digest(token))
        if row is None or row["revoked_at"] is not None or row["expires_at"] <= micros(now):
            raise TokenError(_REFUSED)
        return Worker(row["worker"], row["organisation"], row["account"], moment(row["expires_at"]))

    def revoke(self, worker: str, *, now: datetime) -> int:
        """Ends every token of a worker at once; gives how many.

        Raises:
            NotFoundError: there is no such worker.
        """
        with self._store.write() as session:
            if worker not in {row["worker"] for row in session.all("workers")}:
                raise NotFoundError(f"no worker {worker!r}; `malmoi queue workers list` shows them")
            return session.run("tokens_revoke", worker=worker, now=micros(now))

    def standings(self) -> list[Standing]:
        """All workers, by organisation and account."""
        with self._store.read() as session:
            rows = session.all("workers")
        return [
            Standing(
                row["worker"],
                row["organisation"],
                row["account"],
                moment(row["expires_at"]) if row["expires_at"] is not None else None,
                int(row["tokens"] or 0),
            )
            for row in rows
        ]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
